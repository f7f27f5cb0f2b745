/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by dial.c (what happens while it rings) and dial_start.c (how it begins, and taking places). Signalling
 * thread.
 */
#pragma once

#include "feature/dial.h"

enum dial_state { DIAL_CALLING, DIAL_RINGING, DIAL_OVER };

/* How a branch, and with the last one the dial, ended. Of several the greatest is told. */
enum dial_end {
    DIAL_END_UNREACHABLE,
    DIAL_END_NO_ANSWER,
    DIAL_END_CONGESTION,
    DIAL_END_TRUNK_FAILED,
    DIAL_END_WRONG_NUMBER,
    DIAL_END_NO_CODEC,
    DIAL_END_REFUSED,
    DIAL_END_BUSY,
    DIAL_END_DECLINED,
};

const struct call_refusal *dial_end_refusal(enum dial_end end);
const char *dial_end_word(enum dial_end end);

struct branch {
    struct dial *dial;
    struct leg *leg;    /* NULL: gone */
    struct timer reply; /* SIP-6; runs until its first word */
};

struct dial {
    struct controller controller;
    struct leg *caller;
    struct dial_order order;
    uint8_t state; /* enum dial_state */
    uint8_t worst; /* enum dial_end */
    uint16_t segment;
    struct timer ring;
    unsigned n_branches;
    struct branch branch[];
};

struct dial *dial_new(struct leg *caller, const struct dial_order *order, unsigned branches);
void dial_free(struct dial *d); /* its legs have been taken care of */
struct branch *dial_branch_of(struct dial *d, const struct leg *leg);
void dial_drop_branch(struct dial *d, struct branch *b); /* forgets the leg */
/* This branch has answered, or was picked up by the leg that now stands in it: the others stop, both talk. */
void dial_connect(struct dial *d, struct leg *leg);
bool dial_replace(struct controller *c, struct leg *old, struct leg *now);
