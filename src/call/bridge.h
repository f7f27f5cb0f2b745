/* SPDX-License-Identifier: Apache-2.0
 *
 * Two legs that talk: hold, changed offers, digits, and finding one codec for both. Signalling thread.
 *
 *   MATCHING (an exchange is open, or the codecs differ) <-> JOINED -> OVER
 */
#pragma once

#include "call/leg.h"

/* Takes both legs, which are up; they are joined as soon as they agree. */
void bridge_start(struct leg *a, struct leg *b);
/* The other leg of a bridge; NULL when the leg is not in one. */
struct leg *bridge_other(const struct leg *leg);
