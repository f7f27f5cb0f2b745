/* SPDX-License-Identifier: Apache-2.0
 *
 * Resampling: see resample.h.
 */
#include "dsp/resample.h"

#include <glib.h>
#include <speex/speex_resampler.h>
#include <string.h>

enum { QUALITY = 5 };

size_t resample_samples(size_t n, uint32_t from_hz, uint32_t to_hz)
{
    return (size_t)((uint64_t)n * to_hz / from_hz);
}

void resample_loop(const int16_t *src, size_t n, uint32_t from_hz, uint32_t to_hz, int16_t *dst)
{
    size_t want = resample_samples(n, from_hz, to_hz);
    if (from_hz == to_hz) {
        memcpy(dst, src, n * sizeof *src);
        return;
    }
    int error;
    SpeexResamplerState *r = speex_resampler_init(1, from_hz, to_hz, QUALITY, &error);
    g_assert(r); /* rates are our own constants */
    /* The filter's memory is filled with the end of the piece: what comes out first belongs to the seam. */
    size_t lead = from_hz / 10 < n ? from_hz / 10 : n, lead_out = resample_samples(lead, from_hz, to_hz);
    int16_t *thrown = g_new(int16_t, lead_out + 16);
    spx_uint32_t in = (spx_uint32_t)lead, out = (spx_uint32_t)lead_out;
    speex_resampler_process_int(r, 0, src + n - lead, &in, thrown, &out);
    g_free(thrown);
    size_t done = 0, fed = 0;
    while (done < want) {
        in = (spx_uint32_t)(n - fed);
        out = (spx_uint32_t)(want - done);
        speex_resampler_process_int(r, 0, src + fed, &in, dst + done, &out);
        done += out;
        fed = (fed + in) % n;
        if (!in && !out)
            break;
    }
    speex_resampler_destroy(r);
}

struct resampler {
    SpeexResamplerState *speex; /* NULL: nothing is to be changed */
    uint32_t from_hz, to_hz;
};

struct resampler *resampler_new(uint32_t from_hz, uint32_t to_hz)
{
    struct resampler *r = g_new0(struct resampler, 1);
    r->from_hz = from_hz;
    r->to_hz = to_hz;
    int error;
    if (from_hz != to_hz) {
        r->speex = speex_resampler_init(1, from_hz, to_hz, QUALITY, &error);
        g_assert(r->speex); /* rates are our own constants */
    }
    return r;
}

void resampler_free(struct resampler *r)
{
    if (!r)
        return;
    if (r->speex)
        speex_resampler_destroy(r->speex);
    g_free(r);
}

void resampler_run(struct resampler *r, const int16_t *src, size_t n, int16_t *dst)
{
    size_t want = resample_samples(n, r->from_hz, r->to_hz);
    if (!r->speex) {
        memcpy(dst, src, n * sizeof *src);
        return;
    }
    spx_uint32_t in = (spx_uint32_t)n, out = (spx_uint32_t)want;
    speex_resampler_process_int(r->speex, 0, src, &in, dst, &out);
    memset(dst + out, 0, (want - out) * sizeof *dst);
}
