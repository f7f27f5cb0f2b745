/* SPDX-License-Identifier: Apache-2.0
 *
 * Voice codecs: see voice.h. G.722 is spandsp's, Opus libopus's.
 */
#include "dsp/voice.h"

#include "dsp/g711.h"

#include <glib.h>
#include <opus/opus.h>
#include <spandsp.h>
#include <string.h>

enum { OPUS_BITS_PER_S = 32000, OPUS_EFFORT = 4, G722_BITS_PER_S = 64000, CONCEAL_MS_MAX = 120 };

struct voice_encoder {
    enum voice_coding coding;
    g722_encode_state_t *g722;
    OpusEncoder *opus;
};

struct voice_decoder {
    enum voice_coding coding;
    g722_decode_state_t *g722;
    OpusDecoder *opus;
    plc_state_t plc;  /* of the others: knows what was heard last */
    size_t concealed; /* samples in a row */
};

uint32_t voice_rate_hz(enum voice_coding c)
{
    return c == VOICE_OPUS ? 48000 : c == VOICE_G722 ? 16000 : 8000;
}

size_t voice_frame_samples(enum voice_coding c)
{
    return voice_rate_hz(c) * VOICE_FRAME_MS / 1000;
}

/* --- encoding --------------------------------------------------------------------------------------------------- */

struct voice_encoder *voice_encoder_new(enum voice_coding c)
{
    struct voice_encoder *e = g_new0(struct voice_encoder, 1);
    e->coding = c;
    if (c == VOICE_G722) {
        e->g722 = g722_encode_init(NULL, G722_BITS_PER_S, 0);
        g_assert(e->g722);
    } else if (c == VOICE_OPUS) {
        int error;
        e->opus = opus_encoder_create(48000, 1, OPUS_APPLICATION_AUDIO, &error);
        g_assert(e->opus); /* fails for want of memory only */
        opus_encoder_ctl(e->opus, OPUS_SET_BITRATE(OPUS_BITS_PER_S));
        opus_encoder_ctl(e->opus, OPUS_SET_COMPLEXITY(OPUS_EFFORT));
    }
    return e;
}

void voice_encoder_free(struct voice_encoder *e)
{
    if (!e)
        return;
    if (e->g722)
        g722_encode_free(e->g722);
    if (e->opus)
        opus_encoder_destroy(e->opus);
    g_free(e);
}

size_t voice_encode(struct voice_encoder *e, const int16_t *linear, uint8_t dst[VOICE_BYTES_MAX])
{
    size_t n = voice_frame_samples(e->coding);
    switch (e->coding) {
    case VOICE_PCMA:
        for (size_t i = 0; i < n; i++)
            dst[i] = g711_alaw_encode(linear[i]);
        return n;
    case VOICE_PCMU:
        for (size_t i = 0; i < n; i++)
            dst[i] = g711_ulaw_encode(linear[i]);
        return n;
    case VOICE_G722:
        return (size_t)g722_encode(e->g722, dst, linear, (int)n);
    case VOICE_OPUS: {
        opus_int32 bytes = opus_encode(e->opus, linear, (int)n, dst, VOICE_BYTES_MAX);
        return bytes > 0 ? (size_t)bytes : 0;
    }
    case VOICE_CODINGS:
        break;
    }
    return 0;
}

/* --- decoding --------------------------------------------------------------------------------------------------- */

struct voice_decoder *voice_decoder_new(enum voice_coding c)
{
    struct voice_decoder *d = g_new0(struct voice_decoder, 1);
    d->coding = c;
    plc_init(&d->plc);
    if (c == VOICE_G722) {
        d->g722 = g722_decode_init(NULL, G722_BITS_PER_S, 0);
        g_assert(d->g722);
    } else if (c == VOICE_OPUS) {
        int error;
        d->opus = opus_decoder_create(48000, 1, &error);
        g_assert(d->opus);
    }
    return d;
}

void voice_decoder_free(struct voice_decoder *d)
{
    if (!d)
        return;
    if (d->g722)
        g722_decode_free(d->g722);
    if (d->opus)
        opus_decoder_destroy(d->opus);
    g_free(d);
}

static size_t decode_g711(enum voice_coding c, const uint8_t *packet, size_t bytes, int16_t *dst)
{
    for (size_t i = 0; i < bytes; i++)
        dst[i] = c == VOICE_PCMA ? g711_alaw_decode(packet[i]) : g711_ulaw_decode(packet[i]);
    return bytes;
}

size_t voice_decode(struct voice_decoder *d, const uint8_t *packet, size_t bytes, int16_t dst[VOICE_SAMPLES_MAX])
{
    size_t n = voice_frame_samples(d->coding);
    if (d->coding == VOICE_OPUS) {
        int got = opus_decode(d->opus, bytes ? packet : NULL, (opus_int32)bytes, dst, (int)n, 0);
        return got > 0 ? (size_t)got : 0;
    }
    if (bytes == 0) {
        memset(dst, 0, n * sizeof *dst);
        return n;
    }
    size_t bytes_max = d->coding == VOICE_G722 ? n / 2 : n;
    if (bytes > bytes_max)
        return 0;
    if (d->coding == VOICE_G722)
        return (size_t)g722_decode(d->g722, dst, packet, (int)bytes);
    return decode_g711(d->coding, packet, bytes, dst);
}

size_t voice_decode_packet(struct voice_decoder *d, const uint8_t *packet, size_t bytes,
                           int16_t dst[VOICE_PACKET_SAMPLES_MAX])
{
    d->concealed = 0;
    if (d->coding == VOICE_OPUS) {
        int got = opus_decode(d->opus, packet, (opus_int32)bytes, dst, VOICE_PACKET_SAMPLES_MAX, 0);
        return got > 0 ? (size_t)got : 0;
    }
    if (bytes > 8 * VOICE_PACKET_MS_MAX)
        return 0;
    size_t n = d->coding == VOICE_G722 ? (size_t)g722_decode(d->g722, dst, packet, (int)bytes)
                                       : decode_g711(d->coding, packet, bytes, dst);
    plc_rx(&d->plc, dst, (int)n);
    return n;
}

/* The ring of what was heard last, oldest first: spandsp would turn it by a memcpy onto itself. */
static void straighten(plc_state_t *plc)
{
    int16_t turned[PLC_HISTORY_LEN];
    size_t first = (size_t)(PLC_HISTORY_LEN - plc->buf_ptr);
    memcpy(turned, plc->history + plc->buf_ptr, first * sizeof turned[0]);
    memcpy(turned + first, plc->history, (size_t)plc->buf_ptr * sizeof turned[0]);
    memcpy(plc->history, turned, sizeof turned);
    plc->buf_ptr = 0;
}

static void fade_out(int16_t *linear, size_t n)
{
    for (size_t i = 0; i < n; i++)
        linear[i] = (int16_t)(linear[i] * (int)(n - i) / (int)n);
}

void voice_conceal(struct voice_decoder *d, const uint8_t *next, size_t next_bytes, int16_t *dst, size_t n)
{
    size_t most = (size_t)voice_rate_hz(d->coding) / 1000 * CONCEAL_MS_MAX;
    bool over = d->concealed >= most;
    if (!over && d->coding == VOICE_OPUS) {
        int got = opus_decode(d->opus, next, next ? (opus_int32)next_bytes : 0, dst, (int)n, next != NULL);
        over = got != (int)n;
    } else if (!over) {
        straighten(&d->plc);
        plc_fillin(&d->plc, dst, (int)n);
    }
    d->concealed += over ? 0 : n;
    if (over)
        memset(dst, 0, n * sizeof *dst);
    else if (d->concealed >= most)
        fade_out(dst, n);
}
