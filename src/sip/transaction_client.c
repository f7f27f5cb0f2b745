/* SPDX-License-Identifier: Apache-2.0
 *
 * Client transactions (RFC 3261 17.1, RFC 6026). Signalling thread; owned by the endpoint.
 *
 *   INVITE   TRYING ─1xx─> PROCEEDING ─2xx─> ACCEPTED ──M──> over      TRYING ──B──> failed
 *                               └─300+─> COMPLETED ──D──> over         cancelled and no answer in 64*T1 ──> failed
 *   others   TRYING ─1xx─> PROCEEDING ─200+─> COMPLETED ──K──> over    TRYING, PROCEEDING ──F──> failed
 *
 * A transaction is freed by its timer only, never inside a function that its owner called.
 */
#include <errno.h>
#include <string.h>

#include "sip/transaction_priv.h"

enum { TIMER_D_US = 32000000 };

static struct sip_id client_id(const char token[SIP_TOKEN_CHARS], bool cancel)
{
    struct sip_id id;
    G_STATIC_ASSERT(sizeof id == SIP_TOKEN_CHARS); /* a branch of ours is its own key */
    memcpy(&id, token, sizeof id);
    if (cancel) /* shares the branch of its INVITE; no token has such octets */
        id.b = ~id.b;
    return id;
}

/* --- life ------------------------------------------------------------------------------------------------------ */

static bool is_stream(const struct sip_client *t)
{
    return sip_transport_is_reliable(t->flow.transport);
}

static void wait_on_stream(struct sip_client *t)
{
    struct sip_client **head = &t->ep->waits;
    t->wait_next = *head;
    t->wait_link = head;
    if (*head)
        (*head)->wait_link = &t->wait_next;
    *head = t;
}

static void wait_ended(struct sip_client *t)
{
    if (!t->wait_link)
        return;
    *t->wait_link = t->wait_next;
    if (t->wait_next)
        t->wait_next->wait_link = t->wait_link;
    t->wait_link = NULL;
}

void sip_client_free(struct sip_client *t)
{
    timer_stop(t->ep->config.timers, &t->timer);
    wait_ended(t);
    g_free(t->bytes);
    g_free(t->cancel_headers);
    g_free(t);
}

static void ended(struct sip_client *t)
{
    g_hash_table_remove(t->ep->clients, &t->id);
    if (t->ops && t->ops->over)
        t->ops->over(t->arg, t);
    sip_client_free(t);
}

static void failed(struct sip_client *t, enum sip_client_failure why)
{
    g_hash_table_remove(t->ep->clients, &t->id);
    if (t->ops)
        t->ops->failed(t->arg, t, why);
    sip_client_free(t);
}

/* --- time ------------------------------------------------------------------------------------------------------ */

static int64_t now_us(const struct sip_client *t)
{
    return timers_now_us(t->ep->config.timers);
}

/* To the next repetition, or to the end of the state. */
static void arm(struct sip_client *t)
{
    struct timers *ts = t->ep->config.timers;
    if (t->interval_us)
        timer_start(ts, &t->timer, MIN((int64_t)t->interval_us, t->deadline_us - now_us(t)));
    else if (t->deadline_us == INT64_MAX)
        timer_stop(ts, &t->timer);
    else
        timer_start_lazy(ts, &t->timer, t->deadline_us - now_us(t));
}

static void broken(struct sip_client *t)
{
    t->state = CLIENT_BROKEN;
    wait_ended(t);
    timer_start(t->ep->config.timers, &t->timer, 0);
}

/* A full queue toward a UDP peer is a lost datagram: it is repeated. On a stream nothing would be. */
static bool is_fatal(const struct sip_client *t, int err)
{
    return err && (is_stream(t) || (err != EAGAIN && err != ENOBUFS && err != ENOMEM && err != EINTR));
}

static int send_bytes(struct sip_client *t)
{
    return t->ep->ports.send(t->ep->ports.arg, &t->flow, (struct view){t->bytes, t->n});
}

static void fired(void *arg)
{
    struct sip_client *t = arg;
    bool answered = t->state == CLIENT_COMPLETED || t->state == CLIENT_ACCEPTED;
    if (t->state == CLIENT_BROKEN) {
        failed(t, SIP_CLIENT_TRANSPORT);
    } else if (now_us(t) >= t->deadline_us) {
        if (answered)
            ended(t);
        else
            failed(t, SIP_CLIENT_TIMEOUT);
    } else if (is_fatal(t, send_bytes(t))) {
        failed(t, SIP_CLIENT_TRANSPORT);
    } else {
        t->interval_us *= 2; /* timer A doubles until B, timer E up to T2 */
        if (t->method != SIP_INVITE && t->interval_us > SIP_T2_US)
            t->interval_us = SIP_T2_US;
        arm(t);
    }
}

/* --- starting -------------------------------------------------------------------------------------------------- */

static struct sip_client *client_start(struct sip_endpoint *ep, const struct sip_flow *flow, enum sip_method method,
                                       struct sip_id id, struct view bytes, uint32_t repeat_us)
{
    struct sip_client *t = g_new0(struct sip_client, 1);
    t->ep = ep;
    t->id = id;
    t->method = method;
    t->flow = *flow;
    t->bytes = g_memdup2(bytes.p, bytes.n);
    t->n = bytes.n;
    t->deadline_us = now_us(t) + SIP_TIMEOUT_US; /* B, F */
    t->interval_us = is_stream(t) ? 0 : repeat_us ? repeat_us : SIP_T1_US;
    timer_init(&t->timer, fired, t);
    g_hash_table_insert(ep->clients, &t->id, t);
    arm(t);
    if (is_stream(t))
        wait_on_stream(t);
    if (is_fatal(t, send_bytes(t)))
        broken(t);
    return t;
}

struct sip_client *sip_client_start(struct sip_endpoint *ep, const struct sip_flow *flow, const struct sip_request *r,
                                    const struct sip_client_ops *ops, void *arg)
{
    char token[SIP_TOKEN_CHARS + 1];
    struct sip_flow to = *flow;
    struct net_addr sent_by;
    if (!sip_sent_by(ep, &to, &sent_by))
        return NULL;
    entropy_token(ep->config.entropy, token, SIP_TOKEN_CHARS);
    struct view bytes = sip_write_request(ep, r, to.transport, &sent_by, token);
    /* RFC 3261 18.1.1: too large for UDP, if there is another way (SIP-18). */
    if (bytes.n > SIP_UDP_REQUEST_BYTES && to.transport == SIP_UDP && ep->ports.widen &&
        ep->ports.widen(ep->ports.arg, &to, bytes.n)) {
        if (!sip_sent_by(ep, &to, &sent_by))
            return NULL;
        bytes = sip_write_request(ep, r, to.transport, &sent_by, token);
    }
    if (!bytes.n)
        return NULL;
    struct sip_client *t = client_start(ep, &to, r->method, client_id(token, false), bytes, r->repeat_us);
    t->sent_by = sent_by;
    t->ops = ops;
    t->arg = arg;
    return t;
}

int sip_endpoint_send_ack(struct sip_endpoint *ep, const struct sip_flow *flow, const struct sip_request *r)
{
    char token[SIP_TOKEN_CHARS + 1];
    struct net_addr sent_by;
    if (!sip_sent_by(ep, flow, &sent_by))
        return EAFNOSUPPORT;
    entropy_token(ep->config.entropy, token, SIP_TOKEN_CHARS);
    struct view bytes = sip_write_request(ep, r, flow->transport, &sent_by, token);
    return bytes.n ? ep->ports.send(ep->ports.arg, flow, bytes) : EMSGSIZE;
}

/* --- CANCEL ---------------------------------------------------------------------------------------------------- */

static void send_cancel(struct sip_client *t)
{
    t->cancel = CANCEL_SENT;
    t->deadline_us = now_us(t) + SIP_TIMEOUT_US; /* RFC 3261 9.1: no final response by then is none at all */
    arm(t);
    struct view bytes = sip_write_cancel(t, view_of(t->cancel_headers));
    if (!bytes.n)
        return;
    struct sip_id id = t->id;
    id.b = ~id.b;
    client_start(t->ep, &t->flow, SIP_CANCEL, id, bytes, 0)->sent_by = t->sent_by;
}

void sip_client_cancel(struct sip_client *t, struct view headers)
{
    bool open = t->state == CLIENT_TRYING || t->state == CLIENT_PROCEEDING;
    if (t->method != SIP_INVITE || !open || t->cancel != CANCEL_NONE)
        return;
    t->cancel = CANCEL_WANTED;
    t->cancel_headers = view_dup(headers);
    if (t->state == CLIENT_PROCEEDING)
        send_cancel(t);
}

void sip_client_disown(struct sip_client *t)
{
    t->ops = NULL;
    sip_client_cancel(t, (struct view){0});
}

enum sip_method sip_client_method(const struct sip_client *t)
{
    return t->method;
}

/* --- responses ------------------------------------------------------------------------------------------------- */

/* Ours, and with our Via alone: a response that has further ones was not sent for us (RFC 3261 8.1.3.3). */
static struct sip_client *client_of(struct sip_endpoint *ep, const struct sip_msg *m)
{
    struct sip_list at = {0};
    struct view via, cookie = VIEW(SIP_COOKIE);
    if (m->via.branch.n != cookie.n + SIP_TOKEN_CHARS)
        return NULL;
    struct sip_id id = client_id(m->via.branch.p + cookie.n, m->cseq.method == SIP_CANCEL);
    struct sip_client *t = g_hash_table_lookup(ep->clients, &id);
    if (!t || t->method != m->cseq.method)
        return NULL;
    struct net_addr sent_by;
    uint16_t port = m->via.port ? m->via.port : sip_transport_port(t->flow.transport);
    if (!net_addr_parse(m->via.host, port, &sent_by) || !net_addr_eq(&sent_by, &t->sent_by))
        return NULL;
    if (!sip_msg_next_value(m, SIP_H_VIA, &at, &via) || sip_msg_next_value(m, SIP_H_VIA, &at, &via))
        return NULL;
    return t;
}

static void provisional(struct sip_client *t)
{
    bool first = t->state == CLIENT_TRYING;
    t->state = CLIENT_PROCEEDING;
    if (t->method != SIP_INVITE) {
        if (t->interval_us)
            t->interval_us = SIP_T2_US; /* 17.1.2.2: at the next firing of E; it keeps running as it is */
        return;
    }
    if (!first)
        return;
    t->interval_us = 0;
    t->deadline_us = INT64_MAX;
    arm(t);
    if (t->cancel == CANCEL_WANTED)
        send_cancel(t);
}

static void swap_bytes(struct sip_client *t, struct view bytes)
{
    g_free(t->bytes);
    t->bytes = g_memdup2(bytes.p, bytes.n);
    t->n = bytes.n;
}

static void final(struct sip_client *t, const struct sip_msg *m)
{
    bool accepted = t->method == SIP_INVITE && m->status < 300;
    int64_t linger = t->method == SIP_INVITE ? TIMER_D_US : SIP_T4_US; /* D, K */
    if (is_stream(t))
        linger = 0;
    if (accepted)
        linger = SIP_TIMEOUT_US; /* M */
    t->state = accepted ? CLIENT_ACCEPTED : CLIENT_COMPLETED;
    t->interval_us = 0;
    t->deadline_us = now_us(t) + linger;
    wait_ended(t);
    arm(t);
    if (t->method == SIP_INVITE && !accepted) {
        swap_bytes(t, sip_write_ack(t, m));
        (void)send_bytes(t);
    } else {
        swap_bytes(t, (struct view){0});
    }
}

/* True: its owner is to hear of it. */
static bool take_response(struct sip_client *t, const struct sip_msg *m)
{
    switch (t->state) {
    case CLIENT_TRYING:
    case CLIENT_PROCEEDING:
        if (m->status < 200)
            provisional(t);
        else
            final(t, m);
        return true;
    case CLIENT_COMPLETED:
        if (t->method == SIP_INVITE && m->status >= 300)
            (void)send_bytes(t); /* our ACK was lost */
        return false;
    case CLIENT_ACCEPTED:
        return m->status >= 200 && m->status < 300;
    case CLIENT_BROKEN:
        return false;
    }
    return false;
}

void sip_client_response(struct sip_endpoint *ep, const struct sip_flow *flow, const struct sip_msg *m)
{
    struct sip_client *t = client_of(ep, m);
    if (t && take_response(t, m) && t->ops)
        t->ops->response(t->arg, t, m, flow);
}

/* --- connections ----------------------------------------------------------------------------------------------- */

static bool is_on(const struct sip_client *t, const struct sip_flow *flow)
{
    if (t->flow.connection != flow->connection || t->flow.transport != flow->transport)
        return false;
    return flow->connection != 0 || net_addr_eq(&t->flow.remote, &flow->remote);
}

void sip_endpoint_flow_closed(struct sip_endpoint *ep, const struct sip_flow *flow)
{
    for (struct sip_client *t = ep->waits, *next; t; t = next) {
        next = t->wait_next;
        if (is_on(t, flow))
            broken(t);
    }
}

void sip_endpoint_flow_opened(struct sip_endpoint *ep, const struct sip_flow *asked, const struct sip_flow *now)
{
    for (struct sip_client *t = ep->waits; t; t = t->wait_next)
        if (is_on(t, asked))
            t->flow = *now;
}
