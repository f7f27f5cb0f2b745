/* SPDX-License-Identifier: Apache-2.0
 *
 * Timers: a binary heap of pointers ordered by (time, order of starting). See timers.h. One thread.
 */
#include "base/timers.h"

#include <glib.h>

struct entry {
    int64_t at_us;
    uint64_t order; /* equal times fire in the order of starting, so that tests repeat bit for bit */
    struct timer *timer;
};

struct timers {
    struct entry *heap;
    size_t n, cap;
    uint64_t order;
    int64_t now_us, wall_us;
};

struct timers *timers_new(int64_t now_us, int64_t wall_us)
{
    struct timers *ts = g_new0(struct timers, 1);
    ts->now_us = now_us;
    ts->wall_us = wall_us;
    return ts;
}

void timers_free(struct timers *ts)
{
    if (!ts)
        return;
    g_free(ts->heap);
    g_free(ts);
}

int64_t timers_now_us(const struct timers *ts)
{
    return ts->now_us;
}

int64_t timers_wall_us(const struct timers *ts)
{
    return ts->wall_us;
}

void timers_set_now(struct timers *ts, int64_t now_us, int64_t wall_us)
{
    if (now_us > ts->now_us)
        ts->now_us = now_us;
    ts->wall_us = wall_us;
}

static bool before(const struct entry *a, const struct entry *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void place(struct timers *ts, size_t i, struct entry e)
{
    ts->heap[i] = e;
    e.timer->slot = i + 1;
}

static void sift_up(struct timers *ts, size_t i, struct entry e)
{
    while (i > 0) {
        size_t parent = (i - 1) / 2;
        if (!before(&e, &ts->heap[parent]))
            break;
        place(ts, i, ts->heap[parent]);
        i = parent;
    }
    place(ts, i, e);
}

static void sift_down(struct timers *ts, size_t i, struct entry e)
{
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= ts->n)
            break;
        if (child + 1 < ts->n && before(&ts->heap[child + 1], &ts->heap[child]))
            child++;
        if (!before(&ts->heap[child], &e))
            break;
        place(ts, i, ts->heap[child]);
        i = child;
    }
    place(ts, i, e);
}

static void settle(struct timers *ts, size_t i, struct entry e)
{
    if (i > 0 && before(&e, &ts->heap[(i - 1) / 2]))
        sift_up(ts, i, e);
    else
        sift_down(ts, i, e);
}

void timer_init(struct timer *t, void (*fire)(void *arg), void *arg)
{
    *t = (struct timer){.fire = fire, .arg = arg};
}

void timer_start(struct timers *ts, struct timer *t, int64_t after_us)
{
    t->at_us = ts->now_us + MAX(after_us, 0);
    struct entry e = {t->at_us, ts->order++, t};
    if (t->slot) {
        settle(ts, t->slot - 1, e);
        return;
    }
    if (ts->n == ts->cap) {
        ts->cap = ts->cap ? ts->cap * 2 : 64;
        ts->heap = g_renew(struct entry, ts->heap, ts->cap);
    }
    sift_up(ts, ts->n++, e);
}

void timer_stop(struct timers *ts, struct timer *t)
{
    if (!t->slot)
        return;
    size_t i = t->slot - 1;
    t->slot = 0;
    struct entry last = ts->heap[--ts->n];
    if (i < ts->n)
        settle(ts, i, last);
}

int64_t timers_next_us(const struct timers *ts)
{
    return ts->n ? ts->heap[0].at_us : INT64_MAX;
}

void timers_fire(struct timers *ts)
{
    uint64_t started_before = ts->order;
    while (ts->n && ts->heap[0].at_us <= ts->now_us && ts->heap[0].order < started_before) {
        struct timer *t = ts->heap[0].timer;
        timer_stop(ts, t);
        t->fire(t->arg);
    }
}

size_t timers_count(const struct timers *ts)
{
    return ts->n;
}
