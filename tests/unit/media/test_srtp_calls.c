/* SPDX-License-Identifier: Apache-2.0
 *
 * SIP-22, E3: SRTP through the engine, with real sockets: between peers with keys of their own, toward plain peers,
 * what we make ourselves, reports, new keys and sources, moves between workers, and a flood of bad packets.
 */
#include "media/bytes_priv.h"
#include "media/srtp_session_priv.h"
#include "media_world.h"
#include "tests/cmocka_all.h"

#include <string.h>

#define PORT(w, f, ...) (w)->port.f((w)->port.arg, __VA_ARGS__)

enum { SOUND_BYTES = 160, ROOM = RTP_HEADER_BYTES + SOUND_BYTES + SRTP_TRAILER_BYTES, FLOOD = 100000 };

/* A phone with SRTP, by its own instance of it; srtp NULL: a plain one. */
struct phone {
    struct peer p;
    struct srtp_session *srtp;
    _Alignas(4) uint8_t sent[ROOM]; /* its last packet, as it went */
    size_t sent_bytes;
    uint32_t heard_ssrc;
    uint16_t heard_seq;
    bool heard;
};

static void set_keys(struct phone *ph, enum media_suite suite, uint8_t key)
{
    struct media_crypto ours = {.suite = (uint8_t)suite}, theirs = ours;
    memset(ours.send, key, sizeof ours.send);
    memset(ours.receive, key + 1, sizeof ours.receive);
    memcpy(theirs.send, ours.receive, sizeof theirs.send);
    memcpy(theirs.receive, ours.send, sizeof theirs.receive);
    ph->p.remote.crypto = ours;
    srtp_session_set(&ph->srtp, &theirs, world_now_us());
}

static void phone_open(struct phone *ph, struct world *w, enum media_suite suite, uint8_t key)
{
    *ph = (struct phone){0};
    peer_open(&ph->p, w, "127.0.0.1", MEDIA_STRICT);
    if (suite != SUITE_NONE)
        set_keys(ph, suite, key);
    peer_set(&ph->p);
}

static void phone_close(struct phone *ph)
{
    peer_close(&ph->p);
    srtp_session_free(ph->srtp);
}

static void make_packet(struct phone *ph, uint8_t fill)
{
    struct peer *p = &ph->p;
    struct rtp r = {.payload = ph->sent + RTP_HEADER_BYTES, .pt = p->pt, .seq = ++p->seq, .ssrc = p->ssrc};
    r.ts = p->ts += SOUND_BYTES;
    memset(r.payload, fill, SOUND_BYTES);
    (void)rtp_write_header(&r);
    ph->sent_bytes = RTP_HEADER_BYTES + SOUND_BYTES;
    if (ph->srtp)
        assert_true(srtp_session_seal_rtp(ph->srtp, ph->sent, &ph->sent_bytes, world_now_us()));
}

static void say(struct phone *ph, uint8_t fill)
{
    make_packet(ph, fill);
    peer_send(&ph->p, ph->sent, ph->sent_bytes);
}

/* The next packet, opened by its own keys, goes on from the one before. */
static bool hears(struct phone *ph, struct rtp *r, int ms)
{
    size_t n = socket_receive(ph->p.rtp, ph->p.packet, sizeof ph->p.packet, ms);
    if (!n)
        return false;
    if (ph->srtp)
        assert_true(srtp_session_open_rtp(ph->srtp, ph->p.packet, &n, world_now_us()));
    assert_true(rtp_parse(ph->p.packet, n, r));
    if (ph->heard) {
        assert_int_equal(r->ssrc, ph->heard_ssrc);
        assert_int_equal(r->seq, (uint16_t)(ph->heard_seq + 1));
    }
    ph->heard = true;
    ph->heard_ssrc = r->ssrc;
    ph->heard_seq = r->seq;
    return true;
}

static void assert_hears(struct phone *ph, uint8_t fill)
{
    struct rtp r;
    assert_true(hears(ph, &r, 500));
    assert_int_equal(r.payload_bytes, SOUND_BYTES);
    assert_int_equal(r.payload[0], fill);
    assert_int_equal(r.payload[SOUND_BYTES - 1], fill);
}

static void talk(struct phone *a, struct phone *b, unsigned packets)
{
    for (unsigned i = 0; i < packets; i++) {
        say(a, (uint8_t)i);
        assert_hears(b, (uint8_t)i);
        say(b, (uint8_t)(i + 100));
        assert_hears(a, (uint8_t)(i + 100));
    }
}

static void join(struct world *w, struct phone *a, enum media_suite suite_a, struct phone *b, enum media_suite suite_b)
{
    phone_open(a, w, suite_a, 10);
    phone_open(b, w, suite_b, 20);
    b->p.ssrc = 77;
    PORT(w, join, a->p.id, b->p.id);
    world_settle(w);
}

static struct world *open_call(struct phone *a, enum media_suite suite_a, struct phone *b, enum media_suite suite_b)
{
    struct world *w = world_open(1, 40);
    join(w, a, suite_a, b, suite_b);
    return w;
}

/* w->stats are its. */
static void close_and_count(struct world *w, struct phone *ph)
{
    phone_close(ph);
    for (unsigned i = 0; i < 100 && w->n_closed == 0; i++)
        world_run(w, 20); /* the news may wait for other news */
    assert_int_equal(w->n_closed, 1);
}

static void close_call(struct world *w, struct phone *a, struct phone *b)
{
    phone_close(a);
    phone_close(b);
    world_close(w);
}

/* Every suite with the next and with plain RTP, over the turn of the sequence number. */
static void both_ways_each_by_its_own_keys(void **state)
{
    (void)state;
    struct world *w = world_open(1, 60);
    for (int x = SUITE_NONE + 1; x < MEDIA_SUITES; x++) {
        const enum media_suite other[] = {SUITE_NONE, (enum media_suite)(x % (MEDIA_SUITES - 1) + 1)};
        for (unsigned i = 0; i < 2; i++) {
            struct phone a, b;
            join(w, &a, (enum media_suite)x, &b, other[i]);
            talk(&a, &b, 10);
            phone_close(&a);
            phone_close(&b);
        }
    }
    world_close(w);
}

static void plain_packets_are_dropped_e3(void **state)
{
    (void)state;
    struct phone a, b;
    struct rtp r;
    struct world *w = open_call(&a, SUITE_AES_CM_80, &b, SUITE_NONE);
    talk(&a, &b, 3);
    for (unsigned i = 0; i < 5; i++)
        peer_say(&a.p, 0xee);
    assert_false(hears(&b, &r, 50));
    a.p.seq = (uint16_t)(a.p.seq - 5);
    talk(&a, &b, 3);
    close_and_count(w, &a);
    assert_int_equal(w->stats.packets_in, 6);
    assert_int_equal(w->stats.dropped, 5);
    phone_close(&b);
    world_close(w);
}

/* CVE-2021-41105, CVE-2021-26712: forged, replayed and cut packets from the peer's own address, 100,000 of them: the
 * call goes on, and nothing of it is heard. */
static void a_flood_of_bad_packets_harms_nothing_e3(void **state)
{
    (void)state;
    struct phone a, b;
    struct rtp r;
    struct world *w = open_call(&a, SUITE_AES_128_GCM, &b, SUITE_AES_CM_80);
    talk(&a, &b, 5);
    for (unsigned i = 0; i < FLOOD; i++) {
        uint8_t bad[ROOM];
        size_t n = a.sent_bytes;
        memcpy(bad, a.sent, n);
        if (i % 3 == 0) {
            bytes_put16(bad + 2, (uint16_t)(a.p.seq + 1 + i % 30000)); /* a new number, and so a wrong tag */
        } else if (i % 3 == 1) {
            n = i % n;
        } /* else as it was */
        peer_send(&a.p, bad, n);
        if (i % 64 == 63) { /* the good ones in between all come */
            say(&a, (uint8_t)i);
            assert_hears(&b, (uint8_t)i);
        }
    }
    assert_false(hears(&b, &r, 50));
    talk(&a, &b, 5);
    assert_int_equal(w->n_events, 0);
    close_and_count(w, &a);
    assert_int_equal(w->stats.packets_in, 10 + FLOOD / 64);
    assert_true(w->stats.dropped > FLOOD / 2); /* the kernel may have dropped some before us */
    phone_close(&b);
    world_close(w);
}

/* What we make ourselves is protected too: sound, then a digit, in one unbroken stream with the party's. */
static void sounds_and_digits_sip_22(void **state)
{
    (void)state;
    struct phone a, b;
    struct rtp r;
    unsigned events = 0;
    struct world *w = open_call(&a, SUITE_AES_256_GCM, &b, SUITE_NONE);
    talk(&a, &b, 2);
    PORT(w, play, a.p.id, SOUND_RINGBACK, LANGUAGE_EN);
    for (unsigned i = 0; i < 10; i++)
        assert_true(hears(&a, &r, 1500));
    PORT(w, play, a.p.id, SOUND_NONE, LANGUAGE_EN);
    PORT(w, send_dtmf, a.p.id, '5', 100);
    while (hears(&a, &r, 100))
        events += r.pt == 101;
    assert_true(events >= 5);
    talk(&a, &b, 2);
    close_call(w, &a, &b);
}

static void reports_are_protected_sip_22(void **state)
{
    (void)state;
    struct phone a, b;
    struct world *w = open_call(&a, SUITE_AES_CM_32, &b, SUITE_NONE);
    talk(&a, &b, 3);
    world_run(w, 10);
    size_t n = peer_hears_rtcp(&a.p, 4500), plain = n;
    assert_true(n > 0);
    assert_true(srtp_session_open_rtcp(a.srtp, a.p.packet, &n, world_now_us()));
    assert_int_equal(plain - n, 10 + 4); /* 80 bits and the index: RFC 4568 6.2.2 */
    assert_int_equal(a.p.packet[1], 200);
    close_call(w, &a, &b);
}

/* A re-INVITE with a new key: nothing that was on its way is lost, in either direction; then a new SSRC. */
static void new_keys_and_a_new_source_sip_22(void **state)
{
    (void)state;
    struct phone a, b;
    struct rtp r;
    struct world *w = open_call(&a, SUITE_AES_CM_80, &b, SUITE_AES_CM_80);
    talk(&a, &b, 4);
    make_packet(&a, 50); /* on its way by the old key */
    uint8_t late[ROOM];
    size_t late_bytes = a.sent_bytes;
    memcpy(late, a.sent, late_bytes);
    struct srtp_session *old = a.srtp;
    a.srtp = NULL;
    set_keys(&a, SUITE_AES_256_GCM, 40);
    peer_set(&a.p);
    world_settle(w);
    peer_send(&a.p, late, late_bytes);
    assert_hears(&b, 50);
    struct srtp_session *now = a.srtp;
    a.srtp = old; /* it has not got our answer yet: still hears by the old key */
    say(&b, 51);
    assert_hears(&a, 51);
    a.srtp = now;
    talk(&a, &b, 4);
    a.p.ssrc = 0xabcdef;
    a.p.seq = 40000;
    say(&a, 60);
    assert_true(hears(&b, &r, 500));
    talk(&a, &b, 4);
    srtp_session_free(old);
    close_call(w, &a, &b);
}

/* Keys and what was counted move with a session. */
static void moves_between_workers_sip_22(void **state)
{
    (void)state;
    struct world *w = world_open(2, 60);
    struct phone p[3];
    for (unsigned i = 0; i < 3; i++) {
        phone_open(&p[i], w, SUITE_AES_128_GCM, (uint8_t)(10 * (i + 1)));
        p[i].p.ssrc = 100 + i;
    }
    for (unsigned round = 0; round < 10; round++) {
        struct phone *a = &p[round % 3], *b = &p[(round + 1) % 3];
        PORT(w, join, a->p.id, b->p.id);
        world_settle(w);
        talk(a, b, 3);
        PORT(w, part, a->p.id);
    }
    for (unsigned i = 0; i < 3; i++)
        phone_close(&p[i]);
    world_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_each_by_its_own_keys),
        cmocka_unit_test(plain_packets_are_dropped_e3),
        cmocka_unit_test(a_flood_of_bad_packets_harms_nothing_e3),
        cmocka_unit_test(sounds_and_digits_sip_22),
        cmocka_unit_test(reports_are_protected_sip_22),
        cmocka_unit_test(new_keys_and_a_new_source_sip_22),
        cmocka_unit_test(moves_between_workers_sip_22),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
