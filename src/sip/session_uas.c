/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls in: an INVITE taken, its provisional and final responses, their repetition until PRACK (RFC 3262 3) and ACK
 * (RFC 3261 13.3.1.4), and CANCEL. A later INVITE inside the dialog uses the same repetition.
 */
#include "sip/session_priv.h"

#include <errno.h>
#include <glib.h>

/* --- taking ------------------------------------------------------------------------------------------------------- */

static struct sip_session *give_up(struct sip_session *s, struct sip_server *txn, uint16_t status, struct view reason)
{
    if (status)
        sip_server_respond(txn, &(struct sip_response){.status = status, .reason = reason});
    s->ops = NULL; /* the user never had it */
    session_free(s);
    return NULL;
}

struct sip_session *sip_session_take(struct sip_server *txn, struct view contact_user,
                                     const struct sip_session_timers *st, const struct sip_session_ops *ops, void *user,
                                     struct view *sdp)
{
    const struct sip_msg *m = sip_server_request(txn);
    struct sip_session *s = session_new(sip_server_endpoint(txn), st, ops, user);
    bool unsupported;
    s->state = SIP_SESSION_INCOMING;
    s->flow = *sip_server_flow(txn);
    text_keep(&s->contact_user, contact_user);
    session_learn_peer(s, m);
    *sdp = session_sdp_of(m, &unsupported);
    if (unsupported)
        return give_up(s, txn, 415, (struct view){0});
    if (!timer_accepts(s, txn, m))
        return give_up(s, txn, 0, (struct view){0});
    int error = m->from_tag.n ? sip_dialog_of_request(&s->dialog, m, sip_server_to_tag(txn)) : EBADMSG;
    if (error)
        return error == EMSGSIZE ? give_up(s, txn, 513, (struct view){0})
                                 : give_up(s, txn, 400, m->from_tag.n ? VIEW("Bad Contact") : VIEW("Bad From"));
    if (!session_file(s))
        return give_up(s, txn, 482, (struct view){0});
    sip_server_respond(txn, &(struct sip_response){.status = 100});
    s->rel.required = sip_msg_has_token(m, SIP_H_REQUIRE, VIEW("100rel"));
    s->invite_cseq = m->cseq.number;
    s->offer = sdp->n ? OFFER_PEERS_INVITE : OFFER_ASKED_US;
    s->remote_sdp = sdp->n ? session_sdp_hash(*sdp) : 0;
    timer_take_request(s, m);
    uas_own(s, txn);
    return s;
}

/* --- the peer's INVITE transaction -------------------------------------------------------------------------------- */

void uas_drop_invite(struct sip_session *s, uint16_t status, struct view lines)
{
    struct sip_server *txn = s->invite_txn;
    if (!txn)
        return;
    s->invite_txn = NULL;
    if (s->rel.out)
        timer_stop(session_clock(s), &s->repeat.timer);
    s->rel.out = s->rel.sdp = s->rel.accept_waits = false;
    session_respond(s, txn, status, lines);
    sip_server_disown(txn);
}

static void on_cancelled(void *arg, const struct sip_msg *m)
{
    struct sip_session *s = arg;
    if (!s->invite_txn || s->ack_waits)
        return; /* too late: it was answered */
    uas_drop_invite(s, 487, (struct view){0});
    if (s->state != SIP_SESSION_UP) {
        session_ended(s, SIP_END_CANCELLED, 0, m);
        return;
    }
    s->offer = OFFER_IDLE; /* a re-INVITE taken back: all stays as it was */
    session_next(s);
}

static void on_over(void *arg)
{
    struct sip_session *s = arg;
    s->invite_txn = NULL;
}

static const struct sip_server_ops server_ops = {on_cancelled, on_over};

void uas_own(struct sip_session *s, struct sip_server *txn)
{
    s->invite_txn = txn;
    sip_server_own(txn, &server_ops, s);
}

/* --- repetition --------------------------------------------------------------------------------------------------- */

static void uas_repeat_start(struct sip_session *s)
{
    s->repeat.interval_us = SIP_T1_US;
    s->repeat.end_us = timers_now_us(session_clock(s)) + SESSION_FINAL_US;
    timer_start(session_clock(s), &s->repeat.timer, s->repeat.interval_us);
}

static void repeat_gave_up(struct sip_session *s)
{
    if (s->rel.out) { /* RFC 3262 3: 5xx */
        uas_drop_invite(s, 500, (struct view){0});
        session_ended(s, SIP_END_NO_ACK, 0, NULL);
        return;
    }
    s->ack_waits = false;
    if (s->ending.bye_waits)
        session_late_bye(s);
    else
        session_hang_up(s, SIP_END_NO_ACK, 0);
}

void uas_repeat_fired(void *arg)
{
    struct sip_session *s = arg;
    int64_t left_us = s->repeat.end_us - timers_now_us(session_clock(s));
    if (left_us <= 0) {
        repeat_gave_up(s);
        return;
    }
    if (s->invite_txn)
        sip_server_resend(s->invite_txn, sip_server_last(s->invite_txn));
    s->repeat.interval_us *= 2;
    if (s->ack_waits)
        s->repeat.interval_us = MIN(s->repeat.interval_us, (uint32_t)SIP_T2_US);
    timer_start(session_clock(s), &s->repeat.timer, MIN((int64_t)s->repeat.interval_us, left_us));
}

/* --- provisional responses ---------------------------------------------------------------------------------------- */

static void send_progress(struct sip_session *s, uint16_t status, struct view sdp, struct view headers)
{
    char mem[SESSION_HEAD_MAX / 2];
    struct buf b = buf_on(mem, sizeof mem);
    bool can = s->rel.required || sip_session_peer_supports(s, VIEW("100rel"));
    bool asked = s->offer == OFFER_ASKED_US;
    if ((asked && !can) || (!asked && s->offer != OFFER_PEERS_INVITE))
        sdp = (struct view){0}; /* an offer must come reliably (RFC 6337 2.2); an answer comes once */
    bool reliable = s->rel.required || (can && sdp.n);
    if (reliable) {
        s->rel.rseq =
            s->rel.rseq ? s->rel.rseq + 1 : 1 + entropy_below(sip_endpoint_config(s->ep)->entropy, INT32_MAX / 2);
        sip_put(&b, SIP_H_REQUIRE, VIEW("100rel"));
        sip_putf(&b, SIP_H_RSEQ, "%u", s->rel.rseq);
    }
    buf_add(&b, headers);
    if (sdp.n)
        session_keep_local(s, sdp);
    session_respond_sdp(s, s->invite_txn, status, buf_view(&b), sdp);
    s->state = SIP_SESSION_EARLY;
    if (!reliable)
        return;
    if (sdp.n)
        s->offer = asked ? OFFER_OURS_1XX : OFFER_IDLE;
    s->rel.out = true;
    s->rel.sdp = sdp.n > 0;
    uas_repeat_start(s);
}

static void queue_progress(struct sip_session *s, uint16_t status, struct view sdp, struct view headers)
{
    if (!s->rel.queued)
        s->rel.queued = g_new0(struct session_queued, 1);
    s->rel.queued->status = status;
    if (sdp.n)
        text_keep(&s->rel.queued->sdp, sdp);
    text_keep(&s->rel.queued->headers, headers);
}

static bool awaits_final(const struct sip_session *s)
{
    return !s->outgoing && (s->state == SIP_SESSION_INCOMING || s->state == SIP_SESSION_EARLY) && s->invite_txn;
}

void sip_session_progress(struct sip_session *s, uint16_t status, struct view sdp, struct view headers)
{
    if (!awaits_final(s) || s->rel.accept_waits || status <= 100 || status >= 200)
        return;
    if (s->rel.out)
        queue_progress(s, status, sdp, headers); /* not before the former's PRACK (RFC 3262 3) */
    else
        send_progress(s, status, sdp, headers);
}

void uas_flush_queued(struct sip_session *s)
{
    if (!awaits_final(s) || s->rel.out || s->offer_txn)
        return;
    struct session_queued *q = g_steal_pointer(&s->rel.queued);
    if (s->rel.accept_waits) {
        s->rel.accept_waits = false;
        sip_session_accept(s, (struct view){0});
    } else if (q) {
        send_progress(s, q->status, text_view(q->sdp), text_view(q->headers));
    }
    if (q) {
        g_free(q->sdp);
        g_free(q->headers);
        g_free(q);
    }
    session_next(s);
}

/* --- 2xx ---------------------------------------------------------------------------------------------------------- */

void uas_send_2xx(struct sip_session *s, struct view sdp)
{
    char mem[128];
    struct buf b = buf_on(mem, sizeof mem);
    timer_put_response(s, &b);
    session_respond_sdp(s, s->invite_txn, 200, buf_view(&b), sdp);
    s->ack_waits = true;
    uas_repeat_start(s);
}

void sip_session_accept(struct sip_session *s, struct view sdp)
{
    if (!awaits_final(s) || s->rel.accept_waits)
        return;
    if ((s->rel.out && s->rel.sdp) || s->offer_txn) { /* RFC 3262 5 */
        s->rel.accept_waits = true;
        return;
    }
    if (s->offer == OFFER_PEERS_INVITE || s->offer == OFFER_ASKED_US) {
        if (sdp.n)
            session_keep_local(s, sdp);
        sdp = text_view(s->local_sdp); /* the same as in an unreliable provisional before, if not given again */
        s->offer = s->offer == OFFER_ASKED_US && sdp.n ? OFFER_OURS_2XX : OFFER_IDLE;
    } else {
        sdp = (struct view){0};
    }
    timer_stop(session_clock(s), &s->repeat.timer);
    s->rel.out = false;
    s->state = SIP_SESSION_UP;
    uas_send_2xx(s, sdp);
}

/* Our 2xx held an offer: the answer, or its lack. */
static void answer_in_ack(struct sip_session *s, struct view sdp, bool first)
{
    s->offer = OFFER_IDLE;
    if (sdp.n)
        s->remote_sdp = session_sdp_hash(sdp);
    if (first && !sdp.n)
        session_hang_up(s, SIP_END_NO_ACK, 0);
    else if (first)
        s->ops->confirmed(s->user, sdp);
    else if (sdp.n)
        s->ops->offer_answered(s->user, sdp);
    else
        s->ops->offer_refused(s->user, 400);
}

void uas_acked(struct sip_session *s, const struct sip_msg *m)
{
    if (!s->ack_waits || (m && m->cseq.number != s->invite_cseq))
        return;
    bool unsupported, first = !s->confirmed;
    struct view sdp = m ? session_sdp_of(m, &unsupported) : (struct view){0};
    s->ack_waits = false;
    s->confirmed = true;
    timer_stop(session_clock(s), &s->repeat.timer);
    if (s->invite_txn)
        sip_server_disown(s->invite_txn);
    s->invite_txn = NULL;
    if (s->ending.bye_waits)
        session_late_bye(s);
    if (s->state != SIP_SESSION_UP)
        return;
    if (s->offer == OFFER_OURS_2XX)
        answer_in_ack(s, sdp, first);
    else if (first)
        s->ops->confirmed(s->user, (struct view){0});
    session_next(s);
}
