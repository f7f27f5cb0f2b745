/* SPDX-License-Identifier: Apache-2.0
 *
 * The DNS port against a tiny server on loopback: all types, failure, forged answers (F7), hostile answers.
 */
#include "tests/unit/net/net_bench.h"

#include "net/dns.h"
#include "net/dns_priv.h"

#include <errno.h>
#include <pthread.h>

/* A stand-in for the resolver: takes down what is answered. */
struct taken {
    uint64_t query;
    size_t n;
    struct sip_dns_record first;
    char name[256], service[64];
};

static struct {
    struct loop *loop;
    GArray *taken;
    unsigned wanted;
    bool asking;
} desk;

void sip_dns_answer(struct sip_resolver *r, uint64_t query, const struct sip_dns_record *records, size_t n)
{
    assert_ptr_equal(r, &desk);
    assert_false(desk.asking); /* never inside ask */
    struct taken t = {.query = query, .n = n};
    if (n) {
        t.first = records[0];
        (void)g_strlcpy(t.name, records[0].name ? records[0].name : "", sizeof t.name);
        (void)g_strlcpy(t.service, records[0].service ? records[0].service : "", sizeof t.service);
    }
    (void)g_array_append_val(desk.taken, t);
    if (desk.taken->len >= desk.wanted)
        loop_stop(desk.loop);
}

/* ---- the server ---- */

struct server {
    int fd, stranger; /* stranger: a socket with another port, for forging */
    struct loop_watch watch;
    unsigned asked, forged_port, forged_id;
    bool forge;
    GHashTable *ids, *ports;
};

static void put(GByteArray *b, unsigned v, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--) {
        guint8 one = (guint8)(v >> (8 * i));
        (void)g_byte_array_append(b, &one, 1);
    }
}

static void put_name(GByteArray *b, const char *dotted)
{
    char **labels = g_strsplit(dotted, ".", -1);
    for (char **l = labels; *l && **l; l++) {
        put(b, (unsigned)strlen(*l), 1);
        (void)g_byte_array_append(b, (const guint8 *)*l, (guint)strlen(*l));
    }
    put(b, 0, 1);
    g_strfreev(labels);
}

static void put_text(GByteArray *b, const char *text)
{
    put(b, (unsigned)strlen(text), 1);
    (void)g_byte_array_append(b, (const guint8 *)text, (guint)strlen(text));
}

static void put_data(GByteArray *b, unsigned type, unsigned host)
{
    GByteArray *d = g_byte_array_new();
    if (type == 1) {
        put(d, 0xc0000200 + host, 4);
    } else if (type == 28) {
        put(d, 0x20010db8, 4);
        put(d, 0, 4);
        put(d, 0, 4);
        put(d, host, 4);
    } else if (type == 33) {
        put(d, 10, 2);
        put(d, 20, 2);
        put(d, 5070, 2);
        put_name(d, "sip1.example");
    } else {
        put(d, 50, 2);
        put(d, 60, 2);
        put_text(d, "s");
        put_text(d, "SIP+D2T");
        put_text(d, "");
        put_name(d, "_sip._tcp.example");
    }
    put(b, d->len, 2);
    (void)g_byte_array_append(b, d->data, d->len);
    g_byte_array_free(d, TRUE);
}

static GByteArray *make_answer(const guint8 *question, size_t n, unsigned id, unsigned host)
{
    GByteArray *b = g_byte_array_new();
    size_t end = 12;
    while (end < n && question[end])
        end += question[end] + 1u;
    unsigned type = (unsigned)question[end + 1] << 8 | question[end + 2];
    bool none = memcmp(question + 13, "none", 4) == 0;
    put(b, id, 2);
    put(b, none ? 0x8183 : 0x8180, 2);
    put(b, 1, 2);
    put(b, none ? 0 : 1, 2);
    put(b, 0, 4);
    (void)g_byte_array_append(b, question + 12, (guint)(end + 5 - 12));
    if (!none) {
        put(b, 0xc00c, 2);
        put(b, type, 2);
        put(b, 1, 2);
        put(b, 77, 4);
        put_data(b, type, host);
    }
    return b;
}

static void answer_from(int fd, const struct sockaddr_storage *to, socklen_t n, GByteArray *b)
{
    (void)sendto(fd, b->data, b->len, 0, (const struct sockaddr *)to, n);
    g_byte_array_free(b, TRUE);
}

static void on_question(void *arg, uint32_t events)
{
    (void)events;
    struct server *s = arg;
    guint8 q[1024];
    struct sockaddr_storage from;
    socklen_t len = sizeof from;
    ssize_t n = recvfrom(s->fd, q, sizeof q, MSG_DONTWAIT, (struct sockaddr *)&from, &len);
    if (n < 17)
        return;
    unsigned id = (unsigned)q[0] << 8 | q[1];
    s->asked++;
    (void)g_hash_table_add(s->ids, GUINT_TO_POINTER(id));
    (void)g_hash_table_add(s->ports, GUINT_TO_POINTER(sockaddr_read(&from).port));
    if (s->forge) {
        answer_from(s->stranger, &from, len, make_answer(q, (size_t)n, id, 66)); /* right id, wrong source */
        for (unsigned i = 1; i <= 100; i++)
            answer_from(s->fd, &from, len, make_answer(q, (size_t)n, (id + i) & 0xffff, 66)); /* wrong id */
    }
    answer_from(s->fd, &from, len, make_answer(q, (size_t)n, id, 7));
}

static struct dns *dns;
static struct server server;

static int set_up(void **state)
{
    (void)state;
    struct net_addr any = bench_addr("127.0.0.1", 0);
    struct sockaddr_storage sa;
    socklen_t n = sizeof sa;
    char text[NET_ADDR_TEXT];
    server = (struct server){.ids = g_hash_table_new(NULL, NULL), .ports = g_hash_table_new(NULL, NULL)};
    assert_int_equal(socket_bound(SOCK_DGRAM, &any, &server.fd), 0);
    assert_int_equal(socket_bound(SOCK_DGRAM, &any, &server.stranger), 0);
    assert_int_equal(getsockname(server.fd, (struct sockaddr *)&sa, &n), 0);
    struct net_addr at = sockaddr_read(&sa);
    desk.loop = loop_new();
    desk.taken = g_array_new(FALSE, FALSE, sizeof(struct taken));
    server.watch = (struct loop_watch){server.fd, on_question, &server};
    assert_int_equal(loop_watch(desk.loop, &server.watch, 1 /* EPOLLIN */), 0);
    assert_int_equal(dns_open(&dns, desk.loop, net_addr_text(&at, text)), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    dns_close(dns);
    (void)close(server.fd);
    (void)close(server.stranger);
    loop_free(desk.loop);
    g_array_free(desk.taken, TRUE);
    g_hash_table_destroy(server.ids);
    g_hash_table_destroy(server.ports);
    return 0;
}

static void ask_about(uint64_t query, enum sip_dns_type type, const char *name)
{
    struct sip_dns_port p = dns_port(dns);
    desk.asking = true;
    p.ask(p.arg, (struct sip_resolver *)&desk, query, type, name);
    desk.asking = false;
}

static void stop_late(void *arg)
{
    loop_stop(arg);
}

static bool wait_for(unsigned wanted)
{
    struct timer t;
    timer_init(&t, stop_late, desk.loop);
    timer_start(loop_timers(desk.loop), &t, 8000000);
    desk.wanted = wanted;
    loop_run(desk.loop);
    timer_stop(loop_timers(desk.loop), &t);
    return desk.taken->len >= wanted;
}

static const struct taken *answer_to(uint64_t query)
{
    for (guint i = 0; i < desk.taken->len; i++)
        if (g_array_index(desk.taken, struct taken, i).query == query)
            return &g_array_index(desk.taken, struct taken, i);
    static const struct taken none;
    fail_msg("no answer");
    return &none;
}

static void every_type_is_answered(void **state)
{
    (void)state;
    ask_about(1, SIP_DNS_A, "host.example");
    ask_about(2, SIP_DNS_AAAA, "host.example");
    ask_about(3, SIP_DNS_SRV, "_sip._udp.example");
    ask_about(4, SIP_DNS_NAPTR, "example");
    ask_about(5, SIP_DNS_A, "none.example");
    ask_about(6, SIP_DNS_A, "a..b"); /* no name at all: fails at once, but is told later */
    assert_true(wait_for(6));
    struct net_addr four = bench_addr("192.0.2.7", 0), six = bench_addr("2001:db8::7", 0);
    assert_true(net_addr_eq(&answer_to(1)->first.address, &four));
    assert_int_equal(answer_to(1)->first.ttl_s, 77);
    assert_true(net_addr_eq(&answer_to(2)->first.address, &six));
    assert_int_equal(answer_to(3)->first.priority, 10);
    assert_int_equal(answer_to(3)->first.weight, 20);
    assert_int_equal(answer_to(3)->first.port, 5070);
    assert_int_equal(answer_to(3)->first.ttl_s, 77);
    assert_string_equal(answer_to(3)->name, "sip1.example");
    assert_int_equal(answer_to(4)->first.priority, 50);
    assert_string_equal(answer_to(4)->service, "SIP+D2T");
    assert_string_equal(answer_to(4)->name, "_sip._tcp.example");
    assert_int_equal(answer_to(5)->n, 0);
    assert_int_equal(answer_to(6)->n, 0);
}

static void forged_answers_are_not_believed(void **state)
{
    (void)state;
    server.forge = true;
    struct net_addr right = bench_addr("192.0.2.7", 0);
    for (unsigned i = 1; i <= 50; i++) {
        ask_about(i, SIP_DNS_A, "host.example");
        assert_true(wait_for(i));
        assert_int_equal(answer_to(i)->n, 1);
        assert_true(net_addr_eq(&answer_to(i)->first.address, &right));
    }
    assert_int_equal(server.asked, 50);
    assert_true(g_hash_table_size(server.ids) >= 48);   /* drawn by chance from 65,536 */
    assert_true(g_hash_table_size(server.ports) >= 25); /* a new port for each, but the kernel may repeat one */
}

static void silence_is_a_failure(void **state)
{
    (void)state;
    loop_unwatch(desk.loop, &server.watch);
    ask_about(1, SIP_DNS_A, "host.example");
    int64_t before = clock_monotonic_us();
    assert_true(wait_for(1));
    assert_int_equal(answer_to(1)->n, 0);
    assert_true(clock_monotonic_us() - before < 7000000);
    ask_about(2, SIP_DNS_A, "other.example"); /* never answered: closing must not tell */
}

static void hosts_file_names_are_known(void **state)
{
    (void)state;
    ask_about(1, SIP_DNS_A, "localhost");
    assert_true(wait_for(1));
    assert_true(net_addr_is_loopback(&answer_to(1)->first.address));
    assert_int_equal(server.asked, 0);
}

/* ---- hostile bytes ---- */

static void answers_are_bounded_and_never_overrun(void **state)
{
    (void)state;
    const guint8 question[] = "\0\0\1\0\0\1\0\0\0\0\0\0\7example\0\0\1\0\1";
    GByteArray *b = make_answer(question, sizeof question - 1, 1, 1);
    for (unsigned i = 0; i < 70; i++) { /* 71 records */
        put(b, 0xc00c, 2);
        put(b, 1, 2);
        put(b, 1, 2);
        put(b, 0xffffffff, 4);
        put_data(b, 1, i);
    }
    b->data[7] = 71;
    struct dns_answer a;
    dns_answer_read(&a, SIP_DNS_A, b->data, (int)b->len);
    assert_int_equal(a.n, DNS_RECORDS_MAX);
    assert_int_equal(a.record[1].ttl_s, 0); /* RFC 2181 section 8 */
    dns_answer_release(&a);
    GRand *dice = g_rand_new_with_seed(3);
    for (int i = 0; i < 20000; i++) {
        gsize n = (gsize)g_rand_int_range(dice, 0, (gint32)b->len);
        guint8 *copy = g_memdup2(b->data, n); /* of exactly that size: an overrun is seen */
        for (int k = 0; n && k < 4; k++)
            copy[g_rand_int_range(dice, 0, (gint32)n)] = (guint8)g_rand_int(dice);
        dns_answer_read(&a, (enum sip_dns_type)(i % 4), copy, (int)n);
        assert_true(a.n <= DNS_RECORDS_MAX);
        dns_answer_release(&a);
        g_free(copy);
    }
    g_rand_free(dice);
    g_byte_array_free(b, TRUE);
}

static void bad_servers_are_refused(void **state)
{
    (void)state;
    struct loop *l = loop_new();
    struct dns *d;
    assert_int_equal(dns_open(&d, l, "not an address"), EINVAL);
    dns_close(NULL);
    loop_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_type_is_answered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forged_answers_are_not_believed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(silence_is_a_failure, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hosts_file_names_are_known, set_up, tear_down),
        cmocka_unit_test(answers_are_bounded_and_never_overrun),
        cmocka_unit_test(bad_servers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
