/* SPDX-License-Identifier: Apache-2.0
 *
 * How loud sound is, as a whole and at one frequency, in dB below a full-scale square wave (dBFS of the RMS: a sine at
 * full scale has -3). Pure; any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define LEVEL_SILENCE_DB (-100.0)

double level_rms_db(const int16_t *linear, size_t n);
/* Of the sine at hz (Goertzel); n should hold whole periods. */
double level_at_db(const int16_t *linear, size_t n, uint32_t rate_hz, double hz);
