/* SPDX-License-Identifier: Apache-2.0
 *
 * The writer: gathers, writes, syncs, applies. The journal's own thread.
 */
#include <errno.h>

#include "store/journal_priv.h"
#include "sys/clock.h"

static struct timespec at_us(int64_t us)
{
    return (struct timespec){us / 1000000, us % 1000000 * 1000};
}

/* When there is something to do though nothing comes; INT64_MAX: never. */
static int64_t next_us(const struct journal *j)
{
    int64_t next = INT64_MAX;
    if (g_hash_table_size(j->open) > 0)
        next = j->at.line_us + JOURNAL_ALIVE_US;
    if (j->held)
        next = MIN(next, j->at.disk_retry_us);
    if (j->behind)
        next = MIN(next, j->at.retry_us);
    if (j->done)
        next = MIN(next, j->at.apply_us);
    if (g_hash_table_size(j->bindings) > 0)
        next = MIN(next, MAX(j->at.bindings_us, j->behind ? j->at.retry_us : 0));
    if (atomic_load(&j->alarms) & JOURNAL_DISK_FULL)
        next = MIN(next, j->at.reserve_us);
    return next;
}

static void take_changes(struct journal *j, struct binding_change *c)
{
    for (struct binding_change *next; c; c = next) {
        next = c->next;
        if (g_hash_table_size(j->bindings) == 0)
            j->at.bindings_us = clock_monotonic_us() + JOURNAL_BINDINGS_US;
        g_hash_table_replace(j->bindings, c->name, c);
        j->changes_taken++;
    }
}

/* Waits for facts or for the next duty and takes what there is. Returns false at the end. */
static bool take(struct journal *j, bool *ret_hurry)
{
    int64_t duty_us = next_us(j);
    pthread_mutex_lock(&j->lock);
    int r = 0;
    while (!j->head && !j->change && !j->stop && !j->hurry && r != ETIMEDOUT) {
        struct timespec until = at_us(duty_us);
        r = duty_us == INT64_MAX ? pthread_cond_wait(&j->wake, &j->lock)
                                 : pthread_cond_timedwait(&j->wake, &j->lock, &until);
    }
    struct timespec gathered = at_us(clock_monotonic_us() + (int64_t)j->gather_ms * 1000);
    r = 0;
    while (j->head && !j->stop && !j->hurry && r != ETIMEDOUT)
        r = pthread_cond_timedwait(&j->wake, &j->lock, &gathered);
    struct binding_change *change = j->change;
    if (j->head) {
        *j->held_tail = j->head;
        j->held_tail = j->tail;
    }
    j->head = NULL;
    j->tail = &j->head;
    j->change = NULL;
    j->change_tail = &j->change;
    bool stop = j->stop;
    *ret_hurry = j->hurry || stop;
    j->hurry = false;
    pthread_mutex_unlock(&j->lock);
    take_changes(j, change);
    return !stop;
}

static void note_open(struct journal *j, const struct fact *f)
{
    if (f->kind == FACT_START)
        g_hash_table_add(j->open, g_strdup(f->record.id.text));
    else if (f->kind == FACT_END)
        g_hash_table_remove(j->open, f->record.id.text);
}

static void disk_full(struct journal *j)
{
    journal_alarm(j, JOURNAL_DISK_FULL, true);
    j->at.reserve_us = clock_monotonic_us() + JOURNAL_RESERVE_US;
    j->saving = true;
    journal_fall_behind(j);
}

static int append(struct journal *j)
{
    int r = spool_append(&j->spool, j->bytes->str, j->bytes->len);
    if (r)
        disk_full(j);
    if (r && spool_give_reserve(&j->spool)) /* this is what it was kept for */
        r = spool_append(&j->spool, j->bytes->str, j->bytes->len);
    if (r) {
        j->at.disk_retry_us = clock_monotonic_us() + JOURNAL_RETRY_US;
    } else {
        j->at.line_us = clock_monotonic_us();
        j->backlog += j->bytes->len;
    }
    return r;
}

/* The first n facts held are on disk (or given up): on to the database, or, while that is behind, done with. */
static void pass_on(struct journal *j, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct fact *f = j->held;
        j->held = f->next;
        f->next = NULL;
        if (j->behind) {
            g_free(f);
            continue;
        }
        if (!j->done)
            j->at.apply_us = clock_monotonic_us() + JOURNAL_APPLY_US;
        *j->done_tail = f;
        j->done_tail = &f->next;
        j->n_done++;
    }
    if (!j->held)
        j->held_tail = &j->held;
}

static void reached(struct journal *j, unsigned written)
{
    pthread_mutex_lock(&j->lock);
    j->queued -= written;
    j->written += written;
    if (!j->behind && !j->done)
        j->applied = j->written;
    if (g_hash_table_size(j->bindings) == 0)
        j->changes_applied = j->changes_taken;
    pthread_cond_broadcast(&j->reached);
    pthread_mutex_unlock(&j->lock);
}

/* One batch of what is held; false when the disk did not take it. */
static bool write_batch(struct journal *j)
{
    unsigned n = 0;
    g_string_truncate(j->bytes, 0);
    for (struct fact *f = j->held; f && n < JOURNAL_BATCH_MAX; f = f->next, n++) {
        fact_write(f, j->bytes);
        note_open(j, f);
    }
    if (j->behind && j->backlog + j->bytes->len > j->spool_max) {
        journal_alarm(j, JOURNAL_FACTS_LOST, true);
    } else if (append(j) != 0) {
        return false;
    }
    pass_on(j, n);
    if (j->n_done >= JOURNAL_BATCH_MAX)
        journal_apply(j);
    reached(j, n);
    return true;
}

static void show_life(struct journal *j)
{
    if (g_hash_table_size(j->open) == 0 || clock_monotonic_us() < j->at.line_us + JOURNAL_ALIVE_US)
        return;
    struct fact *f = fact_new(FACT_ALIVE, clock_wall_us() / 1000, NULL);
    g_string_truncate(j->bytes, 0);
    fact_write(f, j->bytes);
    if (append(j) != 0)
        j->at.line_us = clock_monotonic_us(); /* not again at once */
    g_free(f);
}

/* A reserve that was given up is made anew as soon as there is room: then the disk is no longer full. */
static void mend_reserve(struct journal *j, bool hurry)
{
    if (!(atomic_load(&j->alarms) & JOURNAL_DISK_FULL) || j->held ||
        (!hurry && clock_monotonic_us() < j->at.reserve_us))
        return;
    j->at.reserve_us = clock_monotonic_us() + JOURNAL_RESERVE_US;
    if (spool_make_reserve(&j->spool) != 0)
        return;
    j->saving = false;
    journal_alarm(j, JOURNAL_DISK_FULL, false);
}

void *journal_run(void *journal)
{
    struct journal *j = journal;
    (void)pthread_setname_np(pthread_self(), "journal");
    bool hurry = false;
    for (bool more = true; more;) {
        more = take(j, &hurry);
        while (j->held && write_batch(j))
            ;
        show_life(j);
        mend_reserve(j, hurry);
        if (j->behind && (hurry || clock_monotonic_us() >= j->at.retry_us))
            journal_catch_up(j);
        if (j->done && (hurry || clock_monotonic_us() >= j->at.apply_us))
            journal_apply(j);
        if (g_hash_table_size(j->bindings) > 0 && (hurry || clock_monotonic_us() >= j->at.bindings_us))
            journal_apply_bindings(j);
        reached(j, 0);
        if (hurry && (j->behind || j->held) && more)
            g_usleep(10000); /* somebody waits for what cannot be had yet: try again, but not in a tight circle */
    }
    return NULL;
}
