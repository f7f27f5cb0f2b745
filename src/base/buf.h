/* SPDX-License-Identifier: Apache-2.0
 *
 * A bounded writer into memory of the caller. What does not fit sets `full` and is dropped whole; the caller looks at
 * `full` once, at the end. Never writes a closing zero, never allocates.
 */
#pragma once

#include "base/view.h"

struct buf {
    char *p;
    size_t n;   /* bytes written */
    size_t cap; /* bytes there are */
    bool full;  /* something did not fit */
};

static inline struct buf buf_on(void *mem, size_t cap)
{
    return (struct buf){mem, 0, cap, false};
}

void buf_add(struct buf *b, struct view v);
void buf_add_text(struct buf *b, const char *zero_ended);
void buf_add_char(struct buf *b, char c);
void buf_add_u64(struct buf *b, uint64_t value); /* decimal */
[[gnu::format(printf, 2, 3)]] void buf_addf(struct buf *b, const char *format, ...);

static inline struct view buf_view(const struct buf *b)
{
    return (struct view){b->p, b->n};
}
