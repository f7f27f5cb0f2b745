/* SPDX-License-Identifier: Apache-2.0
 *
 * Call progress tones: steps of up to two frequencies or silence, with soft edges. Pure; any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct tone_step {
    uint16_t hz[2]; /* 0: none */
    uint16_t ms;
    int8_t db; /* level of each frequency (dBFS, RMS) */
};

/* Samples of all steps at a rate; each step is cut to whole samples. */
size_t tone_samples(const struct tone_step *step, size_t n_steps, uint32_t rate_hz);
/* Renders them into dst, which has tone_samples() of room. */
void tone_render(const struct tone_step *step, size_t n_steps, uint32_t rate_hz, int16_t *dst);
