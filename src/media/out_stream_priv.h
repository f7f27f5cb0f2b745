/* SPDX-License-Identifier: Apache-2.0
 *
 * What one peer hears, as one unbroken RTP stream: one SSRC for the life of the session whatever plays or talks,
 * sequence numbers without jumps but for packets that were really lost, and timestamps that go on with the clock when
 * the source changes (hold music, transfer). Pure; belongs to the session's worker.
 */
#pragma once

#include "media/rtp_priv.h"

enum { SOURCE_NONE = 0, SOURCE_PLAYER = 1 }; /* any other number is a session's id */

struct out_stream {
    uint32_t ssrc;
    uint32_t ts;              /* of the newest packet sent (or where to begin) */
    int64_t at_us;            /* when that was */
    uint64_t source;          /* whose packets are being mapped */
    uint32_t clock_hz;        /* of the source's codec */
    uint32_t in_ssrc;         /* the source's */
    uint32_t ts_offset;       /* out = in + offset */
    uint32_t packets, octets; /* sent, for sender reports */
    uint16_t seq_offset;
    uint16_t seq;    /* newest sent */
    uint16_t in_seq; /* the source's newest */
    uint16_t oldest; /* mapped numbers up to here are taken: a late packet that would get one is dropped */
    bool seq_anew;   /* packets were held back on purpose: the next one follows without a gap */
};

void out_stream_init(struct out_stream *o, uint32_t ssrc, uint16_t seq, uint32_t ts, int64_t now_us);
/* The timestamp that belongs to now, for sender reports. */
uint32_t out_stream_ts(const struct out_stream *o, int64_t now_us);
/* The timestamp at which something new may begin: the last packet is heard to its end, then the clock goes on. */
uint32_t out_stream_next_ts(const struct out_stream *o, uint32_t clock_hz, int64_t now_us);

/* Rewrites ssrc, seq, ts and marker of a packet of `source`. False: it comes too late to have a place. */
[[gnu::warn_unused_result]] bool out_stream_map(struct out_stream *o, uint64_t source, uint32_t clock_hz, struct rtp *p,
                                                int64_t now_us);
/* A packet of `source` is left out on purpose: that is no loss for the receiver. */
void out_stream_skip(struct out_stream *o, uint64_t source, const struct rtp *p);
/* Fills ssrc, seq and ts of a packet made here by the player; the first after another source has the marker set. */
void out_stream_play(struct out_stream *o, uint32_t clock_hz, uint32_t samples, struct rtp *p, int64_t now_us);
/* Fills ssrc and seq of an event packet made here, whose ts the caller knows; what comes after it is a new beginning.
 */
void out_stream_insert(struct out_stream *o, struct rtp *p);
/* Counts what was sent. */
void out_stream_sent(struct out_stream *o, const struct rtp *p, int64_t now_us);
