/* SPDX-License-Identifier: Apache-2.0
 *
 * Tones: see tone.h.
 */
#include "dsp/tone.h"

#include <math.h>

static const double RAMP_S = 0.008; /* a raised cosine at both ends: no click */

static size_t step_samples(const struct tone_step *s, uint32_t rate_hz)
{
    return (size_t)s->ms * rate_hz / 1000;
}

size_t tone_samples(const struct tone_step *step, size_t n_steps, uint32_t rate_hz)
{
    size_t n = 0;
    for (size_t i = 0; i < n_steps; i++)
        n += step_samples(&step[i], rate_hz);
    return n;
}

static double ramp(size_t at, size_t n, double ramp_samples)
{
    double from_edge = (double)(at < n - at ? at : n - at);
    return from_edge >= ramp_samples ? 1.0 : 0.5 - 0.5 * cos(M_PI * from_edge / ramp_samples);
}

static void step_render(const struct tone_step *s, uint32_t rate_hz, int16_t *dst)
{
    size_t n = step_samples(s, rate_hz);
    double amplitude = 32767.0 * M_SQRT2 * pow(10.0, s->db / 20.0);
    for (size_t i = 0; i < n; i++) {
        double t = (double)i / rate_hz, sum = 0;
        for (unsigned k = 0; k < 2; k++)
            if (s->hz[k])
                sum += sin(2.0 * M_PI * s->hz[k] * t);
        double v = sum * amplitude * ramp(i, n, RAMP_S * rate_hz);
        dst[i] = (int16_t)lrint(fmax(-32767.0, fmin(32767.0, v)));
    }
}

void tone_render(const struct tone_step *step, size_t n_steps, uint32_t rate_hz, int16_t *dst)
{
    for (size_t i = 0; i < n_steps; i++) {
        step_render(&step[i], rate_hz, dst);
        dst += step_samples(&step[i], rate_hz);
    }
}
