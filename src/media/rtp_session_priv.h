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
#include "media/srtp_session_priv.h"
#include "media/transcode_priv.h"
#include "sys/loop.h"

#include <stdatomic.h>

struct worker;
struct sound_frames;

struct rtp_session_socket {
    struct loop_watch watch; /* its fd; closed by rtp_session_free */
    int64_t check_until_us;  /* until then packets from before connect may still wait: each one's source is looked at */
    bool watched, connected;
    struct latch latch;
};

/* A key of the joined leg that goes out with another clock. */
struct rtp_session_converted {
    uint32_t in_ts, out_ts;
    bool begun;
};

/* Our reports. */
struct rtp_session_own_report {
    int64_t due_us;   /* the next one */
    uint32_t packets; /* in + out at the last one */
};

/* What the peer's own reports say. */
struct rtp_session_peer_report {
    int64_t sr_us; /* when its last sender report came */
    uint32_t sr_ntp;
    uint32_t lost, jitter_us, round_trip_us; /* of what we send */
};

/* What the relay touches for each packet stands first, on as few cache lines as it fits: with a thousand sessions on a
 * worker, memory is what a packet costs outside of the kernel. */
struct rtp_session {
    _Atomic(struct worker *) owner; /* written by the worker that gives it away or takes it; release, acquire */
    media_id id;
    struct rtp_session *peer;  /* joined to; on the same worker */
    struct srtp_session *srtp; /* NULL: plain RTP */
    struct dtmf_out *dtmf_out; /* NULL until a digit is sent */
    struct transcode *heard;   /* its sound on the way to `peer` in another codec; NULL: relayed as it is */
    int64_t heard_us;          /* last sign of life */
    uint8_t sound;             /* enum media_sound: what plays */
    bool strict, mux, sends, takes;
    uint8_t voice, event;  /* enum codec that we send when we make the sound; CODEC_NONE */
    uint8_t codec_seen;    /* enum codec, for the statistics */
    uint8_t pt_of[CODECS]; /* payload type that the peer wants; 0xff: does not take it */
    uint8_t n_in;
    struct media_format in[MEDIA_FORMATS_MAX]; /* codecs by the payload types that the peer sends */
    struct out_stream out;
    struct rx_stats rx;
    uint64_t bytes_out;
    struct rtp_session_socket rtp, rtcp;
    uint32_t dropped;
    uint8_t family;   /* of its sockets */
    uint8_t language; /* enum language of the sound */
    uint8_t frames_codec;
    uint8_t tick_phase;
    uint32_t at, tick_at;              /* places in the worker's lists; UINT32_MAX: in none */
    uint32_t frame;                    /* of the sound, next to send */
    const struct sound_frames *frames; /* of `sound` in codec `frames_codec`; NULL: not made yet */
    struct net_addr peer_signalling;
    struct dtmf_in dtmf_in;
    struct timer dtmf_silence;
    struct rtp_session_converted converted;
    int64_t timeout_us; /* 0: nobody watches */
    struct rtp_session_own_report report;
    struct rtp_session_peer_report told;
    char cname[RTCP_CNAME_CHARS + 1];
};

enum { SESSION_IN_NO_LIST = 0xffffffff };

/* Signalling thread: a session around two bound sockets, which it now owns. */
struct rtp_session *rtp_session_new(const struct media_open *o, const struct entropy *entropy, const int fd[2]);
void rtp_session_free(struct rtp_session *s); /* closes the sockets; of a worker, only after rtp_session_leave */

/* The rest: the owner's thread. */
void rtp_session_set(struct rtp_session *s, const struct media_desc *local, const struct media_desc *remote);
void rtp_session_join(struct rtp_session *a, struct rtp_session *b);
void rtp_session_part(struct rtp_session *s);
void rtp_session_play(struct rtp_session *s, enum media_sound sound, enum language lang);
void rtp_session_send_dtmf(struct rtp_session *s, char digit, uint16_t ms);
void rtp_session_watch(struct rtp_session *s, uint32_t timeout_s);
/* Takes it off the worker's loop and timers, and parts it; back with rtp_session_enter on the next one. */
void rtp_session_leave(struct rtp_session *s);
void rtp_session_enter(struct rtp_session *s, struct worker *w);
struct media_stats rtp_session_stats(const struct rtp_session *s);

/* rtp_session_relay.c */
void rtp_session_rtp_ready(void *session, uint32_t epoll_events);
void rtp_session_rtcp_ready(void *session, uint32_t epoll_events);
void rtp_session_dtmf_silence(void *session);

/* rtp_session_transcode.c: what `from` sent in codec c and its peer does not take: a voice, or a key meanwhile. */
void rtp_session_transcode(struct rtp_session *from, const struct rtp *p, enum codec c, int64_t now_us);
void rtp_session_transcode_key(struct rtp_session *from, struct rtp *p, enum codec c, int64_t now_us);
/* Each 20 ms: the next packet of the joined one's sound in our codec; `held`: something else is heard now. */
void rtp_session_transcode_step(struct rtp_session *s, bool held, int64_t now_us);
/* After a change of codecs: what does not fit any more is given up. */
void rtp_session_transcode_review(struct rtp_session *from);
void rtp_session_transcode_end(struct rtp_session *from);

/* Sends a filled packet, with SRTP_TRAILER_BYTES of room behind it, to the peer; false: there is no way to it now. */
bool rtp_session_send(struct rtp_session *s, const struct rtp *p, int64_t now_us);
/* The kernel is told the peer's address once it is certain. */
void rtp_session_settle(struct rtp_session_socket *k, int64_t now_us);

/* rtp_session_rtcp.c: once a second */
void rtp_session_look_after(struct rtp_session *s, int64_t now_us, int64_t wall_us);
void rtp_session_take_rtcp(struct rtp_session *s, const uint8_t *packet, size_t bytes, int64_t now_us);

/* rtp_session_play.c: every 20 ms while needed; false: no more ticks wanted. */
bool rtp_session_tick(struct rtp_session *s, int64_t now_us);
bool rtp_session_wants_tick(const struct rtp_session *s);
bool rtp_session_sends_key(const struct rtp_session *s);
