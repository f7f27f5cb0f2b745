/* SPDX-License-Identifier: Apache-2.0
 *
 * One way of a joined pair whose ends share no codec (SIP-20): what one peer sends is decoded, brought to the other's
 * rate and coded anew, a packet each 20 ms. Made when the first packet comes that cannot be relayed. Pure; belongs to
 * the worker of the pair.
 */
#pragma once

#include "dsp/voice_in.h"
#include "sip/media_desc.h"

struct transcode;
/* Both are voice codecs (codec_is_voice). */
struct transcode *transcode_new(enum codec from, enum codec to);
void transcode_free(struct transcode *t);
bool transcode_is(const struct transcode *t, enum codec from, enum codec to);
enum codec transcode_from(const struct transcode *t);

void transcode_put(struct transcode *t, const struct jitter_packet *p, int64_t now_us);
/* The next packet's payload; 0: there is nothing to send yet. */
size_t transcode_get(struct transcode *t, int64_t now_us, uint8_t payload[VOICE_BYTES_MAX]);

/* A key went out instead of sound: for a moment no sound is sent, that it is not cut into pieces. */
void transcode_key(struct transcode *t, int64_t now_us);
bool transcode_is_keyed(const struct transcode *t, int64_t now_us);
