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
    return MIN((uint32_t)GRACE_S, s->interval_s / 3);
}

static int64_t until_end_us(const struct sip_session *s)
{
    return s->expires_at_us - seconds(grace_s(s)) - timers_now_us(session_clock(s));
}

static void restart(struct sip_session *s)
{
    if (!s->interval_s || s->state == SIP_SESSION_ENDED) {
        timer_stop(session_clock(s), &s->refresh);
        return;
    }
    s->expires_at_us = timers_now_us(session_clock(s)) + seconds(s->interval_s);
    timer_start(session_clock(s), &s->refresh, s->we_refresh ? seconds(s->interval_s) / 2 : until_end_us(s));
}

void timer_fired(void *arg)
{
    struct sip_session *s = arg;
    if (until_end_us(s) <= 0) {
        session_hang_up(s, SIP_END_EXPIRED, 0);
        return;
    }
    timer_start(session_clock(s), &s->refresh, until_end_us(s));
    if (s->we_refresh)
        session_want(s, WHY_REFRESH);
}

static bool peer_has_timer(const struct sip_session *s)
{
    return sip_session_peer_supports(s, VIEW("timer"));
}

void timer_put_request(struct sip_session *s, struct buf *b)
{
    if (!s->timers.expires_s)
        return;
    uint32_t interval = s->interval_s ? s->interval_s : s->timers.expires_s;
    bool peer = s->interval_s && !s->we_refresh; /* roles stay as they are (RFC 4028 7.4) */
    sip_putf(b, SIP_H_SESSION_EXPIRES, "%u;refresher=%s", MAX(interval, s->timers.min_se_s), peer ? "uas" : "uac");
    sip_putf(b, SIP_H_MIN_SE, "%u", MAX(s->timers.min_se_s, (uint32_t)MIN_SE_DEFAULT_S));
}

static bool interval_of(const struct sip_msg *m, struct sip_session_expires *ret)
{
    const struct sip_field *f = sip_msg_field(m, SIP_H_SESSION_EXPIRES);
    return f && sip_session_expires_parse(f->value, ret);
}

bool timer_accepts(struct sip_session *s, struct sip_server *txn, const struct sip_msg *m)
{
    struct sip_session_expires se;
    if (!interval_of(m, &se) || se.seconds >= s->timers.min_se_s)
        return true;
    char mem[32];
    struct buf b = buf_on(mem, sizeof mem);
    sip_putf(&b, SIP_H_MIN_SE, "%u", s->timers.min_se_s);
    session_respond(s, txn, 422, buf_view(&b));
    return false;
}

void timer_take_request(struct sip_session *s, const struct sip_msg *m)
{
    struct sip_session_expires se;
    uint32_t floor_s = 0, want = s->timers.expires_s;
    if (!want)
        return;
    if (!sip_seconds_parse(sip_msg_value(m, SIP_H_MIN_SE), &floor_s))
        floor_s = 0;
    want = MAX(want, MIN(floor_s, (uint32_t)EXPIRES_MAX_S));
    if (interval_of(m, &se)) {
        s->interval_s = MIN(se.seconds, want);
        s->we_refresh = !peer_has_timer(s) || se.refresher != SIP_REFRESHER_UAC;
    } else if (!s->interval_s && (peer_has_timer(s) || sip_session_peer_allows(s, SIP_UPDATE))) {
        s->interval_s = want;
        s->we_refresh = true;
    }
}

void timer_put_response(struct sip_session *s, struct buf *b)
{
    if (s->interval_s && peer_has_timer(s)) {
        if (!s->we_refresh)
            sip_put(b, SIP_H_REQUIRE, VIEW("timer")); /* RFC 4028 9: it must know that it has to refresh */
        sip_putf(b, SIP_H_SESSION_EXPIRES, "%u;refresher=%s", s->interval_s, s->we_refresh ? "uas" : "uac");
    }
    restart(s);
}

void timer_take_response(struct sip_session *s, const struct sip_msg *m)
{
    struct sip_session_expires se;
    if (!s->timers.expires_s || s->state != SIP_SESSION_UP)
        return;
    if (interval_of(m, &se)) {
        s->interval_s = MIN(MAX(se.seconds, s->timers.min_se_s), (uint32_t)EXPIRES_MAX_S);
        s->we_refresh = se.refresher != SIP_REFRESHER_UAS;
    } else {
        s->interval_s = sip_session_peer_allows(s, SIP_UPDATE) ? s->timers.expires_s : 0;
        s->we_refresh = true;
    }
    restart(s);
}

bool timer_raise(struct sip_session *s, const struct sip_msg *m)
{
    uint32_t least;
    if (!sip_seconds_parse(sip_msg_value(m, SIP_H_MIN_SE), &least) || least > EXPIRES_MAX_S ||
        least <= MAX(s->interval_s ? s->interval_s : s->timers.expires_s, s->timers.min_se_s))
        return false; /* it asks for nothing that we do not offer already */
    s->timers.min_se_s = least;
    s->timers.expires_s = MAX(s->timers.expires_s, least);
    if (s->interval_s)
        s->interval_s = MAX(s->interval_s, least);
    return true;
}

void timer_refreshed_badly(struct sip_session *s)
{
    if (!peer_has_timer(s)) { /* it answered, so it lives: all we wanted to know */
        if (!sip_session_peer_allows(s, SIP_UPDATE))
            s->interval_s = 0;
        restart(s);
    } else {
        timer_start(session_clock(s), &s->refresh, MIN(until_end_us(s), seconds(AGAIN_S)));
    }
}
