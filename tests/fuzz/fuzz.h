/* SPDX-License-Identifier: Apache-2.0
 *
 * What the SIP targets share: a check that stops the program, and one that a view is inside.
 */
#pragma once

#include "base/view.h"
#include "tests/fuzz/replay.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a rule that must hold for any input. abort, which the fuzzer catches and keeps the input of. */
#define MUST(condition)                                                           \
    do {                                                                          \
        if (!(condition)) {                                                       \
            (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                              \
        }                                                                         \
    } while (0)

/* Does v lie inside the bytes? */
static inline void must_be_inside(struct view v, const void *bytes, size_t n)
{
    const char *p = bytes;
    MUST(v.n == 0 || (v.p >= p && v.n <= n && (size_t)(v.p - p) <= n - v.n));
}
