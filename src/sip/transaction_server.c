/* SPDX-License-Identifier: Apache-2.0
 *
 * Server transactions (RFC 3261 17.2, RFC 6026). Signalling thread; owned by the endpoint.
 *
 *   INVITE        TRYING ─1xx─> PROCEEDING ─2xx─> ACCEPTED ──L──> over
 *                                   └─300+─> COMPLETED ─ACK─> CONFIRMED ──I──> over      COMPLETED ──H──> over
 *   others        TRYING ─1xx─> PROCEEDING ─200+─> COMPLETED ──J──> over
 */
#include <string.h>

#include "sip/transaction_priv.h"

enum { TRYING_AFTER_US = 200000 };

/* --- names of transactions ------------------------------------------------------------------------------------- */

static bool sip_msg_is_rfc2543(const struct sip_msg *m)
{
    /* The cookie alone is no branch: many requests may carry it (RFC 4475 3.2.1). */
    struct view cookie = VIEW(SIP_COOKIE);
    return m->via.branch.n <= cookie.n || !view_starts_nocase(m->via.branch, cookie);
}

/*
 * RFC 3261 17.2.3. To branch, sent-by and method we add Call-ID and CSeq, which every true repetition, ACK and CANCEL
 * shares: a client whose branches repeat does not get another request's answer. Peers of RFC 2543 are told apart by
 * Request-URI and From tag as well; the To tag of their ACK is looked at in sip_server_ack.
 */
struct sip_id sip_server_id(const struct sip_endpoint *ep, const struct sip_msg *m)
{
    struct sip_keyed k;
    sip_keyed_init(&k, ep->key);
    sip_keyed_add(&k, m->via.branch);
    sip_keyed_add_nocase(&k, m->via.host);
    sip_keyed_add_u64(&k, m->via.port);
    sip_keyed_add(&k, m->call_id);
    sip_keyed_add_u64(&k, m->cseq.number);
    bool about_invite = m->method == SIP_ACK || m->method == SIP_CANCEL;
    sip_keyed_add(&k, about_invite ? VIEW("INVITE") : m->method_text);
    if (sip_msg_is_rfc2543(m)) {
        sip_keyed_add(&k, m->uri_text);
        sip_keyed_add(&k, m->from_tag);
    }
    return sip_keyed_end(&k);
}

/* RFC 3261 8.2.2.2. */
struct sip_id sip_merged_id(const struct sip_endpoint *ep, const struct sip_msg *m)
{
    struct sip_keyed k;
    sip_keyed_init(&k, ep->key);
    sip_keyed_add(&k, m->from_tag);
    sip_keyed_add(&k, m->call_id);
    sip_keyed_add_u64(&k, m->cseq.number);
    sip_keyed_add(&k, m->method_text);
    return sip_keyed_end(&k);
}

/* --- life ------------------------------------------------------------------------------------------------------ */

static bool is_answered(const struct sip_server *t)
{
    return t->state != SERVER_TRYING && t->state != SERVER_PROCEEDING;
}

void sip_server_free(struct sip_server *t)
{
    timer_stop(t->ep->config.timers, &t->timer);
    g_free(t->request);
    g_free(t->last);
    g_free(t);
}

static void over(struct sip_server *t)
{
    if (t->is_merge_key)
        g_hash_table_remove(t->ep->merged, &t->merged_id);
    g_hash_table_remove(t->ep->servers, &t->id);
    if (!is_answered(t))
        t->ep->unanswered--;
    if (t->ops && t->ops->over)
        t->ops->over(t->arg);
    sip_server_free(t);
}

static struct sip_flow reply_flow(const struct sip_server *t)
{
    struct sip_flow to = t->flow;
    to.remote.port = t->reply_port;
    return to;
}

/* A failed send is no news to anyone: the client repeats, or its connection is gone and so is its interest. */
static void send_bytes(struct sip_server *t, struct view bytes)
{
    struct sip_flow to = reply_flow(t);
    if (bytes.n)
        (void)t->ep->ports.send(t->ep->ports.arg, &to, bytes);
}

static int64_t now_us(const struct sip_server *t)
{
    return timers_now_us(t->ep->config.timers);
}

static void fire_after(struct sip_server *t, int64_t after_us)
{
    timer_start(t->ep->config.timers, &t->timer, after_us);
}

static void fire_at_deadline(struct sip_server *t)
{
    timer_start_lazy(t->ep->config.timers, &t->timer, t->deadline_us - now_us(t));
}

/* Timer G (RFC 3261 17.2.1). */
static void repeat_refusal(struct sip_server *t)
{
    send_bytes(t, sip_server_last(t));
    t->interval_us = MIN(t->interval_us * 2, (uint32_t)SIP_T2_US);
    fire_after(t, MIN((int64_t)t->interval_us, t->deadline_us - now_us(t)));
}

static void fired(void *arg)
{
    struct sip_server *t = arg;
    if (now_us(t) >= t->deadline_us) {
        over(t);
    } else if (t->state == SERVER_TRYING) {
        sip_server_respond(t, &(struct sip_response){.status = 100}); /* 17.2.1: nobody answered within 200 ms */
    } else if (t->state == SERVER_COMPLETED && t->invite) {
        repeat_refusal(t);
    } else {
        /* Answered, and whoever answered has returned: from here on only the answer is needed. */
        g_clear_pointer(&t->request, g_free);
        fire_at_deadline(t);
    }
}

struct sip_server *sip_server_new(struct sip_endpoint *ep, const struct sip_id *id, const struct sip_flow *flow,
                                  struct sip_msg *kept, bool in_dialog)
{
    struct sip_server *t = g_new0(struct sip_server, 1);
    t->ep = ep;
    t->id = *id;
    t->invite = kept->method == SIP_INVITE;
    t->rfc2543 = sip_msg_is_rfc2543(kept);
    t->flow = *flow;
    t->reply_port = sip_reply_port(flow, kept);
    t->request = kept;
    t->deadline_us = t->invite ? INT64_MAX : now_us(t) + SIP_TIMEOUT_US;
    if (kept->to_tag.n < sizeof t->to_tag)
        (void)view_copy(kept->to_tag, t->to_tag, sizeof t->to_tag);
    timer_init(&t->timer, fired, t);
    if (t->invite)
        fire_after(t, TRYING_AFTER_US);
    else
        fire_at_deadline(t); /* the client has given up by then (timer F) */
    g_hash_table_insert(ep->servers, &t->id, t);
    if (!in_dialog && kept->from_tag.n) {
        t->merged_id = sip_merged_id(ep, kept);
        t->is_merge_key = !g_hash_table_contains(ep->merged, &t->merged_id);
        if (t->is_merge_key)
            g_hash_table_insert(ep->merged, &t->merged_id, t);
    }
    ep->unanswered++;
    return t;
}

/* --- what its client does -------------------------------------------------------------------------------------- */

void sip_server_again(struct sip_server *t)
{
    switch (t->state) {
    case SERVER_TRYING:
    case SERVER_PROCEEDING:
    case SERVER_COMPLETED:
        send_bytes(t, sip_server_last(t));
        break;
    case SERVER_CONFIRMED:
    case SERVER_ACCEPTED: /* the 2xx is repeated by its session (RFC 6026 7.1) */
        break;
    }
}

bool sip_server_ack(struct sip_server *t, const struct sip_msg *m)
{
    if (t->state == SERVER_ACCEPTED || (t->rfc2543 && t->to_tag[0] && !view_eq(m->to_tag, view_of(t->to_tag))))
        return false;
    if (t->state != SERVER_COMPLETED)
        return true;
    t->state = SERVER_CONFIRMED;
    if (sip_transport_is_reliable(t->flow.transport)) {
        over(t); /* timer I is zero: no further ACK can come */
        return true;
    }
    t->deadline_us = now_us(t) + SIP_T4_US;
    fire_at_deadline(t);
    return true;
}

/* The answer to a CANCEL needs no transaction of its own: a repeated one finds the INVITE again (RFC 3261 9.2). */
void sip_server_cancel(struct sip_server *t, const struct sip_flow *flow, const struct sip_msg *m)
{
    sip_answer(t->ep, flow, m, &(struct sip_response){.status = 200, .to_tag = sip_server_to_tag(t)});
    if (is_answered(t) || t->cancelled)
        return;
    t->cancelled = true;
    if (t->ops && t->ops->cancelled)
        t->ops->cancelled(t->arg, m);
}

/* --- what its owner does --------------------------------------------------------------------------------------- */

void sip_server_own(struct sip_server *t, const struct sip_server_ops *ops, void *arg)
{
    t->ops = ops;
    t->arg = arg;
}

void sip_server_disown(struct sip_server *t)
{
    t->ops = NULL;
    if (!is_answered(t))
        sip_server_respond(t, &(struct sip_response){.status = 500}); /* nobody else will */
    if (!t->invite)
        return; /* its timer is about to forget the request */
    g_clear_pointer(&t->request, g_free);
    if (t->state == SERVER_ACCEPTED) {
        g_clear_pointer(&t->last, g_free);
        t->last_n = 0;
    }
}

const struct sip_msg *sip_server_request(const struct sip_server *t)
{
    return t->request;
}

const struct sip_flow *sip_server_flow(const struct sip_server *t)
{
    return &t->flow;
}

struct sip_endpoint *sip_server_endpoint(const struct sip_server *t)
{
    return t->ep;
}

struct view sip_server_to_tag(struct sip_server *t)
{
    if (t->request && t->request->to_tag.n)
        return t->request->to_tag;
    if (!t->to_tag[0])
        entropy_token(t->ep->config.entropy, t->to_tag, SIP_TOKEN_CHARS);
    return view_of(t->to_tag);
}

void sip_server_resend(struct sip_server *t, struct view bytes)
{
    send_bytes(t, bytes);
}

struct view sip_server_last(const struct sip_server *t)
{
    return (struct view){t->last, t->last_n};
}

static void keep_last(struct sip_server *t, struct view bytes)
{
    g_free(t->last);
    t->last = g_memdup2(bytes.p, bytes.n);
    t->last_n = bytes.n;
}

/* The tag of this response; the first one is the transaction's from then on. */
static struct view tag_for(struct sip_server *t, const struct sip_response *r)
{
    if (r->status == 100)
        return r->to_tag;
    if (r->to_tag.n && !t->to_tag[0] && r->to_tag.n < sizeof t->to_tag)
        (void)view_copy(r->to_tag, t->to_tag, sizeof t->to_tag);
    return r->to_tag.n ? r->to_tag : sip_server_to_tag(t);
}

static void enter_final(struct sip_server *t, unsigned status)
{
    bool repeats = !sip_transport_is_reliable(t->flow.transport);
    t->ep->unanswered--;
    t->state = t->invite && status < 300 ? SERVER_ACCEPTED : SERVER_COMPLETED;
    t->deadline_us = now_us(t) + (t->invite || repeats ? SIP_TIMEOUT_US : 0); /* L, H; J is zero on streams */
    if (!t->invite) {
        fire_after(t, 0);
    } else if (t->state == SERVER_COMPLETED && repeats) {
        t->interval_us = SIP_T1_US;
        fire_after(t, t->interval_us);
    } else {
        fire_at_deadline(t);
    }
}

void sip_server_respond(struct sip_server *t, const struct sip_response *r)
{
    if (is_answered(t) || r->status < 100)
        return;
    struct view tag = tag_for(t, r);
    struct view bytes = sip_write_response(t->ep, t->request, &t->flow, r, tag, true);
    if (!bytes.n) /* too long for one message: then at least its status */
        bytes =
            sip_write_response(t->ep, t->request, &t->flow, &(struct sip_response){.status = r->status}, tag, false);
    keep_last(t, bytes);
    if (r->status >= 200) {
        enter_final(t, r->status);
    } else if (t->state == SERVER_TRYING) {
        t->state = SERVER_PROCEEDING;
        if (t->invite)
            timer_stop(t->ep->config.timers, &t->timer);
    }
    send_bytes(t, sip_server_last(t));
}
