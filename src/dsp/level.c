/* SPDX-License-Identifier: Apache-2.0
 *
 * Levels: see level.h.
 */
#include "dsp/level.h"

#include <math.h>

static const double FULL_SCALE = 32768.0;

static double in_db(double mean_square)
{
    double ratio = mean_square / (FULL_SCALE * FULL_SCALE);
    return ratio < 1e-10 ? LEVEL_SILENCE_DB : 10.0 * log10(ratio);
}

double level_rms_db(const int16_t *linear, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)linear[i] * linear[i];
    return in_db(n ? sum / (double)n : 0);
}

double level_at_db(const int16_t *linear, size_t n, uint32_t rate_hz, double hz)
{
    double turn = 2.0 * cos(2.0 * M_PI * hz / rate_hz), before = 0, before2 = 0;
    for (size_t i = 0; i < n; i++) {
        double now = linear[i] + turn * before - before2;
        before2 = before;
        before = now;
    }
    double power = before * before + before2 * before2 - turn * before * before2; /* (amplitude * n / 2) squared */
    return in_db(n ? 2.0 * power / ((double)n * (double)n) : 0);
}
