/* SPDX-License-Identifier: Apache-2.0
 *
 * G.711: see g711.h. Both laws are floating point numbers of eight bits: sign, three bits of segment, four of mantissa.
 */
#include "dsp/g711.h"

enum { ALAW_TOGGLE = 0x55, ULAW_BIAS = 0x84, ULAW_CLIP = 32635 };

/* Position of the highest bit set, n > 0. */
static int top_bit(unsigned n)
{
    return 31 - __builtin_clz(n);
}

uint8_t g711_alaw_encode(int16_t linear)
{
    unsigned sign = 0x80;
    int n = linear >> 3; /* 13 bits */
    if (n < 0) {
        sign = 0;
        n = -n - 1;
    }
    int segment = n < 32 ? 0 : top_bit((unsigned)n) - 4;
    unsigned mantissa = ((unsigned)n >> (segment < 2 ? 1 : segment)) & 0x0f;
    return (uint8_t)((sign | (unsigned)segment << 4 | mantissa) ^ ALAW_TOGGLE);
}

int16_t g711_alaw_decode(uint8_t alaw)
{
    unsigned a = alaw ^ ALAW_TOGGLE;
    unsigned segment = (a >> 4) & 7;
    int n = (int)((a & 0x0f) << 4) + 8; /* middle of the step */
    if (segment > 0)
        n = (n + 0x100) << (segment - 1);
    return (int16_t)(a & 0x80 ? n : -n);
}

uint8_t g711_ulaw_encode(int16_t linear)
{
    unsigned sign = 0;
    int n = linear;
    if (n < 0) {
        sign = 0x80;
        n = -n;
    }
    n = (n > ULAW_CLIP ? ULAW_CLIP : n) + ULAW_BIAS;
    int segment = top_bit((unsigned)n) - 7;
    return (uint8_t) ~(sign | (unsigned)segment << 4 | (((unsigned)n >> (segment + 3)) & 0x0f));
}

int16_t g711_ulaw_decode(uint8_t ulaw)
{
    unsigned u = (uint8_t)~ulaw;
    int n = (int)((((u & 0x0f) << 3) + ULAW_BIAS) << ((u >> 4) & 7)) - ULAW_BIAS;
    return (int16_t)(u & 0x80 ? -n : n);
}
