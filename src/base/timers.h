/* SPDX-License-Identifier: Apache-2.0
 *
 * Timers and the present, for one thread. Whoever owns the thread's loop says what time it is; nothing in the pure
 * folders reads a clock. In tests the same code runs in virtual time.
 *
 * A timer lies inside its owner's struct and belongs to exactly one `struct timers`. It is a one-shot: `fire` is called
 * with the timer already stopped, and may start it again or free the memory it lies in.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timers;

struct timer {
    int64_t at_us; /* monotonic; meaningful while running */
    size_t slot;   /* 0: not running, else place in its heap + 1 */
    bool lazy;     /* which heap */
    void (*fire)(void *arg);
    void *arg;
};

struct timers *timers_new(int64_t now_us, int64_t wall_us);
void timers_free(struct timers *ts);

/* The present: monotonic, and UTC since 1970. Both stand still while events are handled. */
int64_t timers_now_us(const struct timers *ts);
int64_t timers_wall_us(const struct timers *ts);
/* Sets the present without firing anything. Monotonic time never goes back. */
void timers_set_now(struct timers *ts, int64_t now_us, int64_t wall_us);

void timer_init(struct timer *t, void (*fire)(void *arg), void *arg);
/* (Re)starts t to fire after_us from now (0 or less: at the next timers_fire). */
void timer_start(struct timers *ts, struct timer *t, int64_t after_us);
/* The same for what may come a little late (up to TIMER_LAZY_US), as all that only cleans up: such timers of many calls
 * then share one waking of the thread. */
enum { TIMER_LAZY_US = 250000 };
void timer_start_lazy(struct timers *ts, struct timer *t, int64_t after_us);
void timer_stop(struct timers *ts, struct timer *t);
static inline bool timer_runs(const struct timer *t)
{
    return t->slot != 0;
}

/* When to fire next (monotonic), or INT64_MAX. */
int64_t timers_next_us(const struct timers *ts);
/* Fires what is due by now, oldest first; those started meanwhile with a past time fire at the next call. */
void timers_fire(struct timers *ts);
/* How many are running: for the tests' "nothing left behind". */
size_t timers_count(const struct timers *ts);
