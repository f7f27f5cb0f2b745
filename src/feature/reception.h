/* SPDX-License-Identifier: Apache-2.0
 *
 * The first feature: asks route/ who is to be called, looks at the limits, hands to dial, and says what follows when
 * nobody was reached. Signalling thread.
 */
#pragma once

#include "call/core.h"

/* For call_core_config.entry. */
bool reception_enter(struct call_core *core, struct leg *leg, const struct call_want *want, struct call_refusal *no);
