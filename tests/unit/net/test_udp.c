/* SPDX-License-Identifier: Apache-2.0
 *
 * SIP-1 over UDP with real sockets on loopback: batches, both families, true local addresses, keep-alive, sieve.
 */
#include "tests/unit/net/net_bench.h"

#include "sip/stun.h"

#include <errno.h>
#include <netinet/in.h>

static uint16_t open_on(struct bench *b, const char *host, const struct net_range *denied, size_t n_denied)
{
    uint16_t port = bench_free_port(SOCK_DGRAM, host);
    struct transport_listen l = {SIP_UDP, bench_addr(host, port)};
    struct transport_config c = {.listen = &l, .n_listen = 1, .denied = denied, .n_denied = n_denied};
    bench_open(b, &c);
    return port;
}

static void echo(struct bench *b, const struct sip_flow *flow, struct view bytes)
{
    assert_int_equal(transport_send(b->transport, flow, bytes), 0);
}

static void echo_many(const char *listen_host, const char *peer_host)
{
    enum { N = 1000 };
    struct bench b;
    uint16_t port = open_on(&b, listen_host, NULL, 0);
    b.on_message = echo;
    int fd = bench_connect(SOCK_DGRAM, peer_host, port);
    int room = 4 * 1024 * 1024;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    unsigned answered = 0;
    for (unsigned sent = 0; sent < N; sent += 100) {
        char text[32];
        for (unsigned i = 0; i < 100; i++) {
            int n = g_snprintf(text, sizeof text, "message %u", sent + i);
            assert_int_equal(send(fd, text, (size_t)n, 0), n);
        }
        b.wanted = sent + 100;
        assert_true(bench_run(&b, bench_has_messages, 5000));
        char got[64], want[64];
        for (unsigned i = 0; i < 100; i++, answered++) {
            ssize_t n = recv(fd, got, sizeof got - 1, 0); /* connected: only from where it was sent to */
            assert_true(n > 0);
            got[n] = '\0';
            (void)g_snprintf(want, sizeof want, "message %u", answered);
            assert_string_equal(got, want);
        }
    }
    struct transport_stats s = transport_stats(b.transport);
    assert_int_equal(s.received, N);
    assert_int_equal(s.sent, N);
    (void)close(fd);
    bench_close(&b);
}

static void echoes_in_batches(void **state)
{
    (void)state;
    echo_many("127.0.0.1", "127.0.0.1");
}

static void echoes_over_ipv6(void **state)
{
    (void)state;
    echo_many("::1", "::1");
}

/* 127.0.0.0/8 is all ours: an answer from another address than was written to would not reach the connected client. */
static void wildcard_answers_from_the_address_written_to(void **state)
{
    (void)state;
    echo_many("0.0.0.0", "127.0.0.7");
    echo_many("::", "::1");
}

static void flow_names_both_ends(void **state)
{
    (void)state;
    struct bench b;
    uint16_t port = open_on(&b, "0.0.0.0", NULL, 0);
    int fd = bench_connect(SOCK_DGRAM, "127.0.0.7", port);
    assert_int_equal(send(fd, "hello", 5, 0), 5);
    b.wanted = 1;
    assert_true(bench_run(&b, bench_has_messages, 5000));
    struct bench_event *e = bench_event(&b, BENCH_MESSAGE, 0);
    struct net_addr local = bench_addr("127.0.0.7", port);
    assert_true(net_addr_eq(&e->flow.local, &local));
    assert_int_equal(e->flow.connection, 0);
    assert_int_equal(e->flow.transport, SIP_UDP);
    struct net_addr us;
    assert_true(transport_local(b.transport, SIP_UDP, &local, &us));
    assert_int_equal(us.port, port);
    assert_true(net_addr_is_loopback(&us));
    struct net_addr six = bench_addr("::1", 5060);
    assert_false(transport_local(b.transport, SIP_UDP, &six, &us));
    assert_false(transport_local(b.transport, SIP_TLS, &local, &us));
    (void)close(fd);
    bench_close(&b);
}

static void sizes_at_the_edge(void **state)
{
    (void)state;
    struct bench b;
    uint16_t port = open_on(&b, "127.0.0.1", NULL, 0);
    b.on_message = echo;
    int fd = bench_connect(SOCK_DGRAM, "127.0.0.1", port);
    static char big[65508];
    memset(big, 'x', sizeof big);
    assert_int_equal(send(fd, "", 0, 0), 0); /* empty: dropped */
    assert_int_equal(send(fd, big, 65507, 0), 65507);
    b.wanted = 1;
    assert_true(bench_run(&b, bench_has_messages, 5000));
    assert_int_equal(bench_event(&b, BENCH_MESSAGE, 0)->bytes->len, 65507);
    assert_int_equal(recv(fd, big, sizeof big, 0), 65507);
    struct sip_flow to = bench_event(&b, BENCH_MESSAGE, 0)->flow;
    assert_int_equal(transport_send(b.transport, &to, (struct view){big, 65508}), EMSGSIZE);
    /* Many large ones: the queue is flushed when its memory is full. */
    for (int i = 0; i < 30; i++)
        assert_int_equal(transport_send(b.transport, &to, (struct view){big, 60000}), 0);
    assert_int_equal(transport_stats(b.transport).dropped, 1);
    (void)close(fd);
    bench_close(&b);
}

static void stun_is_answered_and_limited(void **state)
{
    (void)state;
    struct bench b;
    uint16_t port = open_on(&b, "127.0.0.1", NULL, 0);
    int fd = bench_connect(SOCK_DGRAM, "127.0.0.1", port);
    char bytes[64];
    struct buf ask = buf_on(bytes, sizeof bytes);
    stun_put_binding_request(&ask, (const uint8_t *)"transaction!");
    for (int i = 0; i < 200; i++)
        assert_int_equal(send(fd, ask.p, ask.n, 0), ask.n);
    assert_int_equal(send(fd, "\1\2\3", 3, 0), 3); /* neither STUN nor SIP */
    assert_int_equal(send(fd, "\r\n\r\n", 4, 0), 4);
    assert_int_equal(send(fd, "end", 3, 0), 3);
    b.wanted = 1;
    assert_true(bench_run(&b, bench_has_messages, 5000));
    assert_string_equal(bench_event(&b, BENCH_MESSAGE, 0)->bytes->str, "end");
    char answer[256];
    struct stun_msg m;
    struct net_addr seen;
    unsigned n_answers = 0;
    ssize_t n;
    while ((n = recv(fd, answer, sizeof answer, MSG_DONTWAIT)) > 0) {
        assert_true(stun_parse((struct view){answer, (size_t)n}, &m));
        assert_int_equal(m.class, STUN_SUCCESS);
        assert_true(stun_xor_address(&m, &seen));
        n_answers++;
    }
    assert_true(net_addr_eq(&seen, &bench_event(&b, BENCH_MESSAGE, 0)->flow.remote));
    assert_in_range(n_answers, 50, 100); /* 50 a second; a second may have begun in between (D7) */
    (void)close(fd);
    bench_close(&b);
}

static void denied_sources_are_dropped(void **state)
{
    (void)state;
    struct net_range denied;
    assert_true(net_range_parse(VIEW("127.0.0.8/32"), &denied));
    struct bench b;
    uint16_t port = open_on(&b, "127.0.0.1", &denied, 1);
    struct net_addr from = bench_addr("127.0.0.8", 0), to = bench_addr("127.0.0.1", port);
    struct sockaddr_storage sa;
    int fd, good = bench_connect(SOCK_DGRAM, "127.0.0.1", port);
    assert_int_equal(socket_bound(SOCK_DGRAM, &from, &fd), 0);
    socklen_t n = sockaddr_of(&to, &sa);
    assert_int_equal(sendto(fd, "bad", 3, 0, (struct sockaddr *)&sa, n), 3);
    assert_int_equal(send(good, "good", 4, 0), 4);
    b.wanted = 1;
    assert_true(bench_run(&b, bench_has_messages, 5000));
    assert_string_equal(bench_event(&b, BENCH_MESSAGE, 0)->bytes->str, "good");
    assert_int_equal(transport_stats(b.transport).dropped, 1);
    bench_forget(&b);
    transport_deny(b.transport, NULL, 0); /* a changed list holds at once */
    assert_int_equal(sendto(fd, "bad", 3, 0, (struct sockaddr *)&sa, n), 3);
    assert_true(bench_run(&b, bench_has_messages, 5000));
    assert_string_equal(bench_event(&b, BENCH_MESSAGE, 0)->bytes->str, "bad");
    (void)close(fd);
    (void)close(good);
    bench_close(&b);
}

static void opening_is_all_or_nothing(void **state)
{
    (void)state;
    struct loop *l = loop_new();
    uint16_t port = bench_free_port(SOCK_DGRAM, "127.0.0.1");
    struct net_addr a = bench_addr("127.0.0.1", port);
    struct transport_listen twice[] = {{SIP_UDP, a}, {SIP_UDP, a}}, none = {SIP_UDP, bench_addr("127.0.0.1", 0)};
    struct transport_config c = {.listen = twice, .n_listen = 2};
    struct transport_events ev = {0};
    struct transport *t = NULL;
    const struct transport_listen *failed = NULL;
    assert_int_equal(transport_open(&t, l, &c, &ev, &failed), EADDRINUSE);
    assert_ptr_equal(failed, &twice[1]);
    c.n_listen = 1;
    assert_int_equal(transport_open(&t, l, &c, &ev, &failed), 0); /* nothing was left bound */
    struct sip_flow six = {SIP_UDP, {{0}}, bench_addr("::1", 9), 0},
                    any = {SIP_UDP, {{0}}, bench_addr("0.0.0.0", 9), 0};
    assert_int_equal(transport_send(t, &six, VIEW("x")), EAFNOSUPPORT);
    assert_int_equal(transport_send(t, &any, VIEW("x")), EADDRNOTAVAIL);
    transport_close(t);
    c.listen = &none;
    assert_int_equal(transport_open(&t, l, &c, &ev, &failed), EINVAL);
    transport_close(NULL);
    loop_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(echoes_in_batches),
        cmocka_unit_test(echoes_over_ipv6),
        cmocka_unit_test(wildcard_answers_from_the_address_written_to),
        cmocka_unit_test(flow_names_both_ends),
        cmocka_unit_test(sizes_at_the_edge),
        cmocka_unit_test(stun_is_answered_and_limited),
        cmocka_unit_test(denied_sources_are_dropped),
        cmocka_unit_test(opening_is_all_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
