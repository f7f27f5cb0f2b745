/* SPDX-License-Identifier: Apache-2.0
 *
 * What arrives from one peer, counted by the rules of RFC 3550 A.1, A.3 and A.8: loss, jitter. Pure; belongs to the
 * session's worker.
 */
#pragma once

#include "media/rtp_priv.h"

struct rx_stats {
    uint32_t ssrc; /* of the present stream */
    uint32_t packets;
    uint64_t bytes;                          /* of payload */
    uint32_t lost_before;                    /* in streams of former SSRCs */
    uint32_t received, cycles;               /* of the present stream; cycles in steps of 65536 */
    uint32_t received_prior, expected_prior; /* at the last report */
    uint32_t transit, jitter;                /* in clock ticks; jitter times 16 */
    uint32_t clock_hz;
    uint16_t first_seq, max_seq;
};

void rx_stats_add(struct rx_stats *r, const struct rtp *p, uint32_t clock_hz, int64_t now_us);
/* Packets that never came, all streams together; late doubles can make up for real losses, never less than 0. */
uint32_t rx_stats_lost(const struct rx_stats *r);
uint32_t rx_stats_jitter_us(const struct rx_stats *r);

/* What a report block says (RFC 3550 6.4.1); resets the interval. False: nothing was received. */
struct rx_report {
    uint32_t ssrc, lost, highest_seq, jitter;
    uint8_t fraction;
};
[[gnu::warn_unused_result]] bool rx_stats_report(struct rx_stats *r, struct rx_report *ret);
