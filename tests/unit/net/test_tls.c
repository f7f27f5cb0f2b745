/* SPDX-License-Identifier: Apache-2.0
 *
 * SIP-1 over TLS: a verified client, versions, aborted handshakes (D5), our own connections, a new certificate
 * (NET-18).
 */
#include "tests/unit/net/tls_client.h"

#include <errno.h>

#define MESSAGE "OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 5\r\n\r\nhello"
#define ANSWER  "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"

static char *dir;
static struct certificate_files files;

static int set_up(void **state)
{
    (void)state;
    files = tls_files(&dir);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tls_files_remove(&files, dir);
    return 0;
}

static uint16_t open_tls(struct bench *b)
{
    uint16_t port = bench_free_port(SOCK_STREAM, "127.0.0.1");
    struct transport_listen l = {SIP_TLS, bench_addr("127.0.0.1", port)};
    struct transport_config c = {.listen = &l, .n_listen = 1, .cert_file = files.cert_file, .key_file = files.key_file};
    bench_open(b, &c);
    return port;
}

static bool all_gone(struct bench *b)
{
    return transport_stats(b->transport).connections == 0;
}

static void a_verified_client_speaks(void **state)
{
    (void)state;
    struct bench b;
    uint16_t port = open_tls(&b);
    const int versions[] = {0, TLS1_2_VERSION};
    for (unsigned i = 0; i < 2; i++) {
        struct tls_client c;
        assert_true(tls_connect(&c, port, files.authority_file, versions[i]));
        tls_put(&c, MESSAGE "\r\n\r\n", strlen(MESSAGE) + 4);
        b.wanted = i + 1;
        assert_true(bench_run(&b, bench_has_messages, 5000));
        struct bench_event *e = bench_event(&b, BENCH_MESSAGE, i);
        assert_string_equal(e->bytes->str, MESSAGE);
        assert_int_equal(e->flow.transport, SIP_TLS);
        char got[64] = "";
        assert_int_equal(tls_get(&c, got, 2), 2);
        assert_string_equal(got, "\r\n");
        assert_int_equal(transport_send(b.transport, &e->flow, VIEW(ANSWER)), 0);
        assert_int_equal(tls_get(&c, got, strlen(ANSWER)), strlen(ANSWER));
        assert_string_equal(got, ANSWER);
        tls_close(&c);
        assert_true(bench_run(&b, all_gone, 5000));
    }
    bench_close(&b);
}

/* One record of TLS holds more than is read at once: nothing may stay inside the library. */
static void large_messages_pass(void **state)
{
    (void)state;
    struct bench b;
    struct tls_client c;
    uint16_t port = open_tls(&b);
    assert_true(tls_connect(&c, port, files.authority_file, 0));
    GString *s = g_string_new("OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 60000\r\n\r\n");
    size_t whole = s->len + 60000;
    while (s->len < whole)
        (void)g_string_append_c(s, 'x');
    for (unsigned i = 1; i <= 20; i++) {
        tls_put(&c, s->str, s->len);
        b.wanted = i;
        assert_true(bench_run(&b, bench_has_messages, 5000));
        assert_int_equal(bench_event(&b, BENCH_MESSAGE, i - 1)->bytes->len, s->len);
    }
    const struct sip_flow *flow = &bench_event(&b, BENCH_MESSAGE, 0)->flow;
    for (int i = 0; i < 15; i++)
        assert_int_equal(transport_send(b.transport, flow, (struct view){s->str, s->len}), 0);
    char *got = g_malloc(s->len);
    for (int i = 0; i < 15; i++) {
        assert_int_equal(tls_get(&c, got, s->len), s->len);
        assert_memory_equal(got, s->str, s->len);
    }
    g_free(got);
    g_string_free(s, TRUE);
    tls_close(&c);
    bench_close(&b);
}

static void old_versions_are_refused(void **state)
{
    (void)state;
    struct bench b;
    struct tls_client c;
    uint16_t port = open_tls(&b);
    assert_false(tls_connect(&c, port, files.authority_file, TLS1_1_VERSION));
    tls_close(&c);
    bench_close(&b);
}

static void aborted_handshakes_leave_nothing_behind(void **state)
{
    (void)state;
    struct bench b;
    uint16_t port = open_tls(&b);
    static const char hello[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03random bytes of a hello that never ends";
    for (size_t i = 0; i < 100; i++) {
        int fd = bench_connect(SOCK_STREAM, "127.0.0.1", port);
        size_t n = i % sizeof hello;
        const char *bytes = i % 3 ? hello : MESSAGE; /* plain SIP on the TLS port too */
        n = MIN(n, strlen(MESSAGE));
        assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), n);
        struct linger reset = {1, 0};
        if (i % 2)
            (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        (void)close(fd);
    }
    g_usleep(50000);
    assert_true(bench_run(&b, all_gone, 5000));
    assert_int_equal(b.events->len, 0);
    bench_close(&b);
}

/* D4: connecting and then not finishing the handshake. */
static void a_silent_handshake_ends(void **state)
{
    (void)state;
    struct bench b;
    uint16_t port = bench_free_port(SOCK_STREAM, "127.0.0.1");
    struct transport_listen l = {SIP_TLS, bench_addr("127.0.0.1", port)};
    struct transport_config c = {
        .listen = &l, .n_listen = 1, .cert_file = files.cert_file, .key_file = files.key_file, .setup_ms = 200};
    bench_open(&b, &c);
    int fd = bench_connect(SOCK_STREAM, "127.0.0.1", port);
    assert_int_equal(send(fd, "\x16\x03\x01", 3, 0), 3);
    char one;
    int64_t start = clock_monotonic_us();
    assert_true(recv(fd, &one, 1, 0) <= 0);
    assert_in_range(clock_monotonic_us() - start, 150000, 2000000);
    (void)close(fd);
    bench_close(&b);
}

static bool has_opened(struct bench *b)
{
    return b->count[BENCH_OPENED] >= b->wanted;
}

/* The peer is our own listener: libwebsockets loses a little memory when a process has two of its contexts at once. */
static void we_connect_to_a_tls_peer(void **state)
{
    (void)state;
    struct bench b;
    uint16_t port = open_tls(&b);
    struct sip_flow to = {.transport = SIP_TLS, .remote = bench_addr("127.0.0.1", port)};
    assert_int_equal(transport_send(b.transport, &to, VIEW(MESSAGE)), 0);
    b.wanted = 1;
    assert_true(bench_run(&b, has_opened, 5000));
    assert_true(bench_run(&b, bench_has_messages, 5000));
    struct sip_flow theirs = bench_event(&b, BENCH_MESSAGE, 0)->flow, ours = bench_event(&b, BENCH_OPENED, 0)->flow;
    assert_int_not_equal(theirs.connection, ours.connection);
    assert_int_equal(transport_send(b.transport, &theirs, VIEW(ANSWER)), 0);
    b.wanted = 2;
    assert_true(bench_run(&b, bench_has_messages, 5000));
    assert_string_equal(bench_event(&b, BENCH_MESSAGE, 1)->bytes->str, ANSWER);
    assert_true(sip_flow_eq(&bench_event(&b, BENCH_MESSAGE, 1)->flow, &ours));
    transport_disconnect(b.transport, &ours);
    assert_true(bench_run(&b, bench_has_closed, 5000)); /* both ends */
    bench_close(&b);
}

static void a_new_certificate_serves_new_connections(void **state)
{
    (void)state;
    static const char *const names[] = {"localhost", "127.0.0.1", "new.example", NULL};
    struct bench b;
    struct tls_client c;
    struct certificate_files again;
    uint16_t port = open_tls(&b);
    assert_true(tls_connect(&c, port, files.authority_file, 0));
    assert_int_equal(certificate_ensure(dir, names, &again), 0);
    assert_int_equal(transport_reload_certificate(b.transport), 0);
    bool renewed = false;
    for (int i = 0; i < 50 && !renewed; i++) {
        struct tls_client d;
        assert_true(tls_connect(&d, port, files.authority_file, 0));
        renewed = X509_check_host(SSL_get0_peer_certificate(d.ssl), "new.example", 0, 0, NULL) == 1;
        tls_close(&d);
    }
    assert_true(renewed);
    tls_put(&c, MESSAGE, strlen(MESSAGE)); /* the old connection goes on */
    b.wanted = 1;
    assert_true(bench_run(&b, bench_has_messages, 5000));
    assert_true(g_file_set_contents(files.cert_file, "nonsense", -1, NULL));
    assert_int_equal(transport_reload_certificate(b.transport), EBADF);
    certificate_files_release(&again);
    tls_close(&c);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_verified_client_speaks),
        cmocka_unit_test(large_messages_pass),
        cmocka_unit_test(old_versions_are_refused),
        cmocka_unit_test(aborted_handshakes_leave_nothing_behind),
        cmocka_unit_test(a_silent_handshake_ends),
        cmocka_unit_test(we_connect_to_a_tls_peer),
        cmocka_unit_test(a_new_certificate_serves_new_connections),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
