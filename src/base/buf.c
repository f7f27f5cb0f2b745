/* SPDX-License-Identifier: Apache-2.0
 *
 * The bounded writer: see buf.h.
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void buf_add(struct buf *b, struct view v)
{
    if (b->full || v.n > b->cap - b->n) {
        b->full = true;
        return;
    }
    if (v.n)
        memcpy(b->p + b->n, v.p, v.n);
    b->n += v.n;
}

void buf_add_text(struct buf *b, const char *zero_ended)
{
    buf_add(b, view_of(zero_ended));
}

void buf_add_char(struct buf *b, char c)
{
    buf_add(b, (struct view){&c, 1});
}

void buf_add_u64(struct buf *b, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    buf_add(b, (struct view){digits + at, sizeof digits - at});
}

void buf_addf(struct buf *b, const char *format, ...)
{
    if (b->full)
        return;
    size_t room = b->cap - b->n;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(b->p + b->n, room, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= room) /* vsnprintf wants room for a zero that we do not count */
        b->full = true;
    else
        b->n += (size_t)n;
}
