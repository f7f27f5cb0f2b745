/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing steps of the routing trace (ROUTE-35) into a call. Kept packed (about 30 bytes a step) until the record goes
 * out. The words used for `outcome` stand here, so that those who translate them find all of them.
 */
#pragma once

#include "call/record.h"

struct call;
struct leg;

/* outcome words */
#define OUTCOME_CALLED           "called"
#define OUTCOME_USER             "user"
#define OUTCOME_PEER             "peer"
#define OUTCOME_RINGING          "ringing"
#define OUTCOME_EARLY_MEDIA      "early_media"
#define OUTCOME_ANSWERED         "answered"
#define OUTCOME_BUSY             "busy"
#define OUTCOME_DECLINED         "declined"
#define OUTCOME_REFUSED          "refused"
#define OUTCOME_NO_ANSWER        "no_answer"
#define OUTCOME_NO_CODEC         "no_common_codec"
#define OUTCOME_TRANSCODED       "transcoded" /* facts: from=… to=… */
#define OUTCOME_UNREACHABLE      "unreachable"
#define OUTCOME_NOT_REGISTERED   "not_registered"
#define OUTCOME_ELSEWHERE        "answered_elsewhere"
#define OUTCOME_PICKED_UP        "picked_up"
#define OUTCOME_CANCELLED        "cancelled"
#define OUTCOME_NO_PORTS         "no_ports"
#define OUTCOME_WRONG_NUMBER     "wrong_number"
#define OUTCOME_DISABLED         "disabled"
#define OUTCOME_NOT_ALLOWED      "not_allowed"
#define OUTCOME_TOO_MANY_HOPS    "too_many_hops"
#define OUTCOME_SYSTEM_FULL      "system_full"
#define OUTCOME_USER_FULL        "user_full"
#define OUTCOME_PEER_FULL        "peer_full"
#define OUTCOME_BLIND            "blind"
#define OUTCOME_ATTENDED         "attended"
#define OUTCOME_ATTENDED_RINGING "attended_ringing"
#define OUTCOME_REPLACED         "replaced"
#define OUTCOME_RETURNED         "returned"
#define OUTCOME_FAILED           "failed"
#define OUTCOME_PLAYED           "played"

struct trace_fact {
    enum trace_kind kind;
    uint32_t object;         /* 0: none */
    const char *object_name; /* NULL: none */
    const char *outcome;     /* one of the words above */
    char facts[64];          /* "status=486"; empty: none */
};
void call_trace(struct call *call, const struct trace_fact *f);
/* For the commonest form: a step about a leg. status 0: not said. */
void call_trace_leg(const struct leg *leg, enum trace_kind kind, const char *outcome, unsigned status);
