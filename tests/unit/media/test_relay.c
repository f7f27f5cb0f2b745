/* SPDX-License-Identifier: Apache-2.0
 *
 * SIP-27, SIP-20: two peers hear each other through the engine, each one unbroken stream, whatever joins, plays or
 * moves.
 */
#include "media_world.h"
#include "tests/cmocka_all.h"

#include <unistd.h>

#define PORT(w, f, ...) (w)->port.f((w)->port.arg, __VA_ARGS__)

/* What one peer has heard so far. */
struct heard {
    uint32_t ssrc, ts;
    uint16_t seq;
    bool begun;
};

/* The next packet goes on from the last: same SSRC, next number, later timestamp. */
static void assert_goes_on(struct heard *h, const struct rtp *p)
{
    if (h->begun) {
        assert_int_equal(p->ssrc, h->ssrc);
        assert_int_equal(p->seq, (uint16_t)(h->seq + 1));
        assert_true((int32_t)(p->ts - h->ts) > 0);
    }
    *h = (struct heard){p->ssrc, p->ts, p->seq, true};
}

static void assert_heard(struct peer *p, struct heard *h, uint8_t fill)
{
    struct rtp r;
    assert_true(peer_hears(p, &r, 500));
    assert_int_equal(r.payload_bytes, 160);
    assert_int_equal(r.payload[0], fill);
    assert_int_equal(r.payload[159], fill);
    assert_goes_on(h, &r);
}

static void open_pair(struct world *w, struct peer *a, struct peer *b)
{
    peer_open(a, w, "127.0.0.1", MEDIA_STRICT);
    peer_open(b, w, "127.0.0.1", MEDIA_STRICT);
    b->seq = 100;
    b->ssrc = 77;
    peer_set(a);
    peer_set(b);
    PORT(w, join, a->id, b->id);
    world_settle(w);
}

static void test_both_ways(void **state)
{
    (void)state;
    struct world *w = world_open(1, 40);
    struct peer a, b;
    struct heard at_a = {0}, at_b = {0};
    open_pair(w, &a, &b);
    for (uint8_t i = 0; i < 20; i++) { /* over the turn of the sequence number */
        peer_say(&a, i);
        assert_heard(&b, &at_b, i);
        peer_say(&b, (uint8_t)(i + 100));
        assert_heard(&a, &at_a, (uint8_t)(i + 100));
    }
    peer_close(&a);
    world_run(w, 2 * LOOP_LAZY_MS + 50);
    assert_int_equal(w->stats.packets_in, 20);
    assert_int_equal(w->stats.packets_out, 20);
    assert_int_equal(w->stats.bytes_in, 20 * 160);
    assert_int_equal(w->stats.lost_in, 0);
    assert_int_equal(w->stats.codec, CODEC_PCMA);
    peer_close(&b);
    world_run(w, 2 * LOOP_LAZY_MS + 50);
    assert_int_equal(media_engine_sessions(w->engine), 0);
    world_close(w);
}

/* Lost packets stay visible as gaps to the receiver, and in the statistics. */
static void test_gap_stays(void **state)
{
    (void)state;
    struct world *w = world_open(1, 40);
    struct peer a, b;
    struct rtp first, second;
    open_pair(w, &a, &b);
    peer_say(&a, 1);
    assert_true(peer_hears(&b, &first, 500));
    a.seq = (uint16_t)(a.seq + 3);
    a.ts += 3 * 160;
    peer_say(&a, 2);
    assert_true(peer_hears(&b, &second, 500));
    assert_int_equal((uint16_t)(second.seq - first.seq), 4);
    assert_int_equal(second.ts - first.ts, 4 * 160);
    peer_close(&a);
    world_run(w, 2 * LOOP_LAZY_MS + 50);
    assert_int_equal(w->stats.lost_in, 3);
    peer_close(&b);
    world_close(w);
}

/* Each leg has its own payload types; what the far side did not agree to is left out without a gap. */
static void test_payload_types(void **state)
{
    (void)state;
    struct world *w = world_open(1, 40);
    struct peer a, b;
    struct heard at_b = {0};
    struct rtp r;
    peer_open(&a, w, "127.0.0.1", MEDIA_STRICT);
    peer_open(&b, w, "127.0.0.1", MEDIA_STRICT);
    a.local.format[0] = a.remote.format[0] = (struct media_format){CODEC_OPUS, 111};
    b.local.format[0] = (struct media_format){CODEC_OPUS, 96};
    b.remote.format[0] = (struct media_format){CODEC_OPUS, 102};
    b.local.n_formats = b.remote.n_formats = 1;
    peer_set(&a);
    peer_set(&b);
    PORT(w, join, a.id, b.id);
    world_settle(w);
    for (unsigned i = 0; i < 3; i++) {
        a.pt = 111;
        peer_say(&a, 1);
        assert_true(peer_hears(&b, &r, 500));
        assert_int_equal(r.pt, 102);
        assert_goes_on(&at_b, &r);
        a.pt = 0; /* PCMU: b does not take it */
        peer_say(&a, 2);
        a.pt = 50; /* nobody named it */
        peer_say(&a, 3);
        a.seq--;
        assert_false(peer_hears(&b, &r, 30));
    }
    peer_close(&a);
    peer_close(&b);
    world_close(w);
}

/* Nothing goes to a leg that does not receive, nothing is taken from one that holds (CALL-8). */
static void test_direction(void **state)
{
    (void)state;
    struct world *w = world_open(1, 40);
    struct peer a, b;
    struct heard at_a = {0}, at_b = {0};
    struct rtp r;
    open_pair(w, &a, &b);
    peer_say(&a, 1);
    assert_heard(&b, &at_b, 1);
    b.remote.dir = MEDIA_SEND; /* b holds */
    b.local.dir = MEDIA_RECV;
    peer_set(&b);
    world_settle(w);
    peer_say(&a, 2);
    assert_false(peer_hears(&b, &r, 30));
    peer_say(&b, 3);
    assert_heard(&a, &at_a, 3);
    b.remote.dir = b.local.dir = MEDIA_INACTIVE;
    peer_set(&b);
    world_settle(w);
    peer_say(&b, 4);
    assert_false(peer_hears(&a, &r, 30));
    b.remote.dir = b.local.dir = MEDIA_BOTH;
    peer_set(&b);
    world_settle(w);
    peer_say(&a, 5);
    assert_heard(&b, &at_b, 5);
    peer_say(&b, 6);
    assert_heard(&a, &at_a, 6);
    peer_close(&a);
    peer_close(&b);
    world_close(w);
}

static void hear_sound(struct peer *p, struct heard *h, unsigned packets)
{
    struct rtp r;
    for (unsigned i = 0; i < packets; i++) {
        assert_true(peer_hears(p, &r, 2000));
        assert_goes_on(h, &r);
    }
}

static void drain(struct peer *p, struct heard *h)
{
    struct rtp r;
    while (peer_hears(p, &r, 0))
        assert_goes_on(h, &r);
}

/* Talk, music, talk, another party: one stream for the listener, with the marker at each change. */
static void test_one_stream_over_changes(void **state)
{
    (void)state;
    struct world *w = world_open(2, 40);
    struct peer a, b, c;
    struct heard at_b = {0};
    struct rtp r;
    open_pair(w, &a, &b);
    peer_open(&c, w, "127.0.0.1", MEDIA_STRICT);
    c.ssrc = 0xccccc;
    c.ts = 0xfffffff0;
    peer_set(&c);
    for (uint8_t i = 0; i < 5; i++) {
        peer_say(&a, i);
        assert_heard(&b, &at_b, i);
    }
    int64_t from_us = world_now_us();
    uint32_t from_ts = at_b.ts;
    PORT(w, play, b.id, SOUND_RINGBACK, LANGUAGE_EN);
    hear_sound(&b, &at_b, 10);
    peer_say(&a, 50); /* held back */
    PORT(w, play, b.id, SOUND_NONE, LANGUAGE_EN);
    world_settle(w);
    drain(&b, &at_b);
    peer_say(&a, 51);
    assert_true(peer_hears(&b, &r, 500));
    assert_true(r.marker);
    assert_int_equal(r.payload[0], 51);
    assert_goes_on(&at_b, &r);
    PORT(w, join, c.id, b.id);
    world_settle(w);
    peer_say(&c, 60);
    assert_true(peer_hears(&b, &r, 500));
    assert_true(r.marker);
    assert_int_equal(r.payload[0], 60);
    assert_goes_on(&at_b, &r);
    peer_say(&a, 52); /* a is joined to nobody now */
    assert_false(peer_hears(&b, &r, 30));
    /* The timestamp went on with the clock. */
    int64_t gone = (world_now_us() - from_us) * 8 / 1000, said = (int32_t)(at_b.ts - from_ts);
    assert_in_range(said, gone - 800, gone + 800);
    peer_close(&a);
    peer_close(&b);
    peer_close(&c);
    world_close(w);
}

static void test_part_is_silence(void **state)
{
    (void)state;
    struct world *w = world_open(1, 40);
    struct peer a, b;
    struct rtp r;
    open_pair(w, &a, &b);
    PORT(w, part, b.id);
    world_settle(w);
    peer_say(&a, 1);
    assert_false(peer_hears(&b, &r, 30));
    PORT(w, close, 12345); /* unknown ids do nothing */
    PORT(w, join, a.id, 12345);
    PORT(w, join, a.id, a.id);
    peer_close(&a);
    PORT(w, play, a.id, SOUND_BUSY, LANGUAGE_FR); /* nor do closed ones */
    peer_close(&b);
    world_close(w);
}

/* Parted and joined again: what was said meanwhile is no loss to the listener. */
static void test_rejoined(void **state)
{
    (void)state;
    struct world *w = world_open(1, 40);
    struct peer a, b;
    struct heard at_b = {0};
    open_pair(w, &a, &b);
    peer_say(&a, 1);
    assert_heard(&b, &at_b, 1);
    PORT(w, part, a.id);
    world_settle(w);
    for (unsigned i = 0; i < 10; i++)
        peer_say(&a, 2);
    world_settle(w);
    PORT(w, join, a.id, b.id);
    world_settle(w);
    peer_say(&a, 3);
    assert_heard(&b, &at_b, 3);
    peer_close(&a);
    peer_close(&b);
    world_close(w);
}

/* Commands for a session that wait for another one to arrive keep their order: parted stays parted. */
static void test_order_over_moves(void **state)
{
    (void)state;
    struct world *w = world_open(2, 60);
    struct rtp r;
    for (unsigned round = 0; round < 20; round++) {
        struct peer a, b, busy;
        peer_open(&a, w, "127.0.0.1", MEDIA_STRICT);
        peer_open(&b, w, "127.0.0.1", MEDIA_STRICT);
        peer_open(&busy, w, "127.0.0.1", MEDIA_STRICT);
        peer_set(&a);
        peer_set(&b);
        for (unsigned i = 0; i < 50; i++) /* keeps b's worker from giving it away at once */
            peer_set(round % 2 ? &b : &busy);
        PORT(w, join, a.id, b.id);
        PORT(w, part, a.id);
        world_settle(w);
        peer_say(&a, 1);
        peer_say(&b, 1);
        assert_false(peer_hears(&b, &r, 2));
        assert_false(peer_hears(&a, &r, 2));
        PORT(w, join, a.id, b.id);
        PORT(w, close, b.id);
        peer_close(&a);
        close(b.rtp);
        close(b.rtcp);
        peer_close(&busy);
        world_run(w, 10);
    }
    world_run(w, 2 * LOOP_LAZY_MS + 50);
    assert_int_equal(media_engine_sessions(w->engine), 0);
    world_close(w);
}

/* What came before the answer is thrown away: nobody had agreed on what it is. */
static void test_early_is_dropped(void **state)
{
    (void)state;
    struct world *w = world_open(1, 40);
    struct peer a, b;
    struct rtp r;
    peer_open(&a, w, "127.0.0.1", MEDIA_STRICT);
    peer_open(&b, w, "127.0.0.1", MEDIA_STRICT);
    for (unsigned i = 0; i < 5; i++)
        peer_say(&a, 1);
    peer_set(&a);
    peer_set(&b);
    PORT(w, join, a.id, b.id);
    world_settle(w);
    assert_false(peer_hears(&b, &r, 20));
    peer_say(&a, 2);
    assert_true(peer_hears(&b, &r, 500));
    assert_int_equal(r.payload[0], 2);
    peer_close(&a);
    peer_close(&b);
    world_close(w);
}

/* Sessions on two workers come together on one while packets flow: none is lost. */
static void test_move_loses_nothing(void **state)
{
    (void)state;
    enum { ROUNDS = 60 };
    struct world *w = world_open(2, 60);
    struct peer a, b, c;
    struct heard at_a = {0};
    struct rtp r;
    peer_open(&a, w, "127.0.0.1", MEDIA_STRICT); /* worker 0 */
    peer_open(&b, w, "127.0.0.1", MEDIA_STRICT); /* worker 1 */
    peer_open(&c, w, "127.0.0.1", MEDIA_STRICT); /* worker 0 or 1 */
    peer_set(&a);
    peer_set(&b);
    peer_set(&c);
    PORT(w, join, a.id, b.id);
    world_settle(w);
    unsigned got = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct peer *talks = i % 2 ? &c : &b;
        /* All these commands overtake the moves that they depend on. */
        PORT(w, join, talks->id, a.id);
        PORT(w, watch, a.id, 30);
        PORT(w, part, a.id);
        PORT(w, join, i % 3 ? a.id : talks->id, i % 3 ? talks->id : a.id);
        world_run(w, 2);
        peer_say(talks, (uint8_t)i);
        while (peer_hears(&a, &r, 100)) {
            assert_goes_on(&at_a, &r);
            got++;
            if (r.payload[0] == (uint8_t)i)
                break;
        }
    }
    assert_int_equal(got, ROUNDS);
    peer_close(&a);
    peer_close(&b);
    peer_close(&c);
    world_run(w, 2 * LOOP_LAZY_MS + 50);
    assert_int_equal(media_engine_sessions(w->engine), 0);
    world_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_gap_stays),
        cmocka_unit_test(test_payload_types),
        cmocka_unit_test(test_direction),
        cmocka_unit_test(test_one_stream_over_changes),
        cmocka_unit_test(test_part_is_silence),
        cmocka_unit_test(test_early_is_dropped),
        cmocka_unit_test(test_rejoined),
        cmocka_unit_test(test_order_over_moves),
        cmocka_unit_test(test_move_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
