/* SPDX-License-Identifier: Apache-2.0
 *
 * A flow: the way a peer is reached (RFC 5626's word, used for every transport). A value, copied freely; a registration
 * or dialog remembers the flow its peer came by, so NAT, TLS and WebSocket are one mechanism.
 */
#pragma once

#include "base/net_addr.h"

enum sip_transport { SIP_UDP, SIP_TCP, SIP_TLS, SIP_WS, SIP_WSS, SIP_TRANSPORTS };

struct sip_flow {
    enum sip_transport transport;
    struct net_addr local;  /* our address the peer sent to; for an outgoing flow not yet there: family or none */
    struct net_addr remote; /* where the peer is */
    uint64_t connection;    /* id of the connection; 0 for UDP, and for a stream not yet opened */
};

static inline bool sip_transport_is_reliable(enum sip_transport t)
{
    return t != SIP_UDP;
}

static inline bool sip_transport_is_secure(enum sip_transport t)
{
    return t == SIP_TLS || t == SIP_WSS;
}

/* "UDP", "TCP", "TLS", "WS", "WSS": as in Via (RFC 3261 section 20.42, RFC 7118). */
const char *sip_transport_name(enum sip_transport t);
/* Case-insensitive; false for others. */
[[gnu::warn_unused_result]] bool sip_transport_parse(struct view name, enum sip_transport *ret);
/* 5060 or 5061 (80/443 for WebSocket are not used as SIP defaults). */
uint16_t sip_transport_port(enum sip_transport t);
/* Same peer by the same way: same connection, or for UDP the same two addresses. */
bool sip_flow_eq(const struct sip_flow *a, const struct sip_flow *b);
