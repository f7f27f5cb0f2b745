/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls: see call.h. Signalling thread; owned by the core.
 */
#include "call/call.h"

#include <string.h>

#include "call/core_priv.h"

int64_t call_wall_ms(const struct call *call, int64_t mono_us)
{
    return (call->started_wall_us + (mono_us - call->started_us)) / 1000;
}

static void journal(const struct call *call, void (*tell)(void *arg, const struct call_record *r))
{
    struct call_record r = call_record_make(call);
    tell(call->core->journal.arg, &r);
    call_record_release(&r);
}

struct call *call_new(struct call_core *core, const struct call_begin *b)
{
    struct call *call = g_new0(struct call, 1);
    call->core = core;
    call->legs = g_ptr_array_sized_new(2);
    call->direction = (uint8_t)b->direction;
    call->reason = REASON_INTERNAL_ERROR;
    call->ended_by = ENDED_BY_SYSTEM;
    call->started_us = timers_now_us(core->timers);
    call->started_wall_us = timers_wall_us(core->timers);
    call->id = uuid_v7(&core->entropy, call->started_wall_us);
    call->peer = b->peer;
    call->from = *b->from;
    g_strlcpy(call->to_dialled, b->to_dialled, sizeof(call->to_dialled));
    call->place = core->calls->len;
    g_ptr_array_add(core->calls, call);
    core->started++;
    journal(call, core->journal.call_started);
    return call;
}

void call_set_direction(struct call *call, enum call_direction d, uint32_t peer)
{
    call->direction = (uint8_t)d;
    call->peer = peer;
}

/* Reasons that stand also for a call that was answered. */
static bool outlives_answer(enum call_reason r)
{
    return r == REASON_MEDIA_TIMEOUT || r == REASON_TRANSFERRED || r == REASON_UNREACHABLE || r == REASON_REPLACED;
}

/* Who ended a call that no leg ended: who was called said no, or nobody was. */
static enum call_ended_by ended_by_itself(enum call_reason r)
{
    return r == REASON_BUSY || r == REASON_REFUSED ? ENDED_BY_CALLEE : ENDED_BY_SYSTEM;
}

void call_end(struct call *call, enum call_reason reason, const struct leg *by)
{
    if (call->state == CALL_IS_OVER)
        return;
    call->state = CALL_IS_OVER;
    call->ended_us = timers_now_us(call->core->timers);
    call->reason = (uint8_t)(call->answered_us && !outlives_answer(reason) ? REASON_ANSWERED : reason);
    call->ended_by = (uint8_t)(!by ? ended_by_itself(reason) : by == call->caller ? ENDED_BY_CALLER : ENDED_BY_CALLEE);
    for (uint16_t s = 1; s <= call->n_segments; s++)
        call_segment_close(call, s, reason);
    call_trace(call, &(struct trace_fact){.kind = TRACE_ENDED, .outcome = call_reason_name(call->reason)});
}

static void call_bury(struct call *call)
{
    struct call_core *core = call->core;
    struct call *last = g_ptr_array_index(core->calls, core->calls->len - 1);
    g_ptr_array_index(core->calls, call->place) = last;
    last->place = call->place;
    g_ptr_array_set_size(core->calls, (int)core->calls->len - 1);
    g_ptr_array_unref(call->legs);
    g_free(call->trace);
    g_free(call->segment);
    call->legs = NULL;
    call->trace = NULL;
    call->segment = NULL;
    core_bury(core, call);
}

void call_add_leg(struct call *call, struct leg *leg)
{
    g_ptr_array_add(call->legs, leg);
    leg->call = call;
    if (!call->caller && call->legs->len == 1)
        call->caller = leg;
}

void call_drop_leg(struct call *call, struct leg *leg)
{
    g_ptr_array_remove(call->legs, leg);
    leg->call = NULL;
    /* The one who called has left a call that goes on (transfer): who is there longest now counts as its caller. */
    if (call->caller == leg)
        call->caller = call->legs->len ? g_ptr_array_index(call->legs, 0) : NULL;
    if (call->legs->len > 0)
        return;
    call_end(call, REASON_INTERNAL_ERROR, NULL);
    call->core->ended++;
    journal(call, call->core->journal.call_ended);
    call_bury(call);
}

void call_answered(struct call *call)
{
    if (!call->answered_us)
        call->answered_us = timers_now_us(call->core->timers);
}

bool call_is_answered(const struct call *call)
{
    return call->answered_us != 0;
}

bool call_is_ending(const struct call *call)
{
    return call->state == CALL_IS_OVER;
}

struct call *call_older(struct call *a, struct call *b)
{
    return a->started_us <= b->started_us ? a : b;
}

void call_take_leg(struct call *to, struct leg *leg)
{
    struct call *from = leg->call;
    if (from == to)
        return;
    call_segment_close(from, leg->segment, REASON_TRANSFERRED);
    leg->segment = 0;
    if (leg_is_up(leg)) /* for one that rings its dial has a segment */
        leg->segment = call_segment_open(to, &(struct segment_begin){.kind = leg->peer ? SEGMENT_PEER : SEGMENT_USER,
                                                                     .target = &leg->party,
                                                                     .user = leg->user,
                                                                     .peer = leg->peer});
    call_segment_answered(to, leg->segment, leg->device);
    if (from->legs->len == 1)
        call_end(from, REASON_TRANSFERRED, NULL);
    call_drop_leg(from, leg);
    call_add_leg(to, leg);
}

uint16_t call_segment_open(struct call *call, const struct segment_begin *s)
{
    if (call->n_segments == SEGMENTS_MAX || call->state == CALL_IS_OVER)
        return 0;
    call->segment = g_renew(struct call_segment, call->segment, call->n_segments + 1);
    struct call_segment *seg = &call->segment[call->n_segments++];
    *seg = (struct call_segment){.kind = s->kind,
                                 .user = s->user,
                                 .peer = s->peer,
                                 .started_ms = call_wall_ms(call, timers_now_us(call->core->timers)),
                                 .reason = REASON_INTERNAL_ERROR};
    g_strlcpy(seg->target, s->target->number, sizeof(seg->target));
    g_strlcpy(seg->target_name, s->target->name, sizeof(seg->target_name));
    return call->n_segments;
}

void call_segment_answered(struct call *call, uint16_t segment, uint32_t device)
{
    if (segment == 0)
        return;
    struct call_segment *s = &call->segment[segment - 1];
    s->device = device;
    if (!s->answered_ms)
        s->answered_ms = call_wall_ms(call, timers_now_us(call->core->timers));
}

void call_segment_close(struct call *call, uint16_t segment, enum call_reason reason)
{
    if (segment == 0)
        return;
    struct call_segment *s = &call->segment[segment - 1];
    if (s->ended_ms)
        return;
    s->ended_ms = call_wall_ms(call, timers_now_us(call->core->timers));
    s->reason = s->answered_ms && !outlives_answer(reason) ? REASON_ANSWERED : reason;
}
