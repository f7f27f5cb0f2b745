/* SPDX-License-Identifier: Apache-2.0
 *
 * The media engine: RTP sessions of all calls, relayed and played to by worker threads. It is driven by the signalling
 * thread through `struct media_port`; its events come back on that thread.
 *
 *     signalling thread                        worker 0..N (each its own loop, 20 ms tick while something plays)
 *     ids, port pairs, sockets made  --commands-->  sessions: sockets, streams, learning, events, reports
 *     event and closed callbacks     <--notices---
 *
 * Every session belongs to one worker; two that are joined belong to the same. A session that must move is handed over
 * as a message, and commands that overtake it wait (worker.c).
 */
#pragma once

#include "call/events.h"

#include "base/entropy.h"

struct loop;
struct media_engine;

/* What a session carried, for the call record. Counted at our side: `in` is what the peer sent. */
struct media_stats {
    enum codec codec; /* last one sent or received; CODEC_NONE: no sound was set up */
    uint32_t packets_in, packets_out;
    uint64_t bytes_in, bytes_out; /* of payload */
    uint32_t lost_in;             /* never came */
    uint32_t lost_out;            /* the peer says it missed (RTCP) */
    uint32_t jitter_in_us, jitter_out_us;
    uint32_t round_trip_us; /* by the last report; 0: not known */
    uint32_t dropped;       /* strangers, malformed, unknown payload types */
};

struct media_port_range {
    uint16_t first, last; /* first even, at least 20 ports (NET-3) */
};

struct media_engine_config {
    struct loop *loop;                          /* of the signalling thread */
    unsigned workers;                           /* 1 to 64; 0: one */
    struct media_port_range internal, external; /* may be the same range */
    const struct net_range *inside; /* whose peers take ports of `internal`; copied; none: private addresses */
    size_t n_inside;
    struct net_addr external_address; /* shown to outside peers instead of the local one; family none: the local one */
    const struct entropy *entropy;    /* used on the signalling thread */
    void (*event)(void *arg, media_id m, const struct media_event *ev);
    void (*closed)(void *arg, media_id m, const struct media_stats *stats); /* <= 1 s after close; may be NULL */
    void *arg;
};

/* EINVAL: a range is too small or odd. */
[[gnu::warn_unused_result]] int media_engine_open(const struct media_engine_config *config, struct media_engine **ret);
/* Ends all threads; sessions still open are dropped without callbacks. */
void media_engine_close(struct media_engine *engine);

struct media_port media_engine_port(struct media_engine *engine);
/* Sessions whose ports are taken: open ones and those not freed yet. */
unsigned media_engine_sessions(const struct media_engine *engine);
