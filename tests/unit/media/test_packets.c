/* SPDX-License-Identifier: Apache-2.0
 *
 * The pure parts: RTP headers at their limits (E5), the outgoing stream's continuity, reception statistics, telephone
 * events (SIP-21), and the rules of learning (SIP-25, E1).
 */
#include "media/dtmf_priv.h"
#include "media/latch_priv.h"
#include "media/out_stream_priv.h"
#include "media/rx_stats_priv.h"
#include "tests/cmocka_all.h"

#include <string.h>

/* --- headers ---------------------------------------------------------------------------------------------------- */

static void test_rtp_limits(void **state)
{
    (void)state;
    static uint8_t packet[RTP_PACKET_MAX + 1];
    struct rtp p;
    packet[0] = 0x80;
    assert_false(rtp_parse(packet, 11, &p));
    assert_true(rtp_parse(packet, 12, &p));
    assert_int_equal(p.payload_bytes, 0);
    assert_true(rtp_parse(packet, RTP_PACKET_MAX, &p));
    assert_int_equal(p.payload_bytes, RTP_PACKET_MAX - 12);
    assert_false(rtp_parse(packet, RTP_PACKET_MAX + 1, &p));
    packet[0] = 0x82; /* two sources */
    assert_false(rtp_parse(packet, 19, &p));
    assert_true(rtp_parse(packet, 20, &p));
    packet[0] = 0x90; /* an extension of one word */
    packet[15] = 1;
    assert_false(rtp_parse(packet, 15, &p));
    assert_false(rtp_parse(packet, 19, &p));
    assert_true(rtp_parse(packet, 20, &p));
    packet[0] = 0xa0; /* padding */
    packet[15] = 4;
    assert_true(rtp_parse(packet, 16, &p));
    assert_int_equal(p.payload_bytes, 0);
    packet[15] = 5;
    assert_false(rtp_parse(packet, 16, &p));
    assert_true(rtp_is_rtcp((const uint8_t[]){0x80, 200, 0, 1, 0, 0, 0, 0}, 8));
    assert_false(rtp_is_rtcp((const uint8_t[]){0x80, 200, 0, 1, 0, 0, 0}, 7));
    assert_false(rtp_is_rtcp((const uint8_t[]){0x80, 191, 0, 1, 0, 0, 0, 0}, 8));
    assert_false(rtp_is_rtcp((const uint8_t[]){0x80, 224, 0, 1, 0, 0, 0, 0}, 8));
}

/* --- outgoing stream -------------------------------------------------------------------------------------------- */

static const int64_t FRAME = 20000;

static struct rtp in(uint16_t seq, uint32_t ts)
{
    return (struct rtp){.seq = seq, .ts = ts, .ssrc = 1, .payload_bytes = 160};
}

static bool relayed(struct out_stream *o, uint64_t source, uint16_t seq, uint32_t ts, int64_t now_us, struct rtp *ret)
{
    *ret = in(seq, ts);
    if (!out_stream_map(o, source, 8000, ret, now_us))
        return false;
    out_stream_sent(o, ret, now_us);
    return true;
}

static void test_stream_order(void **state)
{
    (void)state;
    struct out_stream o;
    struct rtp p;
    out_stream_init(&o, 99, 65534, 0xffffff00, 0);
    assert_true(relayed(&o, 2, 10, 1600, 0, &p));
    assert_int_equal(p.seq, 65535);
    assert_int_equal(p.ts, 0xffffff00);
    assert_true(p.marker);
    assert_true(relayed(&o, 2, 12, 1920, 2 * FRAME, &p)); /* 11 is late */
    assert_int_equal(p.seq, 1);
    assert_int_equal(p.ts, 0xffffff00u + 320u);
    assert_false(p.marker);
    assert_true(relayed(&o, 2, 11, 1760, 2 * FRAME + 1, &p));
    assert_int_equal(p.seq, 0);
    assert_int_equal(o.seq, 1);
    assert_false(relayed(&o, 2, 9, 1440, 2 * FRAME + 2, &p)); /* older than its first */
}

static void test_stream_skip_and_hold(void **state)
{
    (void)state;
    struct out_stream o;
    struct rtp p;
    out_stream_init(&o, 99, 100, 0, 0);
    assert_true(relayed(&o, 2, 10, 0, 0, &p));
    p = in(11, 160);
    out_stream_skip(&o, 2, &p);
    p = in(12, 320);
    out_stream_skip(&o, 2, &p);
    assert_true(relayed(&o, 2, 13, 480, 3 * FRAME, &p));
    assert_int_equal(p.seq, 102);
    assert_int_equal(p.ts, 480);
    assert_false(relayed(&o, 2, 9, 0, 3 * FRAME, &p));
    o.seq_anew = true; /* held back for a while, as under a sound */
    assert_true(relayed(&o, 2, 60, 8000, 50 * FRAME, &p));
    assert_int_equal(p.seq, 103);
    assert_int_equal(p.ts, 8000); /* the source's own clock went on */
}

/* A source that starts anew (its numbers jump, its SSRC changes) and another one: the clock goes on by time gone. */
static void test_stream_changes(void **state)
{
    (void)state;
    struct out_stream o;
    struct rtp p;
    out_stream_init(&o, 99, 100, 5000, 0);
    assert_true(relayed(&o, 2, 10, 0, 0, &p));
    assert_true(relayed(&o, 2, 20010, 777, FRAME, &p));
    assert_int_equal(p.seq, 102);
    assert_int_equal(p.ts, 5160);
    assert_true(p.marker);
    assert_true(relayed(&o, 3, 5, 0xfffffff0, FRAME + 1000000, &p)); /* a second later */
    assert_int_equal(p.seq, 103);
    assert_int_equal(p.ts, 5160 + 8000);
    assert_true(relayed(&o, 2, 20011, 937, FRAME + 1001000, &p)); /* 1 ms later: the last is heard to its end */
    assert_int_equal(p.ts, 5160 + 8000 + 160);
    for (unsigned i = 0; i < 3; i++) {
        struct rtp q = {.payload_bytes = 160};
        out_stream_play(&o, 8000, 160, &q, FRAME * (60 + i));
        out_stream_sent(&o, &q, FRAME * (60 + i));
        assert_int_equal(q.seq, 105 + i);
        assert_int_equal(q.marker, i == 0);
        assert_int_equal(q.ssrc, 99);
    }
    assert_int_equal(out_stream_ts(&o, FRAME * 63), o.ts + 160);
}

/* --- reception -------------------------------------------------------------------------------------------------- */

static void test_rx_stats(void **state)
{
    (void)state;
    struct rx_stats r = {0};
    struct rx_report report;
    assert_false(rx_stats_report(&r, &report));
    for (unsigned i = 0; i < 100; i++) {
        struct rtp p = in((uint16_t)(65500 + i), i * 160);
        if (i % 10 != 5) /* 10 lost; even arrival but for 4 ms now and then */
            rx_stats_add(&r, &p, 8000, (int64_t)i * FRAME + (i % 2 ? 4000 : 0));
    }
    assert_true(rx_stats_report(&r, &report));
    assert_int_equal(report.lost, 10);
    assert_int_equal(report.fraction, 10 * 256 / 100);
    assert_int_equal(report.highest_seq, 65500 + 99);
    assert_in_range(rx_stats_jitter_us(&r), 2500, 4500);
    for (unsigned i = 100; i < 110; i++) {
        struct rtp p = in((uint16_t)(65500 + i), i * 160);
        rx_stats_add(&r, &p, 8000, (int64_t)i * FRAME);
    }
    assert_true(rx_stats_report(&r, &report));
    assert_int_equal(report.fraction, 0);
    struct rtp other = {.ssrc = 2, .seq = 1};
    rx_stats_add(&r, &other, 8000, 0);
    assert_int_equal(rx_stats_lost(&r), 10);
}

/* --- keys ------------------------------------------------------------------------------------------------------- */

static unsigned event(struct dtmf_in *d, uint32_t ts, uint16_t duration, bool end, struct dtmf_key key[2])
{
    uint8_t payload[DTMF_EVENT_BYTES];
    struct dtmf_event e = {.event = 1, .duration = duration, .end = end};
    dtmf_write(payload, &e);
    struct rtp p = {.payload = payload, .payload_bytes = DTMF_EVENT_BYTES, .ts = ts, .ssrc = 1};
    return dtmf_in_add(d, &p, 48000, key);
}

/* SIP-21: held for 5 s over segments of 16 bits at 48 kHz it is one key, told at 5 s, its end not again. */
static void test_long_key(void **state)
{
    (void)state;
    struct dtmf_in d = {0};
    struct dtmf_key key[2];
    unsigned told = 0;
    for (uint32_t at = 960; at <= 48000 * 6; at += 960) {
        uint32_t segment = (at - 1) / 0xffff * 0xffff;
        if (at - segment < 960 && segment) /* the last packet of a full segment */
            told += event(&d, segment - 0xffff, 0xffff, false, key);
        told += event(&d, segment, (uint16_t)(at - segment), at == 48000 * 6, key);
        assert_true(told == (at >= 48000 * 5 ? 1 : 0));
    }
    assert_int_equal(key[0].digit, '1');
    assert_int_equal(key[0].ms, 5000);
    assert_false(dtmf_in_silence(&d, key));
}

static void test_keys_at_limits(void **state)
{
    (void)state;
    struct dtmf_in d = {0};
    struct dtmf_key key[2];
    struct dtmf_event e;
    assert_false(dtmf_parse((const uint8_t[]){1, 2, 3}, 3, &e));
    assert_int_equal(event(&d, 1000, 960, false, key), 0);
    assert_int_equal(event(&d, 5000, 960, true, key), 2); /* the first one's end was lost */
    assert_int_equal(event(&d, 5000, 960, true, key), 0);
    assert_int_equal(event(&d, 1000, 960, true, key), 0); /* late */
    assert_int_equal(dtmf_code('*'), 10);
    assert_int_equal(dtmf_code('d'), 15);
    assert_int_equal(dtmf_code('E'), 0xff);
    assert_int_equal(dtmf_code(0), 0xff);
    assert_int_equal(dtmf_digit(16), 0); /* flash is no key */
    struct dtmf_out out = {0};
    for (unsigned i = 0; i < DTMF_QUEUE; i++)
        assert_true(dtmf_out_push(&out, '1', 60));
    assert_false(dtmf_out_push(&out, '1', 60));
    assert_false(dtmf_out_push(&out, 'x', 60));
    unsigned packets = 0, starts = 0;
    for (enum dtmf_step s; (s = dtmf_out_step(&out, 8000, &e)) != DTMF_IDLE;) {
        packets += s != DTMF_PAUSE;
        starts += s == DTMF_START;
    }
    assert_int_equal(starts, DTMF_QUEUE);
    assert_int_equal(packets, DTMF_QUEUE * 5); /* 20, 40, then 60 three times */
}

/* --- learning --------------------------------------------------------------------------------------------------- */

static struct net_addr addr(const char *host, uint16_t port)
{
    struct net_addr a;
    assert_true(net_addr_parse(view_of(host), port, &a));
    return a;
}

static void test_latch_inside_address_from_outside(void **state)
{
    (void)state;
    struct net_addr inside = addr("192.168.1.20", 4000), peer = addr("203.0.113.5", 5060);
    struct net_addr real = addr("203.0.113.5", 61000), stranger = addr("198.51.100.7", 61000);
    struct latch l = {0};
    assert_false(latch_accept(&l, &real, 0)); /* nothing was said yet */
    assert_true(latch_set(&l, &inside, &peer, false));
    assert_null(latch_target(&l)); /* 192.168.1.20 may be one of ours */
    assert_false(latch_accept(&l, &stranger, 0));
    assert_null(latch_target(&l));
    assert_true(latch_accept(&l, &real, 0));
    assert_true(net_addr_eq(latch_target(&l), &real));
    struct net_addr other_port = addr("203.0.113.5", 61001);
    assert_false(latch_accept(&l, &other_port, 10)); /* learned once */
    assert_true(latch_accept(&l, &real, LATCH_TRIAL_US - 1));
    assert_int_equal(l.state, LATCH_TRIAL);
    assert_true(latch_accept(&l, &real, LATCH_TRIAL_US));
    assert_int_equal(l.state, LATCH_LOCKED);
    assert_false(latch_accept(&l, &inside, LATCH_TRIAL_US));
    assert_false(latch_set(&l, &inside, &peer, false)); /* the same again changes nothing */
    assert_int_equal(l.state, LATCH_LOCKED);
    struct net_addr moved = addr("192.168.1.20", 4002);
    assert_true(latch_set(&l, &moved, &peer, false));
    assert_int_equal(l.state, LATCH_OPEN);
}

static void test_latch_strict(void **state)
{
    (void)state;
    struct net_addr said = addr("203.0.113.5", 4000), peer = addr("203.0.113.5", 5060);
    struct net_addr other = addr("203.0.113.5", 4002), everyone = addr("239.1.2.3", 4000), none = addr("0.0.0.0", 4000);
    struct latch l = {0};
    assert_false(latch_set(&l, &everyone, &peer, true)); /* never to a multicast address */
    assert_false(latch_set(&l, &none, &peer, true));
    assert_true(latch_set(&l, &said, &peer, true));
    assert_true(net_addr_eq(latch_target(&l), &said));
    assert_false(latch_accept(&l, &other, 0));
    assert_true(latch_accept(&l, &said, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rtp_limits),
        cmocka_unit_test(test_stream_order),
        cmocka_unit_test(test_stream_skip_and_hold),
        cmocka_unit_test(test_stream_changes),
        cmocka_unit_test(test_rx_stats),
        cmocka_unit_test(test_long_key),
        cmocka_unit_test(test_keys_at_limits),
        cmocka_unit_test(test_latch_inside_address_from_outside),
        cmocka_unit_test(test_latch_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
