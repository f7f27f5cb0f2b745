/* SPDX-License-Identifier: Apache-2.0
 *
 * The hold music that comes with the system: a calm piece for electric piano, bell and bass, written for it and
 * computed, so it has no owner but this project. Always the same, ends where it begins. Pure; any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { HOLD_MUSIC_RATE_HZ = 24000 }; /* telephones hear up to 7 kHz of it */

size_t hold_music_samples(void); /* about 53 s */
/* Renders the whole into dst; takes about a tenth of a second of CPU. */
void hold_music_render(int16_t *dst);
