/* SPDX-License-Identifier: Apache-2.0
 *
 * The unbroken stream to one peer: see out_stream_priv.h.
 *
 *     source's seq, ts --+ seq_offset, + ts_offset--> ours          (same source: gaps of lost packets stay)
 *     another source     -> seq = newest + 1, ts = newest + time gone by, marker
 */
#include "media/out_stream_priv.h"

enum { MAX_DROPOUT = 3000, MAX_MISORDER = 100 }; /* RFC 3550 A.1 */
enum { FRAME_US = 20000 };                       /* what one packet holds, where it is not known better */

void out_stream_init(struct out_stream *o, uint32_t ssrc, uint16_t seq, uint32_t ts, int64_t now_us)
{
    *o = (struct out_stream){.ssrc = ssrc, .seq = seq, .oldest = seq, .ts = ts, .at_us = now_us, .clock_hz = 8000};
}

static uint32_t samples_of(uint32_t clock_hz, int64_t us)
{
    return (uint32_t)((uint64_t)us * clock_hz / 1000000);
}

uint32_t out_stream_ts(const struct out_stream *o, int64_t now_us)
{
    return o->ts + samples_of(o->clock_hz, now_us > o->at_us ? now_us - o->at_us : 0);
}

uint32_t out_stream_next_ts(const struct out_stream *o, uint32_t clock_hz, int64_t now_us)
{
    if (!o->packets)
        return o->ts;
    int64_t gone_us = now_us - o->at_us;
    return o->ts + samples_of(clock_hz, gone_us < FRAME_US ? FRAME_US : gone_us);
}

static void anchor(struct out_stream *o, uint64_t source, uint32_t clock_hz, const struct rtp *p, int64_t now_us)
{
    o->ts_offset = out_stream_next_ts(o, clock_hz, now_us) - p->ts;
    o->source = source;
    o->clock_hz = clock_hz;
    o->in_ssrc = p->ssrc;
    o->in_seq = p->seq;
    o->seq_anew = true;
}

bool out_stream_map(struct out_stream *o, uint64_t source, uint32_t clock_hz, struct rtp *p, int64_t now_us)
{
    int16_t ahead = (int16_t)(p->seq - o->in_seq);
    bool change = source != o->source || p->ssrc != o->in_ssrc || clock_hz != o->clock_hz || ahead > MAX_DROPOUT ||
                  ahead < -MAX_MISORDER;
    if (change)
        anchor(o, source, clock_hz, p, now_us);
    else if (ahead > 0)
        o->in_seq = p->seq;
    else if (o->seq_anew)
        return false; /* older than what was held back */
    if (o->seq_anew) {
        o->seq_offset = (uint16_t)(o->seq + 1 - p->seq);
        o->oldest = o->seq;
        o->seq_anew = false;
    }
    uint16_t seq = (uint16_t)(p->seq + o->seq_offset);
    if ((int16_t)(seq - o->oldest) <= 0)
        return false;
    p->seq = seq;
    p->ts += o->ts_offset;
    p->ssrc = o->ssrc;
    p->marker |= change;
    return true;
}

void out_stream_skip(struct out_stream *o, uint64_t source, const struct rtp *p)
{
    if (source != o->source || p->ssrc != o->in_ssrc || o->seq_anew)
        return;
    int16_t ahead = (int16_t)(p->seq - o->in_seq);
    if (ahead <= 0 || ahead > MAX_DROPOUT)
        return;
    o->in_seq = p->seq;
    o->seq_offset--;
    o->oldest = o->seq;
}

static void follow(struct out_stream *o, struct rtp *p)
{
    p->ssrc = o->ssrc;
    p->seq = (uint16_t)(o->seq + 1);
}

void out_stream_play(struct out_stream *o, uint32_t clock_hz, uint32_t samples, struct rtp *p, int64_t now_us)
{
    p->marker = o->source != SOURCE_PLAYER || o->clock_hz != clock_hz;
    p->ts = p->marker ? out_stream_next_ts(o, clock_hz, now_us) : o->ts + samples;
    o->source = SOURCE_PLAYER;
    o->clock_hz = clock_hz;
    follow(o, p);
}

void out_stream_insert(struct out_stream *o, struct rtp *p)
{
    o->source = SOURCE_NONE;
    follow(o, p);
}

void out_stream_sent(struct out_stream *o, const struct rtp *p, int64_t now_us)
{
    o->packets++;
    o->octets += p->payload_bytes;
    if ((int16_t)(p->seq - o->seq) <= 0)
        return;
    o->seq = p->seq;
    if ((int32_t)(p->ts - o->ts) <= 0)
        return; /* an event keeps the timestamp of its start */
    o->ts = p->ts;
    o->at_us = now_us;
}
