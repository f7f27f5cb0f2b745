/* SPDX-License-Identifier: Apache-2.0
 *
 * A media engine on the loopback with peers made of plain sockets, for the tests of media/. The test's thread is the
 * signalling thread; its loop turns only inside world_run.
 */
#pragma once

#include "media/engine.h"
#include "media/rtp_priv.h"
#include "sys/loop.h"

enum { WORLD_EVENTS_MAX = 64 };

struct world_event {
    media_id id;
    struct media_event event;
};

struct world {
    struct loop *loop;
    struct media_engine *engine;
    struct media_port port;
    struct world_event event[WORLD_EVENTS_MAX];
    unsigned n_events;
    struct media_stats stats; /* of the last one closed */
    unsigned n_closed;
    struct timer stop;
};

/* ports: how many in the one range. */
struct world *world_open(unsigned workers, unsigned ports);
void world_close(struct world *w);
/* Lets the signalling loop turn for so long. */
void world_run(struct world *w, int ms);
/* Until n events came, at most ms. */
void world_run_until_events(struct world *w, unsigned n, int ms);
int64_t world_now_us(void);

/* A phone: two sockets, an outgoing stream, and the session that serves it. */
struct peer {
    struct world *world;
    int rtp, rtcp;
    struct net_addr addr; /* of its RTP */
    media_id id;
    struct media_desc local, remote; /* as the session sees them */
    uint32_t ssrc, ts;
    uint16_t seq;
    uint8_t pt;
    uint8_t packet[RTP_BUFFER_BYTES];
};

/* Opens sockets at host and a session for them; formats: PCMA 8, PCMU 0, telephone-event/8000 101. */
void peer_open(struct peer *p, struct world *w, const char *host, enum media_profile profile);
void peer_close(struct peer *p); /* sockets and session */
/* Sends the descriptions to the session. */
void peer_set(struct peer *p);
/* Sends a packet of 160 bytes of `fill` with the peer's next seq and ts. */
void peer_say(struct peer *p, uint8_t fill);
void peer_send(struct peer *p, const void *packet, size_t bytes);
void peer_send_rtcp(struct peer *p, const void *packet, size_t bytes);
/* The next RTP packet within ms; false: none came. */
bool peer_hears(struct peer *p, struct rtp *ret, int ms);
/* Bytes of the next RTCP packet within ms, in p->packet; 0: none. */
size_t peer_hears_rtcp(struct peer *p, int ms);
/* Waits until the worker has done all commands so far. */
void world_settle(struct world *w);

/* A plain socket somewhere, e.g. a stranger's. */
int socket_at(const char *host, struct net_addr *ret);
void socket_send(int fd, const void *packet, size_t bytes, const struct net_addr *to);
/* Bytes received within ms, 0: none. */
size_t socket_receive(int fd, void *dst, size_t cap, int ms);
