/* SPDX-License-Identifier: Apache-2.0
 *
 * Reception statistics: see rx_stats_priv.h.
 */
#include "media/rx_stats_priv.h"

enum { MAX_DROPOUT = 3000, MAX_MISORDER = 100 }; /* RFC 3550 A.1 */

static uint32_t expected(const struct rx_stats *r)
{
    return r->received ? r->cycles + r->max_seq - r->first_seq + 1 : 0;
}

static uint32_t lost_now(const struct rx_stats *r)
{
    uint32_t want = expected(r);
    return want > r->received ? want - r->received : 0;
}

static void begin(struct rx_stats *r, const struct rtp *p)
{
    r->lost_before += lost_now(r);
    r->ssrc = p->ssrc;
    r->received = r->cycles = r->received_prior = r->expected_prior = 0;
    r->first_seq = r->max_seq = p->seq;
    r->jitter = 0;
}

void rx_stats_add(struct rx_stats *r, const struct rtp *p, uint32_t clock_hz, int64_t now_us)
{
    int16_t ahead = (int16_t)(p->seq - r->max_seq);
    uint32_t arrival = (uint32_t)((uint64_t)now_us * clock_hz / 1000000);
    uint32_t transit = arrival - p->ts;
    if (!r->received || p->ssrc != r->ssrc || ahead > MAX_DROPOUT || ahead < -MAX_MISORDER || clock_hz != r->clock_hz) {
        begin(r, p);
        r->clock_hz = clock_hz;
    } else {
        if (ahead > 0) {
            if (p->seq < r->max_seq)
                r->cycles += 65536;
            r->max_seq = p->seq;
        }
        int32_t d = (int32_t)(transit - r->transit);
        if (d < 0)
            d = d == INT32_MIN ? INT32_MAX : -d;
        if ((uint32_t)d < clock_hz * 2) /* a jump of the sender's clock is no jitter */
            r->jitter += (uint32_t)d - ((r->jitter + 8) >> 4);
    }
    r->transit = transit;
    r->received++;
    r->packets++;
    r->bytes += p->payload_bytes;
}

uint32_t rx_stats_lost(const struct rx_stats *r)
{
    return r->lost_before + lost_now(r);
}

uint32_t rx_stats_jitter_us(const struct rx_stats *r)
{
    return r->clock_hz ? (uint32_t)((uint64_t)(r->jitter >> 4) * 1000000 / r->clock_hz) : 0;
}

bool rx_stats_report(struct rx_stats *r, struct rx_report *ret)
{
    if (!r->received)
        return false;
    uint32_t want = expected(r);
    uint32_t want_interval = want - r->expected_prior, got_interval = r->received - r->received_prior;
    uint32_t lost_interval = want_interval > got_interval ? want_interval - got_interval : 0;
    r->expected_prior = want;
    r->received_prior = r->received;
    uint32_t lost = lost_now(r);
    uint32_t fraction = want_interval ? (uint32_t)(((uint64_t)lost_interval << 8) / want_interval) : 0;
    *ret = (struct rx_report){.ssrc = r->ssrc,
                              .lost = lost > 0x7fffff ? 0x7fffff : lost,
                              .highest_seq = r->cycles + r->max_seq,
                              .jitter = r->jitter >> 4,
                              .fraction = (uint8_t)(fraction > 255 ? 255 : fraction)};
    return true;
}
