/* SPDX-License-Identifier: Apache-2.0
 *
 * One RTP session: the sockets toward one peer and all that is known of its streams. Made by the signalling thread,
 * then owned by one worker thread until closed; only `owner` is looked at by others.
 */
#pragma once

#include "base/timers.h"
#include "media/dtmf_priv.h"
#include "media/engine.h"
#include "media/latch_priv.h"
#include "media/out_stream_priv.h"
#include "media/rtcp_priv.h"
#include "sys/loop.h"

#include <stdatomic.h>

struct worker;
struct sound_frames;

struct session_socket {
    struct loop_watch watch; /* its fd; closed by media_session_free */
    struct latch latch;
    int64_t check_until_us; /* until then packets from before connect may still wait: each one's source is looked at */
    bool watched, connected;
};

/* A key of the joined leg that goes out with another clock. */
struct session_converted {
    uint32_t in_ts, out_ts;
    bool begun;
};

/* What the peer's own reports say. */
struct session_peer_report {
    int64_t sr_us; /* when its last sender report came */
    uint32_t sr_ntp;
    uint32_t lost, jitter_us, round_trip_us; /* of what we send */
};

struct session {
    _Atomic(struct worker *) owner; /* written by the worker that gives it away or takes it; release, acquire */
    media_id id;
    struct session *peer; /* joined to; on the same worker */
    struct session_socket rtp, rtcp;
    struct out_stream out;
    struct rx_stats rx;
    uint8_t codec_of[128]; /* enum codec by the payload type that the peer sends */
    uint8_t pt_of[CODECS]; /* payload type that the peer wants; 0xff: does not take it */
    uint8_t voice, event;  /* enum codec that we send when we make the sound; CODEC_NONE */
    uint8_t family;        /* of its sockets */
    bool strict, mux, sends, takes;
    uint8_t sound, language; /* enum media_sound, enum language: what plays */
    uint8_t tick_phase;
    uint32_t at, tick_at;              /* places in the worker's lists; UINT32_MAX: in none */
    uint32_t frame;                    /* of the sound, next to send */
    const struct sound_frames *frames; /* of `sound` in codec `frames_codec`; NULL: not made yet */
    uint8_t frames_codec;
    uint8_t codec_seen; /* enum codec, for the statistics */
    struct net_addr peer_signalling;
    struct dtmf_in dtmf_in;
    struct timer dtmf_silence;
    struct dtmf_out *dtmf_out; /* NULL until a digit is sent */
    struct session_converted converted;
    int64_t heard_us, timeout_us; /* last sign of life; 0: nobody watches */
    int64_t report_due_us;
    struct session_peer_report told;
    uint32_t reported_packets; /* in + out at the last report */
    uint32_t dropped;
    uint64_t bytes_out;
    char cname[RTCP_CNAME_CHARS + 1];
};

enum { SESSION_IN_NO_LIST = 0xffffffff };

/* Signalling thread: a session around two bound sockets, which it now owns. */
struct session *media_session_new(const struct media_open *o, const struct entropy *entropy, const int fd[2]);
void media_session_free(struct session *s); /* closes the sockets; of a worker, only after session_leave */

/* The rest: the owner's thread. */
void session_set(struct session *s, const struct media_desc *local, const struct media_desc *remote);
void session_join(struct session *a, struct session *b);
void session_part(struct session *s);
void session_play(struct session *s, enum media_sound sound, enum language lang);
void session_send_dtmf(struct session *s, char digit, uint16_t ms);
void session_watch(struct session *s, uint32_t timeout_s);
/* Takes it off the worker's loop and timers, and parts it; back with session_enter on the next one. */
void session_leave(struct session *s);
void session_enter(struct session *s, struct worker *w);
struct media_stats session_stats(const struct session *s);

/* session_rtp.c */
void session_rtp_ready(void *session, uint32_t epoll_events);
void session_rtcp_ready(void *session, uint32_t epoll_events);
void session_dtmf_silence(void *session);
/* Sends a filled packet to the peer; false: there is no way to it now. */
bool session_send(struct session *s, const struct rtp *p, int64_t now_us);
/* The kernel is told the peer's address once it is certain. */
void media_session_settle(struct session_socket *k, int64_t now_us);

/* session_rtcp.c: once a second */
void session_look_after(struct session *s, int64_t now_us, int64_t wall_us);
void session_take_rtcp(struct session *s, const uint8_t *packet, size_t bytes, int64_t now_us);

/* session_play.c: every 20 ms while needed; false: no more ticks wanted. */
bool session_tick(struct session *s, int64_t now_us);
bool session_wants_tick(const struct session *s);
bool session_sends_key(const struct session *s);
