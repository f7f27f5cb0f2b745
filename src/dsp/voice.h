/* SPDX-License-Identifier: Apache-2.0
 *
 * Voice codecs on frames of 20 ms: one face for G.711, G.722 and Opus. Pure; an object belongs to one thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum voice_coding { VOICE_PCMA, VOICE_PCMU, VOICE_G722, VOICE_OPUS, VOICE_CODINGS };

enum {
    VOICE_FRAME_MS = 20,
    VOICE_SAMPLES_MAX = 960, /* of a frame at 48 kHz */
    VOICE_BYTES_MAX = 320,   /* of a coded frame */
    VOICE_PACKET_MS_MAX = 120,
    VOICE_PACKET_SAMPLES_MAX = 48 * VOICE_PACKET_MS_MAX,
};

/* Of the linear sound: 8000, 16000 or 48000. */
uint32_t voice_rate_hz(enum voice_coding c);
size_t voice_frame_samples(enum voice_coding c);

struct voice_encoder;
struct voice_encoder *voice_encoder_new(enum voice_coding c);
void voice_encoder_free(struct voice_encoder *e);
/* Codes one frame of linear sound; returns its bytes, at most VOICE_BYTES_MAX. */
size_t voice_encode(struct voice_encoder *e, const int16_t *linear, uint8_t dst[VOICE_BYTES_MAX]);

struct voice_decoder;
struct voice_decoder *voice_decoder_new(enum voice_coding c);
void voice_decoder_free(struct voice_decoder *d);
/* Decodes one packet of at most 20 ms; returns samples, 0 when it is no valid packet. bytes 0: a lost one is covered up
 * (Opus) or silence (others). */
size_t voice_decode(struct voice_decoder *d, const uint8_t *packet, size_t bytes, int16_t dst[VOICE_SAMPLES_MAX]);
/* The same of a packet of any length up to VOICE_PACKET_MS_MAX, which is not empty. */
size_t voice_decode_packet(struct voice_decoder *d, const uint8_t *packet, size_t bytes,
                           int16_t dst[VOICE_PACKET_SAMPLES_MAX]);
/* Makes up n samples (at most a frame, whole 2.5 ms) for sound that did not come; fades out when it lasts. `next`: the
 * packet right behind the gap, which may tell of it (Opus FEC), or NULL. */
void voice_conceal(struct voice_decoder *d, const uint8_t *next, size_t next_bytes, int16_t *dst, size_t n);
