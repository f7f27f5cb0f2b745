/* SPDX-License-Identifier: Apache-2.0
 *
 * RTCP: compound packets read with every length checked, our own reports written (RFC 3550 6). Pure; any thread.
 */
#pragma once

#include "media/rx_stats_priv.h"

enum { RTCP_PACKET_MAX = 1500, RTCP_CNAME_CHARS = 12, RTCP_REPORT_BYTES = 28 + 24 + 24 };

/* What a compound packet told us. */
struct rtcp_heard {
    bool sender;         /* a sender report was in it */
    uint32_t sender_ntp; /* its middle 32 bits */
    bool block;          /* a report on our stream was in it */
    uint8_t fraction_lost;
    uint32_t lost, jitter, last_sr, since_sr;
    bool bye;
};
/* False: not RTCP, or its lengths lie. our_ssrc picks the report blocks that are about us. */
[[gnu::warn_unused_result]] bool rtcp_parse(const uint8_t *packet, size_t bytes, uint32_t our_ssrc,
                                            struct rtcp_heard *ret);

struct rtcp_report {
    uint32_t ssrc;
    char cname[RTCP_CNAME_CHARS + 1];
    bool sends; /* a sender report, else a receiver report */
    int64_t wall_us;
    uint32_t ts, packets, octets;
    bool hears; /* with a block on what we receive */
    struct rx_report rx;
    uint32_t last_sr, since_sr; /* of the peer's last sender report; 0: none */
};
/* Report and CNAME as one compound packet; returns its bytes, at most RTCP_REPORT_BYTES. */
size_t rtcp_write(uint8_t dst[RTCP_REPORT_BYTES], const struct rtcp_report *r);

/* Middle 32 bits of the NTP time (RFC 3550 4). */
uint32_t rtcp_ntp_middle(int64_t wall_us);
