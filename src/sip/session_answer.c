/* SPDX-License-Identifier: Apache-2.0
 *
 * Exchanges that the peer begins inside the dialog: re-INVITE, UPDATE, PRACK with an offer. Glare and pending offers
 * are refused by the rule (RFC 3261 14.2, RFC 3311 5.2); refreshes without change are answered here.
 */
#include "sip/session_priv.h"

#include <glib.h>
#include <string.h>

enum { PENDING_RETRY_S = 11 };

/* 500 with a random Retry-After of 0 to 10 s: come again when ours is done. */
static void respond_busy(struct sip_session *s, struct sip_server *txn)
{
    char mem[40];
    struct buf b = buf_on(mem, sizeof mem);
    sip_putf(&b, SIP_H_RETRY_AFTER, "%u", entropy_below(sip_endpoint_config(s->ep)->entropy, PENDING_RETRY_S));
    session_respond(s, txn, 500, buf_view(&b));
}

/* May the peer offer now? Otherwise answered. */
static bool offer_allowed(struct sip_session *s, struct sip_server *txn)
{
    switch ((enum offer_state)s->offer) {
    case OFFER_IDLE:
    case OFFER_OURS_WAITS:
        return true;
    case OFFER_OURS_INVITE:
    case OFFER_OURS_UPDATE:
    case OFFER_OURS_1XX:
    case OFFER_OURS_2XX:
    case OFFER_ASKED_PEER:
        session_respond(s, txn, 491, (struct view){0});
        return false;
    case OFFER_PEERS_INVITE:
    case OFFER_PEERS_UPDATE:
    case OFFER_PEERS_1XX:
    case OFFER_PEERS_2XX:
    case OFFER_ASKED_US:
        respond_busy(s, txn);
        return false;
    }
    return false;
}

/* The peer says again what it said last, and what we said last still answers it. */
static bool changes_nothing(const struct sip_session *s, struct view sdp)
{
    return s->local_sdp && session_sdp_hash(sdp) == s->remote_sdp &&
           !strstr(s->local_sdp, "a=setup:actpass"); /* only an offer may leave the DTLS role open (RFC 5763) */
}

static void take_in(struct sip_session *s, const struct sip_msg *m)
{
    sip_dialog_refresh(session_dialog(s), m);
    session_learn_peer(s, m);
    if (s->state == SIP_SESSION_UP)
        timer_take_request(s, m);
}

/* --- re-INVITE ---------------------------------------------------------------------------------------------------- */

static bool reinvite_allowed(struct sip_session *s, struct sip_server *txn)
{
    if (s->invite_op || (s->outgoing && s->state != SIP_SESSION_UP)) {
        session_respond(s, txn, 491, (struct view){0}); /* ours is on its way, or its 2xx not acknowledged yet */
        return false;
    }
    if (s->invite_txn && !s->ack_waits) {
        respond_busy(s, txn); /* RFC 3261 14.2: one at a time */
        return false;
    }
    return offer_allowed(s, txn);
}

void reinvite_request(struct sip_session *s, struct sip_server *txn, const struct sip_msg *m)
{
    bool unsupported;
    struct view sdp = session_sdp_of(m, &unsupported);
    if (!reinvite_allowed(s, txn))
        return;
    if (unsupported) {
        session_respond(s, txn, 415, (struct view){0});
        return;
    }
    if (!timer_accepts(s, txn, m))
        return;
    if (s->ack_waits)
        uas_acked(s, NULL); /* its ACK was lost or overtaken: who sends this has our 2xx (RFC 5407 3.1) */
    offer_give_way(s);
    if (s->state == SIP_SESSION_ENDED) {
        session_respond(s, txn, 481, (struct view){0});
        return;
    }
    if (!reinvite_allowed(s, txn)) /* the user offered from inside these events */
        return;
    take_in(s, m);
    s->invite_cseq = m->cseq.number;
    uas_own(s, txn);
    if (sdp.n && changes_nothing(s, sdp)) {
        uas_send_2xx(s, text_view(s->local_sdp));
        return;
    }
    s->offer = sdp.n ? OFFER_PEERS_INVITE : OFFER_ASKED_US;
    s->offered_sdp = sdp.n ? session_sdp_hash(sdp) : 0;
    s->ops->offered(s->user, m, sdp);
}

/* --- UPDATE, PRACK ------------------------------------------------------------------------------------------------ */

static void respond_update(struct sip_session *s, struct sip_server *txn, struct view sdp)
{
    char mem[128];
    struct buf b = buf_on(mem, sizeof mem);
    if (sip_server_request(txn)->method == SIP_UPDATE && s->state == SIP_SESSION_UP)
        timer_put_response(s, &b);
    session_respond_sdp(s, txn, 200, buf_view(&b), sdp);
}

static void on_update_over(void *arg)
{
    struct sip_session *s = arg;
    s->offer_txn = NULL; /* nobody answered it in 64*T1 */
    if (s->offer == OFFER_PEERS_UPDATE)
        s->offer = OFFER_IDLE;
}

static const struct sip_server_ops update_ops = {NULL, on_update_over};

void session_peer_offers(struct sip_session *s, struct sip_server *txn, const struct sip_msg *m, struct view sdp)
{
    s->offer = OFFER_PEERS_UPDATE;
    s->offered_sdp = session_sdp_hash(sdp);
    s->offer_txn = txn;
    sip_server_own(txn, &update_ops, s);
    s->ops->offered(s->user, m, sdp);
}

void update_request(struct sip_session *s, struct sip_server *txn, const struct sip_msg *m)
{
    bool unsupported;
    struct view sdp = session_sdp_of(m, &unsupported);
    if (unsupported) {
        session_respond(s, txn, 415, (struct view){0});
        return;
    }
    if (sdp.n && !offer_allowed(s, txn))
        return;
    if (sdp.n && s->rel.out) {
        respond_busy(s, txn); /* our answer is not known to have come: PRACK first (RFC 6337 2.2) */
        return;
    }
    if (!timer_accepts(s, txn, m))
        return;
    if (sdp.n)
        offer_give_way(s);
    if (s->state == SIP_SESSION_ENDED) {
        session_respond(s, txn, 481, (struct view){0});
        return;
    }
    take_in(s, m);
    if (!sdp.n && s->ops->identified && sip_msg_value(m, SIP_H_P_ASSERTED_IDENTITY).n)
        s->ops->identified(s->user, m);
    if (!sdp.n || changes_nothing(s, sdp))
        respond_update(s, txn, sdp.n ? text_view(s->local_sdp) : (struct view){0});
    else
        session_peer_offers(s, txn, m, sdp);
}

/* --- the user's answer -------------------------------------------------------------------------------------------- */

void session_drop_offer(struct sip_session *s, uint16_t status)
{
    struct sip_server *txn = g_steal_pointer(&s->offer_txn);
    if (!txn)
        return;
    session_respond(s, txn, status, (struct view){0});
    sip_server_disown(txn);
}

static void answer_update(struct sip_session *s, struct view sdp)
{
    struct sip_server *txn = g_steal_pointer(&s->offer_txn);
    s->offer = OFFER_IDLE;
    respond_update(s, txn, sdp);
    sip_server_disown(txn);
    uas_flush_queued(s);
}

static void answer_2xx(struct sip_session *s, struct view sdp)
{
    s->offer = OFFER_IDLE;
    if (s->invite_op)
        uac_ack(s->invite_op, &s->dialog, sdp);
    else
        session_end_later(s, SIP_END_GONE, 0); /* 64*T1 went by: the peer has given up */
}

void sip_session_answer_offer(struct sip_session *s, struct view sdp)
{
    enum offer_state was = s->offer;
    bool reinvite = s->state == SIP_SESSION_UP && s->invite_txn && !s->ack_waits;
    switch (was) {
    case OFFER_PEERS_INVITE:
    case OFFER_ASKED_US:
        if (!reinvite)
            return; /* the first INVITE is answered by sip_session_accept */
        session_keep_local(s, sdp);
        s->offer = was == OFFER_ASKED_US ? OFFER_OURS_2XX : OFFER_IDLE;
        uas_send_2xx(s, sdp);
        break;
    case OFFER_PEERS_UPDATE:
        session_keep_local(s, sdp);
        answer_update(s, sdp);
        break;
    case OFFER_PEERS_1XX:
        session_keep_local(s, sdp);
        s->offer = OFFER_IDLE;
        s->forks->reliable = true;
        prack_send(s, &s->forks->dialog, s->prack_rseq, s->invite_op->cseq, sdp);
        break;
    case OFFER_PEERS_2XX:
        session_keep_local(s, sdp);
        answer_2xx(s, sdp);
        break;
    case OFFER_IDLE:
    case OFFER_OURS_INVITE:
    case OFFER_OURS_UPDATE:
    case OFFER_OURS_1XX:
    case OFFER_OURS_2XX:
    case OFFER_OURS_WAITS:
    case OFFER_ASKED_PEER:
        return; /* nothing is owed any more: the peer took its offer back */
    }
    if (was != OFFER_PEERS_2XX && was != OFFER_ASKED_US && was != OFFER_PEERS_1XX)
        s->remote_sdp = s->offered_sdp;
    session_next(s);
}

void sip_session_refuse_offer(struct sip_session *s, uint16_t status)
{
    status = status >= 300 && status <= 699 ? status : 488;
    switch ((enum offer_state)s->offer) {
    case OFFER_PEERS_INVITE:
    case OFFER_ASKED_US:
        if (s->state != SIP_SESSION_UP)
            return;
        s->offer = OFFER_IDLE;
        uas_drop_invite(s, status, (struct view){0});
        break;
    case OFFER_PEERS_UPDATE:
        s->offer = OFFER_IDLE;
        session_drop_offer(s, status);
        uas_flush_queued(s);
        break;
    case OFFER_PEERS_1XX: /* an offer in a response can't be refused: the call ends */
    case OFFER_PEERS_2XX:
        if (s->state == SIP_SESSION_UP && s->invite_op)
            uac_ack(s->invite_op, &s->dialog, (struct view){0});
        session_end_later(s, SIP_END_REFUSED, status);
        break;
    case OFFER_IDLE:
    case OFFER_OURS_INVITE:
    case OFFER_OURS_UPDATE:
    case OFFER_OURS_1XX:
    case OFFER_OURS_2XX:
    case OFFER_OURS_WAITS:
    case OFFER_ASKED_PEER:
        break;
    }
    session_next(s);
}
