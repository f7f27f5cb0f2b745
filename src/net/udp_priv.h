/* SPDX-License-Identifier: Apache-2.0
 *
 * SIP over UDP in batches, on the signalling thread. Owned by the transport.
 */
#pragma once

#include "net/transport.h"

struct udp;

/* Whom it serves. All are called on the signalling thread. */
struct udp_host {
    void *arg;
    void (*message)(void *arg, const struct sip_flow *flow, char *bytes, size_t n);
    bool (*denied)(void *arg, const struct net_addr *source);
};

struct udp *udp_new(struct loop *loop, struct udp_host host);
void udp_free(struct udp *u); /* sends what waits; takes NULL */
/* One more listening socket; 0 or errno. */
[[gnu::warn_unused_result]] int udp_listen(struct udp *u, const struct net_addr *address);
/* Queues one datagram; see transport_send. */
[[gnu::warn_unused_result]] int udp_send(struct udp *u, const struct sip_flow *flow, struct view bytes);
/* Who sends from there has signed in, or is a configured peer: the limits of strangers are not his (D2). */
void udp_trust(struct udp *u, const struct net_addr *source);
/* How long the datagram whose message is being told lay in the socket; 0 outside of `message`. */
int64_t udp_waited_us(const struct udp *u);
void udp_count(const struct udp *u, struct transport_stats *add);
