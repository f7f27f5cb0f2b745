/* SPDX-License-Identifier: Apache-2.0
 *
 * SIP-1 over TCP with real sockets: framing, pings, slow readers, limits of strangers (D4), sudden ends (D5), and
 * connections that we open.
 */
#include "tests/unit/net/net_bench.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>

#define MESSAGE "OPTIONS sip:a@b SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 5\r\n\r\nhello"
#define ANSWER  "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"

static uint16_t open_with(struct bench *b, unsigned max_connections, unsigned max_per_address)
{
    uint16_t port = bench_free_port(SOCK_STREAM, "127.0.0.1");
    struct transport_listen l = {SIP_TCP, bench_addr("127.0.0.1", port)};
    struct transport_config c = {
        .listen = &l, .n_listen = 1, .max_connections = max_connections, .max_per_address = max_per_address};
    bench_open(b, &c);
    return port;
}

static void put(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void expect(int fd, const char *text)
{
    char got[256] = "";
    assert_int_equal(recv(fd, got, strlen(text), MSG_WAITALL), strlen(text));
    assert_string_equal(got, text);
}

static bool all_closed(struct bench *b)
{
    return transport_stats(b->transport).connections == b->wanted;
}

static void a_message_split_at_every_byte_is_whole(void **state)
{
    (void)state;
    struct bench b;
    uint16_t port = open_with(&b, 0, 0);
    int fd = bench_connect(SOCK_STREAM, "127.0.0.1", port), on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof on);
    size_t n = strlen(MESSAGE);
    for (size_t split = 1; split < n; split++) {
        assert_int_equal(send(fd, MESSAGE, split, 0), split);
        b.wanted = (unsigned)split; /* the messages so far and no more */
        if (split % 8 == 0)
            g_usleep(500);
        assert_int_equal(send(fd, &MESSAGE[split], n - split, 0), n - split);
        assert_true(bench_run(&b, bench_has_messages, 5000));
        struct bench_event *e = bench_event(&b, BENCH_MESSAGE, (unsigned)split - 1);
        assert_string_equal(e->bytes->str, MESSAGE);
        assert_int_equal(e->flow.transport, SIP_TCP);
        assert_int_not_equal(e->flow.connection, 0);
        assert_int_equal(e->flow.local.port, port);
    }
    for (size_t i = 0; i < n; i++)
        assert_int_equal(send(fd, &MESSAGE[i], 1, 0), 1);
    b.wanted = (unsigned)n;
    assert_true(bench_run(&b, bench_has_messages, 5000));
    (void)close(fd);
    bench_close(&b);
}

static void two_in_one_segment_and_pings_between(void **state)
{
    (void)state;
    struct bench b;
    uint16_t port = open_with(&b, 0, 0);
    int fd = bench_connect(SOCK_STREAM, "127.0.0.1", port);
    put(fd, MESSAGE MESSAGE "\r\n\r\n" MESSAGE "\r\n" MESSAGE);
    b.wanted = 4;
    assert_true(bench_run(&b, bench_has_messages, 5000));
    expect(fd, "\r\n"); /* RFC 5626 section 4.4.1 */
    const struct sip_flow *flow = &bench_event(&b, BENCH_MESSAGE, 3)->flow;
    assert_int_equal(transport_send(b.transport, flow, VIEW(ANSWER)), 0);
    expect(fd, ANSWER);
    struct sip_flow gone = *flow;
    (void)close(fd);
    b.wanted = 1;
    assert_true(bench_run(&b, bench_has_closed, 5000));
    assert_true(sip_flow_eq(&bench_event(&b, BENCH_CLOSED, 0)->flow, &gone));
    assert_int_equal(transport_send(b.transport, &gone, VIEW(ANSWER)), ENOTCONN);
    bench_close(&b);
}

static void broken_framing_is_told_answered_and_closed(void **state)
{
    (void)state;
    struct bench b;
    uint16_t port = open_with(&b, 0, 0);
    int fd = bench_connect(SOCK_STREAM, "127.0.0.1", port);
    put(fd, "OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 99999999\r\n\r\n");
    b.wanted = 1;
    assert_true(bench_run(&b, bench_has_any, 5000));
    (void)bench_event(&b, BENCH_BROKEN, 0);
    assert_true(bench_run(&b, bench_has_closed, 5000));
    char c;
    assert_int_equal(recv(fd, &c, 1, 0), 0);
    (void)close(fd);
    bench_close(&b);
}

static bool is_let_in(uint16_t port)
{
    const struct timeval patience = {.tv_usec = 100000};
    char byte;
    int fd = bench_connect(SOCK_STREAM, "127.0.0.1", port);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    bool closed = recv(fd, &byte, 1, 0) == 0;
    (void)close(fd);
    return !closed;
}

/* SEC-7: also what is denied while we run. The web thread hears of it in its own time. */
static void denied_sources_are_not_let_in(void **state)
{
    (void)state;
    struct bench b;
    uint16_t port = open_with(&b, 0, 0);
    const struct net_range here = {bench_addr("127.0.0.1", 0), 32};
    for (int denied = 1; denied >= 0; denied--) {
        transport_deny(b.transport, &here, (size_t)denied);
        int tries = 50;
        while (is_let_in(port) == denied && --tries > 0)
            g_usleep(20000);
        assert_true(tries > 0);
    }
    bench_close(&b);
}

/* A6: 65,536 bytes are taken, one more is refused. */
static void the_largest_message_passes(void **state)
{
    (void)state;
    for (int more = 0; more <= 1; more++) {
        struct bench b;
        uint16_t port = open_with(&b, 0, 0);
        int fd = bench_connect(SOCK_STREAM, "127.0.0.1", port);
        GString *s = g_string_new(NULL);
        size_t head = strlen("OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 12345\r\n\r\n"),
               body = 65536 - head + (size_t)more;
        g_string_printf(s, "OPTIONS sip:a@b SIP/2.0\r\nContent-Length: %zu\r\n\r\n", body);
        while (s->len < 65536 + (size_t)more)
            (void)g_string_append_c(s, 'x');
        assert_int_equal(send(fd, s->str, s->len, MSG_NOSIGNAL), s->len);
        b.wanted = 1;
        assert_true(bench_run(&b, bench_has_any, 5000));
        if (more)
            (void)bench_event(&b, BENCH_BROKEN, 0);
        else
            assert_int_equal(bench_event(&b, BENCH_MESSAGE, 0)->bytes->len, 65536);
        g_string_free(s, TRUE);
        (void)close(fd);
        bench_close(&b);
    }
}

static void a_slow_reader_is_told_apart(void **state)
{
    (void)state;
    struct bench b;
    uint16_t port = open_with(&b, 0, 0);
    int fd = bench_connect(SOCK_STREAM, "127.0.0.1", port);
    put(fd, MESSAGE);
    b.wanted = 1;
    assert_true(bench_run(&b, bench_has_messages, 5000));
    struct sip_flow flow = bench_event(&b, BENCH_MESSAGE, 0)->flow;
    static char block[32768];
    memset(block, 'y', sizeof block);
    size_t sent = 0;
    int e = 0;
    for (int i = 0; i < 2000 && !(e = transport_send(b.transport, &flow, (struct view){block, sizeof block})); i++) {
        sent += sizeof block;
        g_usleep(200);
    }
    assert_int_equal(e, ENOBUFS);
    assert_true(sent >= 1024 * 1024);
    /* It reads on: everything that was taken over arrives. */
    size_t got = 0;
    char sink[65536];
    while (got < sent) {
        ssize_t n = recv(fd, sink, sizeof sink, 0);
        assert_true(n > 0);
        got += (size_t)n;
    }
    assert_int_equal(transport_send(b.transport, &flow, VIEW(ANSWER)), 0);
    expect(fd, ANSWER);
    (void)close(fd);
    bench_close(&b);
}

/* A peer that sends faster than the signalling thread handles is slowed down, not stored without bound. */
static void a_fast_sender_is_slowed(void **state)
{
    (void)state;
    struct bench b;
    uint16_t port = open_with(&b, 0, 0);
    int fd = bench_connect(SOCK_STREAM, "127.0.0.1", port);
    put(fd, MESSAGE);
    b.wanted = 1;
    assert_true(bench_run(&b, bench_has_messages, 5000));
    transport_trust(b.transport,
                    &bench_event(&b, BENCH_MESSAGE, 0)->flow); /* else it is a stranger's share that it has */
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    GString *s = g_string_new(NULL);
    for (int i = 0; i < 1000; i++)
        (void)g_string_append(s, MESSAGE);
    size_t sent = 0;
    for (int quiet = 0; quiet < 50;) { /* the loop does not run: nobody handles */
        ssize_t n = send(fd, s->str + sent % s->len, s->len - sent % s->len, MSG_NOSIGNAL);
        if (n > 0) {
            sent += (size_t)n;
            quiet = 0;
        } else {
            quiet++;
            g_usleep(2000);
        }
        assert_true(sent < 64u * 1024 * 1024);
    }
    b.wanted = 1 + (unsigned)(sent / strlen(MESSAGE));
    assert_true(bench_run(&b, bench_has_messages, 20000));
    g_string_free(s, TRUE);
    (void)close(fd);
    bench_close(&b);
}

/* D2: a stranger's messages beyond its share wait in its socket, none is lost, and a sign-in ends the waiting. */
static void a_stranger_who_says_too_much_waits_d2(void **state)
{
    enum { MANY = 1500 };
    (void)state;
    struct bench b;
    uint16_t port = open_with(&b, 0, 0);
    int fd = bench_connect(SOCK_STREAM, "127.0.0.1", port);
    GString *s = g_string_new(NULL);
    for (int i = 0; i < MANY; i++)
        (void)g_string_append(s, MESSAGE);
    assert_int_equal(send(fd, s->str, s->len, 0), s->len);
    b.wanted = MANY;
    assert_false(bench_run(&b, bench_has_messages, 700)); /* one sweep, or two */
    assert_in_range(b.count[BENCH_MESSAGE], 100, 500);
    transport_trust(b.transport, &bench_event(&b, BENCH_MESSAGE, 0)->flow);
    assert_true(bench_run(&b, bench_has_messages, 400));
    g_string_free(s, TRUE);
    (void)close(fd);
    bench_close(&b);
}

static bool is_closed(int fd)
{
    char c;
    ssize_t n = recv(fd, &c, 1, MSG_DONTWAIT);
    return n == 0 || (n < 0 && errno != EAGAIN);
}

static unsigned count_open(const int *fds, unsigned n)
{
    unsigned open = 0;
    for (unsigned i = 0; i < n; i++)
        open += !is_closed(fds[i]);
    return open;
}

static void one_address_gets_its_share(void **state)
{
    (void)state;
    enum { N = 300 };
    struct bench b;
    uint16_t port = open_with(&b, 0, 0);
    int fds[N];
    for (int i = 0; i < N; i++)
        fds[i] = bench_connect(SOCK_STREAM, "127.0.0.1", port);
    b.wanted = 200;
    assert_true(bench_run(&b, all_closed, 5000));
    g_usleep(100000);
    assert_int_equal(count_open(fds, N), 200);
    assert_int_equal(transport_stats(b.transport).dropped, 100);
    /* A registered phone is not counted: one of the others gets in. */
    assert_false(is_closed(fds[0]));
    put(fds[0], MESSAGE);
    b.wanted = 1;
    assert_true(bench_run(&b, bench_has_messages, 5000));
    transport_trust(b.transport, &bench_event(&b, BENCH_MESSAGE, 0)->flow);
    put(fds[0], MESSAGE);
    b.wanted = 2;
    assert_true(bench_run(&b, bench_has_messages, 5000));
    int more = bench_connect(SOCK_STREAM, "127.0.0.1", port);
    put(more, MESSAGE);
    b.wanted = 3;
    assert_true(bench_run(&b, bench_has_messages, 5000));
    (void)close(more);
    for (int i = 0; i < N; i++)
        (void)close(fds[i]);
    b.wanted = 0;
    assert_true(bench_run(&b, all_closed, 5000));
    bench_close(&b);
}

static void the_oldest_stranger_makes_room(void **state)
{
    (void)state;
    struct bench b;
    uint16_t port = open_with(&b, 3, 0);
    int fds[4];
    for (int i = 0; i < 3; i++) {
        fds[i] = bench_connect(SOCK_STREAM, "127.0.0.1", port);
        put(fds[i], MESSAGE);
        b.wanted = (unsigned)i + 1;
        assert_true(bench_run(&b, bench_has_messages, 5000));
    }
    transport_trust(b.transport, &bench_event(&b, BENCH_MESSAGE, 0)->flow);
    put(fds[0], MESSAGE); /* once it is here, the web thread knows of the trust before it accepts again */
    b.wanted = 4;
    assert_true(bench_run(&b, bench_has_messages, 5000));
    fds[3] = bench_connect(SOCK_STREAM, "127.0.0.1", port);
    put(fds[3], MESSAGE);
    b.wanted = 5;
    assert_true(bench_run(&b, bench_has_messages, 5000));
    b.wanted = 1;
    assert_true(bench_run(&b, bench_has_closed, 5000));
    assert_false(is_closed(fds[0])); /* the oldest, but known */
    assert_true(is_closed(fds[1]));
    assert_false(is_closed(fds[2]));
    for (int i = 0; i < 4; i++)
        (void)close(fds[i]);
    bench_close(&b);
}

/* D4, with short times: a half message ends even if bytes keep dripping in; a silent stranger ends later; a registered
 * phone stays. */
static void who_stands_still_is_closed(void **state)
{
    (void)state;
    struct bench b;
    uint16_t port = bench_free_port(SOCK_STREAM, "127.0.0.1");
    struct transport_listen l = {SIP_TCP, bench_addr("127.0.0.1", port)};
    struct transport_config c = {.listen = &l, .n_listen = 1, .setup_ms = 300, .idle_ms = 1500};
    bench_open(&b, &c);
    int phone = bench_connect(SOCK_STREAM, "127.0.0.1", port), dripping = bench_connect(SOCK_STREAM, "127.0.0.1", port);
    int silent = bench_connect(SOCK_STREAM, "127.0.0.1", port);
    put(phone, MESSAGE);
    b.wanted = 1;
    assert_true(bench_run(&b, bench_has_messages, 5000));
    transport_trust(b.transport, &bench_event(&b, BENCH_MESSAGE, 0)->flow);
    int64_t start = clock_monotonic_us();
    for (int i = 0; !is_closed(dripping); i++) {
        (void)send(dripping, "x", 1, MSG_NOSIGNAL);
        g_usleep(20000);
        assert_true(clock_monotonic_us() - start < 1200000);
    }
    assert_true(clock_monotonic_us() - start >= 300000);
    assert_false(is_closed(silent));
    b.wanted = 1;
    assert_true(bench_run(&b, all_closed, 5000));
    assert_true(is_closed(silent));
    assert_false(is_closed(phone));
    put(phone, MESSAGE);
    b.wanted = 2;
    assert_true(bench_run(&b, bench_has_messages, 5000));
    (void)close(phone);
    (void)close(dripping);
    (void)close(silent);
    bench_close(&b);
}

static void sudden_ends_leave_nothing_behind(void **state)
{
    (void)state;
    struct bench b;
    uint16_t port = open_with(&b, 0, 0);
    GRand *dice = g_rand_new_with_seed(5);
    GString *s = g_string_new(NULL);
    for (int i = 0; i < 5; i++)
        (void)g_string_append(s, MESSAGE "\r\n\r\n");
    for (int i = 0; i < 200; i++) {
        int fd = bench_connect(SOCK_STREAM, "127.0.0.1", port);
        size_t n = (size_t)g_rand_int_range(dice, 0, (gint32)s->len);
        assert_int_equal(send(fd, s->str, n, MSG_NOSIGNAL), n);
        struct linger reset = {1, 0};
        if (i % 2)
            (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        (void)close(fd);
    }
    b.wanted = 0;
    g_usleep(50000);
    assert_true(bench_run(&b, all_closed, 5000));
    g_string_free(s, TRUE);
    g_rand_free(dice);
    bench_close(&b);
}

/* ---- connections of ours ---- */

static bool has_opened(struct bench *b)
{
    return bench_count(b, BENCH_OPENED) >= b->wanted;
}

static void we_open_reuse_and_disconnect(void **state)
{
    (void)state;
    struct bench b;
    (void)open_with(&b, 0, 0);
    struct net_addr any = bench_addr("127.0.0.1", 0);
    struct sockaddr_storage sa;
    socklen_t n = sizeof sa;
    int server;
    assert_int_equal(socket_bound(SOCK_STREAM, &any, &server), 0);
    assert_int_equal(listen(server, 5), 0);
    (void)getsockname(server, (struct sockaddr *)&sa, &n);
    struct sip_flow to = {.transport = SIP_TCP, .remote = sockaddr_read(&sa)};
    for (int i = 0; i < 3; i++)
        assert_int_equal(transport_send(b.transport, &to, VIEW(MESSAGE)), 0);
    b.wanted = 1;
    assert_true(bench_run(&b, has_opened, 5000));
    struct bench_event *e = bench_event(&b, BENCH_OPENED, 0);
    assert_true(sip_flow_eq(&e->asked, &to));
    assert_int_not_equal(e->flow.connection, 0);
    assert_true(net_addr_eq(&e->flow.remote, &to.remote));
    assert_int_not_equal(e->flow.local.port, 0);
    int fd = accept(server, NULL, NULL);
    assert_true(fd >= 0);
    expect(fd, MESSAGE MESSAGE MESSAGE);
    assert_int_equal(accept(server, NULL, NULL), -1); /* one connection for all three */
    put(fd, ANSWER);
    b.wanted = 1;
    assert_true(bench_run(&b, bench_has_messages, 5000));
    assert_true(sip_flow_eq(&bench_event(&b, BENCH_MESSAGE, 0)->flow, &e->flow));
    assert_int_equal(transport_send(b.transport, &e->flow, VIEW(MESSAGE)), 0);
    transport_disconnect(b.transport, &e->flow); /* what waits still leaves */
    assert_int_equal(transport_send(b.transport, &e->flow, VIEW(MESSAGE)), ENOTCONN);
    assert_true(bench_run(&b, bench_has_closed, 5000));
    expect(fd, MESSAGE);
    (void)close(fd);
    (void)close(server);
    bench_close(&b);
}

static void a_refused_connection_is_told(void **state)
{
    (void)state;
    struct bench b;
    (void)open_with(&b, 0, 0);
    struct sip_flow to = {.transport = SIP_TCP,
                          .remote = bench_addr("127.0.0.1", bench_free_port(SOCK_STREAM, "127.0.0.1"))};
    assert_int_equal(transport_send(b.transport, &to, VIEW(MESSAGE)), 0);
    b.wanted = 1;
    assert_true(bench_run(&b, bench_has_closed, 5000));
    assert_true(sip_flow_eq(&bench_event(&b, BENCH_CLOSED, 0)->flow, &to));
    to.transport = SIP_WSS;
    assert_int_equal(transport_send(b.transport, &to, VIEW(MESSAGE)), ENOTCONN);
    to.transport = SIP_TLS;
    assert_int_equal(transport_send(b.transport, &to, VIEW(MESSAGE)), EAFNOSUPPORT); /* no listener of that kind */
    bench_close(&b);
}

static void closing_flushes(void **state)
{
    (void)state;
    struct bench b;
    uint16_t port = open_with(&b, 0, 0);
    int fd = bench_connect(SOCK_STREAM, "127.0.0.1", port);
    put(fd, MESSAGE);
    b.wanted = 1;
    assert_true(bench_run(&b, bench_has_messages, 5000));
    for (int i = 0; i < 100; i++)
        assert_int_equal(transport_send(b.transport, &bench_event(&b, BENCH_MESSAGE, 0)->flow, VIEW(ANSWER)), 0);
    int64_t before = clock_monotonic_us();
    bench_close(&b);
    assert_true(clock_monotonic_us() - before < 1500000);
    for (int i = 0; i < 100; i++)
        expect(fd, ANSWER);
    char c;
    assert_int_equal(recv(fd, &c, 1, 0), 0);
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_split_at_every_byte_is_whole),
        cmocka_unit_test(two_in_one_segment_and_pings_between),
        cmocka_unit_test(broken_framing_is_told_answered_and_closed),
        cmocka_unit_test(the_largest_message_passes),
        cmocka_unit_test(a_slow_reader_is_told_apart),
        cmocka_unit_test(a_fast_sender_is_slowed),
        cmocka_unit_test(a_stranger_who_says_too_much_waits_d2),
        cmocka_unit_test(one_address_gets_its_share),
        cmocka_unit_test(the_oldest_stranger_makes_room),
        cmocka_unit_test(who_stands_still_is_closed),
        cmocka_unit_test(sudden_ends_leave_nothing_behind),
        cmocka_unit_test(we_open_reuse_and_disconnect),
        cmocka_unit_test(denied_sources_are_not_let_in),
        cmocka_unit_test(a_refused_connection_is_told),
        cmocka_unit_test(closing_flushes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
