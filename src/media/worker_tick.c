/* SPDX-License-Identifier: Apache-2.0
 *
 * A worker's clock: see worker_tick_priv.h.
 *
 *     |phase 0     |phase 1     |phase 2     |phase 3     |phase 0 ...     5 ms each; phases without sessions are
 *     0            5            10           15           20 ms            stepped over, without any the clock stands
 */
#include "media/worker_tick_priv.h"

static const int64_t PHASE_US = 5000, ROUND_PHASE_US = 250000;
static const int64_t RATE_PERIOD_US = 20000;
enum { GATHER_NS = 100000, GATHER_RATE_PER_S = 20000 };
static const int64_t LATE_MAX_US = 200000; /* after a longer stall the clock starts anew instead of catching up */

/* --- lists ------------------------------------------------------------------------------------------------------ */

static void list_add(GPtrArray *list, struct rtp_session *s, uint32_t *at)
{
    *at = list->len;
    g_ptr_array_add(list, s);
}

/* The last one takes its place; which of its members says where it is, the caller knows by `ticking`. */
static void list_take(GPtrArray *list, uint32_t *at, bool ticking)
{
    struct rtp_session *last = g_ptr_array_index(list, list->len - 1);
    *(ticking ? &last->tick_at : &last->at) = *at;
    g_ptr_array_index(list, *at) = last;
    g_ptr_array_set_size(list, (int)list->len - 1);
    *at = SESSION_IN_NO_LIST;
}

/* --- 20 ms ------------------------------------------------------------------------------------------------------ */

/* Arms the timer for the next phase that has sessions. */
static void tick_arm(struct worker *w)
{
    for (unsigned ahead = 1; ahead <= TICK_PHASES; ahead++) {
        unsigned phase = (w->tick_phase + ahead) % TICK_PHASES;
        if (!w->ticking[phase]->len)
            continue;
        w->tick_phase = phase;
        w->tick_due_us += ahead * PHASE_US;
        timer_start(w->timers, &w->tick, w->tick_due_us - timers_now_us(w->timers));
        return;
    }
}

static void tick(void *arg)
{
    struct worker *w = arg;
    int64_t now_us = timers_now_us(w->timers);
    if (now_us - w->tick_due_us > LATE_MAX_US)
        w->tick_due_us = now_us;
    GPtrArray *list = w->ticking[w->tick_phase];
    for (guint i = list->len; i-- > 0;) { /* from the end: one that is done is replaced by one already stepped */
        struct rtp_session *s = g_ptr_array_index(list, i);
        if (!rtp_session_tick(s, now_us))
            list_take(list, &s->tick_at, true);
    }
    tick_arm(w);
}

void worker_want_tick(struct worker *w, struct rtp_session *s)
{
    if (s->tick_at != SESSION_IN_NO_LIST || !rtp_session_wants_tick(s))
        return;
    unsigned phase = 0;
    for (unsigned i = 1; i < TICK_PHASES; i++)
        if (w->ticking[i]->len < w->ticking[phase]->len)
            phase = i;
    s->tick_phase = (uint8_t)phase;
    list_add(w->ticking[phase], s, &s->tick_at);
    if (timer_runs(&w->tick))
        return;
    w->tick_due_us = timers_now_us(w->timers);
    w->tick_phase = phase;
    timer_start(w->timers, &w->tick, 0);
}

/* --- once a second ---------------------------------------------------------------------------------------------- */

static void look_round(void *arg)
{
    struct worker *w = arg;
    int64_t now_us = timers_now_us(w->timers), wall_us = timers_wall_us(w->timers);
    for (guint i = w->round_phase; i < w->sessions->len; i += ROUND_PHASES)
        rtp_session_look_after(g_ptr_array_index(w->sessions, i), now_us, wall_us);
    w->round_phase = (w->round_phase + 1) % ROUND_PHASES;
    if (w->sessions->len)
        timer_start(w->timers, &w->round, ROUND_PHASE_US);
}

void worker_know(struct worker *w, struct rtp_session *s)
{
    list_add(w->sessions, s, &s->at);
    if (!timer_runs(&w->round))
        timer_start(w->timers, &w->round, ROUND_PHASE_US);
}

void worker_forget(struct worker *w, struct rtp_session *s)
{
    if (s->at != SESSION_IN_NO_LIST)
        list_take(w->sessions, &s->at, false);
    if (s->tick_at != SESSION_IN_NO_LIST)
        list_take(w->ticking[s->tick_phase], &s->tick_at, true);
}

/* --- gathering -------------------------------------------------------------------------------------------------- */

/* Waking up costs as much as relaying a packet. With so many that a few come in a tenth of a millisecond, it is slept
 * through, and they are taken together. */
static void gather(void *arg)
{
    struct worker *w = arg;
    int64_t gone_us = timers_now_us(w->timers) - w->rate_since_us;
    if (gone_us >= RATE_PERIOD_US) {
        w->rate_per_s = (uint32_t)((uint64_t)w->received * 1000000 / (uint64_t)gone_us);
        w->received = 0;
        w->rate_since_us += gone_us;
    }
    if (w->rate_per_s < GATHER_RATE_PER_S)
        return;
    const struct timespec pause = {.tv_nsec = GATHER_NS};
    (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
}

void worker_tick_init(struct worker *w)
{
    loop_on_idle(w->loop, gather, w);
    for (unsigned i = 0; i < TICK_PHASES; i++)
        w->ticking[i] = g_ptr_array_new();
    timer_init(&w->tick, tick, w);
    timer_init(&w->round, look_round, w);
}

void worker_tick_release(struct worker *w)
{
    for (unsigned i = 0; i < TICK_PHASES; i++)
        g_ptr_array_free(w->ticking[i], TRUE);
    timer_stop(w->timers, &w->tick);
    timer_stop(w->timers, &w->round);
}
