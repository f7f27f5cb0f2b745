/* SPDX-License-Identifier: Apache-2.0
 *
 * Random numbers and names out of the entropy port: see entropy.h.
 */
#include "base/entropy.h"

#include <stdio.h>

void entropy_fill(const struct entropy *e, void *dst, size_t bytes)
{
    e->fill(e->arg, dst, bytes);
}

uint64_t entropy_u64(const struct entropy *e)
{
    uint64_t v;
    entropy_fill(e, &v, sizeof v);
    return v;
}

uint32_t entropy_below(const struct entropy *e, uint32_t below)
{
    return (uint32_t)(((entropy_u64(e) >> 32) * below) >> 32);
}

void entropy_token(const struct entropy *e, char *dst, size_t chars)
{
    static const char alphabet[32] = "abcdefghijklmnopqrstuvwxyz234567";
    uint64_t bits = 0;
    for (size_t i = 0; i < chars; i++) {
        if (i % 12 == 0)
            bits = entropy_u64(e);
        dst[i] = alphabet[bits & 31];
        bits >>= 5;
    }
    dst[chars] = '\0';
}

struct uuid uuid_v7(const struct entropy *e, int64_t wall_us)
{
    uint64_t ms = (uint64_t)(wall_us / 1000) & 0xffffffffffffULL;
    uint64_t a = entropy_u64(e), b = entropy_u64(e);
    struct uuid u;
    (void)snprintf(u.text, sizeof u.text, "%08x-%04x-7%03x-%04x-%012llx", (unsigned)(ms >> 16), (unsigned)(ms & 0xffff),
                   (unsigned)(a & 0xfff), (unsigned)(0x8000 | ((a >> 12) & 0x3fff)),
                   (unsigned long long)(b & 0xffffffffffffULL));
    return u;
}
