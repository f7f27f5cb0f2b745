/* SPDX-License-Identifier: Apache-2.0
 *
 * G.711, A-law and mu-law (ITU-T G.711, coding of 16-bit linear by its 13 and 14 bits). Pure; any thread; no tables:
 * the compiler's bit operations are as quick.
 */
#pragma once

#include <stdint.h>

uint8_t g711_alaw_encode(int16_t linear);
int16_t g711_alaw_decode(uint8_t alaw);
uint8_t g711_ulaw_encode(int16_t linear);
int16_t g711_ulaw_decode(uint8_t ulaw);
