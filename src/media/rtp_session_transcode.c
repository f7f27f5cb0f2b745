/* SPDX-License-Identifier: Apache-2.0
 *
 * A joined pair whose ends share no codec: packets go into the one's jitter buffer, and come out each 20 ms in the
 * other's codec. Keys are passed on as events with the clock of the other side. Owner: the pair's worker.
 */
#include "media/rtp_session_priv.h"
#include "media/worker_priv.h"

#include <glib.h>
#include <stdalign.h>

static const uint32_t FRAMES_PER_S = 50;

void rtp_session_transcode_end(struct rtp_session *from)
{
    transcode_free(from->heard);
    from->heard = NULL;
}

void rtp_session_transcode_review(struct rtp_session *from)
{
    if (!from->heard)
        return;
    const struct rtp_session *to = from->peer;
    enum codec c = transcode_from(from->heard);
    bool comes = false;
    for (unsigned i = 0; i < from->n_in; i++)
        comes |= from->in[i].codec == c;
    if (!comes || !transcode_is(from->heard, c, to->voice) || to->pt_of[c] != 0xff)
        rtp_session_transcode_end(from);
}

void rtp_session_transcode(struct rtp_session *from, const struct rtp *p, enum codec c, int64_t now_us)
{
    struct rtp_session *to = from->peer;
    if (to->voice == CODEC_NONE)
        return;
    if (from->heard && !transcode_is(from->heard, c, to->voice))
        rtp_session_transcode_end(from);
    if (!from->heard) {
        from->heard = transcode_new(c, to->voice);
        to->out.source = SOURCE_NONE;
        worker_want_tick(rtp_session_worker(to), to);
    }
    struct jitter_packet in = {.payload = p->payload, .bytes = p->payload_bytes, .ssrc = p->ssrc, .ts = p->ts};
    transcode_put(from->heard, &in, now_us);
}

void rtp_session_transcode_key(struct rtp_session *from, struct rtp *p, enum codec c, int64_t now_us)
{
    struct rtp_session *to = from->peer;
    struct dtmf_event e;
    if (to->event == CODEC_NONE || !dtmf_parse(p->payload, p->payload_bytes, &e))
        return;
    bool first = !to->converted.begun || to->converted.in_ts != p->ts;
    if (first) {
        uint32_t begin = out_stream_next_ts(&to->out, codec_clock_hz(to->voice), now_us);
        to->converted = (struct rtp_session_converted){p->ts, begin, true};
    }
    uint64_t duration = (uint64_t)e.duration * codec_clock_hz(to->event) / codec_clock_hz(c);
    e.duration = (uint16_t)MIN(duration, 0xffff);
    dtmf_write(p->payload, &e);
    p->payload_bytes = DTMF_EVENT_BYTES;
    p->pt = to->pt_of[to->event];
    p->ts = to->converted.out_ts;
    p->marker = first;
    out_stream_insert(&to->out, p);
    transcode_key(from->heard, now_us);
    (void)rtp_session_send(to, p, now_us);
}

void rtp_session_transcode_step(struct rtp_session *s, bool held, int64_t now_us)
{
    alignas(4) uint8_t packet[RTP_HEADER_BYTES + VOICE_BYTES_MAX + SRTP_TRAILER_BYTES];
    struct rtp_session *from = s->peer;
    struct rtp p = {.payload = packet + RTP_HEADER_BYTES, .pt = s->pt_of[s->voice]};
    p.payload_bytes = (uint16_t)transcode_get(from->heard, now_us, p.payload);
    if (held) /* what was said meanwhile is not kept for later */
        return;
    if (!p.payload_bytes || !s->sends || !from->takes || transcode_is_keyed(from->heard, now_us)) {
        s->out.source = SOURCE_NONE;
        return;
    }
    uint32_t clock_hz = codec_clock_hz(s->voice);
    out_stream_play(&s->out, clock_hz, clock_hz / FRAMES_PER_S, &p, now_us);
    (void)rtp_session_send(s, &p, now_us);
}
