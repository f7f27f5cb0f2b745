/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing SDP offers and answers (RFC 3264): see sdp.h. Pure functions.
 */
#include "sip/sdp_priv.h"

#include <inttypes.h>
#include <string.h>

static void put_address(struct buf *b, const struct net_addr *a)
{
    buf_add(b, a->family == NET_IP6 ? VIEW("IN IP6 ") : VIEW("IN IP4 "));
    if (a->family == NET_NONE)
        buf_add(b, VIEW("0.0.0.0"));
    else
        net_addr_write_host(a, false, b);
}

static void put_session(struct buf *b, const struct media_desc *ours, const struct sdp_origin *origin)
{
    buf_addf(b, "v=0\r\no=- %" PRIu64 " %" PRIu64 " ", origin->session_id, origin->version);
    put_address(b, &ours->rtp);
    buf_add(b, VIEW("\r\ns=-\r\nc="));
    put_address(b, &ours->rtp);
    buf_add(b, VIEW("\r\nt=0 0\r\n"));
}

static const char *dir_name(uint8_t dir)
{
    switch ((enum media_dir)dir) {
    case MEDIA_INACTIVE:
        return "inactive";
    case MEDIA_RECV:
        return "recvonly";
    case MEDIA_SEND:
        return "sendonly";
    case MEDIA_BOTH:
        return "sendrecv";
    }
    return "sendrecv";
}

static void put_format(struct buf *b, const struct media_format *f)
{
    enum codec c = (enum codec)f->codec;
    buf_addf(b, "a=rtpmap:%u %s/%u%s\r\n", f->pt, codec_name(c), codec_clock_hz(c), c == CODEC_OPUS ? "/2" : "");
    if (c == CODEC_OPUS)
        buf_addf(b, "a=fmtp:%u useinbandfec=1\r\n", f->pt);
    else if (c == CODEC_EVENT8 || c == CODEC_EVENT48)
        buf_addf(b, "a=fmtp:%u 0-16\r\n", f->pt);
}

static void put_keys(struct buf *b, const struct sdp_keys *keys)
{
    for (unsigned i = 0; keys && i < keys->n; i++)
        sdp_crypto_write(b, i + 1, (enum media_suite)keys->item[i].suite, keys->item[i].key);
}

static void put_audio(struct buf *b, const struct media_desc *ours, struct view proto)
{
    buf_addf(b, "m=audio %u %.*s", ours->rtp.port, VIEW_ARG(proto));
    for (unsigned i = 0; i < ours->n_formats; i++)
        buf_addf(b, " %u", ours->format[i].pt);
    buf_add(b, VIEW("\r\n"));
    for (unsigned i = 0; i < ours->n_formats; i++)
        put_format(b, &ours->format[i]);
    if (ours->ptime_ms)
        buf_addf(b, "a=ptime:%u\r\n", ours->ptime_ms);
    if (ours->rtcp_mux)
        buf_add(b, VIEW("a=rtcp-mux\r\n"));
    else if (ours->rtcp.port && ours->rtcp.port != ours->rtp.port + 1)
        buf_addf(b, "a=rtcp:%u\r\n", ours->rtcp.port);
    buf_addf(b, "a=%s\r\n", dir_name(ours->dir));
}

/* Refused: port 0, with media, proto and one format as they were (RFC 3264 section 6). */
static void put_refused(struct buf *b, const struct sdp_media *m)
{
    struct view rest = m->formats;
    struct view format = view_cut(&rest, ' ');
    buf_addf(b, "m=%.*s 0 %.*s %.*s\r\n", VIEW_ARG(m->media), VIEW_ARG(m->proto), VIEW_ARG(format));
}

/* Where our audio stands in an SDP of ours: the first audio line that is not refused, else the first audio line, since
 * a refused line may be offered again in its place (RFC 3264 8.1), else behind all. */
static unsigned our_audio_place(const struct sdp_session *s)
{
    int at = sdp_audio_index(s);
    for (unsigned i = 0; at < 0 && i < s->n_media; i++)
        if (view_eq_nocase(s->media[i].media, VIEW("audio")))
            at = (int)i;
    return at < 0 ? s->n_media : (unsigned)at;
}

static struct view offer_proto(const struct sdp_session *former, unsigned at, const struct sdp_keys *keys)
{
    if (!keys || !keys->n)
        return VIEW("RTP/AVP");
    if (at < former->n_media && sdp_crypto_said(&former->media[at]))
        return former->media[at].proto;
    return keys->savp ? VIEW("RTP/SAVP") : VIEW("RTP/AVP");
}

void sdp_write_offer_srtp(struct buf *b, const struct media_desc *ours, const struct sdp_keys *keys,
                          const struct sdp_origin *origin, struct view former)
{
    struct sdp_session s;
    struct sdp_fault fault;
    if (!former.n || !sdp_scan(former, &s, &fault))
        s = (struct sdp_session){0};
    unsigned at = our_audio_place(&s);
    put_session(b, ours, origin);
    for (unsigned i = 0; i < s.n_media || i == at; i++) {
        if (i == at) {
            put_audio(b, ours, offer_proto(&s, at, keys));
            put_keys(b, keys);
        } else {
            put_refused(b, &s.media[i]);
        }
    }
}

void sdp_write_offer(struct buf *b, const struct media_desc *ours, const struct sdp_origin *origin, struct view former)
{
    sdp_write_offer_srtp(b, ours, NULL, origin, former);
}

void sdp_write_answer(struct buf *b, const struct media_desc *ours, const struct sdp_origin *origin, struct view offer)
{
    struct sdp_session s;
    struct sdp_fault fault;
    struct sdp_crypto theirs = {0};
    if (!sdp_scan(offer, &s, &fault))
        return; /* the caller read this offer before: it scans */
    bool secure = ours->crypto.suite != SUITE_NONE;
    int at = -1;
    if (ours->present && ours->n_formats) /* a line without formats would be none */
        at = secure ? sdp_secure_index(&s, &theirs) : sdp_plain_index(&s);
    put_session(b, ours, origin);
    for (unsigned i = 0; i < s.n_media; i++) {
        if ((int)i != at) {
            put_refused(b, &s.media[i]);
            continue;
        }
        put_audio(b, ours, s.media[i].proto);
        if (secure)
            sdp_crypto_write(b, theirs.tag, (enum media_suite)theirs.suite, ours->crypto.send);
    }
    explicit_bzero(&theirs, sizeof theirs);
}

static bool next_but_origin(struct view *rest, struct sdp_line *line)
{
    while (sdp_next_line(rest, line))
        if (line->type != 'o')
            return true;
    return false;
}

bool sdp_same(struct view a, struct view b)
{
    struct sdp_line in_a, in_b;
    for (;;) {
        bool more_a = next_but_origin(&a, &in_a), more_b = next_but_origin(&b, &in_b);
        if (!more_a || !more_b)
            return more_a == more_b;
        if (in_a.type != in_b.type || !view_eq(in_a.value, in_b.value))
            return false;
    }
}
