/* SPDX-License-Identifier: Apache-2.0
 *
 * Timers: two binary heaps of pointers ordered by (time, order of starting), one for those that may come late. See
 * timers.h. One thread.
 */
#include "base/timers.h"

#include <glib.h>

struct entry {
    int64_t at_us;
    uint64_t order; /* equal times fire in the order of starting, so that tests repeat bit for bit */
    struct timer *timer;
};

struct heap {
    struct entry *entry;
    size_t n, cap;
};

struct timers {
    struct heap heap[2]; /* exact ones, lazy ones */
    uint64_t order;
    int64_t now_us, wall_us;
};

static const int64_t LAZY_GRID_US = TIMER_LAZY_US;

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
    g_free(ts->heap[0].entry);
    g_free(ts->heap[1].entry);
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

static void place(struct heap *h, size_t i, struct entry e)
{
    h->entry[i] = e;
    e.timer->slot = i + 1;
}

static void sift_up(struct heap *h, size_t i, struct entry e)
{
    while (i > 0) {
        size_t parent = (i - 1) / 2;
        if (!before(&e, &h->entry[parent]))
            break;
        place(h, i, h->entry[parent]);
        i = parent;
    }
    place(h, i, e);
}

static void sift_down(struct heap *h, size_t i, struct entry e)
{
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= h->n)
            break;
        if (child + 1 < h->n && before(&h->entry[child + 1], &h->entry[child]))
            child++;
        if (!before(&h->entry[child], &e))
            break;
        place(h, i, h->entry[child]);
        i = child;
    }
    place(h, i, e);
}

static void settle(struct heap *h, size_t i, struct entry e)
{
    if (i > 0 && before(&e, &h->entry[(i - 1) / 2]))
        sift_up(h, i, e);
    else
        sift_down(h, i, e);
}

void timer_init(struct timer *t, void (*fire)(void *arg), void *arg)
{
    *t = (struct timer){.fire = fire, .arg = arg};
}

static void start(struct timers *ts, struct timer *t, int64_t after_us, bool lazy)
{
    if (t->slot && t->lazy != lazy)
        timer_stop(ts, t);
    t->at_us = ts->now_us + MAX(after_us, 0);
    t->lazy = lazy;
    struct heap *h = &ts->heap[lazy];
    struct entry e = {t->at_us, ts->order++, t};
    if (t->slot) {
        settle(h, t->slot - 1, e);
        return;
    }
    if (h->n == h->cap) {
        h->cap = h->cap ? h->cap * 2 : 64;
        h->entry = g_renew(struct entry, h->entry, h->cap);
    }
    sift_up(h, h->n++, e);
}

void timer_start(struct timers *ts, struct timer *t, int64_t after_us)
{
    start(ts, t, after_us, false);
}

void timer_start_lazy(struct timers *ts, struct timer *t, int64_t after_us)
{
    start(ts, t, after_us, true);
}

void timer_stop(struct timers *ts, struct timer *t)
{
    if (!t->slot)
        return;
    struct heap *h = &ts->heap[t->lazy];
    size_t i = t->slot - 1;
    t->slot = 0;
    struct entry last = h->entry[--h->n];
    if (i < h->n)
        settle(h, i, last);
}

int64_t timers_next_us(const struct timers *ts)
{
    const struct heap *exact = &ts->heap[0], *lazy = &ts->heap[1];
    int64_t next_us = exact->n ? exact->entry[0].at_us : INT64_MAX;
    if (!lazy->n)
        return next_us;
    int64_t grid_us = (lazy->entry[0].at_us + LAZY_GRID_US - 1) / LAZY_GRID_US * LAZY_GRID_US;
    return MIN(next_us, grid_us);
}

/* The heap whose first entry is due first; NULL: nothing is due. */
static struct heap *due(struct timers *ts, uint64_t started_before)
{
    struct heap *first = NULL;
    for (struct heap *h = ts->heap; h < ts->heap + 2; h++)
        if (h->n && h->entry[0].at_us <= ts->now_us && h->entry[0].order < started_before &&
            (!first || before(&h->entry[0], &first->entry[0])))
            first = h;
    return first;
}

void timers_fire(struct timers *ts)
{
    uint64_t started_before = ts->order;
    for (struct heap *h; (h = due(ts, started_before));) {
        struct timer *t = h->entry[0].timer;
        timer_stop(ts, t);
        t->fire(t->arg);
    }
}

size_t timers_count(const struct timers *ts)
{
    return ts->heap[0].n + ts->heap[1].n;
}
