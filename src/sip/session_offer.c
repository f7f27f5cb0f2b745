/* SPDX-License-Identifier: Apache-2.0
 *
 * Exchanges that we begin inside the dialog: new offers of the user, who is at the other end now, refreshes of the
 * session. One at a time; what is asked for meanwhile waits. Glare (RFC 3261 14.1) is retried here.
 */
#include "sip/session_priv.h"

#include <errno.h>
#include <glib.h>

enum { GLARE_STEP_US = 10000, RETRY_AFTER_MAX_S = 10 };

static bool exchange_runs(const struct sip_session *s)
{
    for (const struct sip_op *op = s->requests; op; op = op->next) {
        if ((op->kind == OP_REINVITE || op->kind == OP_UPDATE) && !op->final)
            return true;
    }
    return false;
}

/* Our turn to send an UPDATE or re-INVITE, with or without SDP? */
static bool our_turn(struct sip_session *s, bool with_sdp)
{
    bool settled = s->offer == OFFER_IDLE && !s->rel.out;
    switch ((enum sip_session_state)s->state) {
    case SIP_SESSION_UP:
        return settled && !exchange_runs(s) && !s->invite_op && !s->invite_txn && !s->ack_waits;
    case SIP_SESSION_EARLY:
        return session_dialog(s) && sip_session_peer_allows(s, SIP_UPDATE) && !exchange_runs(s) &&
               (!with_sdp || settled);
    case SIP_SESSION_CALLING:
    case SIP_SESSION_INCOMING:
    case SIP_SESSION_ENDED:
        return false;
    }
    return false;
}

static void start_exchange(struct sip_session *s, uint8_t why)
{
    bool offers = why & WHY_OFFER, update = s->state == SIP_SESSION_EARLY;
    if (!offers && sip_session_peer_allows(s, SIP_UPDATE))
        update = true;
    struct view sdp = offers ? text_view(s->offer_sdp) : update ? (struct view){0} : text_view(s->local_sdp);
    struct sip_op *op = op_new(s, update ? OP_UPDATE : OP_REINVITE);
    op->why = why;
    op_say(op, (struct view){0}, sdp.n ? VIEW("application/sdp") : (struct view){0}, sdp);
    if (sdp.n)
        s->offer = update ? OFFER_OURS_UPDATE : OFFER_OURS_INVITE;
    if (!update)
        s->invite_op = op;
    op_send(op, session_dialog(s));
}

void session_next(struct sip_session *s)
{
    if (!s->wants || timer_runs(&s->retry) || !our_turn(s, s->wants & WHY_OFFER))
        return;
    uint8_t why = s->wants;
    s->wants = 0;
    start_exchange(s, why);
}

void session_want(struct sip_session *s, enum op_why why)
{
    s->wants |= (uint8_t)why;
    session_next(s);
}

bool sip_session_can_offer(const struct sip_session *s)
{
    return !(s->wants & WHY_OFFER) && our_turn((struct sip_session *)s, true);
}

int sip_session_offer(struct sip_session *s, struct view sdp)
{
    if (!sip_session_can_offer(s))
        return s->state == SIP_SESSION_ENDED ? ENOTCONN : EBUSY;
    text_keep(&s->offer_sdp, sdp);
    s->glare_tries = 0;
    timer_stop(session_clock(s), &s->retry); /* what waited after glare goes along */
    uint8_t why = s->wants | WHY_OFFER;
    s->wants = 0;
    start_exchange(s, why);
    return 0;
}

void sip_session_identify(struct sip_session *s, const struct sip_session_identity *who)
{
    session_keep_identity(s, who);
    if (s->state == SIP_SESSION_UP || s->outgoing)
        session_want(s, WHY_IDENTIFY); /* a caller unanswered yet sees it in our responses */
}

/* --- answers ------------------------------------------------------------------------------------------------------ */

static void offer_answered(struct sip_session *s, uint8_t why, struct view sdp)
{
    uint64_t hash = session_sdp_hash(sdp);
    bool news = hash != s->remote_sdp;
    s->offer = OFFER_IDLE;
    s->remote_sdp = hash;
    s->glare_tries = 0;
    if (s->state == SIP_SESSION_EARLY && s->forks)
        text_keep(&s->forks->sdp, sdp);
    if (why & WHY_OFFER) {
        g_free(s->local_sdp);
        s->local_sdp = g_steal_pointer(&s->offer_sdp);
    }
    if (why & WHY_OFFER || news) /* to a refresh only if the peer changed its mind */
        s->ops->offer_answered(s->user, sdp);
}

static void offer_refused(struct sip_session *s, uint8_t why, uint16_t status)
{
    if (s->offer == OFFER_OURS_INVITE || s->offer == OFFER_OURS_UPDATE || s->offer == OFFER_OURS_WAITS)
        s->offer = OFFER_IDLE;
    s->glare_tries = 0;
    if (!(why & WHY_OFFER))
        return;
    g_clear_pointer(&s->offer_sdp, g_free);
    s->ops->offer_refused(s->user, status);
}

/* How long to wait before trying again; 0: this refusal is meant. */
static int64_t glare_wait_us(const struct sip_session *s, uint16_t status, const struct sip_msg *m)
{
    const struct entropy *e = sip_endpoint_config(s->ep)->entropy;
    uint32_t after_s;
    if (status == 491) /* RFC 3261 14.1: who made the Call-ID waits longer */
        return s->outgoing ? 2100000 + (int64_t)entropy_below(e, 191) * GLARE_STEP_US
                           : 1 + (int64_t)entropy_below(e, 201) * GLARE_STEP_US;
    if (status == 500 && m && sip_seconds_parse(sip_msg_value(m, SIP_H_RETRY_AFTER), &after_s) &&
        after_s <= RETRY_AFTER_MAX_S)
        return 1 + (int64_t)after_s * 1000000;
    return 0;
}

static void exchange_refused(struct sip_op *op, uint16_t status, const struct sip_msg *m)
{
    struct sip_session *s = op->s;
    uint8_t why = op->why;
    bool update = op->kind == OP_UPDATE;
    op_free(op);
    if (s->state == SIP_SESSION_ENDED) {
        session_settle(s);
        return;
    }
    if (s->state == SIP_SESSION_UP && (status == 481 || status == 408)) { /* RFC 5057 5.1: the dialog is gone */
        session_hang_up(s, SIP_END_GONE, 0);
        return;
    }
    int64_t wait_us = glare_wait_us(s, status, m);
    if (wait_us && s->glare_tries++ < SESSION_GLARE_TRIES) {
        s->offer = why & WHY_OFFER ? OFFER_OURS_WAITS : OFFER_IDLE;
        s->wants |= why;
        timer_start(session_clock(s), &s->retry, wait_us);
        return;
    }
    if (update && (status == 405 || status == 501)) { /* it said otherwise, but can't: by re-INVITE then */
        s->peer_methods &= ~(1u << SIP_UPDATE);
        s->wants |= why & WHY_IDENTIFY;
    }
    if (why & WHY_REFRESH)
        timer_refreshed_badly(s);
    offer_refused(s, why, status);
    session_next(s);
}

void exchange_failed(struct sip_op *op, uint16_t status)
{
    exchange_refused(op, status, NULL);
}

void offer_retry_fired(void *arg)
{
    struct sip_session *s = arg;
    if (s->offer == OFFER_OURS_WAITS)
        s->offer = OFFER_IDLE;
    session_next(s);
}

void offer_give_way(struct sip_session *s)
{
    if (!(s->wants & WHY_OFFER))
        return;
    s->wants &= (uint8_t)~WHY_OFFER;
    offer_refused(s, WHY_OFFER, 491); /* it was made for a state that the peer changes now */
}

static void exchange_accepted(struct sip_session *s, const struct sip_msg *m)
{
    sip_dialog_refresh(session_dialog(s), m);
    session_learn_peer(s, m);
    timer_take_response(s, m);
}

static void reinvite_provisional(struct sip_op *op, const struct sip_msg *m)
{
    struct sip_session *s = op->s;
    bool unsupported;
    if (!prack_wanted(m) || s->state != SIP_SESSION_UP || !prack_take(&op->rseq, m))
        return;
    struct view sdp = session_sdp_of(m, &unsupported);
    prack_send(s, &s->dialog, op->rseq, op->cseq, (struct view){0});
    if (sdp.n && !op->answered) {
        op->answered = true;
        offer_answered(s, op->why, sdp);
    }
}

void reinvite_response(struct sip_op *op, const struct sip_msg *m)
{
    struct sip_session *s = op->s;
    bool unsupported, again = op->final;
    if (m->status < 200) {
        reinvite_provisional(op, m);
        return;
    }
    if (m->status >= 300) {
        exchange_refused(op, m->status, m);
        return;
    }
    op->final = true;
    uac_ack(op, &s->dialog, (struct view){0});
    if (again || s->state == SIP_SESSION_ENDED)
        return;
    op_say(op, (struct view){0}, (struct view){0}, (struct view){0});
    exchange_accepted(s, m);
    struct view sdp = session_sdp_of(m, &unsupported);
    if (!op->answered && sdp.n)
        offer_answered(s, op->why, sdp);
    else if (!op->answered)
        offer_refused(s, op->why, 488);
    session_next(s);
}

void update_response(struct sip_op *op, const struct sip_msg *m)
{
    struct sip_session *s = op->s;
    bool unsupported;
    if (m->status >= 300) {
        exchange_refused(op, m->status, m);
        return;
    }
    uint8_t why = op->why;
    op_free(op);
    if (s->state == SIP_SESSION_ENDED) {
        session_settle(s);
        return;
    }
    exchange_accepted(s, m);
    struct view sdp = session_sdp_of(m, &unsupported);
    if (why & WHY_OFFER && sdp.n)
        offer_answered(s, why, sdp);
    else
        offer_refused(s, why, 488);
    session_next(s);
}

void sip_session_info(struct sip_session *s, struct view content_type, struct view body)
{
    struct sip_dialog *d = s->state == SIP_SESSION_ENDED ? NULL : session_dialog(s);
    if (!d || s->state == SIP_SESSION_INCOMING)
        return;
    struct sip_op *op = op_new(s, OP_INFO);
    op_say(op, (struct view){0}, content_type, body);
    op_send(op, d);
}
