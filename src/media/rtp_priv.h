/* SPDX-License-Identifier: Apache-2.0
 *
 * RTP headers (RFC 3550 5.1): read with every length checked, written anew. Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RTP_HEADER_BYTES = 12,  /* what we write: no contributing sources, no extension, no padding */
    RTP_PACKET_MAX = 1500,  /* larger ones are not sound */
    RTP_BUFFER_BYTES = 2048 /* of a receiving buffer: an overlong packet is seen to be one */
};

struct rtp {
    uint8_t *payload; /* inside the packet, at least RTP_HEADER_BYTES behind its start */
    uint16_t payload_bytes;
    uint16_t seq;
    uint32_t ts;
    uint32_t ssrc;
    uint8_t pt;
    bool marker;
};

/* False: not RTP, or its lengths lie. Contributing sources, header extension and padding are stepped over. */
[[gnu::warn_unused_result]] bool rtp_parse(uint8_t *packet, size_t bytes, struct rtp *ret);
/* Whether a packet on a port shared by both is RTCP (RFC 5761 4). */
bool rtp_is_rtcp(const uint8_t *packet, size_t bytes);
/* Writes the header right before p->payload and returns its start; the packet is RTP_HEADER_BYTES + payload_bytes. */
uint8_t *rtp_write_header(const struct rtp *p);
