/* SPDX-License-Identifier: Apache-2.0
 *
 * Session timers (RFC 4028). The refresher refreshes at half of the interval, the other hangs up a little before its
 * end. A peer without the extension is refreshed by us alone if it knows UPDATE, and otherwise left in peace.
 */
#include "sip/session_priv.h"

#include <glib.h>

enum { EXPIRES_MAX_S = 86400, GRACE_S = 32, MIN_SE_DEFAULT_S = 90, AGAIN_S = 20 };

static int64_t seconds(uint32_t s)
{
    return (int64_t)s * 1000000;
}

/* How long before the end the session is given up (RFC 4028 10). */
static uint32_t grace_s(const struct sip_session *s)
{
    return MIN((uint32_t)GRACE_S, s->interval.seconds / 3);
}

static int64_t until_end_us(const struct sip_session *s)
{
    return s->interval.end_us - seconds(grace_s(s)) - timers_now_us(session_clock(s));
}

static void restart(struct sip_session *s)
{
    if (!s->interval.seconds || s->state == SIP_SESSION_ENDED) {
        timer_stop(session_clock(s), &s->interval.timer);
        return;
    }
    s->interval.end_us = timers_now_us(session_clock(s)) + seconds(s->interval.seconds);
    timer_start(session_clock(s), &s->interval.timer,
                s->interval.ours ? seconds(s->interval.seconds) / 2 : until_end_us(s));
}

void timer_fired(void *arg)
{
    struct sip_session *s = arg;
    if (until_end_us(s) <= 0) {
        session_hang_up(s, SIP_END_EXPIRED, 0);
        return;
    }
    timer_start(session_clock(s), &s->interval.timer, until_end_us(s));
    if (s->interval.ours)
        session_want(s, WHY_REFRESH);
}

static bool peer_has_timer(const struct sip_session *s)
{
    return sip_session_peer_supports(s, VIEW("timer"));
}

void timer_put_request(struct sip_session *s, struct buf *b)
{
    if (!s->interval.offered.expires_s)
        return;
    uint32_t interval = s->interval.seconds ? s->interval.seconds : s->interval.offered.expires_s;
    bool peer = s->interval.seconds && !s->interval.ours; /* roles stay as they are (RFC 4028 7.4) */
    sip_putf(b, SIP_H_SESSION_EXPIRES, "%u;refresher=%s", MAX(interval, s->interval.offered.min_se_s),
             peer ? "uas" : "uac");
    sip_putf(b, SIP_H_MIN_SE, "%u", MAX(s->interval.offered.min_se_s, (uint32_t)MIN_SE_DEFAULT_S));
}

static bool interval_of(const struct sip_msg *m, struct sip_session_expires *ret)
{
    const struct sip_field *f = sip_msg_field(m, SIP_H_SESSION_EXPIRES);
    return f && sip_session_expires_parse(f->value, ret);
}

bool timer_accepts(struct sip_session *s, struct sip_server *txn, const struct sip_msg *m)
{
    struct sip_session_expires se;
    if (!interval_of(m, &se) || se.seconds >= s->interval.offered.min_se_s)
        return true;
    char mem[32];
    struct buf b = buf_on(mem, sizeof mem);
    sip_putf(&b, SIP_H_MIN_SE, "%u", s->interval.offered.min_se_s);
    session_respond(s, txn, 422, buf_view(&b));
    return false;
}

void timer_take_request(struct sip_session *s, const struct sip_msg *m)
{
    struct sip_session_expires se;
    uint32_t floor_s = 0, want = s->interval.offered.expires_s;
    if (!want)
        return;
    if (!sip_seconds_parse(sip_msg_value(m, SIP_H_MIN_SE), &floor_s))
        floor_s = 0;
    want = MAX(want, MIN(floor_s, (uint32_t)EXPIRES_MAX_S));
    if (interval_of(m, &se)) {
        s->interval.seconds = MIN(se.seconds, want);
        s->interval.ours = !peer_has_timer(s) || se.refresher != SIP_REFRESHER_UAC;
    } else if (!s->interval.seconds && (peer_has_timer(s) || sip_session_peer_allows(s, SIP_UPDATE))) {
        s->interval.seconds = want;
        s->interval.ours = true;
    }
}

void timer_put_response(struct sip_session *s, struct buf *b)
{
    if (s->interval.seconds && peer_has_timer(s)) {
        if (!s->interval.ours)
            sip_put(b, SIP_H_REQUIRE, VIEW("timer")); /* RFC 4028 9: it must know that it has to refresh */
        sip_putf(b, SIP_H_SESSION_EXPIRES, "%u;refresher=%s", s->interval.seconds, s->interval.ours ? "uas" : "uac");
    }
    restart(s);
}

void timer_take_response(struct sip_session *s, const struct sip_msg *m)
{
    struct sip_session_expires se;
    if (!s->interval.offered.expires_s || s->state != SIP_SESSION_UP)
        return;
    if (interval_of(m, &se)) {
        s->interval.seconds = MIN(MAX(se.seconds, s->interval.offered.min_se_s), (uint32_t)EXPIRES_MAX_S);
        s->interval.ours = se.refresher != SIP_REFRESHER_UAS;
    } else {
        s->interval.seconds = sip_session_peer_allows(s, SIP_UPDATE) ? s->interval.offered.expires_s : 0;
        s->interval.ours = true;
    }
    restart(s);
}

bool timer_raise(struct sip_session *s, const struct sip_msg *m)
{
    uint32_t least;
    if (!sip_seconds_parse(sip_msg_value(m, SIP_H_MIN_SE), &least) || least > EXPIRES_MAX_S ||
        least <= MAX(s->interval.seconds ? s->interval.seconds : s->interval.offered.expires_s,
                     s->interval.offered.min_se_s))
        return false; /* it asks for nothing that we do not offer already */
    s->interval.offered.min_se_s = least;
    s->interval.offered.expires_s = MAX(s->interval.offered.expires_s, least);
    if (s->interval.seconds)
        s->interval.seconds = MAX(s->interval.seconds, least);
    return true;
}

void timer_refreshed_badly(struct sip_session *s)
{
    if (!peer_has_timer(s)) { /* it answered, so it lives: all we wanted to know */
        if (!sip_session_peer_allows(s, SIP_UPDATE))
            s->interval.seconds = 0;
        restart(s);
    } else {
        timer_start(session_clock(s), &s->interval.timer, MIN(until_end_us(s), seconds(AGAIN_S)));
    }
}
