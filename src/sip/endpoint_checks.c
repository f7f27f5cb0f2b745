/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers without state, and the endpoint's own judgement of requests (RFC 3261 8.2, 16.3). Nothing here allocates:
 * a refused request costs no byte that outlives it (D2). Signalling thread.
 */
#include "sip/transaction_priv.h"

enum { LINGERING_FACTOR = 8, TAG_HEX = 16, RETRY_AFTER_MAX_S = 10 };

struct view sip_endpoint_allow(void)
{
    return VIEW("INVITE, ACK, BYE, CANCEL, REGISTER, OPTIONS, PRACK, UPDATE, INFO, REFER, NOTIFY, SUBSCRIBE");
}

/* RFC 3581 answers to the source when rport asks for it. Without it RFC 3261 18.2.2 wants the port of sent-by, which is
 * right for a phone that sends from another port than it listens on, and wrong behind NAT, where the address that the
 * phone wrote is not the one it came from: then to the source all the same. maddr is not obeyed: it would let a
 * stranger aim us at others. */
uint16_t sip_reply_port(const struct sip_flow *flow, const struct sip_msg *m)
{
    struct net_addr sent_by;
    uint16_t port = m->via.port ? m->via.port : sip_transport_port(flow->transport);
    if (flow->transport == SIP_UDP && !m->via.rport && net_addr_parse(m->via.host, port, &sent_by) &&
        net_addr_eq_host(&sent_by, &flow->remote))
        return port;
    return flow->remote.port;
}

struct view sip_write_response(struct sip_endpoint *ep, const struct sip_msg *m, const struct sip_flow *flow,
                               const struct sip_response *r, struct view to_tag, bool named)
{
    struct buf b = buf_on(ep->out, SIP_MESSAGE_BYTES_MAX);
    sip_put_response_head(&b, m, r->status, r->reason, to_tag, &flow->remote);
    if (named && ep->config.server.n)
        sip_put_named(&b, VIEW("Server"), ep->config.server);
    buf_add(&b, r->headers);
    sip_put_body(&b, r->content_type, r->body);
    return b.full ? (struct view){0} : buf_view(&b);
}

/* The same request, sent again, gets the same tag (RFC 3261 8.2.7), though nothing is remembered. */
static struct view stateless_tag(struct sip_endpoint *ep, const struct sip_msg *m, char dst[TAG_HEX])
{
    static const char digits[] = "0123456789abcdef";
    struct sip_keyed k;
    sip_keyed_init(&k, ep->key);
    sip_keyed_add(&k, m->via.branch);
    sip_keyed_add(&k, m->call_id);
    sip_keyed_add(&k, m->from_tag);
    sip_keyed_add_u64(&k, m->cseq.number);
    uint64_t tag = sip_keyed_end(&k).a;
    for (unsigned i = 0; i < TAG_HEX; i++, tag >>= 4)
        dst[i] = digits[tag & 15];
    return (struct view){dst, TAG_HEX};
}

void sip_answer(struct sip_endpoint *ep, const struct sip_flow *flow, const struct sip_msg *m,
                const struct sip_response *r)
{
    char tag[TAG_HEX];
    if (m->method == SIP_ACK || r->status < 100 || net_addr_is_multicast(&flow->remote))
        return;
    struct view to_tag = r->to_tag;
    if (!to_tag.n && r->status > 100)
        to_tag = stateless_tag(ep, m, tag);
    struct view bytes = sip_write_response(ep, m, flow, r, to_tag, false);
    struct sip_flow to = *flow;
    to.remote.port = sip_reply_port(flow, m);
    if (bytes.n && to.remote.port)
        (void)ep->ports.send(ep->ports.arg, &to, bytes);
}

static bool may_answer(struct sip_endpoint *ep, const struct sip_flow *flow)
{
    return !ep->ports.may_answer || ep->ports.may_answer(ep->ports.arg, flow);
}

void sip_answer_fault(struct sip_endpoint *ep, const struct sip_flow *flow, const struct sip_msg *m,
                      const struct sip_fault *fault)
{
    if (!fault->answerable || !m->is_request || !may_answer(ep, flow))
        return;
    sip_answer(ep, flow, m, &(struct sip_response){.status = fault->status, .reason = view_of(fault->text)});
}

static bool refuse(struct sip_endpoint *ep, const struct sip_flow *flow, const struct sip_msg *m, uint16_t status,
                   struct view headers)
{
    sip_answer(ep, flow, m, &(struct sip_response){.status = status, .headers = headers});
    return true;
}

/* Methods that have no meaning outside of a dialog. */
static bool needs_dialog(enum sip_method m)
{
    return m == SIP_BYE || m == SIP_PRACK || m == SIP_UPDATE || m == SIP_INFO;
}

bool sip_refused_early(struct sip_endpoint *ep, const struct sip_flow *flow, const struct sip_msg *m, bool in_dialog)
{
    if (in_dialog || !needs_dialog(m->method))
        return false;
    return !may_answer(ep, flow) || refuse(ep, flow, m, 481, (struct view){0});
}

static bool is_method_accepted(enum sip_method m)
{
    return m != SIP_METHOD_OTHER && m != SIP_PUBLISH && m != SIP_MESSAGE;
}

/* Is this option tag among those that we understand? */
static bool understands(const struct sip_endpoint *ep, struct view tag)
{
    struct view rest = ep->config.supported, item;
    while (sip_list_cut(&rest, &item))
        if (view_eq_nocase(view_trim(item), tag))
            return true;
    return false;
}

/* Adds what `id` demands and we lack to the list in b. */
static void add_unsupported(const struct sip_endpoint *ep, const struct sip_msg *m, enum sip_header id, struct buf *b)
{
    struct sip_list at = {0};
    struct view tag;
    while (sip_msg_next_value(m, id, &at, &tag)) {
        if (!tag.n || understands(ep, tag))
            continue;
        if (b->n)
            buf_add_text(b, ", ");
        buf_add(b, tag);
    }
}

static bool refused_extension(struct sip_endpoint *ep, const struct sip_flow *flow, const struct sip_msg *m)
{
    char list[1024], line[1100];
    struct buf tags = buf_on(list, sizeof list), b = buf_on(line, sizeof line);
    add_unsupported(ep, m, SIP_H_REQUIRE, &tags);
    add_unsupported(ep, m, SIP_H_PROXY_REQUIRE, &tags);
    if (!tags.n && !tags.full)
        return false;
    sip_put(&b, SIP_H_UNSUPPORTED, buf_view(&tags));
    return refuse(ep, flow, m, 420, buf_view(&b));
}

static bool is_merged(struct sip_endpoint *ep, const struct sip_msg *m)
{
    if (m->to_tag.n || !m->from_tag.n)
        return false;
    struct sip_id id = sip_merged_id(ep, m);
    return g_hash_table_contains(ep->merged, &id);
}

static bool is_full(const struct sip_endpoint *ep)
{
    unsigned most = ep->config.max_transactions;
    return ep->unanswered >= most || g_hash_table_size(ep->servers) / LINGERING_FACTOR >= most;
}

static bool refused_overload(struct sip_endpoint *ep, const struct sip_flow *flow, const struct sip_msg *m)
{
    char line[32];
    struct buf b = buf_on(line, sizeof line);
    /* Spread, so that those refused now do not all come back at once (D1). */
    sip_putf(&b, SIP_H_RETRY_AFTER, "%u", 1 + entropy_below(ep->config.entropy, RETRY_AFTER_MAX_S));
    return refuse(ep, flow, m, 503, buf_view(&b));
}

bool sip_refused_late(struct sip_endpoint *ep, const struct sip_flow *flow, const struct sip_msg *m, bool in_dialog)
{
    struct view none = {0};
    if (m->method == SIP_METHOD_OTHER || !is_method_accepted(m->method)) {
        char line[128];
        struct buf b = buf_on(line, sizeof line);
        sip_put(&b, SIP_H_ALLOW, sip_endpoint_allow());
        return refuse(ep, flow, m, m->method == SIP_METHOD_OTHER ? 501 : 405, buf_view(&b));
    }
    if (!in_dialog) {
        if (m->to_tag.n && m->method != SIP_REGISTER)
            return refuse(ep, flow, m, 481, none);
        /* OPTIONS and REGISTER are for us, so that there is nothing to forward (RFC 3261 16.3). */
        if (m->max_forwards == 0 && m->method != SIP_OPTIONS && m->method != SIP_REGISTER)
            return refuse(ep, flow, m, 483, none);
        if (is_merged(ep, m))
            return refuse(ep, flow, m, 482, none);
        if (is_full(ep))
            return refused_overload(ep, flow, m);
    }
    return refused_extension(ep, flow, m);
}
