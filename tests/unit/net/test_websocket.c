/* SPDX-License-Identifier: Apache-2.0
 *
 * SIP-1 over secure WebSocket (RFC 7118), with a client made by hand: handshake, Origin, sub-protocol, fragments, A6.
 */
#include "tests/unit/net/tls_client.h"

#define MESSAGE "OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 5\r\n\r\nhello"
#define ANSWER  "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"

static char *dir;
static struct certificate_files files;
static uint16_t port;

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

static void open_wss(struct bench *b)
{
    static const char *const origins[] = {"intranet.example", NULL};
    port = bench_free_port(SOCK_STREAM, "127.0.0.1");
    struct transport_listen l = {SIP_WSS, bench_addr("127.0.0.1", port)};
    struct transport_config c = {
        .listen = &l, .n_listen = 1, .cert_file = files.cert_file, .key_file = files.key_file, .origins = origins};
    bench_open(b, &c);
}

/* Asks and returns the status; 0 when the server hung up. */
static int handshake(struct tls_client *c, const char *path, const char *origin_line, const char *protocol_line)
{
    char text[1024];
    assert_true(tls_connect(c, port, files.authority_file, 0));
    int n = g_snprintf(text, sizeof text,
                       "GET %s HTTP/1.1\r\nHost: localhost:%u\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s%s\r\n",
                       path, port, origin_line, protocol_line);
    tls_put(c, text, (size_t)n);
    GString *head = g_string_new(NULL);
    char one;
    while (!g_str_has_suffix(head->str, "\r\n\r\n") && tls_get(c, &one, 1) == 1)
        (void)g_string_append_c(head, one);
    int status = head->len > 12 ? (int)g_ascii_strtoull(head->str + 9, NULL, 10) : 0;
    if (status == 101) {
        assert_non_null(strstr(head->str, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        assert_non_null(strstr(head->str, "sip"));
    }
    g_string_free(head, TRUE);
    return status;
}

static void put_frame(struct tls_client *c, unsigned char first, const char *payload, size_t n)
{
    GString *s = g_string_new(NULL);
    (void)g_string_append_c(s, (char)first);
    if (n < 126) {
        (void)g_string_append_c(s, (char)(0x80 | n));
    } else if (n < 65536) {
        (void)g_string_append_c(s, (char)(0x80 | 126));
        (void)g_string_append_c(s, (char)(n >> 8));
        (void)g_string_append_c(s, (char)n);
    } else {
        (void)g_string_append_c(s, (char)(0x80 | 127));
        for (int i = 7; i >= 0; i--)
            (void)g_string_append_c(s, (char)((uint64_t)n >> (8 * i)));
    }
    static const char mask[4] = {0x11, 0x22, 0x33, 0x44};
    (void)g_string_append_len(s, mask, 4);
    for (size_t i = 0; i < n; i++)
        (void)g_string_append_c(s, (char)(payload[i] ^ mask[i % 4]));
    (void)SSL_write(c->ssl, s->str, (int)s->len);
    g_string_free(s, TRUE);
}

/* First byte of the next frame, its payload in dst; -1 at the end. */
static int get_frame(struct tls_client *c, char *dst, size_t *ret_n)
{
    unsigned char head[4];
    if (tls_get(c, (char *)head, 2) != 2)
        return -1;
    size_t n = head[1];
    if (n == 126) {
        assert_int_equal(tls_get(c, (char *)head + 2, 2), 2);
        n = (size_t)head[2] << 8 | head[3];
    }
    assert_int_equal(tls_get(c, dst, n), n);
    dst[n] = '\0';
    *ret_n = n;
    return head[0];
}

static void a_browser_speaks(void **state)
{
    (void)state;
    struct bench b;
    struct tls_client c;
    char got[1024], origin[64];
    size_t n;
    open_wss(&b);
    (void)g_snprintf(origin, sizeof origin, "Origin: https://LOCALHOST:%u\r\n", port);
    assert_int_equal(handshake(&c, "/sip", origin, "Sec-WebSocket-Protocol: chat, sip\r\n"), 101);
    put_frame(&c, 0x81, MESSAGE, strlen(MESSAGE));
    put_frame(&c, 0x82, MESSAGE, strlen(MESSAGE));
    put_frame(&c, 0x01, MESSAGE, 10); /* text, in three fragments */
    put_frame(&c, 0x00, &MESSAGE[10], 10);
    put_frame(&c, 0x80, &MESSAGE[20], strlen(MESSAGE) - 20);
    put_frame(&c, 0x81, "", 0); /* a frame of no length (section 2: CVE class) */
    put_frame(&c, 0x81, "\r\n\r\n", 4);
    b.wanted = 3;
    assert_true(bench_run(&b, bench_has_messages, 5000));
    for (unsigned i = 0; i < 3; i++)
        assert_string_equal(bench_event(&b, BENCH_MESSAGE, i)->bytes->str, MESSAGE);
    const struct sip_flow *flow = &bench_event(&b, BENCH_MESSAGE, 0)->flow;
    assert_int_equal(flow->transport, SIP_WSS);
    assert_int_equal(get_frame(&c, got, &n), 0x81);
    assert_string_equal(got, "\r\n");
    assert_int_equal(transport_send(b.transport, flow, VIEW(ANSWER)), 0);
    assert_int_equal(transport_send(b.transport, flow, VIEW("\xff")), 0);
    assert_int_equal(get_frame(&c, got, &n), 0x81);
    assert_string_equal(got, ANSWER);
    assert_int_equal(get_frame(&c, got, &n), 0x82); /* not UTF-8: binary */
    put_frame(&c, 0x89, "are you there", 13);
    assert_int_equal(get_frame(&c, got, &n), 0x8a);
    assert_string_equal(got, "are you there");
    tls_close(&c);
    b.wanted = 1;
    assert_true(bench_run(&b, bench_has_closed, 5000));
    bench_close(&b);
}

static void who_may_and_who_may_not(void **state)
{
    (void)state;
    static const struct {
        const char *path, *origin, *protocol;
        int status;
    } cases[] = {
        {"/sip", "", "Sec-WebSocket-Protocol: sip\r\n", 101}, /* not a browser */
        {"/sip", "Origin: https://intranet.example\r\n", "Sec-WebSocket-Protocol: sip\r\n", 101},
        {"/sip", "Origin: https://evil.example\r\n", "Sec-WebSocket-Protocol: sip\r\n", 403},
        {"/sip", "Origin: https://intranet.example.evil.example\r\n", "Sec-WebSocket-Protocol: sip\r\n", 403},
        {"/sip", "Origin: null\r\n", "Sec-WebSocket-Protocol: sip\r\n", 403},
        {"/sip", "Origin: file://\r\n", "Sec-WebSocket-Protocol: sip\r\n", 403},
        {"/sip", "", "Sec-WebSocket-Protocol: chat\r\n", 400},
        {"/sip", "", "Sec-WebSocket-Protocol: http\r\n", 400}, /* our other protocols are no sub-protocols */
        {"/sip", "", "Sec-WebSocket-Protocol: raw\r\n", 400},
        {"/sip", "", "", 400},
        {"/other", "", "Sec-WebSocket-Protocol: sip\r\n", 404},
    };
    struct bench b;
    open_wss(&b);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tls_client c;
        assert_int_equal(handshake(&c, cases[i].path, cases[i].origin, cases[i].protocol), cases[i].status);
        tls_close(&c);
    }
    bench_close(&b);
}

/* A6: 65,536 bytes pass, in one frame or in several; one more is refused with 1009. */
static void the_limit_of_a_message(void **state)
{
    (void)state;
    struct bench b;
    open_wss(&b);
    char *big = g_malloc0(65537), got[256];
    memset(big, 'x', 65537);
    for (int several = 0; several <= 1; several++) {
        for (size_t more = 0; more <= 1; more++) {
            struct tls_client c;
            size_t n, first = several ? 40000 : 65536 + more;
            assert_int_equal(handshake(&c, "/sip", "", "Sec-WebSocket-Protocol: sip\r\n"), 101);
            bench_forget(&b);
            put_frame(&c, several ? 0x01 : 0x81, big, first);
            if (several)
                put_frame(&c, 0x80, big + first, 65536 + more - first);
            if (!more) {
                b.wanted = 1;
                assert_true(bench_run(&b, bench_has_messages, 5000));
                assert_int_equal(bench_event(&b, BENCH_MESSAGE, 0)->bytes->len, 65536);
            } else {
                assert_int_equal(get_frame(&c, got, &n), 0x88);
                assert_int_equal((unsigned char)got[0] << 8 | (unsigned char)got[1], 1009);
                assert_int_equal(b.count[BENCH_MESSAGE], 0);
            }
            tls_close(&c);
        }
    }
    g_free(big);
    bench_close(&b);
}

static void pages_are_small_for_now(void **state)
{
    (void)state;
    struct bench b;
    open_wss(&b);
    static const struct {
        const char *request, *status;
    } cases[] = {{"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 200"},
                 {"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 404"},
                 {"GET /../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 404"}};
    for (size_t i = 0; i < 2; i++) {
        struct tls_client c;
        char got[13] = "";
        assert_true(tls_connect(&c, port, files.authority_file, 0));
        tls_put(&c, cases[i].request, strlen(cases[i].request));
        assert_int_equal(tls_get(&c, got, 12), 12);
        assert_string_equal(got, cases[i].status);
        tls_close(&c);
    }
    bench_close(&b);
}

static bool all_gone(struct bench *b)
{
    return transport_stats(b->transport).connections == 0;
}

static void sudden_ends_leave_nothing_behind(void **state)
{
    (void)state;
    struct bench b;
    open_wss(&b);
    for (int i = 0; i < 40; i++) {
        struct tls_client c;
        if (i % 4) {
            assert_int_equal(handshake(&c, "/sip", "", "Sec-WebSocket-Protocol: sip\r\n"), 101);
            put_frame(&c, 0x01, MESSAGE, (size_t)i);
        } else {
            assert_true(tls_connect(&c, port, files.authority_file, 0));
            tls_put(&c, "GET /sip HTTP/1.1\r\nHo", (size_t)(i % 20) + 1);
        }
        struct linger reset = {1, 0};
        if (i % 2)
            (void)setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        tls_close(&c);
    }
    assert_true(bench_run(&b, all_gone, 15000));
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_browser_speaks),
        cmocka_unit_test(who_may_and_who_may_not),
        cmocka_unit_test(the_limit_of_a_message),
        cmocka_unit_test(pages_are_small_for_now),
        cmocka_unit_test(sudden_ends_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
