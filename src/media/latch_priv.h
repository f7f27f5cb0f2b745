/* SPDX-License-Identifier: Apache-2.0
 *
 * Whose packets a socket takes and where it sends: the address that was signalled, or, in the NAT profile, one other
 * source that is learned once (SIP-25) under rules that leave strangers nothing (E1, E2). Pure; one per socket.
 *
 *     CLOSED --set--> OPEN ---- packet from the signalled address ----------------> LOCKED
 *                      |                                                              ^
 *                      +-- from the host of its signalling or media, other port --> TRIAL -- 1 s, or the signalled
 * speaks strict: CLOSED --set--> LOCKED.  A changed signalled address begins at OPEN again.
 */
#pragma once

#include "base/net_addr.h"

#include <stdbool.h>
#include <stdint.h>

enum { LATCH_TRIAL_US = 1000000 };

enum latch_state { LATCH_CLOSED, LATCH_OPEN, LATCH_TRIAL, LATCH_LOCKED };

struct latch {
    struct net_addr signalled;
    struct net_addr peer; /* where its signalling comes from: the host counts */
    struct net_addr actual;
    int64_t trial_until_us;
    uint8_t state; /* enum latch_state */
};

/* Returns whether anything changed. An address that nothing can be sent to leaves the latch as it was (old hold). */
bool latch_set(struct latch *l, const struct net_addr *signalled, const struct net_addr *peer, bool strict);
/* Whether a packet from there is the peer's. May move the state: compare it before and after. */
bool latch_accept(struct latch *l, const struct net_addr *from, int64_t now_us);
/* The same without learning anything. */
bool latch_knows(const struct latch *l, const struct net_addr *from);
/* Where to send; NULL: nowhere yet. */
const struct net_addr *latch_target(const struct latch *l);
