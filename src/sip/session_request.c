/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests of the peer inside the dialog (RFC 3261 12.2.2): whose they are, in which order, and who answers them.
 */
#include "sip/session_priv.h"

/* The dialog that the peer's tag names, or NULL. */
static struct sip_dialog *dialog_of(struct sip_session *s, const struct sip_msg *m)
{
    struct view tag = sip_dialog_get(&s->dialog, SIP_DIALOG_REMOTE_TAG);
    if (tag.n)
        return view_eq(tag, m->from_tag) ? &s->dialog : NULL;
    struct session_fork *f = uac_fork_of(s, m->from_tag);
    if (!f)
        return NULL;
    if (s->state == SIP_SESSION_EARLY)
        uac_talk_with(s, f);
    return &f->dialog;
}

/* A peer behind NAT whose address changed, or who came back by a new connection (SIP-5). The gate has let it pass. */
static void follow(struct sip_session *s, const struct sip_flow *flow)
{
    if (flow->transport == s->flow.transport && !sip_flow_eq(flow, &s->flow))
        s->flow = *flow;
}

static void bye_request(struct sip_session *s, struct sip_server *txn, const struct sip_msg *m)
{
    session_respond(s, txn, 200, (struct view){0});
    if (s->outgoing && s->state == SIP_SESSION_EARLY && s->forks && s->forks->next)
        uac_drop_fork(s, uac_fork_of(s, m->from_tag)); /* one of several that ring; the others go on */
    else
        session_ended(s, SIP_END_BYE, 0, m);
}

static void info_request(struct sip_session *s, struct sip_server *txn, const struct sip_msg *m)
{
    uint16_t status = s->ops->info ? s->ops->info(s->user, m) : 415;
    session_respond(s, txn, status >= 200 && status <= 699 ? status : 500, (struct view){0});
}

static void options_request(struct sip_session *s, struct sip_server *txn, const struct sip_msg *m)
{
    (void)m;
    char mem[SESSION_HEAD_MAX / 4];
    struct buf b = buf_on(mem, sizeof mem);
    head_abilities(s, &b);
    sip_put(&b, SIP_H_ACCEPT, VIEW("application/sdp"));
    session_respond(s, txn, 200, buf_view(&b));
}

static void other_request(struct sip_session *s, struct sip_server *txn, const struct sip_msg *m)
{
    (void)m;
    char mem[SESSION_HEAD_MAX / 4];
    struct buf b = buf_on(mem, sizeof mem);
    head_abilities(s, &b);
    session_respond(s, txn, 405, buf_view(&b));
}

static void (*const handlers[SIP_METHODS])(struct sip_session *s, struct sip_server *txn, const struct sip_msg *m) = {
    [SIP_INVITE] = reinvite_request, [SIP_UPDATE] = update_request, [SIP_PRACK] = prack_request,
    [SIP_BYE] = bye_request,         [SIP_INFO] = info_request,     [SIP_OPTIONS] = options_request,
    [SIP_REFER] = refer_request,     [SIP_NOTIFY] = notify_request,
};

void session_request(void *arg, struct sip_server *txn, const struct sip_msg *m, const struct sip_flow *flow)
{
    struct sip_session *s = arg;
    struct sip_dialog *d = dialog_of(s, m);
    if (!txn) {
        if (m->method == SIP_ACK && d == &s->dialog) {
            follow(s, flow);
            uas_acked(s, m);
        }
        return;
    }
    if (!d || (s->state == SIP_SESSION_ENDED && m->method != SIP_BYE)) {
        session_respond(s, txn, 481, (struct view){0});
        return;
    }
    if (!sip_dialog_in_order(d, m)) {
        session_respond(s, txn, 500, (struct view){0}); /* out of order (RFC 3261 12.2.2) */
        return;
    }
    follow(s, flow);
    if (s->state == SIP_SESSION_ENDED) {
        session_respond(s, txn, 200, (struct view){0}); /* their BYE crossed ours */
        session_stop_repeating(s);
        session_settle(s);
        return;
    }
    (handlers[m->method] ? handlers[m->method] : other_request)(s, txn, m);
}
