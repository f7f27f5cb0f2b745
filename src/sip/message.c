/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading a SIP message (RFC 3261 section 7): start line, fields, body. What the fields must say is checked in
 * message_check.c. Pure functions.
 */
#include "sip/chars_priv.h"
#include "sip/fields_priv.h"
#include "sip/message_priv.h"

#include <errno.h>
#include <string.h>

/* "SIP/2.0", without case; *other is set for another well-formed version. */
static bool version_read(struct view v, bool *other)
{
    if (!view_starts_nocase(v, VIEW("SIP/")))
        return false;
    struct view rest = view_from(v, 4);
    struct view major = view_take(&rest, CH_DIGIT);
    if (!major.n || !rest.n || rest.p[0] != '.' || !view_all(view_from(rest, 1), CH_DIGIT))
        return false;
    *other = !view_eq(view_from(v, 4), VIEW("2.0"));
    return true;
}

static void request_uri_read(struct sip_msg *m, struct sip_fault *fault)
{
    int err = sip_uri_parse(m->uri_text, &m->uri);
    if (err == EPROTONOSUPPORT)
        fault_set(fault, 416, "Unsupported URI Scheme");
    else if (err || m->uri.headers.n) /* no headers there: RFC 3261 section 19.1.1, RFC 4475 section 3.1.2.11 */
        fault_set(fault, 400, "Bad Request-URI");
}

/* Exactly one SP between the three parts (RFC 3261 section 7.1). */
static void request_line_read(struct sip_msg *m, struct view line, struct sip_fault *fault)
{
    struct view rest = line;
    bool other = false;
    m->is_request = true;
    m->method_text = view_take(&rest, CH_TOKEN);
    m->method = sip_method_of(m->method_text);
    if (!m->method_text.n || !rest.n || rest.p[0] != ' ') {
        fault_set(fault, 400, "Bad Request-Line");
        return;
    }
    rest = view_from(rest, 1);
    size_t end = view_find(rest, ' ');
    m->uri_text = view_head(rest, end);
    if (end == rest.n || !m->uri_text.n || !version_read(view_from(rest, end + 1), &other)) {
        fault_set(fault, 400, "Bad Request-Line");
        return;
    }
    if (other)
        fault_set(fault, 505, "Version Not Supported");
    request_uri_read(m, fault);
}

static void status_line_read(struct sip_msg *m, struct view line, struct sip_fault *fault)
{
    struct view rest = line;
    bool other = false;
    uint32_t status = 0;
    struct view version = view_cut(&rest, ' '), number = view_cut(&rest, ' ');
    m->reason = rest;
    if (!version_read(version, &other) || other || number.n != 3 || !view_to_u32(number, 699, &status) || status < 100)
        fault_set(fault, 400, "Bad Status-Line");
    else
        m->status = (uint16_t)status;
}

static void start_line_read(struct sip_msg *m, struct view line, struct sip_fault *fault)
{
    if (view_find(line, '\0') < line.n || view_find(line, '\r') < line.n)
        fault_set(fault, 400, "Control Byte in Start-Line");
    if (line.n > SIP_HEADER_BYTES_MAX)
        fault_set(fault, 400, "Start-Line Too Long");
    if (view_starts_nocase(line, VIEW("SIP/")))
        status_line_read(m, line, fault);
    else
        request_line_read(m, line, fault);
}

static void fields_keep(struct sip_msg *m, const struct field_scan *scan, struct arena *arena, struct sip_fault *fault)
{
    if (!scan->n)
        return;
    m->fields = arena_alloc(arena, scan->n * sizeof *scan->fields);
    if (!m->fields) {
        fault_set(fault, 513, "Message Too Large");
        return;
    }
    memcpy(m->fields, scan->fields, scan->n * sizeof *scan->fields);
    m->n_fields = scan->n;
}

/* What Content-Length says; without one all that follows, which a byte stream does not allow (RFC 3261 section 18.3).
 */
static void body_read(struct sip_msg *m, struct view all, size_t head_bytes, bool stream, struct sip_fault *fault)
{
    struct view rest = view_from(all, head_bytes);
    const struct sip_field *f = sip_msg_field(m, SIP_H_CONTENT_LENGTH);
    uint64_t length = rest.n;
    if (!f) {
        if (stream)
            fault_set(fault, 400, "Missing Content-Length");
    } else if (!view_to_u64(f->value, UINT32_MAX, &length)) {
        fault_set(fault, 400, "Bad Content-Length");
        return;
    } else if (length > SIP_MESSAGE_BYTES_MAX - head_bytes) {
        fault_set(fault, 513, "Message Too Large");
        return;
    } else if (length > rest.n) {
        fault_set(fault, 400, "Content-Length Beyond Message");
        return;
    }
    m->body = view_head(rest, (size_t)length);
}

static void head_and_body_read(struct sip_msg *m, struct arena *arena, char *bytes, size_t n, bool stream,
                               struct sip_fault *fault)
{
    struct field_scan scan;
    struct view all = {bytes, n};
    struct line_end start = line_at(all);
    if (start.ended)
        start_line_read(m, view_head(all, start.length), fault);
    else
        fault_set(fault, 400, "Start-Line Not Ended");
    fields_scan(&scan, bytes + start.next, n - start.next, fault);
    fields_keep(m, &scan, arena, fault);
    /* The last empty line may be missing where no body can follow: RFC 5118's own examples lack it. */
    if (!scan.ended && (stream || sip_msg_field(m, SIP_H_CONTENT_TYPE)))
        fault_set(fault, 400, "Missing Empty Line");
    body_read(m, all, start.next + scan.head_bytes, stream, fault);
}

int sip_msg_parse(struct sip_msg *ret, struct arena *arena, char *bytes, size_t n, bool reliable_transport,
                  struct sip_fault *fault)
{
    *ret = (struct sip_msg){.max_forwards = -1};
    *fault = (struct sip_fault){0};
    while (n && (bytes[0] == '\r' || bytes[0] == '\n')) { /* RFC 3261 section 7.5 */
        bytes++;
        n--;
    }
    if (n > SIP_MESSAGE_BYTES_MAX) {
        fault_set(fault, 513, "Message Too Large");
        n = SIP_MESSAGE_BYTES_MAX;
    }
    head_and_body_read(ret, arena, bytes, n, reliable_transport, fault);
    message_check(ret, fault);
    return fault->status ? EBADMSG : 0;
}
