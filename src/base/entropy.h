/* SPDX-License-Identifier: Apache-2.0
 *
 * Where random bytes come from, as a port: the system's generator in the daemon (sys/random.h), a seeded one in tests.
 * Also the random names made of them.
 */
#pragma once

#include "base/view.h"

struct entropy {
    void (*fill)(void *arg, void *dst, size_t bytes);
    void *arg;
};

void entropy_fill(const struct entropy *e, void *dst, size_t bytes);
uint64_t entropy_u64(const struct entropy *e);
/* Even in [0, below); below > 0. */
uint32_t entropy_below(const struct entropy *e, uint32_t below);
/* Writes `chars` letters and digits (5 bits each, a to z and 2 to 7) and a closing zero; dst has chars + 1 bytes. */
void entropy_token(const struct entropy *e, char *dst, size_t chars);

enum { UUID_CHARS = 36 };
struct uuid {
    char text[UUID_CHARS + 1]; /* lower case, zero-ended */
};
/* RFC 9562 version 7: sorts by time. */
struct uuid uuid_v7(const struct entropy *e, int64_t wall_us);
