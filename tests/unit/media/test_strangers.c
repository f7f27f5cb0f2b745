/* SPDX-License-Identifier: Apache-2.0
 *
 * E1, E2, E5, SIP-25: whoever is not the peer hears nothing and is not heard, before, during and after the answer; what
 * is malformed goes no further.
 */
#include "media/bytes_priv.h"
#include "media_world.h"
#include "tests/cmocka_all.h"

#include <unistd.h>

#define PORT(w, f, ...) (w)->port.f((w)->port.arg, __VA_ARGS__)

enum { SPRAY = 300, MARK = 0xee };

struct stranger {
    int fd;
    struct net_addr addr;
};

static void spray(const struct stranger *s, const struct peer *victim)
{
    uint8_t packet[RTP_HEADER_BYTES + 160];
    struct rtp r = {.payload = packet + RTP_HEADER_BYTES, .pt = 8, .ssrc = 666};
    memset(r.payload, MARK, 160);
    for (unsigned i = 0; i < SPRAY; i++) {
        r.seq = (uint16_t)(i + 1);
        (void)rtp_write_header(&r);
        socket_send(s->fd, packet, sizeof packet, &victim->local.rtp);
        socket_send(s->fd, packet, sizeof packet, &victim->local.rtcp);
    }
}

static unsigned hears(const struct stranger *s)
{
    uint8_t packet[RTP_BUFFER_BYTES];
    unsigned n = 0;
    while (socket_receive(s->fd, packet, sizeof packet, n ? 0 : 20))
        n++;
    return n;
}

/* Everything that p hears is the far peer's, at least one packet of it. */
static void assert_hears_only(struct peer *p, uint8_t fill)
{
    struct rtp r;
    unsigned n = 0;
    while (peer_hears(p, &r, n ? 5 : 500)) {
        assert_int_equal(r.payload[0], fill);
        n++;
    }
    assert_true(n > 0);
}

static void talk(struct peer *a, struct peer *b)
{
    for (unsigned i = 0; i < 3; i++) {
        peer_say(a, 1);
        peer_say(b, 2);
    }
    assert_hears_only(b, 1);
    assert_hears_only(a, 2);
}

static void attack(enum media_profile profile)
{
    struct world *w = world_open(2, 40);
    struct peer a, b;
    struct stranger s;
    s.fd = socket_at("127.0.0.66", &s.addr);
    peer_open(&a, w, "127.0.0.1", profile);
    peer_open(&b, w, "127.0.0.2", profile);
    spray(&s, &a); /* before anything is answered */
    spray(&s, &b);
    world_settle(w);
    spray(&s, &b);
    peer_set(&a);
    peer_set(&b);
    PORT(w, join, a.id, b.id);
    spray(&s, &a); /* during */
    world_settle(w);
    spray(&s, &b);
    world_settle(w);
    struct rtp r;
    assert_false(peer_hears(&a, &r, 10));
    assert_false(peer_hears(&b, &r, 10));
    talk(&a, &b);
    spray(&s, &a); /* after */
    spray(&s, &b);
    talk(&a, &b);
    PORT(w, play, a.id, SOUND_BUSY, LANGUAGE_EN);
    spray(&s, &a);
    world_run(w, 100);
    spray(&s, &a);
    assert_true(peer_hears(&a, &r, 1000));
    assert_int_equal(hears(&s), 0);
    peer_close(&a);
    peer_close(&b);
    close(s.fd);
    world_close(w);
}

static void test_strict(void **state)
{
    (void)state;
    attack(MEDIA_STRICT);
}

static void test_nat(void **state)
{
    (void)state;
    attack(MEDIA_NAT);
}

/* A peer behind NAT says one address and speaks from another port of the host that its signalling comes from. */
static void test_nat_learns_once(void **state)
{
    (void)state;
    struct world *w = world_open(1, 40);
    struct peer a, b;
    struct stranger behind, late;
    behind.fd = socket_at("127.0.0.1", &behind.addr);
    late.fd = socket_at("127.0.0.1", &late.addr);
    peer_open(&a, w, "127.0.0.1", MEDIA_NAT);
    peer_open(&b, w, "127.0.0.2", MEDIA_STRICT);
    peer_set(&a);
    peer_set(&b);
    PORT(w, join, a.id, b.id);
    world_settle(w);
    int said_from = a.rtp;
    a.rtp = behind.fd; /* where it really speaks from */
    peer_say(&a, 1);
    assert_hears_only(&b, 1);
    peer_say(&b, 2);
    assert_hears_only(&a, 2);
    spray(&late, &a); /* same host, too late */
    world_settle(w);
    peer_say(&a, 3);
    assert_hears_only(&b, 3);
    peer_say(&b, 4);
    assert_hears_only(&a, 4);
    assert_int_equal(hears(&late), 0);
    /* Within the first second the signalled address may take its place back. */
    a.rtp = said_from;
    peer_say(&a, 5);
    assert_hears_only(&b, 5);
    peer_say(&b, 6);
    assert_hears_only(&a, 6);
    spray(&behind, &a);
    world_settle(w);
    peer_say(&b, 7);
    assert_hears_only(&a, 7);
    assert_int_equal(hears(&behind), 0);
    peer_close(&a);
    peer_close(&b);
    close(behind.fd);
    close(late.fd);
    world_close(w);
}

/* A new address by re-INVITE counts at once and ends the old one's rights. */
static void test_address_changes(void **state)
{
    (void)state;
    struct world *w = world_open(1, 40);
    struct peer a, b;
    struct stranger moved;
    moved.fd = socket_at("127.0.0.9", &moved.addr);
    peer_open(&a, w, "127.0.0.1", MEDIA_NAT);
    peer_open(&b, w, "127.0.0.2", MEDIA_STRICT);
    peer_set(&a);
    peer_set(&b);
    PORT(w, join, a.id, b.id);
    world_settle(w);
    talk(&a, &b);
    a.remote.rtp = moved.addr;
    peer_set(&a);
    world_settle(w);
    int old = a.rtp;
    a.rtp = moved.fd;
    talk(&a, &b);
    a.rtp = old;
    struct rtp r;
    peer_say(&a, 9);
    assert_false(peer_hears(&b, &r, 30));
    /* Held the old way, with 0.0.0.0: nothing is sent, nothing is forgotten (CALL-8). */
    a.rtp = moved.fd;
    memset(a.remote.rtp.ip, 0, sizeof a.remote.rtp.ip);
    peer_set(&a);
    world_settle(w);
    peer_say(&b, 5);
    assert_false(peer_hears(&a, &r, 30));
    a.remote.rtp = moved.addr;
    peer_set(&a);
    world_settle(w);
    talk(&a, &b);
    close(old);
    peer_close(&a);
    peer_close(&b);
    world_close(w);
}

/* E5: packets whose lengths lie are dropped; the call goes on. */
static void test_malformed(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes[24];
        unsigned n;
    } corpus[] = {
        {{0x80}, 1},                                                     /* a byte */
        {{0x80, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0}, 11},                      /* a byte short of a header */
        {{0x40, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, MARK}, 13},             /* version 1 */
        {{0x8f, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, MARK}, 13},             /* 15 contributing sources */
        {{0x90, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, MARK}, 13},             /* extension cut off */
        {{0x90, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0xff, 0xff}, 16}, /* extension longer than all */
        {{0xa0, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, MARK, 0}, 14},          /* padding of nothing */
        {{0xa0, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, MARK, 3}, 14},          /* padding longer than the payload */
        {{0xa0, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}, 12},                   /* padding without a payload */
        {{0x80, 101, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 5, 0}, 14},           /* half a telephone event */
        {{0x80, 101, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}, 12},                 /* none */
        {{0x80, 200, 0, 1}, 4},                                          /* RTCP on the RTP port */
    };
    struct world *w = world_open(1, 40);
    struct peer a, b;
    peer_open(&a, w, "127.0.0.1", MEDIA_STRICT);
    peer_open(&b, w, "127.0.0.1", MEDIA_STRICT);
    peer_set(&a);
    peer_set(&b);
    PORT(w, join, a.id, b.id);
    world_settle(w);
    static uint8_t big[RTP_PACKET_MAX + 1];
    big[0] = 0x80;
    big[1] = 8;
    for (unsigned i = 0; i < sizeof corpus / sizeof corpus[0]; i++) {
        peer_send(&a, corpus[i].bytes, corpus[i].n);
        peer_send_rtcp(&a, corpus[i].bytes, corpus[i].n);
    }
    peer_send(&a, big, sizeof big);
    struct rtp r;
    while (peer_hears(&b, &r, 30)) {
        assert_int_not_equal(r.payload[0], MARK);
        assert_true(r.pt != 8);
    }
    talk(&a, &b);
    peer_send(&a, big, sizeof big - 1); /* the largest that may pass */
    assert_true(peer_hears(&b, &r, 500));
    assert_int_equal(r.payload_bytes, RTP_PACKET_MAX - RTP_HEADER_BYTES);
    assert_int_equal(w->n_events, 0);
    peer_close(&a);
    peer_close(&b);
    world_close(w);
}

/* Header extensions and contributing sources stay on their side. */
static void test_header_is_ours(void **state)
{
    (void)state;
    struct world *w = world_open(1, 40);
    struct peer a, b;
    peer_open(&a, w, "127.0.0.1", MEDIA_STRICT);
    peer_open(&b, w, "127.0.0.1", MEDIA_STRICT);
    peer_set(&a);
    peer_set(&b);
    PORT(w, join, a.id, b.id);
    world_settle(w);
    uint8_t packet[] = {0xb1, 8, 0, 1, 0,    0,    0, 1, 0, 0, 0, 1, /* one source, extension of one word, padding */
                        9,    9, 9, 9, 0xbe, 0xde, 0, 1, 1, 2, 3, 4, 'h', 'i', 0, 2};
    peer_send(&a, packet, sizeof packet);
    uint8_t got[100];
    assert_int_equal(socket_receive(b.rtp, got, sizeof got, 500), RTP_HEADER_BYTES + 2);
    assert_int_equal(got[0], 0x80);
    assert_int_not_equal(bytes_get32(got + 8), 1);
    assert_memory_equal(got + 12, "hi", 2);
    peer_close(&a);
    peer_close(&b);
    world_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strict),          cmocka_unit_test(test_nat),
        cmocka_unit_test(test_nat_learns_once), cmocka_unit_test(test_address_changes),
        cmocka_unit_test(test_malformed),       cmocka_unit_test(test_header_is_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
