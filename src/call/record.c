/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of what stands in call records (CONT-21, ROUTE-35), and the record made out of a call. Signalling thread.
 */
#include <glib.h>

#include "call/core_priv.h"

const char *call_reason_name(enum call_reason r)
{
    static const char *const names[REASONS] = {
        [REASON_ANSWERED] = "answered",
        [REASON_BUSY] = "busy",
        [REASON_NO_ANSWER] = "no_answer",
        [REASON_REFUSED] = "refused",
        [REASON_CANCELLED] = "cancelled",
        [REASON_UNREACHABLE] = "unreachable",
        [REASON_NOT_REGISTERED] = "not_registered",
        [REASON_WRONG_NUMBER] = "wrong_number",
        [REASON_FORBIDDEN] = "forbidden",
        [REASON_CLOSED] = "closed",
        [REASON_BLOCKED] = "blocked",
        [REASON_LIMIT] = "limit",
        [REASON_CONGESTION] = "congestion",
        [REASON_TRUNK_FAILED] = "trunk_failed",
        [REASON_MEDIA_TIMEOUT] = "media_timeout",
        [REASON_TRANSFERRED] = "transferred",
        [REASON_REPLACED] = "replaced",
        [REASON_PICKED_UP_ELSEWHERE] = "picked_up_elsewhere",
        [REASON_TO_VOICEMAIL] = "to_voicemail",
        [REASON_CALLER_LEFT_QUEUE] = "caller_left_queue",
        [REASON_QUEUE_TIMEOUT] = "queue_timeout",
        [REASON_LOST_IN_CRASH] = "lost_in_crash",
        [REASON_INTERNAL_ERROR] = "internal_error",
    };
    return names[r];
}

const char *trace_kind_name(enum trace_kind k)
{
    static const char *const names[TRACE_KINDS] = {
        [TRACE_ARRIVED] = "arrived",
        [TRACE_IDENTITY] = "identity",
        [TRACE_DEVICE] = "device",
        [TRACE_RING] = "ring",
        [TRACE_ROUTE_TRY] = "route_try",
        [TRACE_LIMIT] = "limit",
        [TRACE_PERMISSION] = "permission",
        [TRACE_TRANSFER] = "transfer",
        [TRACE_PROMPT] = "prompt",
        [TRACE_ANSWERED] = "answered",
        [TRACE_LOOP] = "loop",
        [TRACE_ENDED] = "ended",
    };
    return names[k];
}

struct call_record call_record_make(const struct call *call)
{
    int64_t end_us = call->ended_us ? call->ended_us : timers_now_us(call->core->timers);
    struct call_record r = {
        .id = call->id,
        .started_ms = call_wall_ms(call, call->started_us),
        .ended_ms = call->ended_us ? call_wall_ms(call, call->ended_us) : 0,
        .length_ms = (end_us - call->started_us) / 1000,
        .talk_ms = call->answered_us ? (end_us - call->answered_us) / 1000 : 0,
        .direction = (enum call_direction)call->direction,
        .from = call->from,
        .peer = call->peer,
        .answered = call->answered_us != 0,
        .ended_by = (enum call_ended_by)call->ended_by,
        .reason = (enum call_reason)call->reason,
        .segments = call->n_segments ? g_memdup2(call->segment, call->n_segments * sizeof(struct call_segment)) : NULL,
        .n_segments = call->n_segments,
        .trace = call_trace_unpack(call),
        .n_trace = call->n_steps,
        .trace_more = call->steps_more,
    };
    g_strlcpy(r.to_dialled, call->to_dialled, sizeof(r.to_dialled));
    return r;
}

void call_record_release(struct call_record *r)
{
    g_free(r->segments);
    g_free(r->trace);
}
