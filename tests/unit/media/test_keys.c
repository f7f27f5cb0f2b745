/* SPDX-License-Identifier: Apache-2.0
 *
 * SIP-21, CALL-7: keys as telephone events are told once each, passed on, and sent, also when packets are lost.
 */
#include "media/dtmf_priv.h"
#include "media_world.h"
#include "tests/cmocka_all.h"

#define PORT(w, f, ...) (w)->port.f((w)->port.arg, __VA_ARGS__)

static const char ALL_KEYS[] = "0123456789*#ABCD";

/* Every 33rd packet is lost: 3 %. */
struct lossy {
    unsigned n, every, offset;
};

static void send_event(struct peer *p, const struct dtmf_event *e, bool marker, struct lossy *loss)
{
    uint8_t packet[RTP_HEADER_BYTES + DTMF_EVENT_BYTES];
    struct rtp r = {.payload = packet + RTP_HEADER_BYTES,
                    .payload_bytes = DTMF_EVENT_BYTES,
                    .pt = 101,
                    .seq = ++p->seq,
                    .ts = p->ts,
                    .ssrc = p->ssrc,
                    .marker = marker};
    dtmf_write(r.payload, e);
    (void)rtp_write_header(&r);
    if (!loss->every || (loss->n++ + loss->offset) % loss->every != 0)
        peer_send(p, packet, sizeof packet);
}

/* Presses a key for 100 ms, faster than in life; ends: how many end packets. */
static void press(struct peer *p, char key, unsigned ends, struct lossy *loss)
{
    struct dtmf_event e = {.event = dtmf_code(key), .volume = 10};
    p->ts += 1600;
    for (unsigned i = 1; i <= 5; i++) {
        e.duration = (uint16_t)(i * 160);
        e.end = i == 5 && ends > 0;
        send_event(p, &e, i == 1, loss);
    }
    for (unsigned i = 1; i < ends; i++)
        send_event(p, &e, false, loss);
}

static void open_pair(struct world *w, struct peer *a, struct peer *b)
{
    peer_open(a, w, "127.0.0.1", MEDIA_STRICT);
    peer_open(b, w, "127.0.0.1", MEDIA_STRICT);
    peer_set(a);
    peer_set(b);
    PORT(w, join, a->id, b->id);
    world_settle(w);
}

/* Reads what p hears into keys, by the rules of a receiver; returns how many. */
static unsigned keys_heard(struct peer *p, char *key, unsigned max, int ms)
{
    struct dtmf_in in = {0};
    struct dtmf_key got[2];
    struct rtp r;
    unsigned n = 0;
    while (peer_hears(p, &r, ms)) {
        if (r.pt != 101)
            continue;
        unsigned k = dtmf_in_add(&in, &r, 8000, got);
        for (unsigned i = 0; i < k && n < max; i++)
            key[n++] = got[i].digit;
    }
    if (n < max && dtmf_in_silence(&in, got))
        key[n++] = got[0].digit;
    return n;
}

static void test_told_once_and_passed_on(void **state)
{
    (void)state;
    for (unsigned offset = 0; offset < 4; offset++) {
        struct world *w = world_open(1, 40);
        struct peer a, b;
        char heard[32] = "";
        struct lossy loss = {.every = 33, .offset = offset * 8};
        open_pair(w, &a, &b);
        for (unsigned i = 0; i < 16; i++)
            press(&a, ALL_KEYS[i], 3, &loss);
        world_run_until_events(w, 16, 2000);
        world_settle(w);
        assert_int_equal(w->n_events, 16);
        for (unsigned i = 0; i < 16; i++) {
            assert_int_equal(w->event[i].event.kind, MEDIA_DTMF);
            assert_int_equal(w->event[i].event.digit, ALL_KEYS[i]);
            assert_int_equal(w->event[i].id, a.id);
            assert_in_range(w->event[i].event.digit_ms, 40, 100);
        }
        assert_int_equal(keys_heard(&b, heard, 32, 30), 16);
        assert_memory_equal(heard, ALL_KEYS, 16);
        peer_close(&a);
        peer_close(&b);
        world_close(w);
    }
}

/* All end packets lost: the key ends by silence, or by the next key. */
static void test_lost_ends(void **state)
{
    (void)state;
    struct world *w = world_open(1, 40);
    struct peer a, b;
    struct lossy none = {0};
    open_pair(w, &a, &b);
    press(&a, '5', 0, &none);
    press(&a, '5', 0, &none);
    world_run_until_events(w, 1, 100);
    assert_int_equal(w->n_events, 1);
    world_run_until_events(w, 2, 500);
    assert_int_equal(w->n_events, 2);
    assert_int_equal(w->event[1].event.digit, '5');
    assert_int_equal(w->event[1].event.digit_ms, 100);
    world_run(w, 300);
    assert_int_equal(w->n_events, 2);
    peer_close(&a);
    peer_close(&b);
    world_close(w);
}

/* After close no event comes, though it was on its way. */
static void test_none_after_close(void **state)
{
    (void)state;
    struct world *w = world_open(1, 40);
    struct peer a, b;
    struct rtp r;
    struct lossy none = {0};
    open_pair(w, &a, &b);
    press(&a, '9', 3, &none);
    while (peer_hears(&b, &r, 50)) /* the worker is done with it */
        ;
    peer_close(&a);
    world_run(w, 50);
    assert_int_equal(w->n_events, 0);
    assert_int_equal(w->n_closed, 1);
    peer_close(&b);
    world_close(w);
}

/* The joined leg wants the event with another clock: same key, same length in its ticks. */
static void test_other_clock(void **state)
{
    (void)state;
    struct world *w = world_open(1, 40);
    struct peer a, b;
    struct lossy none = {0};
    struct rtp r;
    peer_open(&a, w, "127.0.0.1", MEDIA_STRICT);
    peer_open(&b, w, "127.0.0.1", MEDIA_STRICT);
    a.local.format[0] = a.remote.format[0] = b.local.format[0] = b.remote.format[0] =
        (struct media_format){CODEC_OPUS, 96};
    b.local.format[2] = b.remote.format[2] = (struct media_format){CODEC_EVENT48, 102};
    peer_set(&a);
    peer_set(&b);
    PORT(w, join, a.id, b.id);
    world_settle(w);
    press(&a, '7', 3, &none);
    uint32_t ts = 0;
    uint16_t seq = 0;
    for (unsigned i = 0; i < 7; i++) {
        struct dtmf_event e;
        assert_true(peer_hears(&b, &r, 500));
        assert_int_equal(r.pt, 102);
        assert_true(dtmf_parse(r.payload, r.payload_bytes, &e));
        assert_int_equal(e.duration, (i < 5 ? i + 1 : 5) * 960);
        assert_int_equal(e.end, i >= 4);
        assert_int_equal(r.marker, i == 0);
        if (i) {
            assert_int_equal(r.ts, ts);
            assert_int_equal(r.seq, (uint16_t)(seq + 1));
        }
        ts = r.ts;
        seq = r.seq;
    }
    peer_close(&a);
    peer_close(&b);
    world_close(w);
}

/* Keys that the core sends: in order, each with three ends, in the running stream, sound held back meanwhile. */
static void test_sent(void **state)
{
    (void)state;
    struct world *w = world_open(1, 40);
    struct peer a, b;
    struct rtp r;
    open_pair(w, &a, &b);
    peer_say(&a, 1);
    assert_true(peer_hears(&b, &r, 500));
    uint32_t ssrc = r.ssrc, last_ts = r.ts;
    uint16_t seq = r.seq;
    for (unsigned i = 0; i < 4; i++)
        PORT(w, send_dtmf, b.id, ALL_KEYS[i * 5], i == 0 ? 0 : 60);
    PORT(w, send_dtmf, b.id, 'x', 60); /* no key */
    unsigned ends = 0, keys = 0;
    while (ends < 12) {
        struct dtmf_event e;
        assert_true(peer_hears(&b, &r, 500));
        assert_int_equal(r.pt, 101);
        assert_int_equal(r.ssrc, ssrc);
        assert_int_equal(r.seq, ++seq);
        assert_true(dtmf_parse(r.payload, r.payload_bytes, &e));
        if (r.marker) {
            assert_true((int32_t)(r.ts - last_ts) > 0);
            assert_int_equal(e.event, dtmf_code(ALL_KEYS[keys * 5]));
            assert_int_equal(e.duration, 160);
            keys++;
            last_ts = r.ts;
        }
        assert_int_equal(r.ts, last_ts);
        if (e.end)
            assert_int_equal(e.duration, keys == 1 ? 800 : 480);
        ends += e.end;
        peer_say(&a, 2); /* held back */
    }
    assert_int_equal(keys, 4);
    world_run(w, 100);
    while (peer_hears(&b, &r, 0))
        seq = r.seq;
    peer_say(&a, 3);
    assert_true(peer_hears(&b, &r, 500));
    assert_int_equal(r.payload[0], 3);
    assert_int_equal(r.seq, (uint16_t)(seq + 1));
    assert_true((int32_t)(r.ts - last_ts) > 0);
    peer_close(&a);
    peer_close(&b);
    world_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_told_once_and_passed_on),
        cmocka_unit_test(test_lost_ends),
        cmocka_unit_test(test_none_after_close),
        cmocka_unit_test(test_other_clock),
        cmocka_unit_test(test_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
