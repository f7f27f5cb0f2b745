/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing SIP messages: see build.h. Pure functions.
 */
#include "sip/build.h"

#include "sip/chars_priv.h"

#include <stdarg.h>
#include <stdio.h>

static bool line_safe(struct view v)
{
    return view_find(v, '\r') == v.n && view_find(v, '\n') == v.n && view_find(v, '\0') == v.n;
}

/* Outside text inside a line: whatever would end or break the line is not written. */
static void put_text(struct buf *b, struct view v)
{
    if (line_safe(v))
        buf_add(b, v);
    else
        b->full = true;
}

void sip_put_request_line(struct buf *b, enum sip_method m, struct view uri)
{
    buf_add_text(b, sip_method_name(m));
    buf_add_char(b, ' ');
    if (view_all(uri, CH_URI))
        buf_add(b, uri);
    else
        b->full = true;
    buf_add(b, VIEW(" SIP/2.0\r\n"));
}

void sip_put_status_line(struct buf *b, unsigned status, struct view reason)
{
    buf_add(b, VIEW("SIP/2.0 "));
    buf_add_u64(b, status);
    buf_add_char(b, ' ');
    put_text(b, reason.n ? reason : view_of(sip_reason_phrase(status)));
    buf_add(b, VIEW("\r\n"));
}

static void put_name(struct buf *b, enum sip_header id)
{
    buf_add_text(b, sip_header_name(id));
    buf_add(b, VIEW(": "));
}

void sip_put(struct buf *b, enum sip_header id, struct view value)
{
    put_name(b, id);
    put_text(b, value);
    buf_add(b, VIEW("\r\n"));
}

void sip_put_named(struct buf *b, struct view name, struct view value)
{
    if (!view_all(name, CH_TOKEN))
        b->full = true;
    buf_add(b, name);
    buf_add(b, VIEW(": "));
    put_text(b, value);
    buf_add(b, VIEW("\r\n"));
}

void sip_putf(struct buf *b, enum sip_header id, const char *format, ...)
{
    put_name(b, id);
    if (b->full)
        return;
    size_t start = b->n, room = b->cap - b->n;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(b->p + start, room, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= room || !line_safe((struct view){b->p + start, (size_t)n}))
        b->full = true;
    else
        b->n += (size_t)n;
    buf_add(b, VIEW("\r\n"));
}

void sip_put_name_addr(struct buf *b, enum sip_header id, struct view display, struct view uri, struct view params)
{
    put_name(b, id);
    if (display.n) {
        buf_add_char(b, '"');
        for (size_t i = 0; i < display.n; i++) {
            char c = display.p[i];
            if (c == '\r' || c == '\n' || c == '\0')
                b->full = true;
            if (c == '"' || c == '\\')
                buf_add_char(b, '\\');
            if ((uint8_t)c >= ' ' && c != 0x7f) /* control characters have no place in a name (RFC 3261 25.1) */
                buf_add_char(b, c);
        }
        buf_add(b, VIEW("\" "));
    }
    if (!view_all(uri, CH_URI))
        b->full = true;
    buf_add_char(b, '<');
    buf_add(b, uri);
    buf_add_char(b, '>');
    put_text(b, params);
    buf_add(b, VIEW("\r\n"));
}

void sip_put_body(struct buf *b, struct view content_type, struct view body)
{
    if (body.n)
        sip_put(b, SIP_H_CONTENT_TYPE, content_type);
    put_name(b, SIP_H_CONTENT_LENGTH);
    buf_add_u64(b, body.n);
    buf_add(b, VIEW("\r\n\r\n"));
    buf_add(b, body);
}
