/* SPDX-License-Identifier: Apache-2.0
 *
 * SIP over TCP, TLS and WebSocket as the signalling thread sees it: a table of connections, commands to the web thread,
 * events from it. Owned by the transport.
 */
#pragma once

#include "net/transport.h"

struct streams;

/* Binds the stream listeners of c and starts the web thread. 0, or errno with *ret_failed set. */
[[gnu::warn_unused_result]] int streams_open(struct streams **ret, struct loop *signalling,
                                             const struct transport_config *c, const struct transport_events *ev,
                                             const struct transport_listen **ret_failed);
void streams_close(struct streams *s); /* takes NULL */
[[gnu::warn_unused_result]] int streams_send(struct streams *s, const struct sip_flow *flow, struct view bytes);
void streams_trust(struct streams *s, uint64_t connection);
void streams_disconnect(struct streams *s, uint64_t connection);
void streams_deny(struct streams *s, const struct net_range *ranges, size_t n);
[[gnu::warn_unused_result]] int streams_reload_certificate(struct streams *s);
void streams_count(const struct streams *s, struct transport_stats *add);
