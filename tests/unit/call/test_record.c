/* SPDX-License-Identifier: Apache-2.0
 *
 * What a call writes down: names, packed trace, segments, and their limits. The flows are in tests/unit/feature.
 */
#include "tests/cmocka_all.h"

#include <string.h>

#include "call/core_priv.h"

static struct call_record last;

static void started(void *arg, const struct call_record *r)
{
    (void)arg, (void)r;
}

static void keep(void *arg, const struct call_record *r)
{
    (void)arg;
    last = *r;
    last.trace = r->trace ? g_memdup2(r->trace, r->n_trace * sizeof(*r->trace)) : NULL;
    last.segments = r->segments ? g_memdup2(r->segments, r->n_segments * sizeof(*r->segments)) : NULL;
}

static void zeros(void *arg, void *dst, size_t bytes)
{
    (void)arg;
    memset(dst, 0, bytes);
}

static void nothing(void *arg, leg_id leg, const struct hang_up *h)
{
    (void)arg, (void)leg, (void)h;
}

struct scene {
    struct timers *timers;
    struct call_core *core;
    struct call *call;
    struct leg *leg;
};

static struct scene scene(void)
{
    struct scene s = {.timers = timers_new(5000000, 1700000000123000)};
    struct model *m = model_builder_finish(model_builder_new(1), NULL);
    struct call_core_config c = {
        .timers = s.timers, .entropy = {zeros, NULL}, .journal = {NULL, started, keep}, .model = m};
    c.legs.hang_up = nothing;
    s.core = call_core_new(&c);
    model_unref(m);
    struct party from = {.number = "100", .name = "Anna"};
    s.call = call_new(s.core, &(struct call_begin){.from = &from, .to_dialled = "101"});
    s.leg = leg_new(s.core);
    call_add_leg(s.call, s.leg);
    return s;
}

static void end(struct scene *s)
{
    leg_hang_up_normal(s->leg);
    call_core_free(s->core);
    timers_free(s->timers);
}

static void forget_record(void)
{
    g_free(last.trace);
    g_free(last.segments);
}

/* CONT-21, ROUTE-35: the words that go into records. */
static void names(void **state)
{
    (void)state;
    for (int r = 0; r < REASONS; r++)
        for (int other = 0; other < r; other++)
            assert_string_not_equal(call_reason_name((enum call_reason)r), call_reason_name((enum call_reason)other));
    assert_string_equal(call_reason_name(REASON_CALLER_LEFT_QUEUE), "caller_left_queue");
    for (int k = 0; k < TRACE_KINDS; k++)
        assert_non_null(trace_kind_name((enum trace_kind)k));
    assert_string_equal(trace_kind_name(TRACE_ROUTE_TRY), "route_try");
}

static void add_steps(struct call *call, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct trace_fact f = {.kind = TRACE_DEVICE, .object = i, .object_name = "phone", .outcome = OUTCOME_BUSY};
        g_snprintf(f.facts, sizeof(f.facts), "status=%u", i);
        call_trace(call, &f);
    }
}

/* A6: 200 steps are kept, those beyond are counted; the last step, "ended", is one of them. */
static void limit_of_the_trace(void **state)
{
    (void)state;
    static const unsigned steps[] = {TRACE_STEPS_MAX - 2, TRACE_STEPS_MAX - 1, TRACE_STEPS_MAX};
    for (unsigned i = 0; i < 3; i++) {
        struct scene s = scene();
        add_steps(s.call, steps[i]);
        end(&s);
        assert_int_equal(last.n_trace, MIN(steps[i] + 1, TRACE_STEPS_MAX));
        assert_int_equal(last.trace_more, i == 2);
        assert_int_equal(last.trace[100].object, 100);
        assert_string_equal(last.trace[100].object_name, "phone");
        assert_string_equal(last.trace[100].outcome, "busy");
        assert_string_equal(last.trace[100].facts, "status=100");
        forget_record();
    }
}

/* Texts longer than a step holds are cut, in UTF-8 or not, and end in zero. */
static void long_texts(void **state)
{
    (void)state;
    struct scene s = scene();
    char name[400];
    memset(name, 'n', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    call_trace(s.call, &(struct trace_fact){.kind = TRACE_RING, .object_name = name, .outcome = name});
    end(&s);
    assert_int_equal(strlen(last.trace[0].object_name), sizeof(last.trace[0].object_name) - 1);
    assert_int_equal(strlen(last.trace[0].outcome), sizeof(last.trace[0].outcome) - 1);
    assert_string_equal(last.trace[0].facts, "");
    forget_record();
}

/* A6: 64 segments; beyond, nothing is written and nothing breaks. */
static void limit_of_segments(void **state)
{
    (void)state;
    struct scene s = scene();
    struct party target = {.number = "101"};
    for (unsigned i = 1; i <= SEGMENTS_MAX + 1; i++) {
        uint16_t n = call_segment_open(s.call, &(struct segment_begin){.kind = SEGMENT_USER, .target = &target});
        assert_int_equal(n, i <= SEGMENTS_MAX ? i : 0);
        call_segment_answered(s.call, n, 7);
        call_segment_close(s.call, n, REASON_ANSWERED);
    }
    end(&s);
    assert_int_equal(last.n_segments, SEGMENTS_MAX);
    assert_int_equal(last.segments[SEGMENTS_MAX - 1].device, 7);
    forget_record();
}

/* C4: a clock that is set during the call changes no length; times follow the monotonic clock from the start on. */
static void clock_is_set(void **state)
{
    (void)state;
    struct scene s = scene();
    timers_set_now(s.timers, 7000000, 1600000000000000);
    call_answered(s.call);
    call_answered(s.call);
    timers_set_now(s.timers, 10000000, 1900000000000000);
    call_end(s.call, REASON_CANCELLED, s.leg);
    call_end(s.call, REASON_BUSY, NULL); /* the first reason counts */
    end(&s);
    assert_int_equal(last.reason, REASON_ANSWERED);
    assert_int_equal(last.ended_by, ENDED_BY_CALLER);
    assert_int_equal(last.length_ms, 5000);
    assert_int_equal(last.talk_ms, 3000);
    assert_int_equal(last.started_ms, 1700000000123);
    assert_int_equal(last.ended_ms, 1700000005123);
    forget_record();
}

/* The memory that a failed test of limits would leave: counts of users and peers fall back to nothing. */
static void load_counts(void **state)
{
    (void)state;
    struct load *l = load_new();
    load_add_call(l, LOAD_USER, 0, 1);
    load_add_call(l, LOAD_USER, 7, 1);
    load_add_call(l, LOAD_PEER, 7, 1);
    load_add_ringing(l, LOAD_USER, 7, 1);
    assert_int_equal(load_get(l, LOAD_USER, 0).calls, 0);
    assert_int_equal(load_get(l, LOAD_USER, 7).calls, 1);
    assert_int_equal(load_get(l, LOAD_USER, 7).ringing, 1);
    load_add_call(l, LOAD_USER, 7, -1);
    load_add_ringing(l, LOAD_USER, 7, -1);
    assert_int_equal(load_get(l, LOAD_USER, 7).calls, 0);
    assert_int_equal(load_get(l, LOAD_PEER, 7).calls, 1);
    load_free(l);
    load_free(NULL);
    call_core_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),        cmocka_unit_test(limit_of_the_trace),
        cmocka_unit_test(long_texts),   cmocka_unit_test(limit_of_segments),
        cmocka_unit_test(clock_is_set), cmocka_unit_test(load_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
