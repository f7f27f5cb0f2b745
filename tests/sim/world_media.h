/* SPDX-License-Identifier: Apache-2.0
 *
 * The model of the media engine in a simulated world.
 */
#pragma once

#include "tests/sim/world.h"

struct media_port world_media_port(struct world *w);
/* Joints are mutual. */
void world_media_check(struct world *w);
