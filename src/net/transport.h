/* SPDX-License-Identifier: Apache-2.0
 *
 * SIP on real sockets. UDP is read and written in batches on the signalling thread; TCP, TLS and WebSocket streams live
 * on the web thread (libwebsockets) and hand whole messages over. All functions here are the signalling thread's.
 */
#pragma once

#include "base/entropy.h"
#include "base/view.h"
#include "sip/flow.h"
#include "sys/loop.h"

struct transport;

struct transport_listen {
    enum sip_transport transport; /* SIP_WSS: the HTTPS port, WebSocket sub-protocol "sip" at /sip */
    struct net_addr address;      /* port 0 is refused */
};

struct transport_config {
    const struct transport_listen *listen;
    size_t n_listen;
    const char *cert_file, *key_file; /* PEM; for TLS and WSS */
    unsigned max_connections;         /* in all; 0: 20,000 */
    unsigned max_per_address;         /* 0: 200; those with a registered phone are not counted */
    const char *const *origins;       /* allowed WebSocket Origin hosts beside our own; NULL-ended; NULL: none */
    const struct net_range *denied;   /* sources dropped before any parsing (SEC-7) */
    size_t n_denied;
    /* D4; 0: 9,000 and 60,000. A half message or an unfinished handshake ends after the one, a stranger that sends no
     * whole message after the other, each at most 500 ms late. */
    unsigned setup_ms, idle_ms;
};

struct transport_events {
    void *arg;
    /* One whole message; bytes are ours to write until the call returns. For UDP also keep-alives: STUN and CRLF are
     * answered below and not handed up. */
    void (*message)(void *arg, const struct sip_flow *flow, char *bytes, size_t n);
    /* A stream's framing broke; bytes hold what came, for a last answer; the connection is then closed by us. */
    void (*broken)(void *arg, const struct sip_flow *flow, char *bytes, size_t n);
    /* A connection is gone (closed, reset, could not be opened, timed out). */
    void (*closed)(void *arg, const struct sip_flow *flow);
    /* An outgoing connection asked for by transport_send is there: flow as asked, with connection filled in. */
    void (*opened)(void *arg, const struct sip_flow *asked, const struct sip_flow *now);
};

/* Binds all or nothing: errno and which address in ret_failed. Starts the web thread if a stream is among them. */
[[gnu::warn_unused_result]] int transport_open(struct transport **ret, struct loop *signalling,
                                               const struct transport_config *c, const struct transport_events *ev,
                                               const struct transport_listen **ret_failed);
/* Closes everything; pending data of streams is flushed for at most 500 ms. Takes NULL. */
void transport_close(struct transport *t);

/* Sends one message on a flow. UDP: gathered and sent by sendmmsg before the loop waits again. Streams: a flow with a
 * connection uses it; one with connection 0 uses the open connection to that remote and transport or opens one (TLS
 * with certificate check off for phones; `verify_host` for trunks comes later). 0; ENOTCONN: the connection is gone;
 * ENOBUFS: the peer reads too slowly (1 MiB waiting); EAFNOSUPPORT: no listener of that family. */
[[gnu::warn_unused_result]] int transport_send(struct transport *t, const struct sip_flow *flow, struct view bytes);

/* Our address for Contact and Via toward this flow's peer: the local address that the kernel would use, with the
 * listening port of that transport. False: no listener for it. */
bool transport_local(struct transport *t, enum sip_transport tr, const struct net_addr *remote, struct net_addr *ret);
/* Who sends on this flow has signed in, or is a configured peer: exempt from the strangers' limits (D2, D4). */
void transport_trust(struct transport *t, const struct sip_flow *flow);
/* Other sources are denied from now on (SEC-7); what stands already is not cut. The ranges are copied. */
void transport_deny(struct transport *t, const struct net_range *ranges, size_t n);
void transport_disconnect(struct transport *t, const struct sip_flow *flow);
/* New TLS certificate for new connections (NET-18). 0 or errno. */
[[gnu::warn_unused_result]] int transport_reload_certificate(struct transport *t);

/* Inside `message` of a datagram: how long it had waited to be read, in the socket and in its batch. Else 0. */
int64_t transport_waited_us(const struct transport *t);

struct transport_stats {
    uint64_t received, sent, dropped; /* messages; dropped by limits */
    unsigned connections;
    uint64_t strangers_us; /* time that datagrams of strangers took, heard or not */
};
struct transport_stats transport_stats(const struct transport *t);
