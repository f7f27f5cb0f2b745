/* SPDX-License-Identifier: Apache-2.0
 *
 * Timers against a plain model, in virtual time.
 */
#include "tests/cmocka_all.h"

#include "base/timers.h"

#include <glib.h>

enum { TIMERS = 200 };

struct probe {
    struct timer timer;
    struct timers *ts;
    int64_t due_us; /* what the model expects; -1: not running */
    int fired;
};

static void on_fire(void *arg)
{
    struct probe *p = arg;
    assert_int_equal(p->due_us, p->timer.at_us);
    assert_true(p->due_us <= timers_now_us(p->ts));
    p->due_us = -1;
    p->fired++;
}

static void random_use_equals_model(void **state)
{
    (void)state;
    struct timers *ts = timers_new(0, 0);
    struct probe probe[TIMERS];
    GRand *dice = g_rand_new_with_seed(1);
    for (int i = 0; i < TIMERS; i++) {
        probe[i] = (struct probe){.ts = ts, .due_us = -1};
        timer_init(&probe[i].timer, on_fire, &probe[i]);
    }
    int64_t now = 0;
    for (int step = 0; step < 20000; step++) {
        struct probe *p = &probe[g_rand_int_range(dice, 0, TIMERS)];
        int what = g_rand_int_range(dice, 0, 10);
        if (what < 5) {
            int after = g_rand_int_range(dice, 0, 1000);
            p->due_us = now + after;
            timer_start(ts, &p->timer, after);
        } else if (what < 7) {
            timer_stop(ts, &p->timer);
            p->due_us = -1;
        } else {
            now += g_rand_int_range(dice, 0, 300);
            timers_set_now(ts, now, now);
            timers_fire(ts);
            for (int i = 0; i < TIMERS; i++)
                assert_true(probe[i].due_us == -1 || probe[i].due_us > now);
        }
        assert_int_equal(timer_runs(&p->timer), p->due_us >= 0);
    }
    for (int i = 0; i < TIMERS; i++)
        timer_stop(ts, &probe[i].timer);
    assert_int_equal(timers_count(ts), 0);
    assert_true(timers_next_us(ts) == INT64_MAX);
    g_rand_free(dice);
    timers_free(ts);
}

static void restart_self(void *arg)
{
    struct probe *p = arg;
    p->fired++;
    timer_start(p->ts, &p->timer, 0);
}

static void a_timer_that_restarts_itself_fires_once_a_round(void **state)
{
    (void)state;
    struct timers *ts = timers_new(0, 0);
    struct probe p = {.ts = ts};
    timer_init(&p.timer, restart_self, &p);
    timer_start(ts, &p.timer, 0);
    timers_fire(ts);
    assert_int_equal(p.fired, 1);
    timers_fire(ts);
    assert_int_equal(p.fired, 2);
    timers_free(ts);
}

/* Lazy timers of many owners share one waking: the loop is told the next mark of the grid, and none is more than that
 * late. */
static void lazy_timers_share_a_waking(void **state)
{
    (void)state;
    struct timers *ts = timers_new(0, 0);
    struct probe p[3] = {{.ts = ts}, {.ts = ts}, {.ts = ts}};
    static const int64_t after[] = {10000, 20000, TIMER_LAZY_US + 1};
    for (int i = 0; i < 3; i++) {
        timer_init(&p[i].timer, on_fire, &p[i]);
        p[i].due_us = after[i];
        timer_start_lazy(ts, &p[i].timer, after[i]);
    }
    assert_int_equal(timers_next_us(ts), TIMER_LAZY_US);
    timers_set_now(ts, TIMER_LAZY_US, 0);
    timers_fire(ts);
    assert_true(p[0].fired == 1 && p[1].fired == 1 && p[2].fired == 0);
    assert_int_equal(timers_next_us(ts), 2 * TIMER_LAZY_US);
    struct probe exact = {.ts = ts, .due_us = TIMER_LAZY_US + 5};
    timer_init(&exact.timer, on_fire, &exact);
    timer_start(ts, &exact.timer, 5);
    assert_int_equal(timers_next_us(ts), TIMER_LAZY_US + 5); /* an exact one is never held up */
    timer_start(ts, &p[2].timer, 7);
    p[2].due_us = TIMER_LAZY_US + 7; /* and a lazy one can become exact */
    timers_set_now(ts, TIMER_LAZY_US + 7, 0);
    timers_fire(ts);
    assert_true(exact.fired == 1 && p[2].fired == 1);
    assert_int_equal(timers_count(ts), 0);
    timers_free(ts);
}

static void monotonic_time_never_goes_back(void **state)
{
    (void)state;
    struct timers *ts = timers_new(100, 5);
    timers_set_now(ts, 50, 1);
    assert_int_equal(timers_now_us(ts), 100);
    assert_int_equal(timers_wall_us(ts), 1);
    timers_free(ts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_use_equals_model),
        cmocka_unit_test(a_timer_that_restarts_itself_fires_once_a_round),
        cmocka_unit_test(lazy_timers_share_a_waking),
        cmocka_unit_test(monotonic_time_never_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
