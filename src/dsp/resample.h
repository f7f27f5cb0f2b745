/* SPDX-License-Identifier: Apache-2.0
 *
 * Sound at another rate (speexdsp). Pure; any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Samples that n make at the other rate. */
size_t resample_samples(size_t n, uint32_t from_hz, uint32_t to_hz);
/* Converts a piece that is played in a loop: its end runs on into its start, so that the seam is not heard. dst has
 * resample_samples() of room. */
void resample_loop(const int16_t *src, size_t n, uint32_t from_hz, uint32_t to_hz, int16_t *dst);

/* A stream, in pieces of whole milliseconds. Its sound comes out about 2 ms later. */
struct resampler;
struct resampler *resampler_new(uint32_t from_hz, uint32_t to_hz);
void resampler_free(struct resampler *r);
/* Fills dst with resample_samples(n). */
void resampler_run(struct resampler *r, const int16_t *src, size_t n, int16_t *dst);
