/* SPDX-License-Identifier: Apache-2.0
 *
 * What can be played, coded once for all listeners: each sound in each codec is made on first use by a thread of its
 * own and then only read. No prompts are recorded yet: until they come (with the announcements milestone) each prompt
 * is the special information tone of ITU-T E.180 followed by the congestion tone, alike in every language.
 */
#pragma once

#include "call/ports.h"

#include <stddef.h>

enum { SOUND_FRAME_MAX = 320 }; /* bytes of a coded frame of 20 ms */

struct sounds;
struct sound_frames; /* never changes once seen; lives as long as the sounds */

struct sounds *sounds_open(void);   /* NULL: no thread could be started */
void sounds_stop(struct sounds *s); /* the thread ends; what was made can still be read */
void sounds_close(struct sounds *s);

/* Any thread, never blocks. NULL: it is being made, ask again; also for SOUND_NONE and codecs that are no voice. */
const struct sound_frames *sounds_get(struct sounds *s, enum media_sound sound, enum language lang, enum codec codec);
uint32_t sound_frames_count(const struct sound_frames *f);
const uint8_t *sound_frame(const struct sound_frames *f, uint32_t at, size_t *bytes);
/* Music and tones; prompts and the beep are played once. */
bool sound_loops(enum media_sound sound);
