/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is to be called for a number now, and why: one pure function of the snapshot and a query, so that the what-if
 * simulator is the same function with another time. Any thread.
 */
#pragma once

#include "model/snapshot.h"

/* By whose rights, what, when. Exactly one of user and peer says who calls. */
struct route_query {
    uint32_t user;        /* model_user.id */
    uint32_t peer;        /* model_peer.id: from outside */
    const char *number;   /* zero-ended, as dialled */
    int64_t at_ms;        /* UTC */
    uint8_t max_forwards; /* of the call so far; 0 ends it */
};

enum route_outcome {
    ROUTE_USER,
    ROUTE_PEER,
    ROUTE_WRONG_NUMBER,
    ROUTE_FORBIDDEN,
    ROUTE_LOOP, /* passed on too often */
    ROUTE_OUTCOMES
};

/* Why: one step for each thing that was looked at (ROUTE-35). */
enum route_rule {
    ROUTE_RULE_EXTENSION,       /* the number is a user's */
    ROUTE_RULE_USER_DISABLED,   /* … who is switched off */
    ROUTE_RULE_CALLER_DISABLED, /* the caller's user is switched off */
    ROUTE_RULE_PREFIX,          /* the longest prefix that fits belongs to a peer */
    ROUTE_RULE_PEER_DISABLED,   /* … which is switched off: not used */
    ROUTE_RULE_NO_TRANSIT,      /* from outside to outside: never */
    ROUTE_RULE_NO_MATCH,
    ROUTE_RULE_NOT_A_NUMBER, /* too long, or with something else than digits, + * #: never goes to a peer */
    ROUTE_RULE_HOPS,
    ROUTE_RULES
};
const char *route_rule_name(enum route_rule r);

struct route_step {
    enum route_rule rule;
    uint32_t object;  /* row id of the user or peer; 0: none */
    const char *name; /* lives as long as the snapshot; NULL: none */
};

enum { ROUTE_STEPS_MAX = 8, ROUTE_DIGITS_MAX = 32 };
struct route_decision {
    enum route_outcome outcome;
    const struct model_user *user; /* ROUTE_USER */
    const struct model_peer *peer; /* ROUTE_PEER; the number is dialled there as it stands */
    struct route_step step[ROUTE_STEPS_MAX];
    unsigned n_steps;
};
void route_decide(const struct model *m, const struct route_query *q, struct route_decision *ret);
