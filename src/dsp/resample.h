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
