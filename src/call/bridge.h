/* SPDX-License-Identifier: Apache-2.0
 *
 * Two legs that talk: hold, changed offers, digits, and finding one codec for both; who shares none is joined all the
 * same, and transcoded (SIP-20). Signalling thread.
 *
 *   MATCHING (an exchange is open, or one codec is looked for) <-> JOINED -> OVER
 */
#pragma once

#include "call/leg.h"

/* Takes both legs, which are up; they are joined as soon as they agree, or when it is clear that they share no codec.
 * `known`: that was found out already, nobody is asked again. */
void bridge_start(struct leg *a, struct leg *b, bool known);
/* The other leg of a bridge; NULL when the leg is not in one. */
struct leg *bridge_other(const struct leg *leg);
