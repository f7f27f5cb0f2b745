/* SPDX-License-Identifier: Apache-2.0
 *
 * A media worker's commands and thread; its clock is worker_tick.c.
 *
 * Moving a session from B to A keeps every command in order, though they come to A by two ways:
 *
 *     signalling --MOVE(s)--> B --ENTER(s)--> A         what comes for s before ENTER is deferred at A,
 *     signalling --JOIN(a, s)---------------> A         and so is all that names a session of a deferred command
 */
#include "media/worker_priv.h"

#include "media/worker_tick_priv.h"
#include "sys/log.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>

enum { STACK_BYTES = 256 * 1024 };

/* --- notices ---------------------------------------------------------------------------------------------------- */

void notice_line_unref(struct notice_line *line)
{
    if (line && atomic_fetch_sub_explicit(&line->refs, 1, memory_order_acq_rel) == 1)
        g_free(line);
}

static void notice_drop(struct loop_message *m)
{
    struct notice *n = (struct notice *)m;
    notice_line_unref(n->line);
    g_free(n);
}

static void notice_handle(struct loop_message *m)
{
    const struct notice *n = (const struct notice *)m;
    if (n->line->engine)
        engine_notice(n->line->engine, n);
    notice_drop(m);
}

/* An event is news; that a session is closed can wait. */
void notice_post(struct notice_line *line, const struct notice *n)
{
    struct notice *copy = g_memdup2(n, sizeof *n);
    copy->message = (struct loop_message){.handle = notice_handle, .drop = notice_drop};
    copy->line = line;
    atomic_fetch_add_explicit(&line->refs, 1, memory_order_relaxed);
    if (n->kind == NOTICE_CLOSED)
        loop_post_lazy(line->loop, &copy->message);
    else
        loop_post(line->loop, &copy->message);
}

void worker_tell(struct worker *w, media_id id, const struct media_event *ev)
{
    notice_post(w->line, &(struct notice){.kind = NOTICE_EVENT, .id = id, .event = *ev});
}

/* --- commands --------------------------------------------------------------------------------------------------- */

static void command_forget(struct command *c)
{
    media_desc_wipe(&c->remote);
    g_free(c);
}

static void command_free(struct command *c)
{
    /* A session that nobody else knows any more goes with the command that ends it. */
    if (c->kind == COMMAND_CLOSE)
        rtp_session_free(c->session);
    command_forget(c);
}

static void command_drop(struct loop_message *m)
{
    command_free((struct command *)m);
}

static bool is_here(const struct worker *w, const struct rtp_session *s)
{
    return !s || atomic_load_explicit(&s->owner, memory_order_acquire) == w;
}

static bool must_wait(const struct worker *w, const struct command *c)
{
    if (c->kind == COMMAND_ENTER)
        return false;
    if (!is_here(w, c->session) || !is_here(w, c->other))
        return true;
    for (const struct command *d = w->deferred; d; d = d->next_deferred)
        if (d->session == c->session || d->other == c->session ||
            (c->other && (d->session == c->other || d->other == c->other)))
            return true;
    return false;
}

static void close_session(struct worker *w, struct rtp_session *s)
{
    struct notice n = {.kind = NOTICE_CLOSED, .id = s->id, .stats = rtp_session_stats(s)};
    rtp_session_leave(s);
    rtp_session_free(s);
    notice_post(w->line, &n); /* only now may its ports be given out again */
}

static void move_session(struct rtp_session *s, struct worker *target)
{
    rtp_session_leave(s);
    worker_command(&(struct command){.kind = COMMAND_ENTER, .worker = target, .session = s});
}

static void carry_out(struct worker *w, const struct command *c)
{
    switch (c->kind) {
    case COMMAND_ENTER:
        rtp_session_enter(c->session, w);
        return;
    case COMMAND_SET:
        rtp_session_set(c->session, &c->local, &c->remote);
        return;
    case COMMAND_JOIN:
        rtp_session_join(c->session, c->other);
        return;
    case COMMAND_PART:
        rtp_session_part(c->session);
        return;
    case COMMAND_PLAY:
        rtp_session_play(c->session, c->sound, c->language);
        return;
    case COMMAND_DTMF:
        rtp_session_send_dtmf(c->session, c->digit, c->ms);
        return;
    case COMMAND_WATCH:
        rtp_session_watch(c->session, c->timeout_s);
        return;
    case COMMAND_MOVE:
        move_session(c->session, c->target);
        return;
    case COMMAND_CLOSE:
        close_session(w, c->session);
        return;
    }
}

static void take_command(struct worker *w, struct command *c);

static void take_deferred_again(struct worker *w)
{
    struct command *c = w->deferred;
    w->deferred = NULL;
    w->deferred_end = &w->deferred;
    while (c) {
        struct command *next = c->next_deferred;
        take_command(w, c);
        c = next;
    }
}

static void take_command(struct worker *w, struct command *c)
{
    if (must_wait(w, c)) {
        c->next_deferred = NULL;
        *w->deferred_end = c;
        w->deferred_end = &c->next_deferred;
        return;
    }
    bool arrived = c->kind == COMMAND_ENTER;
    carry_out(w, c);
    command_forget(c);
    if (arrived && w->deferred)
        take_deferred_again(w);
}

static void command_handle(struct loop_message *m)
{
    struct command *c = (struct command *)m;
    take_command(c->worker, c);
}

void worker_command(const struct command *c)
{
    struct command *copy = g_memdup2(c, sizeof *c);
    copy->message = (struct loop_message){.handle = command_handle, .drop = command_drop};
    if (c->can_wait)
        loop_post_lazy(c->worker->loop, &copy->message);
    else
        loop_post(c->worker->loop, &copy->message);
}

/* --- thread ----------------------------------------------------------------------------------------------------- */

static void *run(void *arg)
{
    struct worker *w = arg;
    (void)prctl(PR_SET_TIMERSLACK, 1000UL); /* short sleeps are short (worker_tick.c) */
    loop_run(w->loop);
    return NULL;
}

/* Signals are for the main thread; a worker needs little stack. */
static bool start_thread(struct worker *w, unsigned number)
{
    pthread_attr_t attr;
    sigset_t all, before;
    sigfillset(&all);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int e = pthread_create(&w->thread, &attr, run, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    if (e) {
        log_line(LOG_ERROR, "media", "no thread for a media worker: %s", g_strerror(e));
        return false;
    }
    char name[16];
    (void)snprintf(name, sizeof name, "media-%u", number % 100);
    pthread_setname_np(w->thread, name);
    return true;
}

struct worker *worker_new(unsigned number, struct notice_line *line, struct sounds *sounds)
{
    struct worker *w = g_new0(struct worker, 1);
    w->loop = loop_new();
    loop_expect_lazy(w->loop);
    w->timers = loop_timers(w->loop);
    w->line = line;
    w->sounds = sounds;
    w->sessions = g_ptr_array_new();
    w->deferred_end = &w->deferred;
    worker_tick_init(w);
    w->runs = start_thread(w, number);
    if (w->runs)
        return w;
    worker_free(w);
    return NULL;
}

void worker_stop(struct worker *w)
{
    if (!w || !w->runs)
        return;
    loop_stop(w->loop);
    pthread_join(w->thread, NULL);
    w->runs = false;
}

void worker_free(struct worker *w)
{
    if (!w)
        return;
    worker_stop(w);
    worker_tick_release(w);
    while (w->deferred) {
        struct command *c = w->deferred;
        w->deferred = c->next_deferred;
        command_free(c);
    }
    loop_free(w->loop);
    g_ptr_array_free(w->sessions, TRUE);
    g_free(w);
}
