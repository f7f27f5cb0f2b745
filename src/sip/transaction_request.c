/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing the requests that client transactions send: a request of its owner, the ACK of a refusal (RFC 3261 17.1.1.3)
 * and CANCEL (9.1), which repeat lines of the INVITE as they were sent. Signalling thread.
 */
#include "sip/transaction_priv.h"

enum { MAX_FORWARDS = 70 };

bool sip_sent_by(struct sip_endpoint *ep, const struct sip_flow *flow, struct net_addr *ret)
{
    if (ep->ports.local && ep->ports.local(ep->ports.arg, flow->transport, &flow->remote, ret))
        return true;
    *ret = flow->local;
    return flow->connection && flow->local.family != NET_NONE;
}

static void put_via(struct buf *b, enum sip_transport transport, const struct net_addr *sent_by,
                    const char token[SIP_TOKEN_CHARS])
{
    buf_add_text(b, "Via: SIP/2.0/");
    buf_add_text(b, sip_transport_name(transport));
    buf_add_char(b, ' ');
    net_addr_write(sent_by, b);
    buf_add_text(b, ";branch=" SIP_COOKIE);
    buf_add(b, (struct view){token, SIP_TOKEN_CHARS});
    buf_add_text(b, transport == SIP_UDP ? ";rport\r\n" : "\r\n");
}

static struct view written(const struct buf *b)
{
    return b->full ? (struct view){0} : buf_view(b);
}

struct view sip_write_request(struct sip_endpoint *ep, const struct sip_request *r, enum sip_transport transport,
                              const struct net_addr *sent_by, const char token[SIP_TOKEN_CHARS])
{
    struct buf b = buf_on(ep->out, SIP_MESSAGE_BYTES_MAX);
    sip_put_request_line(&b, r->method, r->uri);
    put_via(&b, transport, sent_by, token);
    sip_putf(&b, SIP_H_MAX_FORWARDS, "%d", r->max_forwards ? r->max_forwards : MAX_FORWARDS);
    if (ep->config.server.n)
        sip_put(&b, SIP_H_USER_AGENT, ep->config.server);
    buf_add(&b, r->headers);
    sip_put_body(&b, r->content_type, r->body);
    return written(&b);
}

/* The next line of a message of ours, without its end; false at the empty line. */
static bool next_line(struct view *rest, struct view *line)
{
    *line = view_cut(rest, '\n');
    if (line->n && line->p[line->n - 1] == '\r')
        line->n--;
    return line->n > 0;
}

static void put_line(struct buf *b, struct view line)
{
    buf_add(b, line);
    buf_add_text(b, "\r\n");
}

static void put_cseq(struct buf *b, struct view line, enum sip_method m)
{
    struct view value = view_trim(view_slice(line, view_find(line, ':') + 1, line.n));
    struct view number = view_cut(&value, ' ');
    sip_putf(b, SIP_H_CSEQ, "%.*s %s", VIEW_ARG(number), sip_method_name(m));
}

/* Request line, Via, Route, From, To, Call-ID and CSeq number of the INVITE, for another method. to: instead of the
 * INVITE's own To, if not empty. */
static void put_as_invite(struct buf *b, const struct sip_client *t, enum sip_method m, struct view to)
{
    struct view rest = {t->bytes, t->n}, line;
    if (!next_line(&rest, &line))
        return;
    (void)view_cut(&line, ' ');
    sip_put_request_line(b, m, view_cut(&line, ' '));
    while (next_line(&rest, &line)) {
        enum sip_header h = sip_header_of(view_trim(view_slice(line, 0, view_find(line, ':'))));
        if (h == SIP_H_VIA || h == SIP_H_ROUTE || h == SIP_H_FROM || h == SIP_H_CALL_ID || (h == SIP_H_TO && !to.n))
            put_line(b, line);
        else if (h == SIP_H_TO)
            sip_put(b, SIP_H_TO, to);
        else if (h == SIP_H_CSEQ)
            put_cseq(b, line, m);
    }
    sip_putf(b, SIP_H_MAX_FORWARDS, "%d", MAX_FORWARDS);
}

struct view sip_write_ack(struct sip_client *t, const struct sip_msg *response)
{
    struct buf b = buf_on(t->ep->out, SIP_MESSAGE_BYTES_MAX);
    put_as_invite(&b, t, SIP_ACK, sip_msg_value(response, SIP_H_TO));
    sip_put_body(&b, (struct view){0}, (struct view){0});
    return written(&b);
}

struct view sip_write_cancel(struct sip_client *t, struct view headers)
{
    struct buf b = buf_on(t->ep->out, SIP_MESSAGE_BYTES_MAX);
    put_as_invite(&b, t, SIP_CANCEL, (struct view){0});
    buf_add(&b, headers);
    sip_put_body(&b, (struct view){0}, (struct view){0});
    return written(&b);
}
