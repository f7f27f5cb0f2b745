/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls somebody for a leg: all devices of a user at once, or a peer; the first that answers talks. Signalling thread.
 *
 *   caller NEW: 180, 183 and 200 or a refusal in SIP; caller UP (after a transfer): music, ringback, then joined.
 */
#pragma once

#include "call/leg.h"

/* Nobody was reached. The leg is free again and nobody's: hand it on or end it. */
struct dial_order;
typedef void dial_failed(struct leg *caller, const struct dial_order *order, const struct call_refusal *why);

struct dial_order {
    uint32_t user, peer; /* one of them */
    struct party to;     /* number: what to dial at a peer, or the extension */
    struct party via;    /* who transferred; empty: nobody */
    uint32_t ring_s;     /* 0: the user's own */
    uint32_t return_to;  /* whom to call instead when it fails (CALL-22); kept for `failed` */
    dial_failed *failed;
};

/* True: it took the leg. False: *no says why, nothing was done. */
bool dial_start(struct leg *caller, const struct dial_order *order, struct call_refusal *no);
