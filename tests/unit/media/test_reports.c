/* SPDX-License-Identifier: Apache-2.0
 *
 * SIP-26, SIP-27: our RTCP reports are right, the peer's are read, and dead peers are noticed.
 */
#include "media/bytes_priv.h"
#include "media/rtcp_priv.h"
#include "media_world.h"
#include "sys/clock.h"
#include "tests/cmocka_all.h"

#define PORT(w, f, ...) (w)->port.f((w)->port.arg, __VA_ARGS__)

static void test_written_is_read(void **state)
{
    (void)state;
    struct rtcp_report r = {.ssrc = 0x01020304,
                            .cname = "abcdefghijkl",
                            .sends = true,
                            .hears = true,
                            .wall_us = INT64_C(1700000000500000),
                            .ts = 99,
                            .packets = 7,
                            .octets = 1120,
                            .rx = {.ssrc = 42, .lost = 5, .highest_seq = 70000, .jitter = 13, .fraction = 64},
                            .last_sr = 11,
                            .since_sr = 22};
    uint8_t packet[RTCP_REPORT_BYTES];
    size_t n = rtcp_write(packet, &r);
    assert_int_equal(n, sizeof packet);
    struct rtcp_heard h;
    assert_true(rtcp_parse(packet, n, 42, &h));
    assert_true(h.sender && h.block && !h.bye);
    assert_int_equal(h.sender_ntp, rtcp_ntp_middle(r.wall_us));
    assert_int_equal(bytes_get32(packet + 8), 1700000000u + 2208988800u);
    assert_int_equal(bytes_get32(packet + 12), 0x80000000u); /* half a second */
    assert_int_equal(h.fraction_lost, 64);
    assert_int_equal(h.lost, 5);
    assert_int_equal(h.jitter, 13);
    assert_int_equal(h.last_sr, 11);
    assert_int_equal(h.since_sr, 22);
    assert_true(rtcp_parse(packet, n, 43, &h)); /* about somebody else */
    assert_false(h.block);
    for (size_t cut = 0; cut < n; cut++) /* no cut one passes but at a packet's end */
        assert_int_equal(rtcp_parse(packet, cut, 42, &h), cut == 52);
    r.sends = r.hears = false;
    assert_int_equal(rtcp_write(packet, &r), 8 + 24);
    assert_true(rtcp_parse(packet, 8 + 24, 42, &h));
    packet[3] = 200; /* longer than all */
    assert_false(rtcp_parse(packet, 8 + 24, 42, &h));
}

/* Five seconds of a call with losses: the report on the wire says so, and ours comes back in the statistics. */
static void test_reports_on_the_wire(void **state)
{
    (void)state;
    struct world *w = world_open(1, 40);
    struct peer a, b;
    struct rtp r;
    peer_open(&a, w, "127.0.0.1", MEDIA_NAT);
    peer_open(&b, w, "127.0.0.1", MEDIA_NAT);
    peer_set(&a);
    peer_set(&b);
    PORT(w, join, a.id, b.id);
    world_settle(w);
    for (unsigned i = 0; i < 20; i++) {
        peer_say(&b, 1);
        assert_true(peer_hears(&a, &r, 500));
        if (i % 4 == 3)
            a.seq++; /* lost on the way: every fifth */
        peer_say(&a, 1);
        assert_true(peer_hears(&b, &r, 500));
    }
    uint32_t we_say = 0;
    {
        struct rtp last;
        peer_say(&b, 1);
        assert_true(peer_hears(&a, &last, 500));
        we_say = last.ssrc;
    }
    size_t n = 0;
    for (unsigned i = 0; i < 80 && !n; i++) {
        world_run(w, 50);
        n = peer_hears_rtcp(&a, 0);
    }
    assert_true(n > 0);
    struct rtcp_heard h;
    assert_true(rtcp_parse(a.packet, n, a.ssrc, &h));
    assert_true(h.sender && h.block);
    assert_int_equal(bytes_get32(a.packet + 4), we_say);
    assert_int_equal(bytes_get32(a.packet + 20), 21); /* packets that we sent to a */
    assert_int_equal(bytes_get32(a.packet + 24), 21 * 160);
    assert_int_equal(h.lost, 5);
    assert_int_equal(h.fraction_lost, 5 * 256 / 25);
    /* a answers at once with a report on our stream; then the round trip is known, and a BYE changes nothing. */
    struct rtcp_report answer = {.ssrc = a.ssrc,
                                 .cname = "peerpeerpeer",
                                 .hears = true,
                                 .rx = {.ssrc = we_say, .lost = 3, .jitter = 80},
                                 .last_sr = h.sender_ntp,
                                 .since_sr = 0};
    uint8_t packet[RTCP_REPORT_BYTES + 8];
    n = rtcp_write(packet, &answer);
    memcpy(packet + n, (const uint8_t[]){0x81, 203, 0, 1, 0, 0, 0x10, 0}, 8);
    peer_send_rtcp(&a, packet, n + 8);
    world_settle(w);
    peer_say(&b, 2);
    assert_true(peer_hears(&a, &r, 500));
    peer_close(&a);
    world_run(w, 2 * LOOP_LAZY_MS + 50);
    assert_int_equal(w->stats.lost_in, 5);
    assert_int_equal(w->stats.lost_out, 3);
    assert_int_equal(w->stats.jitter_out_us, 10000);
    assert_true(w->stats.round_trip_us < 2000000);
    peer_close(&b);
    world_close(w);
}

/* RTCP on the RTP port where both agreed (RFC 5761). */
static void test_muxed(void **state)
{
    (void)state;
    struct world *w = world_open(1, 40);
    struct peer a;
    peer_open(&a, w, "127.0.0.1", MEDIA_NAT);
    a.local.rtcp_mux = a.remote.rtcp_mux = true;
    peer_set(&a);
    PORT(w, watch, a.id, 2);
    world_settle(w);
    peer_say(&a, 1);
    size_t n = 0;
    for (unsigned i = 0; i < 80 && !n; i++) {
        world_run(w, 50);
        n = socket_receive(a.rtp, a.packet, sizeof a.packet, 0);
        static const uint8_t report[] = {0x80, 201, 0, 1, 0, 0, 0x10, 0};
        peer_send(&a, report, sizeof report); /* keeps it alive */
    }
    struct rtcp_heard h;
    assert_true(n > 0 && rtcp_parse(a.packet, n, a.ssrc, &h));
    assert_false(h.sender);
    assert_true(h.block);
    assert_int_equal(w->n_events, 0);
    peer_close(&a);
    world_close(w);
}

/* Neither RTP nor RTCP: told once. RTCP alone keeps a silent peer alive. */
static void test_timeout(void **state)
{
    (void)state;
    struct world *w = world_open(2, 40);
    struct peer dead, silent, unwatched;
    peer_open(&dead, w, "127.0.0.1", MEDIA_STRICT);
    peer_open(&silent, w, "127.0.0.1", MEDIA_STRICT);
    peer_open(&unwatched, w, "127.0.0.1", MEDIA_STRICT);
    peer_set(&dead);
    peer_set(&silent);
    peer_set(&unwatched);
    PORT(w, watch, dead.id, 1);
    PORT(w, watch, silent.id, 1);
    int64_t from_us = clock_monotonic_us();
    peer_say(&dead, 1);
    static const uint8_t report[] = {0x80, 201, 0, 1, 0, 0, 0, 7};
    for (unsigned i = 0; i < 35; i++) {
        peer_send_rtcp(&silent, report, sizeof report);
        world_run(w, 100);
        if (w->n_events == 0)
            assert_true(clock_monotonic_us() - from_us < 3000000);
    }
    assert_int_equal(w->n_events, 1);
    assert_int_equal(w->event[0].id, dead.id);
    assert_int_equal(w->event[0].event.kind, MEDIA_TIMEOUT);
    PORT(w, watch, silent.id, 0); /* never */
    world_run(w, 2500);
    assert_int_equal(w->n_events, 1);
    peer_close(&dead);
    peer_close(&silent);
    peer_close(&unwatched);
    world_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_written_is_read),
        cmocka_unit_test(test_reports_on_the_wire),
        cmocka_unit_test(test_muxed),
        cmocka_unit_test(test_timeout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
