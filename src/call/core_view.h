/* SPDX-License-Identifier: Apache-2.0
 *
 * What features may use of the core beside legs and calls. Signalling thread.
 */
#pragma once

#include "call/core.h"
#include "call/load.h"

struct timers *call_core_timers(const struct call_core *core);
const struct entropy *call_core_entropy(const struct call_core *core);
const struct model *call_core_model(const struct call_core *core); /* until the next event */
size_t call_core_locate(const struct call_core *core, uint32_t user, struct location_device *ret, size_t max);
struct load *call_core_load(struct call_core *core);
size_t call_core_calls(const struct call_core *core); /* that run, this one included */
