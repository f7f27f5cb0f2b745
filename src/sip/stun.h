/* SPDX-License-Identifier: Apache-2.0
 *
 * STUN (RFC 8489) as far as keep-alive on SIP flows needs it (RFC 5626 section 4.4.2): reading a Binding request and
 * answering it with XOR-MAPPED-ADDRESS. ICE builds on this in the media engine.
 */
#pragma once

#include "base/buf.h"
#include "base/net_addr.h"

enum stun_class { STUN_REQUEST, STUN_INDICATION, STUN_SUCCESS, STUN_ERROR };
enum { STUN_BINDING = 1, STUN_HEADER_BYTES = 20, STUN_COOKIE = 0x2112A442 };

struct stun_msg {
    enum stun_class class;
    uint16_t method;
    uint8_t transaction[12];
    struct view attributes; /* checked: a whole number of well-formed attributes */
};

/* Could this datagram be STUN (RFC 7983: first byte 0 to 3, magic cookie)? */
bool stun_looks_like(struct view datagram);
[[gnu::warn_unused_result]] bool stun_parse(struct view datagram, struct stun_msg *ret);
/* First attribute of that type. */
bool stun_attribute(const struct stun_msg *m, uint16_t type, struct view *ret);
[[gnu::warn_unused_result]] bool stun_xor_address(const struct stun_msg *m, struct net_addr *ret);
void stun_put_binding_request(struct buf *b, const uint8_t transaction[12]);
/* Success with XOR-MAPPED-ADDRESS, or 420 naming the unknown comprehension-required attributes. No larger than 1.5 x
 * the request, padded requests apart (D7). */
void stun_put_binding_answer(struct buf *b, const struct stun_msg *request, const struct net_addr *source);
