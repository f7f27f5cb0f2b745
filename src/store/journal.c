/* SPDX-License-Identifier: Apache-2.0
 *
 * The side of the journal that gives: ports, waiting, opening and closing. See journal.h for which thread.
 */
#include "store/journal_priv.h"

#include <errno.h>
#include <signal.h>

#include "store/store_priv.h"
#include "sys/clock.h"
#include "sys/log.h"

void journal_alarm(struct journal *j, enum journal_alarm a, bool on)
{
    static const char *const text[] = {[JOURNAL_DATABASE_AWAY] = "the database is away: call records wait on disk",
                                       [JOURNAL_DISK_FULL] = "the disk is full: make room",
                                       [JOURNAL_FACTS_LOST] =
                                           "call records are lost: neither database nor disk takes them"};
    unsigned before = on ? atomic_fetch_or(&j->alarms, (unsigned)a) : atomic_fetch_and(&j->alarms, ~(unsigned)a);
    if (((before & a) != 0) != on)
        log_line(on ? LOG_ERROR : LOG_NOTICE, "journal", "%s%s", on ? "" : "over: ", text[a]);
}

unsigned journal_alarms(const struct journal *j)
{
    return atomic_load(&j->alarms);
}

int64_t journal_cpu_us(const struct journal *j)
{
    clockid_t clock;
    struct timespec t;
    if (pthread_getcpuclockid(j->thread, &clock) != 0 || clock_gettime(clock, &t) != 0)
        return 0;
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void give(struct journal *j, enum fact_kind kind, const struct call_record *r)
{
    struct fact *f = fact_new(kind, clock_wall_us() / 1000, r);
    pthread_mutex_lock(&j->lock);
    bool room = j->queued < JOURNAL_QUEUE_MAX, was_empty = j->head == NULL;
    if (room) {
        *j->tail = f;
        j->tail = &f->next;
        j->queued++;
        j->given++;
    }
    pthread_mutex_unlock(&j->lock);
    if (room && was_empty) /* unlocked, so that the writer does not wake into a closed door */
        pthread_cond_signal(&j->wake);
    if (!room) {
        g_free(f);
        journal_alarm(j, JOURNAL_FACTS_LOST, true);
    }
}

static void call_started(void *arg, const struct call_record *r)
{
    give(arg, FACT_START, r);
}

static void call_ended(void *arg, const struct call_record *r)
{
    give(arg, FACT_END, r);
}

struct journal_port journal_port(struct journal *j)
{
    return (struct journal_port){j, call_started, call_ended};
}

static void binding_change_free(void *change)
{
    struct binding_change *c = change;
    const char *text[] = {c->row.key,   c->row.instance, c->row.contact,    c->row.path,   c->row.transport,
                          c->row.local, c->row.remote,   c->row.user_agent, c->row.call_id};
    for (size_t i = 0; i < G_N_ELEMENTS(text); i++)
        g_free((char *)text[i]);
    g_free(c->name);
    g_free(c);
}

static void give_change(struct journal *j, struct binding_change *c)
{
    c->name = g_strdup_printf("%u %s", c->row.device, c->row.key);
    pthread_mutex_lock(&j->lock);
    bool was_empty = j->change == NULL;
    *j->change_tail = c;
    j->change_tail = &c->next;
    j->changes_given++;
    pthread_mutex_unlock(&j->lock);
    if (was_empty)
        pthread_cond_signal(&j->wake);
}

static void binding_put(void *arg, const struct binding_row *r)
{
    struct binding_change *c = g_new0(struct binding_change, 1);
    c->row = *r;
    c->row.key = g_strdup(r->key);
    c->row.instance = g_strdup(r->instance);
    c->row.contact = g_strdup(r->contact);
    c->row.path = g_strdup(r->path);
    c->row.transport = g_strdup(r->transport);
    c->row.local = g_strdup(r->local);
    c->row.remote = g_strdup(r->remote);
    c->row.user_agent = g_strdup(r->user_agent);
    c->row.call_id = g_strdup(r->call_id);
    give_change(arg, c);
}

static void binding_remove(void *arg, uint32_t device, const char *key)
{
    struct binding_change *c = g_new0(struct binding_change, 1);
    c->gone = true;
    c->row.device = device;
    c->row.key = g_strdup(key);
    give_change(arg, c);
}

struct binding_port journal_binding_port(struct journal *j)
{
    return (struct binding_port){j, binding_put, binding_remove};
}

static struct timespec in_ms(unsigned ms)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

int journal_flush(struct journal *j, unsigned timeout_ms)
{
    struct timespec until = in_ms(timeout_ms);
    int r = 0;
    pthread_mutex_lock(&j->lock);
    uint64_t target = j->given;
    while (j->written < target && r == 0) {
        j->hurry = true;
        pthread_cond_signal(&j->wake);
        r = pthread_cond_timedwait(&j->reached, &j->lock, &until);
    }
    bool reached = j->written >= target;
    pthread_mutex_unlock(&j->lock);
    return reached ? 0 : ETIMEDOUT;
}

int journal_settle(struct journal *j, unsigned timeout_ms)
{
    struct timespec until = in_ms(timeout_ms);
    int r = 0;
    pthread_mutex_lock(&j->lock);
    uint64_t target = j->given, changes = j->changes_given;
    while ((j->applied < target || j->changes_applied < changes) && r == 0) {
        j->hurry = true;
        pthread_cond_signal(&j->wake);
        r = pthread_cond_timedwait(&j->reached, &j->lock, &until);
    }
    bool reached = j->applied >= target && j->changes_applied >= changes;
    pthread_mutex_unlock(&j->lock);
    return reached ? 0 : ETIMEDOUT;
}

static void journal_free(struct journal *j)
{
    db_close(j->db);
    spool_close(&j->spool);
    for (struct fact *next; j->held; j->held = next) {
        next = j->held->next;
        g_free(j->held);
    }
    journal_forget_done(j);
    g_string_free(j->bytes, TRUE);
    g_string_free(j->scratch, TRUE);
    g_hash_table_destroy(j->open);
    g_hash_table_destroy(j->bindings);
    pthread_cond_destroy(&j->wake);
    pthread_cond_destroy(&j->reached);
    pthread_mutex_destroy(&j->lock);
    g_free(j->database);
    g_free(j);
}

static struct journal *journal_new(const struct journal_options *o)
{
    struct journal *j = g_new0(struct journal, 1);
    j->tail = &j->head;
    j->change_tail = &j->change;
    j->held_tail = &j->held;
    j->done_tail = &j->done;
    j->gather_ms = o->gather_ms ? o->gather_ms : 50;
    j->spool_max = o->spool_max_bytes ? o->spool_max_bytes : 512 << 20;
    j->database = store_database_path(o->dir);
    j->bytes = g_string_sized_new(64 * 1024);
    j->scratch = g_string_sized_new(4096);
    j->open = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    j->bindings = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, binding_change_free);
    j->behind = true;
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&j->wake, &monotonic);
    (void)pthread_cond_init(&j->reached, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    (void)pthread_mutex_init(&j->lock, NULL);
    return j;
}

int journal_open(const struct journal_options *o, struct journal **ret)
{
    struct journal *j = journal_new(o);
    int r = spool_open(&j->spool, o->dir);
    if (r) {
        j->spool.fd = -1;
        journal_free(j);
        return r;
    }
    j->backlog = j->spool.backlog;
    if (spool_make_reserve(&j->spool) != 0)
        journal_alarm(j, JOURNAL_DISK_FULL, true);
    journal_catch_up(j);
    /* Signals are for the thread that waits for them. */
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    r = pthread_create(&j->thread, NULL, journal_run, j);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r) {
        journal_free(j);
        return r;
    }
    *ret = j;
    return 0;
}

void journal_close(struct journal *j)
{
    enum { CLOSE_MS = 5000 };
    if (!j)
        return;
    if (journal_settle(j, CLOSE_MS) != 0)
        log_line(LOG_WARNING, "journal",
                 "closed before the database took everything; the rest is read at the next start");
    pthread_mutex_lock(&j->lock);
    j->stop = true;
    pthread_cond_signal(&j->wake);
    pthread_mutex_unlock(&j->lock);
    (void)pthread_join(j->thread, NULL);
    journal_free(j);
}
