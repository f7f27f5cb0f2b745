/* SPDX-License-Identifier: Apache-2.0
 *
 * A voice as it is heard: see voice_in.h. What was decoded waits in a small store, since packets are of any length.
 */
#include "dsp/voice_in.h"

#include <glib.h>
#include <string.h>

static const int64_t QUIET_SQUARE = 184 * 184; /* -45 dBFS: no voice is that low */

struct voice_in {
    enum voice_coding coding;
    struct jitter *jitter;
    struct voice_decoder *decoder;
    size_t frame;           /* samples */
    uint32_t ticks_divisor; /* samples per RTP tick: 2 for G.722 (RFC 3551 4.5.2) */
    bool quiet;             /* the last frame was */
    size_t n;
    int16_t store[VOICE_PACKET_SAMPLES_MAX + VOICE_SAMPLES_MAX];
    struct voice_in_stats stats;
};

struct voice_in *voice_in_new(enum voice_coding c)
{
    struct voice_in *v = g_new0(struct voice_in, 1);
    v->coding = c;
    v->ticks_divisor = c == VOICE_G722 ? 2 : 1;
    v->jitter = jitter_new(voice_rate_hz(c) / v->ticks_divisor);
    v->decoder = voice_decoder_new(c);
    v->frame = voice_frame_samples(c);
    v->quiet = true;
    return v;
}

void voice_in_free(struct voice_in *v)
{
    if (!v)
        return;
    jitter_free(v->jitter);
    voice_decoder_free(v->decoder);
    g_free(v);
}

struct voice_in_stats voice_in_stats(const struct voice_in *v)
{
    struct voice_in_stats s = v->stats;
    s.jitter = jitter_stats(v->jitter);
    return s;
}

void voice_in_put(struct voice_in *v, const struct jitter_packet *p, int64_t now_us)
{
    jitter_put(v->jitter, p, now_us);
}

static bool is_quiet(const int16_t *linear, size_t n)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (int64_t)linear[i] * linear[i];
    return sum < QUIET_SQUARE * (int64_t)n;
}

static void conceal(struct voice_in *v, const struct jitter_packet *next, size_t n)
{
    voice_conceal(v->decoder, next->payload, next->bytes, v->store + v->n, n);
    v->n += n;
    v->stats.concealed++;
}

/* Adds to the store; false: nothing is there to be heard. */
static bool more(struct voice_in *v, int64_t now_us)
{
    struct jitter_packet p;
    uint32_t ticks;
    size_t got;
    switch (jitter_next(v->jitter, now_us, &p, &ticks)) {
    case JITTER_NOTHING:
        return false;
    case JITTER_PACKET:
        got = voice_decode_packet(v->decoder, p.payload, p.bytes, v->store + v->n);
        v->n += got;
        if (!got)
            conceal(v, &(struct jitter_packet){0}, got = v->frame);
        jitter_advance(v->jitter, (uint32_t)got / v->ticks_divisor);
        return true;
    case JITTER_LOST:
        conceal(v, &p, (size_t)ticks * v->ticks_divisor);
        jitter_advance(v->jitter, ticks);
        return true;
    case JITTER_WAIT:
        conceal(v, &p, v->frame);
        return true;
    }
    return false;
}

static bool take(struct voice_in *v, int64_t now_us, int16_t *dst)
{
    while (v->n < v->frame)
        if (!more(v, now_us))
            return false;
    memcpy(dst, v->store, v->frame * sizeof *dst);
    v->n -= v->frame;
    memmove(v->store, v->store + v->frame, v->n * sizeof *dst);
    return true;
}

/* Two frames become one, each fading into the other, that it does not click. */
static void shorten(struct voice_in *v, int64_t now_us, int16_t *dst)
{
    int16_t next[VOICE_SAMPLES_MAX];
    if (!take(v, now_us, next))
        return;
    int n = (int)v->frame;
    for (int i = 0; i < n; i++)
        dst[i] = (int16_t)((dst[i] * (n - i) + next[i] * i) / n);
    v->stats.dropped++;
}

bool voice_in_get(struct voice_in *v, int64_t now_us, int16_t dst[VOICE_SAMPLES_MAX])
{
    memset(dst, 0, v->frame * sizeof *dst);
    enum jitter_lean lean = jitter_lean(v->jitter, now_us, (uint32_t)v->n / v->ticks_divisor);
    if (lean == JITTER_GROW && v->quiet && v->n == 0) {
        v->stats.inserted++;
        voice_conceal(v->decoder, NULL, 0, dst, v->frame);
        return true;
    }
    if (!take(v, now_us, dst))
        return false;
    v->quiet = is_quiet(dst, v->frame);
    if (lean == JITTER_SHRINK_NOW || (lean == JITTER_SHRINK && v->quiet))
        shorten(v, now_us, dst);
    return true;
}
