/* SPDX-License-Identifier: Apache-2.0
 *
 * What happens on the wire, told to the call core: the session's events as leg events.
 */
#include "line/leg_priv.h"

enum { DTMF_DEFAULT_MS = 160, DTMF_MIN_MS = 40, DTMF_MAX_MS = 5000 };

static void read_identity(const struct sip_msg *m, struct party *ret)
{
    struct sip_name_addr who;
    struct view value = sip_msg_value(m, SIP_H_P_ASSERTED_IDENTITY);
    struct view item;
    if (!value.n || !sip_list_cut(&value, &item) || !sip_name_addr_parse(item, &who))
        return;
    struct buf number = buf_on(ret->number, sizeof ret->number - 1);
    struct buf name = buf_on(ret->name, sizeof ret->name - 1);
    if (sip_unescape(who.uri.user, &number))
        sip_display_text(who.display, &name);
    ret->number[number.full ? 0 : number.n] = '\0';
    ret->name[name.n] = '\0';
}

static void on_progress(void *user, const struct sip_msg *m, struct view sdp)
{
    struct line_leg *leg = user;
    struct media_desc d;
    struct leg_event ev = {.kind = m->status == 180 ? LEG_RINGING : LEG_TRYING, .status = m->status};
    line_outgoing_heard(leg);
    if (sdp.n && line_leg_read_answer(leg, sdp, &d) && d.present) {
        ev.kind = LEG_EARLY;
        ev.desc = &d;
        line_leg_tell(leg, &ev);
        ev = (struct leg_event){.kind = LEG_RINGING, .status = m->status};
        if (m->status != 180)
            return;
    }
    line_leg_tell(leg, &ev);
}

static void on_answered(void *user, const struct sip_msg *m, struct view sdp)
{
    struct line_leg *leg = user;
    struct media_desc d = {0};
    struct leg_event ev = {.kind = LEG_ANSWERED, .status = m->status};
    line_outgoing_free(leg);
    if (sdp.n && !line_leg_read_answer(leg, sdp, &d)) {
        struct leg_event bad = {.kind = LEG_REFUSED, .status = 488};
        line_leg_tell_last(leg, &bad);
        sip_session_end(leg->session, 488, VIEW("SIP;cause=488;text=\"Bad SDP\""), (struct view){0});
        return;
    }
    ev.desc = sdp.n ? &d : NULL;
    if (leg->peer) /* what a phone says of itself is not asked: its account is known */
        read_identity(m, &ev.peer_identity);
    line_leg_tell(leg, &ev);
}

static void on_confirmed(void *user, struct view sdp)
{
    struct line_leg *leg = user;
    struct media_desc d;
    struct leg_event ev = {.kind = LEG_CONFIRMED};
    if (sdp.n && line_leg_read_answer(leg, sdp, &d))
        ev.desc = &d;
    line_leg_tell(leg, &ev);
}

static void on_offered(void *user, const struct sip_msg *m, struct view sdp)
{
    (void)m;
    struct line_leg *leg = user;
    struct media_desc d;
    struct leg_event ev = {.kind = LEG_OFFERED};
    if (leg->core_done) {
        sip_session_refuse_offer(leg->session, 481);
        return;
    }
    uint16_t status = sdp.n ? line_leg_read_offer(leg, sdp, &d) : line_leg_is_stuck(leg) ? 488 : 0;
    if (status) {
        sip_session_refuse_offer(leg->session, status);
        return;
    }
    ev.desc = sdp.n ? &d : NULL;
    line_leg_tell(leg, &ev);
}

static void on_offer_answered(void *user, struct view sdp)
{
    struct line_leg *leg = user;
    struct media_desc d;
    struct leg_event ev = {.kind = LEG_ANSWERED_OFFER, .desc = &d};
    if (!line_leg_read_answer(leg, sdp, &d))
        ev = (struct leg_event){.kind = LEG_OFFER_REFUSED, .status = 488};
    line_leg_tell(leg, &ev);
}

static void on_offer_refused(void *user, uint16_t status)
{
    struct leg_event ev = {.kind = LEG_OFFER_REFUSED, .status = status};
    line_leg_tell(user, &ev);
}

/* "Signal=5\r\nDuration=160" (application/dtmf-relay) or a bare "5" (application/dtmf). */
static bool read_dtmf(const struct sip_msg *m, char *digit, uint32_t *ms)
{
    struct view type = sip_msg_value(m, SIP_H_CONTENT_TYPE), rest = m->body, signal = {0};
    *ms = DTMF_DEFAULT_MS;
    if (sip_media_type_is(type, "application", "dtmf")) {
        signal = view_trim(rest);
    } else if (sip_media_type_is(type, "application", "dtmf-relay")) {
        while (rest.n) {
            struct view line = view_cut(&rest, '\n');
            struct view name = view_trim(view_cut(&line, '='));
            if (view_eq_nocase(name, VIEW("Signal")))
                signal = view_trim(line);
            else if (view_eq_nocase(name, VIEW("Duration")) && !view_to_u32(view_trim(line), 60000, ms))
                return false;
        }
    }
    if (view_eq(signal, VIEW("10"))) /* some write the event number of the star and the hash */
        signal = VIEW("*");
    else if (view_eq(signal, VIEW("11")))
        signal = VIEW("#");
    if (signal.n != 1 || !memchr("0123456789*#ABCDabcd", signal.p[0], 20))
        return false;
    *digit = g_ascii_toupper(signal.p[0]);
    *ms = CLAMP(*ms, DTMF_MIN_MS, DTMF_MAX_MS);
    return true;
}

static uint16_t on_info(void *user, const struct sip_msg *m)
{
    struct leg_event ev = {.kind = LEG_DTMF};
    uint32_t ms;
    if (!m->body.n)
        return 200; /* a keep-alive of some phones */
    struct view type = sip_msg_value(m, SIP_H_CONTENT_TYPE);
    if (!sip_media_type_is(type, "application", "dtmf") && !sip_media_type_is(type, "application", "dtmf-relay"))
        return 415;
    if (!read_dtmf(m, &ev.digit, &ms))
        return 400;
    ev.digit_ms = (uint16_t)ms;
    line_leg_tell(user, &ev);
    return 200;
}

static uint16_t on_referred(void *user, const struct sip_session_refer *r)
{
    struct line_leg *leg = user;
    struct line_refer asked;
    uint16_t status = line_refer_check(leg, r, &asked);
    if (status == 202)
        line_leg_tell(leg, &(struct leg_event){.kind = LEG_REFERRED, .refer = {asked.number, asked.replaces}});
    return status;
}

static enum leg_lost how_lost(enum sip_session_end how)
{
    switch (how) {
    case SIP_END_EXPIRED:
        return LEG_LOST_TIMER;
    case SIP_END_NO_ACK:
    case SIP_END_GONE:
    case SIP_END_TRANSPORT:
        return LEG_LOST_SIGNALLING;
    case SIP_END_BYE:
    case SIP_END_CANCELLED:
    case SIP_END_REFUSED:
    case SIP_END_TIMEOUT:
        return LEG_LOST_NOT;
    }
    return LEG_LOST_NOT;
}

static uint16_t refusal_status(const struct sip_session_ended *e)
{
    switch (e->how) {
    case SIP_END_REFUSED:
        return e->status;
    case SIP_END_TIMEOUT:
        return 408;
    case SIP_END_TRANSPORT:
        return 503;
    case SIP_END_BYE:
    case SIP_END_CANCELLED:
    case SIP_END_NO_ACK:
    case SIP_END_EXPIRED:
    case SIP_END_GONE:
        return 0;
    }
    return 0;
}

static void on_ended(void *user, const struct sip_session_ended *e)
{
    struct line_leg *leg = user;
    uint16_t status = refusal_status(e);
    if (status && !leg->core_done && line_outgoing_next(leg, e, status))
        return; /* the next target of the peer is being tried by another session */
    struct leg_event ev = {.kind = LEG_HUNG_UP, .lost = how_lost(e->how)};
    if (status)
        ev = (struct leg_event){.kind = LEG_REFUSED, .status = status};
    line_leg_tell_last(leg, &ev);
}

static void on_over(void *user)
{
    struct line_leg *leg = user;
    leg->session = NULL;
    line_leg_free(leg);
}

const struct sip_session_ops line_session_ops = {
    .progress = on_progress,
    .answered = on_answered,
    .confirmed = on_confirmed,
    .offered = on_offered,
    .offer_answered = on_offer_answered,
    .offer_refused = on_offer_refused,
    .info = on_info,
    .referred = on_referred,
    .ended = on_ended,
    .over = on_over,
};
