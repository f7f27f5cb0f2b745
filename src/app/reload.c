/* SPDX-License-Identifier: Apache-2.0
 *
 * Changes of what was set up, made by any process: a thread asks the database each second whether its version moved,
 * reads a whole snapshot when it did, and posts it to the signalling thread. The database may hang as long as it likes
 * here.
 */
#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "app/daemon_priv.h"
#include "sys/log.h"

enum { LOOK_EVERY_S = 1 };

struct reload {
    struct daemon *daemon;
    pthread_t thread;
    pthread_mutex_t lock; /* of stop */
    pthread_cond_t wake;
    bool stop;
    uint64_t version; /* last taken; the thread's own */
};

struct new_model {
    struct loop_message message;
    struct daemon *daemon;
    struct model *model;
};

static void on_new_model(struct loop_message *m)
{
    struct new_model *n = (struct new_model *)m;
    daemon_take_model(n->daemon, n->model);
    g_free(n);
}

static void drop_new_model(struct loop_message *m)
{
    struct new_model *n = (struct new_model *)m;
    model_unref(n->model);
    g_free(n);
}

static void look(struct reload *r, struct store *s)
{
    uint64_t version;
    unsigned left_out;
    struct model *m;
    if (store_model_version(s, &version) != 0 || version == r->version)
        return;
    int err = store_load_model(s, &m, &left_out);
    if (err) {
        log_limited(LOG_WARNING, "store", "what was set up cannot be read now: %s", g_strerror(err));
        return;
    }
    r->version = version;
    if (left_out)
        log_line(LOG_WARNING, "store", "%u rows do not fit and are left out: see 'carillon config check'", left_out);
    struct new_model *n = g_new0(struct new_model, 1);
    *n = (struct new_model){{.handle = on_new_model, .drop = drop_new_model}, r->daemon, m};
    loop_post(r->daemon->loop, &n->message);
}

/* Waits a while; false: it is time to end. */
static bool pause_between(struct reload *r)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += LOOK_EVERY_S;
    pthread_mutex_lock(&r->lock);
    while (!r->stop && pthread_cond_timedwait(&r->wake, &r->lock, &until) == 0) {
    }
    bool go_on = !r->stop;
    pthread_mutex_unlock(&r->lock);
    return go_on;
}

static void *run(void *arg)
{
    struct reload *r = arg;
    struct store *s = NULL;
    while (pause_between(r)) {
        char *problem = NULL;
        if (!s && store_open(r->daemon->config.data, STORE_EXISTING, &s, &problem) != 0) {
            log_limited(LOG_WARNING, "store", "%s", problem);
            g_free(problem);
            s = NULL;
        }
        if (s)
            look(r, s);
    }
    store_close(s);
    return NULL;
}

struct reload *reload_start(struct daemon *d)
{
    struct reload *r = g_new0(struct reload, 1);
    r->daemon = d;
    r->version = model_version(d->model);
    pthread_mutex_init(&r->lock, NULL);
    pthread_condattr_t clock; /* steps of the wall clock neither hurry nor stop it */
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&r->wake, &clock);
    pthread_condattr_destroy(&clock);
    if (pthread_create(&r->thread, NULL, run, r) != 0)
        g_error("no thread for reading changes"); /* at start only: the service manager tries again */
    return r;
}

void reload_stop(struct reload *r)
{
    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    r->stop = true;
    pthread_cond_signal(&r->wake);
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->thread, NULL);
    pthread_cond_destroy(&r->wake);
    pthread_mutex_destroy(&r->lock);
    g_free(r);
}
