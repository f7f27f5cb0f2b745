/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzes a stream of RTP packets (each after a byte that is its length): what is read lies inside, what leaves is one
 * stream that reads back as written, and keys are real ones of bounded length (E5, SIP-21).
 */
#include "media/dtmf_priv.h"
#include "media/out_stream_priv.h"
#include "media/rx_stats_priv.h"
#include "tests/fuzz/fuzz.h"

struct streams {
    struct out_stream out;
    struct rx_stats rx;
    struct dtmf_in keys;
    int64_t now_us;
};

static void check_parsed(const struct rtp *p, const uint8_t *packet, size_t n)
{
    MUST(p->payload >= packet + RTP_HEADER_BYTES && p->payload + p->payload_bytes <= packet + n);
}

static void map(struct streams *s, struct rtp *p)
{
    uint32_t packets = s->out.packets;
    if (!out_stream_map(&s->out, 2 + (p->pt & 1), p->pt & 2 ? 48000 : 8000, p, s->now_us))
        return;
    MUST(p->ssrc == 4711);
    struct rtp again;
    uint8_t *start = rtp_write_header(p);
    MUST(rtp_parse(start, RTP_HEADER_BYTES + (size_t)p->payload_bytes, &again));
    MUST(again.seq == p->seq && again.ts == p->ts && again.ssrc == p->ssrc && again.pt == p->pt);
    MUST(again.marker == p->marker && again.payload_bytes == p->payload_bytes);
    out_stream_sent(&s->out, p, s->now_us);
    MUST(s->out.packets == packets + 1);
}

static void take(struct streams *s, uint8_t *packet, size_t n)
{
    struct rtp p;
    if (!rtp_parse(packet, n, &p))
        return;
    check_parsed(&p, packet, n);
    rx_stats_add(&s->rx, &p, 8000, s->now_us);
    struct dtmf_key key[2];
    unsigned keys = dtmf_in_add(&s->keys, &p, p.pt & 2 ? 48000 : 8000, key);
    MUST(keys <= 2);
    for (unsigned i = 0; i < keys; i++)
        MUST(dtmf_code(key[i].digit) < 16 && key[i].ms <= DTMF_HELD_MS);
    if (p.pt & 4)
        out_stream_skip(&s->out, 2 + (p.pt & 1), &p);
    else
        map(s, &p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct streams *s = g_new0(struct streams, 1);
    out_stream_init(&s->out, 4711, 65000, 0xfffffff0, 0);
    for (size_t at = 0; at < size;) {
        size_t n = data[at++];
        n = n > size - at ? size - at : n;
        uint8_t *packet = g_malloc(n ? n : 1); /* exactly its size, so that a byte too far is seen */
        memcpy(packet, data + at, n);
        take(s, packet, n);
        g_free(packet);
        at += n;
        s->now_us += 20000;
    }
    struct rx_report report;
    struct dtmf_key key;
    if (rx_stats_report(&s->rx, &report))
        MUST(report.lost <= 0x7fffff);
    (void)rx_stats_jitter_us(&s->rx);
    if (dtmf_in_silence(&s->keys, &key))
        MUST(dtmf_code(key.digit) < 16);
    g_free(s);
    return 0;
}
