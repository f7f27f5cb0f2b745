/* SPDX-License-Identifier: Apache-2.0
 *
 * The hot path: one packet in, checked, given its new header in place, one packet out. Owner: the session's worker.
 *
 *     recv -> SRTP: genuine? deciphered -> RTP? ours? -> from the peer? (latch) -> counted -> key? told
 *          -> joint, direction, payload type -> SRTP: enciphered -> send
 */
#include "media/rtp_session_priv.h"
#include "media/udp_priv.h"
#include "media/worker_priv.h"

static const int64_t CHECK_US = 1000000;

void rtp_session_settle(struct rtp_session_socket *k, int64_t now_us)
{
    if (k->latch.state != LATCH_LOCKED || k->connected)
        return;
    k->connected = udp_connect(k->watch.fd, &k->latch.actual);
    k->check_until_us = now_us + CHECK_US;
}

bool rtp_session_send(struct rtp_session *s, const struct rtp *p, int64_t now_us)
{
    const struct net_addr *to = s->rtp.connected ? NULL : latch_target(&s->rtp.latch);
    if (!s->rtp.connected && !to)
        return false;
    uint8_t *packet = rtp_write_header(p);
    size_t bytes = (size_t)RTP_HEADER_BYTES + p->payload_bytes;
    if (s->srtp && !srtp_session_seal_rtp(s->srtp, packet, &bytes, now_us))
        return false;
    /* A full socket or an ICMP error loses this packet, as the network would. */
    (void)media_udp_send(s->rtp.watch.fd, packet, bytes, to);
    out_stream_sent(&s->out, p, now_us);
    s->bytes_out += p->payload_bytes;
    return true;
}

/* --- keys ------------------------------------------------------------------------------------------------------- */

static void tell_keys(struct rtp_session *s, const struct dtmf_key *key, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        worker_tell(rtp_session_worker(s), s->id,
                    &(struct media_event){.kind = MEDIA_DTMF, .digit = key[i].digit, .digit_ms = key[i].ms});
}

void rtp_session_dtmf_silence(void *session)
{
    struct rtp_session *s = session;
    struct dtmf_key key;
    if (dtmf_in_silence(&s->dtmf_in, &key))
        tell_keys(s, &key, 1);
}

static void hear_key(struct rtp_session *s, const struct rtp *p, enum codec c)
{
    struct dtmf_key key[2];
    tell_keys(s, key, dtmf_in_add(&s->dtmf_in, p, codec_clock_hz(c), key));
    struct timers *timers = rtp_session_worker(s)->timers;
    if (s->dtmf_in.state == DTMF_IN_DOWN)
        timer_start(timers, &s->dtmf_silence, DTMF_SILENCE_MS * 1000);
    else
        timer_stop(timers, &s->dtmf_silence);
}

/* The same key for a peer whose events count with another clock: what fits 16 bits of it (1.3 s at 48 kHz). */
static void convert_key(struct rtp_session *to, struct rtp *p, enum codec from, enum codec into, int64_t now_us)
{
    struct dtmf_event e;
    if (!dtmf_parse(p->payload, p->payload_bytes, &e))
        return;
    uint32_t in_ts = p->ts;
    bool first = !to->converted.begun || to->converted.in_ts != in_ts;
    uint32_t begin = out_stream_next_ts(&to->out, codec_clock_hz(to->voice), now_us);
    if (!out_stream_map(&to->out, to->peer->id, codec_clock_hz(to->voice), p, now_us))
        return;
    if (first)
        to->converted = (struct rtp_session_converted){in_ts, begin, true};
    uint64_t duration = (uint64_t)e.duration * codec_clock_hz(into) / codec_clock_hz(from);
    e.duration = (uint16_t)(duration > 0xffff ? 0xffff : duration);
    dtmf_write(p->payload, &e);
    p->payload_bytes = DTMF_EVENT_BYTES;
    p->ts = to->converted.out_ts;
    p->marker = first;
    p->pt = to->pt_of[into];
    (void)rtp_session_send(to, p, now_us);
}

/* --- relayed ---------------------------------------------------------------------------------------------------- */

static bool is_event(enum codec c)
{
    return c == CODEC_EVENT8 || c == CODEC_EVENT48;
}

static void relay(struct rtp_session *from, struct rtp *p, enum codec c, int64_t now_us)
{
    struct rtp_session *to = from->peer;
    if (!to || !to->sends)
        return;
    if (to->pt_of[c] == 0xff && codec_is_voice(c)) {
        rtp_session_transcode(from, p, c, now_us);
        return;
    }
    if (to->sound != SOUND_NONE || rtp_session_sends_key(to)) {
        to->out.seq_anew = true; /* held back, not lost */
        return;
    }
    if (from->heard && is_event(c)) {
        rtp_session_transcode_key(from, p, c, now_us);
        return;
    }
    if (from->heard && codec_is_voice(c))
        rtp_session_transcode_end(from); /* it has changed to what both have */
    uint8_t pt = to->pt_of[c];
    if (pt == 0xff && is_event(c) && to->event != CODEC_NONE && to->voice != CODEC_NONE) {
        convert_key(to, p, c, to->event, now_us);
        return;
    }
    if (pt == 0xff || p->payload_bytes == 0) {
        out_stream_skip(&to->out, from->id, p);
        return;
    }
    uint32_t clock_hz = codec_clock_hz(codec_is_voice(c) || to->voice == CODEC_NONE ? c : to->voice);
    if (!out_stream_map(&to->out, from->id, clock_hz, p, now_us))
        return;
    p->pt = pt;
    (void)rtp_session_send(to, p, now_us);
}

static enum codec codec_in(const struct rtp_session *s, uint8_t pt)
{
    for (unsigned i = 0; i < s->n_in; i++)
        if (s->in[i].pt == pt)
            return s->in[i].codec;
    return CODEC_NONE;
}

static void take_rtp(struct rtp_session *s, struct rtp *p, enum codec c, int64_t now_us)
{
    s->heard_us = now_us;
    if (codec_is_voice(c))
        s->codec_seen = (uint8_t)c;
    rx_stats_add(&s->rx, p, codec_clock_hz(s->voice != CODEC_NONE ? s->voice : c), now_us);
    if (!s->takes)
        return;
    if (is_event(c))
        hear_key(s, p, c);
    relay(s, p, c, now_us);
}

/* Whether the source of a good packet is the peer; may learn it (RTP only). */
static bool from_peer(struct rtp_session_socket *k, const struct net_addr *from, bool learn, int64_t now_us)
{
    if (!learn)
        return latch_knows(&k->latch, from);
    if (!latch_accept(&k->latch, from, now_us))
        return false;
    rtp_session_settle(k, now_us);
    return true;
}

static ssize_t receive(struct rtp_session_socket *k, uint8_t *packet, struct net_addr *from, bool *check,
                       int64_t now_us)
{
    *check = !k->connected || now_us < k->check_until_us;
    return udp_receive(k->watch.fd, packet, RTP_BUFFER_BYTES, *check ? from : NULL);
}

/* What cannot be the peer's is not worth deciphering, and may not take its number in the replay window. */
static bool may_be_peers(const struct rtp_session_socket *k, const struct net_addr *from, int64_t now_us)
{
    struct latch trial = k->latch;
    return latch_accept(&trial, from, now_us);
}

/* Verifies and deciphers in place; from NULL: the kernel has looked at the source. */
static bool decipher(struct rtp_session *s, struct rtp_session_socket *k, const struct net_addr *from, size_t *bytes,
                     bool is_rtcp)
{
    struct worker *w = rtp_session_worker(s);
    int64_t now_us = timers_now_us(w->timers);
    if (!s->srtp)
        return true;
    if (from && !may_be_peers(k, from, now_us))
        return false;
    return is_rtcp ? srtp_session_open_rtcp(s->srtp, w->packet, bytes, now_us)
                   : srtp_session_open_rtp(s->srtp, w->packet, bytes, now_us);
}

void rtp_session_rtp_ready(void *session, uint32_t epoll_events)
{
    (void)epoll_events; /* errors come out of recv */
    struct rtp_session *s = session;
    struct worker *w = rtp_session_worker(s);
    int64_t now_us = timers_now_us(w->timers);
    struct net_addr from;
    bool check;
    ssize_t n = receive(&s->rtp, w->packet, &from, &check, now_us);
    if (n < 0)
        return;
    size_t bytes = (size_t)n;
    struct rtp p;
    enum codec c;
    bool is_rtcp = s->mux && rtp_is_rtcp(w->packet, bytes);
    bool good = decipher(s, &s->rtp, check ? &from : NULL, &bytes, is_rtcp);
    if (good && is_rtcp) {
        good = bytes <= RTCP_PACKET_MAX && (!check || from_peer(&s->rtp, &from, false, now_us));
        if (good)
            rtp_session_take_rtcp(s, w->packet, bytes, now_us);
    } else if (good) {
        good = rtp_parse(w->packet, bytes, &p) && (c = codec_in(s, p.pt)) != CODEC_NONE &&
               (!check || from_peer(&s->rtp, &from, true, now_us));
        if (good)
            take_rtp(s, &p, c, now_us);
    }
    s->dropped += !good;
}

void rtp_session_rtcp_ready(void *session, uint32_t epoll_events)
{
    (void)epoll_events;
    struct rtp_session *s = session;
    struct worker *w = rtp_session_worker(s);
    int64_t now_us = timers_now_us(w->timers);
    struct net_addr from;
    bool check;
    ssize_t n = receive(&s->rtcp, w->packet, &from, &check, now_us);
    if (n < 0)
        return;
    size_t bytes = (size_t)n;
    struct rtcp_heard heard;
    bool good = decipher(s, &s->rtcp, check ? &from : NULL, &bytes, true) && bytes <= RTCP_PACKET_MAX &&
                rtcp_parse(w->packet, bytes, s->out.ssrc, &heard) &&
                (!check || from_peer(&s->rtcp, &from, true, now_us));
    if (good)
        rtp_session_take_rtcp(s, w->packet, bytes, now_us);
    s->dropped += !good;
}
