/* SPDX-License-Identifier: Apache-2.0
 *
 * Between stage.c and stage_ports.c.
 */
#pragma once

#include "tests/unit/feature/stage.h"

void stage_fill_ports(struct stage *s, struct call_core_config *c);
leg_id stage_call_raw(struct stage *s, struct leg_incoming *in); /* without what stage_incoming notes */
void stage_incoming(struct stage *s, leg_id id, bool late);      /* now known */
/* Brings the event to the core as a true line would; what no line may say is left out. */
void stage_tell(struct stage *s, leg_id id, const struct leg_event *ev);
