/* SPDX-License-Identifier: Apache-2.0
 *
 * Plays a tone or sentence to a leg that is up, then ends it. Signalling thread.
 */
#pragma once

#include "call/leg.h"

/* Takes the leg. The call ends for this reason. */
void announce_start(struct leg *leg, enum media_sound sound, enum call_reason reason);
