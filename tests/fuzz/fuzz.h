/* SPDX-License-Identifier: Apache-2.0
 *
 * What the SIP targets share: a check that stops the program, and one that a view is inside.
 */
#pragma once

#include "base/view.h"
#include "tests/fuzz/replay.h"

#include <glib.h>
#include <string.h>

/* Of a rule that must hold for any input. */
#define MUST(condition)                                           \
    do {                                                          \
        if (!(condition))                                         \
            g_error("%s:%d: %s", __FILE__, __LINE__, #condition); \
    } while (0)

/* Does v lie inside the bytes? */
static inline void must_be_inside(struct view v, const void *bytes, size_t n)
{
    const char *p = bytes;
    MUST(v.n == 0 || (v.p >= p && v.n <= n && (size_t)(v.p - p) <= n - v.n));
}
