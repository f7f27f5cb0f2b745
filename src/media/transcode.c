/* SPDX-License-Identifier: Apache-2.0
 *
 * Transcoding: see transcode_priv.h.
 *
 *     packets -> jitter buffer, decoder, concealment (dsp/voice_in.h) -> resampler -> encoder -> a packet each 20 ms
 */
#include "media/transcode_priv.h"

#include "dsp/resample.h"

#include <glib.h>

static const int64_t KEY_US = 60000;

struct transcode {
    enum codec from, to;
    struct voice_in *in;
    struct resampler *resampler;
    struct voice_encoder *encoder;
    int64_t key_until_us;
};

static enum voice_coding coding_of(enum codec c)
{
    return c == CODEC_OPUS ? VOICE_OPUS : c == CODEC_G722 ? VOICE_G722 : c == CODEC_PCMU ? VOICE_PCMU : VOICE_PCMA;
}

struct transcode *transcode_new(enum codec from, enum codec to)
{
    struct transcode *t = g_new0(struct transcode, 1);
    t->from = from;
    t->to = to;
    t->in = voice_in_new(coding_of(from));
    t->resampler = resampler_new(voice_rate_hz(coding_of(from)), voice_rate_hz(coding_of(to)));
    t->encoder = voice_encoder_new(coding_of(to));
    return t;
}

void transcode_free(struct transcode *t)
{
    if (!t)
        return;
    voice_in_free(t->in);
    resampler_free(t->resampler);
    voice_encoder_free(t->encoder);
    g_free(t);
}

bool transcode_is(const struct transcode *t, enum codec from, enum codec to)
{
    return t->from == from && t->to == to;
}

enum codec transcode_from(const struct transcode *t)
{
    return t->from;
}

void transcode_put(struct transcode *t, const struct jitter_packet *p, int64_t now_us)
{
    voice_in_put(t->in, p, now_us);
}

size_t transcode_get(struct transcode *t, int64_t now_us, uint8_t payload[VOICE_BYTES_MAX])
{
    int16_t heard[VOICE_SAMPLES_MAX], said[VOICE_SAMPLES_MAX];
    if (!voice_in_get(t->in, now_us, heard))
        return 0;
    resampler_run(t->resampler, heard, voice_frame_samples(coding_of(t->from)), said);
    return voice_encode(t->encoder, said, payload);
}

void transcode_key(struct transcode *t, int64_t now_us)
{
    t->key_until_us = now_us + KEY_US;
}

bool transcode_is_keyed(const struct transcode *t, int64_t now_us)
{
    return now_us < t->key_until_us;
}
