/* SPDX-License-Identifier: Apache-2.0
 *
 * Cutting messages out of a byte stream (RFC 3261 section 18.3, RFC 5626 section 4.4.1). Reads nothing of the head but
 * where it ends and its Content-Length; sip_msg_parse judges the rest by the same rules of lines and names. Pure.
 */
#include "sip/chars_priv.h"
#include "sip/fields_priv.h"

struct head {
    size_t bytes; /* with the empty line; 0: the end is not here yet */
    uint64_t content_length;
    bool known, broken; /* Content-Length was there; twice or not a number */
};

static void length_read(struct view line, struct head *head)
{
    size_t name = view_span(line, CH_TOKEN);
    if (name == 0 || sip_header_of(view_head(line, name)) != SIP_H_CONTENT_LENGTH)
        return;
    struct view rest = view_from(line, name);
    if (!view_take_char(&rest, ':'))
        return;
    if (head->known || !view_to_u64(view_trim(rest), UINT32_MAX, &head->content_length))
        head->broken = true;
    head->known = true;
}

/* A folded line is one field: its continuations are taken with it, line ends and all, as view_trim and the number's
 * syntax allow line ends only around the digits. */
static size_t field_bytes(struct view v, struct line_end first)
{
    size_t n = first.next;
    while (n < v.n && ch_is(v.p[n], CH_BLANK)) {
        struct line_end more = line_at(view_from(v, n));
        if (!more.ended)
            return 0;
        n += more.next;
    }
    return n < v.n ? n : 0; /* at the very end a continuation may still come */
}

static struct head head_read(struct view bytes)
{
    struct head head = {0};
    size_t at = 0;
    bool first = true;
    for (;;) {
        struct view rest = view_from(bytes, at);
        struct line_end line = line_at(rest);
        if (!line.ended)
            return head;
        if (line.length == 0) {
            head.bytes = at + line.next;
            return head;
        }
        size_t n = first ? line.next : field_bytes(rest, line);
        if (n == 0)
            return head;
        if (!first)
            length_read(view_head(rest, n), &head);
        first = false;
        at += n;
    }
}

static enum sip_stream_what blanks_cut(struct view bytes, size_t *n)
{
    if (view_starts(bytes, VIEW("\r\n\r\n"))) {
        *n = 4;
        return SIP_STREAM_PING;
    }
    if (view_eq(bytes, VIEW("\r")) || view_eq(bytes, VIEW("\r\n\r")))
        return SIP_STREAM_MORE; /* the rest of a ping may be on its way */
    *n = view_starts(bytes, VIEW("\r\n")) ? 2 : 1;
    return SIP_STREAM_BLANK;
}

enum sip_stream_what sip_stream_cut(struct view bytes, size_t *n)
{
    *n = 0;
    if (!bytes.n)
        return SIP_STREAM_MORE;
    if (bytes.p[0] == '\r' || bytes.p[0] == '\n')
        return blanks_cut(bytes, n);
    struct view seen = view_slice(bytes, 0, SIP_MESSAGE_BYTES_MAX);
    struct head head = head_read(seen);
    if (!head.bytes && bytes.n < SIP_MESSAGE_BYTES_MAX)
        return SIP_STREAM_MORE;
    if (!head.bytes) {
        *n = seen.n;
        return SIP_STREAM_BROKEN;
    }
    *n = head.bytes;
    if (!head.known || head.broken || head.content_length > SIP_MESSAGE_BYTES_MAX - head.bytes)
        return SIP_STREAM_BROKEN;
    *n += (size_t)head.content_length;
    if (*n <= bytes.n)
        return SIP_STREAM_MESSAGE;
    *n = 0;
    return SIP_STREAM_MORE;
}
