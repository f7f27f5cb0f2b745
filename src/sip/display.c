/* SPDX-License-Identifier: Apache-2.0
 *
 * Display names as text for people: see sip_display_text in message.h. Pure functions.
 */
#include "sip/message.h"

/* Bytes of the whole UTF-8 character at the head, 0 when it is none (RFC 3629: no overlong forms, no surrogates). */
static size_t utf8_span(struct view v)
{
    uint8_t c = (uint8_t)v.p[0];
    size_t n = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
    if (n == 0 || n > v.n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if (((uint8_t)v.p[i] & 0xc0) != 0x80)
            return 0;
    uint8_t second = n > 1 ? (uint8_t)v.p[1] : 0;
    bool odd = (c == 0xe0 && second < 0xa0) || (c == 0xed && second > 0x9f) || (c == 0xf0 && second < 0x90) ||
               (c == 0xf4 && second > 0x8f);
    return odd ? 0 : n;
}

/* C0, DEL and C1 (two bytes in UTF-8). */
static bool is_control(struct view ch)
{
    uint8_t c = (uint8_t)ch.p[0];
    return (ch.n == 1 && (c < ' ' || c == 0x7f)) || (ch.n == 2 && c == 0xc2 && (uint8_t)ch.p[1] < 0xa0);
}

void sip_display_text(struct view display, struct buf *dst)
{
    while (display.n) {
        if (display.p[0] == '\\' && display.n > 1)
            display = view_slice(display, 1, display.n);
        size_t n = utf8_span(display);
        struct view ch = view_slice(display, 0, n ? n : 1);
        display = view_slice(display, ch.n, display.n);
        if (n && !is_control(ch)) {
            if (ch.n > dst->cap - dst->n)
                return; /* cut at a whole character; that it was cut is no error */
            buf_add(dst, ch);
        }
    }
}
