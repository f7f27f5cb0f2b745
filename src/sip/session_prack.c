/* SPDX-License-Identifier: Apache-2.0
 *
 * Provisional responses sent reliably (RFC 3262), both sides: acknowledging the peer's in order, and taking its
 * acknowledgement of ours.
 */
#include "sip/session_priv.h"

bool prack_wanted(const struct sip_msg *m)
{
    return m->status > 100 && m->status < 200 && sip_msg_has_token(m, SIP_H_REQUIRE, VIEW("100rel")) &&
           sip_msg_field(m, SIP_H_RSEQ);
}

bool prack_take(uint32_t *last, const struct sip_msg *m)
{
    uint32_t rseq;
    if (!view_to_u32(sip_msg_value(m, SIP_H_RSEQ), UINT32_MAX, &rseq) || rseq == 0)
        return false;
    if (*last && rseq != *last + 1) /* a repetition, or one ahead of one that was lost and comes again */
        return false;
    *last = rseq;
    return true;
}

void prack_send(struct sip_session *s, struct sip_dialog *d, uint32_t rseq, uint32_t cseq, struct view sdp)
{
    char mem[64];
    struct buf b = buf_on(mem, sizeof mem);
    struct sip_op *op = op_new(s, OP_PRACK);
    sip_putf(&b, SIP_H_RACK, "%u %u INVITE", rseq, cseq);
    op_say(op, buf_view(&b), sdp.n ? VIEW("application/sdp") : (struct view){0}, sdp);
    op_send(op, d);
}

static bool names_ours(const struct sip_session *s, const struct sip_msg *m)
{
    struct sip_rack rack;
    return s->rel.rseq && sip_rack_parse(sip_msg_value(m, SIP_H_RACK), &rack) && rack.rseq == s->rel.rseq &&
           rack.cseq == s->invite_cseq && rack.method == SIP_INVITE;
}

/* The INVITE can't go on: its own answer is a failure, and the user hears of it. */
static void fail_invite(struct sip_session *s)
{
    uas_drop_invite(s, 500, (struct view){0});
    session_ended(s, SIP_END_NO_ACK, 0, NULL);
}

void prack_request(struct sip_session *s, struct sip_server *txn, const struct sip_msg *m)
{
    bool unsupported;
    struct view sdp = session_sdp_of(m, &unsupported);
    if (!names_ours(s, m)) {
        session_respond(s, txn, 481, (struct view){0});
        return;
    }
    if (unsupported) {
        session_respond(s, txn, 415, (struct view){0});
        return;
    }
    if (!s->rel.out) { /* again, or it crossed a final response, which does not make it wrong */
        session_respond(s, txn, 200, (struct view){0});
        return;
    }
    s->rel.out = s->rel.sdp = false;
    timer_stop(session_clock(s), &s->repeat.timer);
    if (s->offer == OFFER_OURS_1XX) {
        session_respond(s, txn, 200, (struct view){0});
        if (!sdp.n) {
            fail_invite(s);
            return;
        }
        s->offer = OFFER_IDLE;
        s->remote_sdp = session_sdp_hash(sdp);
        s->ops->confirmed(s->user, sdp);
    } else if (sdp.n && s->offer == OFFER_IDLE) {
        session_peer_offers(s, txn, m, sdp); /* a new offer; its answer is in the 200 of this PRACK (RFC 3262 5) */
    } else {
        session_respond(s, txn, 200, (struct view){0});
    }
    if (s->state != SIP_SESSION_ENDED)
        uas_flush_queued(s);
}
