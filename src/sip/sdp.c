/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading SDP (RFC 8866) into a media_desc: see sdp.h. Two passes: the lines are cut into session and media sections
 * (sdp_scan, shared with the writer), then the chosen audio section is read. Pure functions.
 */
#include "sip/sdp.h"

#include "sip/sdp_priv.h"

#include <string.h>

enum { SDP_BYTES_MAX = 65536, SDP_LINES_MAX = 1024 };

bool sdp_next_line(struct view *rest, struct sdp_line *ret)
{
    while (rest->n) {
        struct view line = view_cut(rest, '\n');
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        if (line.n == 0)
            continue;
        if (line.n < 2 || line.p[1] != '=')
            *ret = (struct sdp_line){'\0', line};
        else
            *ret = (struct sdp_line){line.p[0], view_slice(line, 2, line.n)};
        return true;
    }
    return false;
}

/* These words are echoed in our answer, so nothing but printable bytes may be among them. */
static bool printable(struct view v)
{
    for (size_t i = 0; i < v.n; i++)
        if ((unsigned char)v.p[i] < 0x20 || v.p[i] == 0x7f)
            return false;
    return true;
}

/* m=<media> <port>[/<count>] <proto> <fmt> … */
static bool read_media_line(struct view value, struct sdp_media *m)
{
    if (!printable(value))
        return false;
    struct view rest = value;
    m->media = view_cut(&rest, ' ');
    struct view port = view_cut(&rest, ' ');
    m->proto = view_cut(&rest, ' ');
    m->formats = view_trim(rest);
    uint32_t number;
    if (!m->media.n || !m->proto.n || !m->formats.n || !view_to_u32(view_cut(&port, '/'), 65535, &number))
        return false;
    m->port = (uint16_t)number;
    return true;
}

/* c=IN IP4 192.0.2.1[/ttl]; a name instead of an address is understood as "somewhere else": family none. */
static bool read_connection(struct view value, struct net_addr *ret)
{
    struct view rest = value;
    struct view net = view_cut(&rest, ' '), type = view_cut(&rest, ' ');
    struct view host = view_cut(&rest, '/');
    host = view_trim(host);
    if (!view_eq(net, VIEW("IN")) || !host.n || !(view_eq(type, VIEW("IP4")) || view_eq(type, VIEW("IP6"))))
        return false;
    if (!net_addr_parse(host, 0, ret))
        *ret = (struct net_addr){0};
    return true;
}

static bool scan_fail(struct sdp_fault *fault, const char *text)
{
    fault->text = text;
    return false;
}

static bool scan_session_line(struct sdp_session *s, const struct sdp_line *line, struct sdp_fault *fault)
{
    switch (line->type) {
    case 'v':
        if (!view_eq(view_trim(line->value), VIEW("0")))
            return scan_fail(fault, "Bad SDP: v= line");
        s->has_version = true;
        return true;
    case 'c':
        return read_connection(line->value, &s->connection) ? true : scan_fail(fault, "Bad SDP: c= line");
    default:
        return true;
    }
}

static bool scan_media_line(struct sdp_media *m, const struct sdp_line *line, struct sdp_fault *fault)
{
    if (line->type != 'c')
        return true;
    m->has_connection = true;
    return read_connection(line->value, &m->connection) ? true : scan_fail(fault, "Bad SDP: c= line");
}

bool sdp_scan(struct view text, struct sdp_session *s, struct sdp_fault *fault)
{
    *s = (struct sdp_session){0};
    *fault = (struct sdp_fault){0};
    if (text.n > SDP_BYTES_MAX)
        return scan_fail(fault, "Bad SDP: too long");
    if (text.n && memchr(text.p, '\0', text.n))
        return scan_fail(fault, "Bad SDP: NUL octet");
    struct view rest = text;
    struct sdp_line line;
    struct sdp_media *m = NULL;
    for (unsigned lines = 0; sdp_next_line(&rest, &line); lines++) {
        if (lines == SDP_LINES_MAX)
            return scan_fail(fault, "Bad SDP: too many lines");
        if (!line.type)
            return scan_fail(fault, "Bad SDP: line without type");
        if (line.type == 'm') {
            if (s->n_media == SDP_MEDIA_MAX)
                return scan_fail(fault, "Bad SDP: too many m= lines");
            m = &s->media[s->n_media++];
            if (!read_media_line(line.value, m))
                return scan_fail(fault, "Bad SDP: m= line");
            m->lines = (struct view){rest.p, 0};
        } else if (m) {
            if (!scan_media_line(m, &line, fault))
                return false;
            m->lines.n = (size_t)(rest.n ? rest.p - m->lines.p : text.p + text.n - m->lines.p);
        } else {
            if (!scan_session_line(s, &line, fault))
                return false;
            s->lines = (struct view){text.p, (size_t)((rest.n ? rest.p : text.p + text.n) - text.p)};
        }
    }
    return s->has_version ? true : scan_fail(fault, "Bad SDP: v= line missing");
}

static bool proto_among(const struct sdp_media *m, const char *const *protos, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (view_eq_nocase(m->proto, view_of(protos[i])))
            return true;
    return false;
}

static const char *const protos[] = {"RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF"}; /* the plain ones first */

bool sdp_is_audio(const struct sdp_media *m)
{
    return view_eq_nocase(m->media, VIEW("audio")) && m->port != 0 && proto_among(m, protos, 4);
}

int sdp_audio_index(const struct sdp_session *s)
{
    for (unsigned i = 0; i < s->n_media; i++)
        if (sdp_is_audio(&s->media[i]))
            return (int)i;
    return -1;
}

int sdp_plain_index(const struct sdp_session *s)
{
    for (unsigned i = 0; i < s->n_media; i++)
        if (sdp_is_audio(&s->media[i]) && proto_among(&s->media[i], protos, 2))
            return (int)i;
    return -1;
}

static enum codec codec_of(struct view encoding)
{
    /* <name>/<clock>[/<channels>] */
    struct view rest = encoding;
    struct view name = view_cut(&rest, '/'), clock = view_cut(&rest, '/');
    uint32_t hz, channels = 1;
    if (!view_to_u32(clock, 1000000, &hz) || (rest.n && !view_to_u32(rest, 255, &channels)))
        return CODEC_NONE;
    for (int c = CODEC_NONE + 1; c < CODECS; c++) {
        if (!view_eq_nocase(name, view_of(codec_name((enum codec)c))) || hz != codec_clock_hz((enum codec)c))
            continue;
        /* Opus is always written with two channels (RFC 7587 section 7), whatever is sent. */
        return channels == (c == CODEC_OPUS ? 2 : 1) ? (enum codec)c : CODEC_NONE;
    }
    return CODEC_NONE;
}

static enum codec static_codec(uint8_t pt)
{
    for (int c = CODEC_NONE + 1; c < CODECS; c++)
        if (codec_static_pt((enum codec)c) == pt)
            return (enum codec)c;
    return CODEC_NONE;
}

/* Which codec each payload type stands for: the static assignments (RFC 3551), then what rtpmap lines say. */
static void read_rtpmaps(const struct sdp_media *m, uint8_t codec_by_pt[128])
{
    for (unsigned pt = 0; pt < 128; pt++)
        codec_by_pt[pt] = (uint8_t)static_codec((uint8_t)pt);
    struct view rest = m->lines;
    struct sdp_line line;
    while (sdp_next_line(&rest, &line)) {
        struct view value = line.value;
        uint32_t pt;
        if (line.type != 'a' || !view_starts(value, VIEW("rtpmap:")))
            continue;
        value = view_slice(value, 7, value.n);
        if (view_to_u32(view_cut(&value, ' '), 127, &pt))
            codec_by_pt[pt] = (uint8_t)codec_of(view_trim(value));
    }
}

static void read_formats(const struct sdp_media *m, struct media_desc *d)
{
    uint8_t codec_by_pt[128];
    read_rtpmaps(m, codec_by_pt);
    struct view rest = m->formats;
    while (rest.n) {
        uint32_t pt; /* a word that is none is no RTP payload type: nothing we could send */
        if (view_to_u32(view_cut(&rest, ' '), 127, &pt) && codec_by_pt[pt] != CODEC_NONE)
            media_desc_add(d, (enum codec)codec_by_pt[pt], (uint8_t)pt);
    }
}

static bool read_direction(struct view attribute, uint8_t *dir)
{
    static const struct {
        const char *name;
        enum media_dir dir;
    } names[] = {
        {"sendrecv", MEDIA_BOTH}, {"sendonly", MEDIA_SEND}, {"recvonly", MEDIA_RECV}, {"inactive", MEDIA_INACTIVE}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (view_eq(attribute, view_of(names[i].name))) {
            *dir = (uint8_t)names[i].dir;
            return true;
        }
    }
    return false;
}

static void read_ptime(struct view value, struct media_desc *d)
{
    uint32_t ms;
    struct view whole = view_cut(&value, '.'); /* some write 20.0 */
    if (view_to_u32(view_trim(whole), 1000, &ms) && ms >= 10 && ms <= 60)
        d->ptime_ms = (uint8_t)ms;
}

/* a=rtcp:<port> [IN IP4 <address>] (RFC 3605) */
static void read_rtcp(struct view value, struct media_desc *d)
{
    uint32_t port;
    struct net_addr other;
    if (!view_to_u32(view_cut(&value, ' '), 65535, &port) || port == 0)
        return;
    d->rtcp.port = (uint16_t)port;
    if (value.n && read_connection(value, &other)) {
        other.port = (uint16_t)port;
        d->rtcp = other;
    }
}

static void read_attributes(struct view lines, struct media_desc *d, bool media_level)
{
    struct sdp_line line;
    while (sdp_next_line(&lines, &line)) {
        if (line.type != 'a')
            continue;
        struct view v = view_trim(line.value);
        if (read_direction(v, &d->dir) || !media_level)
            continue;
        if (view_starts(v, VIEW("ptime:")))
            read_ptime(view_slice(v, 6, v.n), d);
        else if (view_starts(v, VIEW("rtcp:")))
            read_rtcp(view_slice(v, 5, v.n), d);
        else if (view_eq(v, VIEW("rtcp-mux")))
            d->rtcp_mux = true;
    }
}

static void read_audio(const struct sdp_session *s, const struct sdp_media *m, struct media_desc *ret)
{
    ret->present = true;
    ret->rtp = m->has_connection ? m->connection : s->connection;
    ret->rtp.port = m->port;
    ret->rtcp = ret->rtp;
    ret->rtcp.port = (uint16_t)(m->port < 65535 ? m->port + 1 : 0);
    read_formats(m, ret);
    read_attributes(s->lines, ret, false);
    read_attributes(m->lines, ret, true);
    if (ret->rtcp_mux)
        ret->rtcp = ret->rtp;
    /* Old hold (RFC 2543 B.5, RFC 3264 8.4): address 0.0.0.0 means that the other side may not send. */
    if (net_addr_is_any(&ret->rtp))
        ret->dir &= MEDIA_SEND;
}

int sdp_read_offer(struct view text, enum sdp_srtp srtp, struct media_desc *ret, struct sdp_fault *fault)
{
    struct sdp_session s;
    struct sdp_crypto crypto;
    *ret = (struct media_desc){.dir = MEDIA_BOTH};
    if (!sdp_scan(text, &s, fault))
        return EBADMSG;
    int at = srtp != SDP_SRTP_OFF ? sdp_secure_index(&s, &crypto) : -1;
    if (at >= 0) {
        ret->crypto.suite = crypto.suite;
        memcpy(ret->crypto.receive, crypto.key, sizeof crypto.key);
        explicit_bzero(&crypto, sizeof crypto);
    } else if (srtp != SDP_SRTP_REQUIRED) {
        at = sdp_plain_index(&s);
    }
    if (at >= 0)
        read_audio(&s, &s.media[at], ret);
    return 0;
}

int sdp_read(struct view text, struct media_desc *ret, struct sdp_fault *fault)
{
    return sdp_read_offer(text, SDP_SRTP_OFF, ret, fault);
}

/* The keys of an answer's line, if it took one of ours with a good one of its own (RFC 4568 5.1.3). */
static bool agreed_crypto(const struct sdp_media *answer, const struct sdp_media *offer, struct media_crypto *ret)
{
    struct sdp_crypto theirs = {0}, ours = {0};
    bool agreed =
        sdp_crypto_find(answer, 0, &theirs) && sdp_crypto_find(offer, theirs.tag, &ours) && theirs.suite == ours.suite;
    if (agreed) {
        ret->suite = theirs.suite;
        memcpy(ret->send, ours.key, sizeof ret->send);
        memcpy(ret->receive, theirs.key, sizeof ret->receive);
    }
    explicit_bzero(&ours, sizeof ours);
    explicit_bzero(&theirs, sizeof theirs);
    return agreed;
}

/* Whether the line that we are to use is by plain RTP, or has what protects it. */
static bool answer_crypto(const struct sdp_media *answer, unsigned at, struct view offer, enum sdp_srtp srtp,
                          struct media_crypto *ret)
{
    struct sdp_session s;
    struct sdp_fault fault;
    if (srtp == SDP_SRTP_OFF)
        return true;
    bool offered = sdp_scan(offer, &s, &fault) && at < s.n_media && sdp_crypto_said(&s.media[at]);
    if (offered && sdp_crypto_said(answer))
        return agreed_crypto(answer, &s.media[at], ret);
    /* Some take RTP/SAVP and then send plain RTP, having said so by leaving the keys out. */
    return srtp != SDP_SRTP_REQUIRED;
}

int sdp_read_answer(struct view text, struct view offer, enum sdp_srtp srtp, struct media_desc *ret,
                    struct sdp_fault *fault)
{
    struct sdp_session s;
    *ret = (struct media_desc){.dir = MEDIA_BOTH};
    if (!sdp_scan(text, &s, fault))
        return EBADMSG;
    int at = srtp != SDP_SRTP_OFF ? sdp_audio_index(&s) : sdp_plain_index(&s);
    if (at < 0)
        return 0;
    if (!answer_crypto(&s.media[at], (unsigned)at, offer, srtp, &ret->crypto)) {
        fault->text = "Bad SDP: a=crypto line";
        return EBADMSG;
    }
    read_audio(&s, &s.media[at], ret);
    return 0;
}
