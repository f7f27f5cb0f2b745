/* SPDX-License-Identifier: Apache-2.0
 *
 * What must hold between any two events (A3): each leg in exactly one controller that knows it, joints symmetric and
 * inside one controller, media only with a leg, counts that add up. For tests, the simulator and fuzzing.
 */
#include "call/core_priv.h"

struct check {
    const struct call_core *core;
    GString *why;
    size_t legs, media;
    bool well;
};

[[gnu::format(printf, 3, 4)]] static void expect(struct check *c, bool holds, const char *format, ...)
{
    if (holds)
        return;
    c->well = false;
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(c->why, format, args);
    va_end(args);
    g_string_append_c(c->why, '\n');
}

static void check_leg(struct check *c, const struct leg *leg)
{
    unsigned long long id = leg->id;
    c->legs++;
    expect(c, leg->state != LEG_OVER, "leg %llu is over but still there", id);
    expect(c, leg->call != NULL, "leg %llu has no call", id);
    expect(c, leg->controller != NULL, "leg %llu has no controller", id);
    if (leg->controller && !leg->controller->ops->check(leg->controller, leg, c->why))
        expect(c, false, "leg %llu: its %s is not well", id, leg->controller->ops->name);
    if (leg->joint) {
        expect(c, leg->joint->joint == leg, "leg %llu: joint is not symmetric", id);
        expect(c, leg->joint->controller == leg->controller, "leg %llu is joined across controllers", id);
        expect(c, leg->media && leg->joint->media, "leg %llu is joined without media", id);
    }
    expect(c, !leg->pending || leg->state == LEG_UP, "leg %llu wants to offer but is not up", id);
    expect(c, !leg->pending || leg->exchange != EXCHANGE_NONE || timer_runs(&leg->pending->again),
           "leg %llu: an offer waits for nothing", id);
    if (leg->media) {
        c->media++;
        expect(c, g_hash_table_lookup(c->core->leg_by_media, &leg->media) == leg, "leg %llu: media of another", id);
    }
}

static void check_call(struct check *c, const struct call *call)
{
    expect(c, call->legs->len > 0, "call %s has no leg", call->id.text);
    bool caller = !call->caller;
    for (unsigned i = 0; i < call->legs->len; i++) {
        const struct leg *leg = g_ptr_array_index(call->legs, i);
        expect(c, leg->call == call, "leg %llu is in another call", (unsigned long long)leg->id);
        caller = caller || leg == call->caller;
        check_leg(c, leg);
    }
    expect(c, caller, "call %s: its caller is gone", call->id.text);
}

bool call_core_check(const struct call_core *core, GString *why)
{
    struct check c = {.core = core, .why = why, .well = true};
    for (unsigned i = 0; i < core->calls->len; i++)
        check_call(&c, g_ptr_array_index(core->calls, i));
    expect(&c, c.legs == slots_count(core->leg_by_id), "%zu legs in calls, %zu in the table", c.legs,
           slots_count(core->leg_by_id));
    expect(&c, c.media == g_hash_table_size(core->leg_by_media), "%zu sessions at legs, %u in the table", c.media,
           g_hash_table_size(core->leg_by_media));
    expect(&c, core->started == core->ended + core->calls->len, "%llu calls started, %llu ended, %u run",
           (unsigned long long)core->started, (unsigned long long)core->ended, core->calls->len);
    return c.well;
}

bool call_core_has_leg(const struct call_core *core, leg_id id)
{
    return slots_get(core->leg_by_id, id) != NULL;
}

media_id call_core_media_of(const struct call_core *core, leg_id id)
{
    const struct leg *leg = slots_get(core->leg_by_id, id);
    return leg ? leg->media : 0;
}

size_t call_core_bytes(const struct call_core *core)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < core->calls->len; i++) {
        const struct call *call = g_ptr_array_index(core->calls, i);
        bytes += sizeof(*call) + call->trace_cap + call->n_segments * sizeof(struct call_segment);
        bytes += call->legs->len * (sizeof(struct leg) + sizeof(struct leg *));
    }
    return bytes;
}
