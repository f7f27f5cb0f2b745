/* SPDX-License-Identifier: Apache-2.0
 *
 * Transfers (CALL-21 to CALL-27, SIP-16) of legs that talk. Blind: who stays goes to the core's entry with the new
 * number. Attended, also to a target that rings, and INVITE with Replaces: one leg takes another's place in that one's
 * controller. Signalling thread.
 */
#pragma once

#include "call/leg.h"

/* `leg`, which talks to `other`, wants it transferred. refer_progress is given until a final status in any case. */
void transfer_refer(struct leg *leg, struct leg *other, const struct leg_refer *refer);
/* A new leg that names another in Replaces. True: done. False: it is to be refused (481). */
bool transfer_take_place(struct leg *leg, struct leg *old);
