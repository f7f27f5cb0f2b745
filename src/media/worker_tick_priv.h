/* SPDX-License-Identifier: Apache-2.0
 *
 * A worker's clock: the 20 ms step of the sessions that play, and the round in which each session is looked after once
 * a second. The worker's thread (init and release: while it does not run).
 */
#pragma once

#include "media/worker_priv.h"

void worker_tick_init(struct worker *w);
void worker_tick_release(struct worker *w);
