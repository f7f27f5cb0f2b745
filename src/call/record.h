/* SPDX-License-Identifier: Apache-2.0
 *
 * The call record (CONT-19 to CONT-21, ROUTE-35): one chain an attempt, with segments and the routing trace. Built by
 * the call core, handed to the journal whole. Times are UTC in ms; lengths come from the monotonic clock, so that a
 * stepped clock makes no negative time (C4).
 */
#pragma once

#include "base/entropy.h"
#include "call/party.h"

enum call_reason {
    REASON_ANSWERED,
    REASON_BUSY,
    REASON_NO_ANSWER,
    REASON_REFUSED,
    REASON_CANCELLED,
    REASON_UNREACHABLE,
    REASON_NOT_REGISTERED,
    REASON_WRONG_NUMBER,
    REASON_FORBIDDEN,
    REASON_CLOSED,
    REASON_BLOCKED,
    REASON_LIMIT,
    REASON_CONGESTION,
    REASON_TRUNK_FAILED,
    REASON_MEDIA_TIMEOUT,
    REASON_TRANSFERRED,
    REASON_REPLACED,
    REASON_PICKED_UP_ELSEWHERE,
    REASON_TO_VOICEMAIL,
    REASON_CALLER_LEFT_QUEUE,
    REASON_QUEUE_TIMEOUT,
    REASON_LOST_IN_CRASH,
    REASON_INTERNAL_ERROR,
    REASONS
};
const char *call_reason_name(enum call_reason r); /* "answered", … as in CONT-21 */

enum call_direction { CALL_IN, CALL_OUT, CALL_INTERNAL };
enum call_ended_by { ENDED_BY_CALLER, ENDED_BY_CALLEE, ENDED_BY_SYSTEM };
enum segment_kind { SEGMENT_USER, SEGMENT_PEER, SEGMENT_KINDS };

/* One step of the routing trace. The sentence is made from kind, outcome and facts when somebody reads it, in his
 * language; never stored as prose. */
enum trace_kind {
    TRACE_ARRIVED,    /* facts: dialled number */
    TRACE_IDENTITY,   /* who the caller proved to be */
    TRACE_DEVICE,     /* a device is rung, or why not */
    TRACE_RING,       /* a user is rung */
    TRACE_ROUTE_TRY,  /* a peer is tried */
    TRACE_LIMIT,      /* a limit said no */
    TRACE_PERMISSION, /* a right said no */
    TRACE_TRANSFER,
    TRACE_PROMPT, /* something is played and why */
    TRACE_ANSWERED,
    TRACE_LOOP,
    TRACE_ENDED,
    TRACE_KINDS
};
const char *trace_kind_name(enum trace_kind k); /* "arrived", … as in ROUTE-35 */

struct trace_step {
    int64_t at_ms; /* UTC */
    enum trace_kind kind;
    uint32_t object;      /* row id of the user, device or peer concerned; 0: none */
    char object_name[48]; /* as it was then */
    char outcome[24];     /* a fixed word: "ringing", "not_registered", "unreachable", "busy" … */
    char facts[64];       /* "status=486", "codec=opus" … */
};
enum { TRACE_STEPS_MAX = 200, SEGMENTS_MAX = 64 };

struct call_segment {
    enum segment_kind kind;
    char target[PARTY_NUMBER_BYTES];
    char target_name[PARTY_NAME_BYTES];
    uint32_t user, device, peer;
    int64_t started_ms, answered_ms /* 0: never */, ended_ms;
    enum call_reason reason;
};

struct call_record {
    struct uuid id;
    int64_t started_ms, ended_ms; /* UTC; ended 0 while it runs */
    int64_t length_ms, talk_ms;   /* monotonic */
    enum call_direction direction;
    struct party from;
    char to_dialled[PARTY_NUMBER_BYTES];
    uint32_t peer; /* by which it came or went; 0: none */
    bool answered;
    enum call_ended_by ended_by;
    enum call_reason reason;
    struct call_segment *segments;
    uint32_t n_segments;
    struct trace_step *trace;
    uint32_t n_trace;
    uint32_t trace_more; /* steps beyond the limit, counted */
};
