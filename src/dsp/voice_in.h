/* SPDX-License-Identifier: Apache-2.0
 *
 * A voice as it is heard: packets in any order in, a frame of linear sound each 20 ms out, without gaps: jitter buffer,
 * decoder and concealment in one (SIP-27). Pure; an object belongs to one thread.
 */
#pragma once

#include "dsp/jitter.h"
#include "dsp/voice.h"

#include <stdbool.h>

struct voice_in;
struct voice_in *voice_in_new(enum voice_coding c);
void voice_in_free(struct voice_in *v);

void voice_in_put(struct voice_in *v, const struct jitter_packet *p, int64_t now_us);
/* The next frame (voice_frame_samples). False: nothing is to be heard yet, dst is silence. */
bool voice_in_get(struct voice_in *v, int64_t now_us, int16_t dst[VOICE_SAMPLES_MAX]);

struct voice_in_stats {
    struct jitter_stats jitter;
    uint32_t concealed, inserted, dropped; /* frames */
};
struct voice_in_stats voice_in_stats(const struct voice_in *v);
