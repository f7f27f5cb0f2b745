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
