/* SPDX-License-Identifier: Apache-2.0
 *
 * An IP address with port, as a value without sockets: what the pure folders know of the network.
 */
#pragma once

#include "base/buf.h"
#include "base/view.h"

enum net_family { NET_NONE = 0, NET_IP4 = 4, NET_IP6 = 6 };

struct net_addr {
    uint8_t ip[16]; /* network order; IPv4 uses the first four bytes, the rest is zero */
    uint16_t port;  /* host order; 0 = none */
    uint8_t family; /* enum net_family */
};

enum { NET_ADDR_TEXT = 56 }; /* room for "[v6]:port" and a zero */

/* Reads a numeric address, IPv6 with or without brackets, no zone, no port; false for names and nonsense.
 * An IPv4-mapped IPv6 address becomes IPv4, so that one peer has one form. */
[[gnu::warn_unused_result]] bool net_addr_parse(struct view host, uint16_t port, struct net_addr *ret);
/* "1.2.3.4:5060" or "[2001:db8::1]:5060"; without the port when it is 0. */
void net_addr_write(const struct net_addr *a, struct buf *out);
/* Address alone: "1.2.3.4", "2001:db8::1"; with brackets around IPv6 when asked (SIP wants them, SDP does not). */
void net_addr_write_host(const struct net_addr *a, bool brackets, struct buf *out);
/* As net_addr_write, into a zero-ended text of NET_ADDR_TEXT bytes; returns dst. For logs. */
char *net_addr_text(const struct net_addr *a, char dst[NET_ADDR_TEXT]);

bool net_addr_eq(const struct net_addr *a, const struct net_addr *b);      /* address and port */
bool net_addr_eq_host(const struct net_addr *a, const struct net_addr *b); /* address alone */
/* The same two for a GHashTable of struct net_addr, whose port does not count. */
unsigned net_addr_hash_host(const void *addr);
int net_addr_equal_host(const void *a, const void *b);
bool net_addr_is_any(const struct net_addr *a); /* 0.0.0.0, :: or none */
bool net_addr_is_loopback(const struct net_addr *a);
/* Private, loopback or link-local (RFC 1918, 4193, 3927, 4291; also RFC 6598 carrier NAT). */
bool net_addr_is_private(const struct net_addr *a);
/* Multicast or broadcast: never a peer to send to. */
bool net_addr_is_multicast(const struct net_addr *a);
/* For counting strangers: IPv4 whole, IPv6 by its /64; 8 bytes that name the source. */
uint64_t net_addr_source_key(const struct net_addr *a);

struct net_range {
    struct net_addr base;
    uint8_t bits; /* prefix length */
};
/* "10.0.0.0/8", "2001:db8::/32", or a single address. */
[[gnu::warn_unused_result]] bool net_range_parse(struct view text, struct net_range *ret);
bool net_range_has(const struct net_range *r, const struct net_addr *a);
