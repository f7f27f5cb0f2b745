/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzes sip_msg_parse: the first byte chooses datagram or stream. Every view lies in the buffer; what was read is read
 * alike when it is written again; the answer to it can be read.
 */
#include "tests/fuzz/fuzz.h"

#include "sip/build.h"
#include "sip/message.h"

static void uri_inside(const struct sip_uri *u, const void *p, size_t n)
{
    const struct view all[] = {u->text, u->user, u->password, u->host, u->params, u->headers};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        must_be_inside(all[i], p, n);
}

static void message_inside(const struct sip_msg *m, const void *p, size_t n)
{
    const struct view all[] = {m->method_text, m->uri_text,   m->reason,       m->body,       m->via.host,
                               m->via.branch,  m->via.params, m->from.display, m->to.display, m->from.params,
                               m->to.params,   m->from_tag,   m->to_tag,       m->call_id,    m->cseq.method_text};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        must_be_inside(all[i], p, n);
    uri_inside(&m->uri, p, n);
    uri_inside(&m->from.uri, p, n);
    uri_inside(&m->to.uri, p, n);
    MUST(m->n_fields <= SIP_HEADERS_MAX);
    for (unsigned i = 0; i < m->n_fields; i++) {
        MUST(m->fields[i].id < SIP_HEADERS && m->fields[i].name.n > 0);
        must_be_inside(m->fields[i].name, p, n);
        must_be_inside(m->fields[i].value, p, n);
        /* Nothing that would end a line when it is sent back. */
        MUST(!memchr(m->fields[i].value.p, '\n', m->fields[i].value.n));
        MUST(!memchr(m->fields[i].value.p, '\r', m->fields[i].value.n));
    }
}

static void all_values_inside(const struct sip_msg *m, const void *p, size_t n)
{
    static const enum sip_header lists[] = {SIP_H_VIA, SIP_H_CONTACT, SIP_H_SUPPORTED, SIP_H_OTHER};
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        struct sip_list at = {0};
        struct view v;
        while (sip_msg_next_value(m, lists[i], &at, &v))
            must_be_inside(v, p, n);
    }
}

/* Written out of its parts: the same start line, the same fields, the same body. */
static void written(const struct sip_msg *m, struct buf *b)
{
    if (m->is_request) {
        buf_add(b, m->method_text);
        buf_add_char(b, ' ');
        buf_add(b, m->uri_text);
        buf_add(b, VIEW(" SIP/2.0\r\n"));
    } else {
        buf_add_text(b, "SIP/2.0 ");
        buf_add_u64(b, m->status);
        buf_add_char(b, ' ');
        buf_add(b, m->reason);
        buf_add(b, VIEW("\r\n"));
    }
    for (unsigned i = 0; i < m->n_fields; i++) {
        if (m->fields[i].id == SIP_H_CONTENT_LENGTH)
            continue;
        buf_add(b, m->fields[i].name);
        buf_add_char(b, ':');
        buf_add(b, m->fields[i].value);
        buf_add(b, VIEW("\r\n"));
    }
    buf_addf(b, "Content-Length:%zu\r\n\r\n", m->body.n);
    buf_add(b, m->body);
}

static void read_again(const struct sip_msg *m)
{
    static char mem[2 * SIP_MESSAGE_BYTES_MAX];
    struct buf b = buf_on(mem, sizeof mem);
    struct sip_msg again;
    struct sip_fault fault;
    struct arena arena;
    size_t end;
    written(m, &b);
    if (b.full || b.n > SIP_MESSAGE_BYTES_MAX || m->n_fields == SIP_HEADERS_MAX)
        return;
    MUST(sip_stream_cut(buf_view(&b), &end) == SIP_STREAM_MESSAGE && end == b.n);
    arena_init(&arena, 64 * 1024);
    MUST(sip_msg_parse(&again, &arena, mem, b.n, true, &fault) == 0);
    MUST(again.is_request == m->is_request && again.method == m->method && again.status == m->status);
    MUST(view_eq(again.call_id, m->call_id) && view_eq(again.from_tag, m->from_tag) && view_eq(again.body, m->body));
    MUST(view_eq(again.via.host, m->via.host) && view_eq(again.via.branch, m->via.branch));
    MUST(again.cseq.number == m->cseq.number && view_eq(again.to.uri.text, m->to.uri.text));
    arena_release(&arena);
}

static void answered(const struct sip_msg *m, const struct sip_fault *fault)
{
    static char mem[4 * SIP_MESSAGE_BYTES_MAX];
    struct buf b = buf_on(mem, sizeof mem);
    struct sip_msg answer;
    struct sip_fault wrong;
    struct arena arena;
    struct net_addr source;
    MUST(net_addr_parse(VIEW("2001:db8::1"), 5060, &source));
    sip_put_response_head(&b, m, fault->status ? fault->status : 200, view_of(fault->text), VIEW("tag"), &source);
    sip_put_body(&b, (struct view){0}, (struct view){0});
    MUST(!b.full);
    arena_init(&arena, 64 * 1024);
    int err = sip_msg_parse(&answer, &arena, mem, b.n, true, &wrong);
    if (!fault->status && b.n < SIP_MESSAGE_BYTES_MAX / 2) {
        MUST(err == 0 && answer.status == 200);
        MUST(view_eq(answer.call_id, m->call_id) && view_eq(answer.via.branch, m->via.branch));
        MUST(answer.to_tag.n > 0 && view_eq(answer.from_tag, m->from_tag));
    }
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 1)
        return 0;
    char *bytes = g_malloc(n);
    size_t length = n - 1;
    memcpy(bytes, data + 1, length);
    struct sip_msg m;
    struct sip_fault fault;
    struct arena arena;
    arena_init(&arena, 64 * 1024);
    int err = sip_msg_parse(&m, &arena, bytes, length, data[0] & 1, &fault);
    MUST((err != 0) == (fault.status != 0) && (fault.text != NULL) == (fault.status != 0));
    MUST(!fault.answerable || (m.is_request && m.method != SIP_ACK && m.via.host.n));
    message_inside(&m, bytes, length);
    all_values_inside(&m, bytes, length);
    if (m.is_request && (!err || fault.answerable))
        answered(&m, &fault);
    if (!err)
        read_again(&m);
    arena_release(&arena);
    g_free(bytes);
    return 0;
}
