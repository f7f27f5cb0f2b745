/* SPDX-License-Identifier: Apache-2.0
 *
 * One RTP session: what was negotiated, whom it is joined to, which worker has it. See rtp_session_priv.h.
 */
#include "media/rtp_session_priv.h"

#include "media/udp_priv.h"
#include "media/worker_priv.h"

#include <glib.h>
#include <unistd.h>

enum { CACHE_LINE_BYTES = 64 };
static const int64_t FIRST_REPORT_US = 2500000; /* half the interval: RFC 3550 6.2 */

struct rtp_session *rtp_session_new(const struct media_open *o, const struct entropy *entropy, const int fd[2])
{
    struct rtp_session *s = g_aligned_alloc0(1, sizeof(struct rtp_session), CACHE_LINE_BYTES);
    uint32_t ssrc, ts;
    uint16_t seq;
    entropy_fill(entropy, &ssrc, sizeof ssrc);
    entropy_fill(entropy, &ts, sizeof ts);
    entropy_fill(entropy, &seq, sizeof seq);
    entropy_token(entropy, s->cname, RTCP_CNAME_CHARS);
    seq &= 0x7fff; /* that a lost first packet cannot hide a turn of the number (RFC 3711 3.3.1) */
    out_stream_init(&s->out, ssrc, seq, ts, 0);
    s->rtp.watch = (struct loop_watch){fd[0], rtp_session_rtp_ready, s};
    s->rtcp.watch = (struct loop_watch){fd[1], rtp_session_rtcp_ready, s};
    s->peer_signalling = o->peer_signalling;
    s->family = o->peer_signalling.family;
    s->strict = o->profile == MEDIA_STRICT;
    s->at = s->tick_at = SESSION_IN_NO_LIST;
    memset(s->pt_of, 0xff, sizeof s->pt_of);
    timer_init(&s->dtmf_silence, rtp_session_dtmf_silence, s);
    return s;
}

void rtp_session_free(struct rtp_session *s)
{
    if (!s)
        return;
    close(s->rtp.watch.fd);
    close(s->rtcp.watch.fd);
    g_free(s->dtmf_out);
    transcode_free(s->heard);
    srtp_session_free(s->srtp);
    g_aligned_free(s);
}

/* --- negotiated ------------------------------------------------------------------------------------------------- */

/* Only what both descriptions hold counts: an offer lists more than the answer takes. */
static void set_formats(struct rtp_session *s, const struct media_desc *local, const struct media_desc *remote)
{
    s->n_in = 0;
    memset(s->pt_of, 0xff, sizeof s->pt_of);
    s->voice = s->event = CODEC_NONE;
    for (unsigned i = 0; i < local->n_formats && i < MEDIA_FORMATS_MAX; i++) {
        const struct media_format *f = &local->format[i];
        if (f->pt < 128 && f->codec < CODECS && media_desc_pt(remote, f->codec) >= 0)
            s->in[s->n_in++] = *f;
    }
    for (unsigned i = 0; i < remote->n_formats && i < MEDIA_FORMATS_MAX; i++) {
        const struct media_format *f = &remote->format[i];
        if (f->pt >= 128 || f->codec >= CODECS || s->pt_of[f->codec] != 0xff || media_desc_pt(local, f->codec) < 0)
            continue;
        s->pt_of[f->codec] = f->pt;
        if (s->voice == CODEC_NONE && codec_is_voice(f->codec))
            s->voice = f->codec;
    }
    if (s->voice == CODEC_NONE)
        return;
    enum codec fitting = codec_event_for(s->voice), other = fitting == CODEC_EVENT8 ? CODEC_EVENT48 : CODEC_EVENT8;
    s->event = (uint8_t)(s->pt_of[fitting] != 0xff ? fitting : s->pt_of[other] != 0xff ? other : CODEC_NONE);
}

static void set_address(struct rtp_session *s, struct rtp_session_socket *k, const struct net_addr *signalled,
                        int64_t now_us)
{
    if (signalled->family != s->family || !latch_set(&k->latch, signalled, &s->peer_signalling, s->strict))
        return;
    if (k->connected)
        k->connected = !udp_connect(k->watch.fd, NULL);
    rtp_session_settle(k, now_us);
}

static void watch_socket(struct worker *w, struct rtp_session_socket *k)
{
    if (k->watched)
        return;
    udp_drain(k->watch.fd); /* what came before we knew who may send */
    k->watched = loop_watch(w->loop, &k->watch, EPOLLIN) == 0;
}

void rtp_session_set(struct rtp_session *s, const struct media_desc *local, const struct media_desc *remote)
{
    struct worker *w = rtp_session_worker(s);
    int64_t now_us = timers_now_us(w->timers);
    set_formats(s, local, remote);
    rtp_session_transcode_review(s);
    if (s->peer)
        rtp_session_transcode_review(s->peer);
    srtp_session_set(&s->srtp, &remote->crypto, now_us);
    s->mux = local->rtcp_mux && remote->rtcp_mux;
    bool sent = s->sends, took = s->takes;
    bool there = local->present && remote->present && !net_addr_is_any(&remote->rtp) && remote->rtp.port;
    s->sends = there && (local->dir & MEDIA_SEND) && (remote->dir & MEDIA_RECV);
    s->takes = there && (local->dir & MEDIA_RECV) && (remote->dir & MEDIA_SEND);
    if (s->sends != sent)
        s->out.source = SOURCE_NONE;
    if (s->takes != took && s->peer)
        s->peer->out.source = SOURCE_NONE;
    set_address(s, &s->rtp, &remote->rtp, now_us);
    set_address(s, &s->rtcp, &remote->rtcp, now_us);
    watch_socket(w, &s->rtp);
    watch_socket(w, &s->rtcp);
    s->heard_us = now_us;
    if (!s->report.due_us)
        s->report.due_us = now_us + FIRST_REPORT_US;
    worker_want_tick(w, s);
}

/* --- joined ----------------------------------------------------------------------------------------------------- */

void rtp_session_part(struct rtp_session *s)
{
    if (!s->peer)
        return;
    rtp_session_transcode_end(s);
    rtp_session_transcode_end(s->peer);
    s->peer->peer = NULL;
    s->peer = NULL;
}

void rtp_session_join(struct rtp_session *a, struct rtp_session *b)
{
    if (a == b)
        return;
    rtp_session_part(a);
    rtp_session_part(b);
    a->peer = b;
    b->peer = a;
    a->out.source = b->out.source = SOURCE_NONE; /* also when they were joined before: time went by */
    rtp_session_play(a, SOUND_NONE, LANGUAGE_EN);
    rtp_session_play(b, SOUND_NONE, LANGUAGE_EN);
}

void rtp_session_watch(struct rtp_session *s, uint32_t timeout_s)
{
    s->timeout_us = (int64_t)timeout_s * 1000000;
    s->heard_us = timers_now_us(rtp_session_worker(s)->timers);
}

/* --- whose ------------------------------------------------------------------------------------------------------ */

void rtp_session_leave(struct rtp_session *s)
{
    struct worker *w = rtp_session_worker(s);
    rtp_session_part(s);
    timer_stop(w->timers, &s->dtmf_silence);
    struct rtp_session_socket *k[] = {&s->rtp, &s->rtcp};
    for (unsigned i = 0; i < 2; i++)
        if (k[i]->watched)
            loop_unwatch(w->loop, &k[i]->watch);
    worker_forget(w, s);
    atomic_store_explicit(&s->owner, NULL, memory_order_release);
}

/* The sockets are watched again only if they were: packets wait in them meanwhile. */
void rtp_session_enter(struct rtp_session *s, struct worker *w)
{
    atomic_store_explicit(&s->owner, w, memory_order_release);
    worker_know(w, s);
    struct rtp_session_socket *k[] = {&s->rtp, &s->rtcp};
    for (unsigned i = 0; i < 2; i++)
        if (k[i]->watched)
            k[i]->watched = loop_watch(w->loop, &k[i]->watch, EPOLLIN) == 0;
    if (s->dtmf_in.state == DTMF_IN_DOWN)
        timer_start(w->timers, &s->dtmf_silence, DTMF_SILENCE_MS * 1000);
    worker_want_tick(w, s);
}

struct media_stats rtp_session_stats(const struct rtp_session *s)
{
    return (struct media_stats){.codec = s->codec_seen,
                                .packets_in = s->rx.packets,
                                .packets_out = s->out.packets,
                                .bytes_in = s->rx.bytes,
                                .bytes_out = s->bytes_out,
                                .lost_in = rx_stats_lost(&s->rx),
                                .lost_out = s->told.lost,
                                .jitter_in_us = rx_stats_jitter_us(&s->rx),
                                .jitter_out_us = s->told.jitter_us,
                                .round_trip_us = s->told.round_trip_us,
                                .dropped = s->dropped};
}
