/* SPDX-License-Identifier: Apache-2.0
 *
 * SIP-32: finding servers by NAPTR, SRV, A and AAAA (RFC 3263), in virtual time against a zone in a table.
 */
#include "tests/cmocka_all.h"

#include "sip/resolve.h"

#include <glib.h>
#include <string.h>

enum { QUESTIONS_MAX = 8192 };

struct zone {
    struct timers *ts;
    struct entropy entropy;
    uint64_t seed;
    struct sip_resolver *r;
    struct question {
        uint64_t query;
        enum sip_dns_type type;
        char *name;
    } questions[QUESTIONS_MAX];
    unsigned asked, answered;
    unsigned done;
    struct sip_targets got;
};

struct line {
    const char *name;
    struct sip_dns_record record;
};

static const struct line *zone_lines;
static size_t zone_n;

static void fill(void *arg, void *dst, size_t n)
{
    struct zone *z = arg;
    uint8_t *p = dst;
    for (size_t i = 0; i < n; i++) {
        z->seed = z->seed * 6364136223846793005u + 1442695040888963407u;
        p[i] = (uint8_t)(z->seed >> 33);
    }
}

static void ask(void *arg, struct sip_resolver *r, uint64_t query, enum sip_dns_type type, const char *name)
{
    struct zone *z = arg;
    (void)r;
    assert_true(z->asked < QUESTIONS_MAX);
    z->questions[z->asked++] = (struct question){query, type, g_strdup(name)};
}

/* Answers what was asked so far, and what is asked because of that, until nothing more is. */
static void answer_all(struct zone *z)
{
    for (; z->answered < z->asked; z->answered++) {
        struct question *q = &z->questions[z->answered];
        struct sip_dns_record found[64];
        size_t n = 0;
        for (size_t i = 0; i < zone_n; i++)
            if (zone_lines[i].record.type == q->type && g_ascii_strcasecmp(zone_lines[i].name, q->name) == 0)
                found[n++] = zone_lines[i].record;
        sip_dns_answer(z->r, q->query, found, n);
    }
}

static struct zone *zone_new(const struct line *lines, size_t n)
{
    struct zone *z = g_new0(struct zone, 1);
    zone_lines = lines;
    zone_n = n;
    z->seed = 3;
    z->ts = timers_new(0, 0);
    z->entropy = (struct entropy){fill, z};
    z->r = sip_resolver_new(z->ts, &z->entropy, (struct sip_dns_port){z, ask});
    return z;
}

static void zone_free(struct zone *z)
{
    sip_resolver_free(z->r);
    assert_int_equal(timers_count(z->ts), 0);
    timers_free(z->ts);
    for (unsigned i = 0; i < z->asked; i++)
        g_free(z->questions[i].name);
    g_free(z);
}

static void pass_s(struct zone *z, int64_t s)
{
    timers_set_now(z->ts, timers_now_us(z->ts) + s * 1000000, 0);
    timers_fire(z->ts);
}

static void done(void *arg, const struct sip_targets *t)
{
    struct zone *z = arg;
    z->done++;
    z->got = *t;
}

static uint64_t resolve(struct zone *z, const char *text)
{
    struct sip_uri uri;
    assert_int_equal(sip_uri_parse(view_of(text), &uri), 0);
    memset(&z->got, 0, sizeof z->got);
    return sip_resolve(z->r, &uri, done, z);
}

/* Resolves, and writes the targets as "UDP 1.2.3.4:5060 TCP …". */
static const char *targets_of(struct zone *z, const char *text)
{
    static char out[512];
    struct buf b = buf_on(out, sizeof out - 1);
    unsigned before = z->done;
    resolve(z, text);
    answer_all(z);
    assert_int_equal(z->done, before + 1);
    for (unsigned i = 0; i < z->got.n; i++) {
        buf_add_text(&b, i ? " " : "");
        buf_add_text(&b, sip_transport_name(z->got.target[i].transport));
        buf_add_char(&b, ' ');
        net_addr_write(&z->got.target[i].address, &b);
    }
    out[b.n] = '\0';
    return out;
}

#define V4(host, last, ttl)                                                                   \
    {                                                                                         \
        host,                                                                                 \
        {                                                                                     \
            .type = SIP_DNS_A, .ttl_s = (ttl), .address = { {192, 0, 2, (last)}, 0, NET_IP4 } \
        }                                                                                     \
    }
#define V6(host, last, ttl)                                                                           \
    {                                                                                                 \
        host,                                                                                         \
        {                                                                                             \
            .type = SIP_DNS_AAAA, .ttl_s = (ttl), .address = { {0x20, 1, [15] = (last)}, 0, NET_IP6 } \
        }                                                                                             \
    }
#define SRV(service, prio, wt, to, at)                                                                        \
    {                                                                                                         \
        service,                                                                                              \
        {                                                                                                     \
            .type = SIP_DNS_SRV, .ttl_s = 300, .priority = (prio), .weight = (wt), .port = (at), .name = (to) \
        }                                                                                                     \
    }
#define NAPTR(host, order, pref, what, to)                                                                 \
    {                                                                                                      \
        host,                                                                                              \
        {                                                                                                  \
            .type = SIP_DNS_NAPTR, .ttl_s = 300, .priority = (order), .weight = (pref), .service = (what), \
            .name = (to)                                                                                   \
        }                                                                                                  \
    }

static const struct line zone[] = {
    V4("plain.test", 1, 300),
    V6("plain.test", 1, 300),
    SRV("_sip._udp.three.test", 10, 0, "a.three.test", 5070),
    SRV("_sip._udp.three.test", 20, 0, "b.three.test", 5070),
    SRV("_sip._udp.three.test", 30, 0, "c.three.test", 5070),
    V4("a.three.test", 11, 300),
    V4("b.three.test", 12, 300),
    V4("c.three.test", 13, 300),
    NAPTR("naptr.test", 20, 10, "SIP+D2U", "_sip._udp.three.test"),
    NAPTR("naptr.test", 10, 20, "SIP+D2T", "_sip._tcp.naptr.test"),
    NAPTR("naptr.test", 10, 10, "SIPS+D2T", "_sips._tcp.naptr.test"),
    NAPTR("naptr.test", 5, 10, "E2U+sip", "_x._udp.naptr.test"),
    SRV("_sip._tcp.naptr.test", 1, 1, "tcp.naptr.test", 5062),
    SRV("_sips._tcp.naptr.test", 1, 1, "tls.naptr.test", 5063),
    V4("tcp.naptr.test", 21, 300),
    V4("tls.naptr.test", 22, 300),
    SRV("_sip._udp.weighted.test", 1, 0, "w0.test", 1),
    SRV("_sip._udp.weighted.test", 1, 10, "w10.test", 1),
    SRV("_sip._udp.weighted.test", 1, 90, "w90.test", 1),
    V4("w0.test", 30, 86400),
    V4("w10.test", 31, 86400),
    V4("w90.test", 32, 86400),
    SRV("_sip._udp.refuses.test", 0, 0, ".", 0),
    V4("refuses.test", 40, 300),
    V4("brief.test", 41, 0),
};

static void sip_32_numeric(void **state)
{
    (void)state;
    struct zone *z = zone_new(zone, G_N_ELEMENTS(zone));
    assert_string_equal(targets_of(z, "sip:100@192.0.2.9"), "UDP 192.0.2.9:5060");
    assert_string_equal(targets_of(z, "sip:192.0.2.9:5080;transport=tcp"), "TCP 192.0.2.9:5080");
    assert_string_equal(targets_of(z, "sips:[2001:db8::1]"), "TLS [2001:db8::1]:5061");
    assert_string_equal(targets_of(z, "sip:plain.test;maddr=192.0.2.8"), "UDP 192.0.2.8:5060");
    assert_string_equal(targets_of(z, "sip:192.0.2.9;transport=pigeon"), "");
    assert_string_equal(targets_of(z, "tel:+3314"), "");
    assert_int_equal(z->asked, 0);
    zone_free(z);
}

static void sip_32_port_given(void **state)
{
    (void)state;
    struct zone *z = zone_new(zone, G_N_ELEMENTS(zone));
    assert_string_equal(targets_of(z, "sip:plain.test:5090"), "UDP 192.0.2.1:5090 UDP [2001::1]:5090");
    assert_int_equal(z->asked, 2); /* neither NAPTR nor SRV */
    assert_string_equal(targets_of(z, "sips:Plain.Test:5090"), "TLS 192.0.2.1:5090 TLS [2001::1]:5090");
    assert_int_equal(z->asked, 2); /* the case of names does not matter */
    zone_free(z);
}

static void sip_32_nothing_but_addresses(void **state)
{
    (void)state;
    struct zone *z = zone_new(zone, G_N_ELEMENTS(zone));
    assert_string_equal(targets_of(z, "sip:plain.test"), "UDP 192.0.2.1:5060 UDP [2001::1]:5060");
    assert_string_equal(targets_of(z, "sip:plain.test;transport=tls"), "TLS 192.0.2.1:5061 TLS [2001::1]:5061");
    assert_string_equal(targets_of(z, "sips:plain.test"), "TLS 192.0.2.1:5061 TLS [2001::1]:5061");
    assert_string_equal(targets_of(z, "sip:nowhere.test"), "");
    assert_string_equal(targets_of(z, "sip:refuses.test"), ""); /* RFC 2782: "." says no, and means it */
    zone_free(z);
}

/* Three targets, two dead: they rest 60 s and come last meanwhile. */
static void sip_32_three_targets_two_dead(void **state)
{
    (void)state;
    struct zone *z = zone_new(zone, G_N_ELEMENTS(zone));
    assert_string_equal(targets_of(z, "sip:three.test"), "UDP 192.0.2.11:5070 UDP 192.0.2.12:5070 UDP 192.0.2.13:5070");
    struct sip_target a = z->got.target[0], b = z->got.target[1];
    sip_resolver_mark_dead(z->r, &a);
    sip_resolver_mark_dead(z->r, &b);
    pass_s(z, 59);
    assert_string_equal(targets_of(z, "sip:three.test;transport=udp"),
                        "UDP 192.0.2.13:5070 UDP 192.0.2.11:5070 UDP 192.0.2.12:5070");
    pass_s(z, 1);
    assert_string_equal(targets_of(z, "sip:three.test;transport=udp"),
                        "UDP 192.0.2.11:5070 UDP 192.0.2.12:5070 UDP 192.0.2.13:5070");
    zone_free(z);
}

/* RFC 3263 4.1: order before preference, unknown services skipped, sips only to TLS. */
static void sip_32_naptr(void **state)
{
    (void)state;
    struct zone *z = zone_new(zone, G_N_ELEMENTS(zone));
    assert_string_equal(targets_of(z, "sip:naptr.test"),
                        "TLS 192.0.2.22:5063 TCP 192.0.2.21:5062 UDP 192.0.2.11:5070 UDP 192.0.2.12:5070 "
                        "UDP 192.0.2.13:5070");
    assert_string_equal(targets_of(z, "sips:naptr.test"), "TLS 192.0.2.22:5063");
    assert_string_equal(targets_of(z, "sip:naptr.test;transport=tcp"), "TCP 192.0.2.21:5062");
    zone_free(z);
}

static void sip_32_weights(void **state)
{
    (void)state;
    struct zone *z = zone_new(zone, G_N_ELEMENTS(zone));
    unsigned first[3] = {0};
    for (unsigned i = 0; i < 2000; i++) {
        targets_of(z, "sip:weighted.test");
        assert_int_equal(z->got.n, 3);
        first[z->got.target[0].address.ip[3] - 30]++;
    }
    assert_in_range(first[0], 2, 60); /* weight 0: seldom, not never */
    assert_in_range(first[1], 140, 270);
    assert_in_range(first[2], 1670, 1860);
    zone_free(z);
}

static void sip_32_times_to_live(void **state)
{
    (void)state;
    struct zone *z = zone_new(zone, G_N_ELEMENTS(zone));
    targets_of(z, "sip:plain.test:1");
    pass_s(z, 299);
    targets_of(z, "sip:plain.test:1");
    assert_int_equal(z->asked, 2);
    pass_s(z, 1);
    targets_of(z, "sip:plain.test:1");
    assert_int_equal(z->asked, 4);
    unsigned asked = z->asked;
    targets_of(z, "sip:nowhere.test:1"); /* nothing is remembered 10 s */
    pass_s(z, 9);
    targets_of(z, "sip:nowhere.test:1");
    assert_int_equal(z->asked, asked + 2);
    pass_s(z, 1);
    targets_of(z, "sip:nowhere.test:1");
    assert_int_equal(z->asked, asked + 4);
    asked = z->asked;
    targets_of(z, "sip:brief.test:1"); /* time to live 0: kept 1 s */
    targets_of(z, "sip:brief.test:1");
    assert_int_equal(z->asked, asked + 2);
    pass_s(z, 1);
    targets_of(z, "sip:brief.test:1");
    assert_int_equal(z->asked, asked + 3); /* A again; the missing AAAA is still remembered */
    zone_free(z);
}

/* Whoever asks the same question waits for the same answer; who went away is not called. */
static void sip_32_shared_and_cancelled(void **state)
{
    (void)state;
    struct zone *z = zone_new(zone, G_N_ELEMENTS(zone));
    uint64_t first = resolve(z, "sip:plain.test:1"), second = resolve(z, "sip:plain.test:1");
    assert_int_not_equal(first, 0);
    assert_int_equal(z->asked, 2);
    sip_resolve_cancel(z->r, first);
    sip_resolve_cancel(z->r, first);
    answer_all(z);
    assert_int_equal(z->done, 1);
    sip_resolve_cancel(z->r, second); /* too late: nothing */
    sip_dns_answer(z->r, 12345, NULL, 0);
    zone_free(z);
}

/* A name server that never answers: after 3 s what is known counts. */
static void sip_32_patience(void **state)
{
    (void)state;
    struct zone *z = zone_new(zone, G_N_ELEMENTS(zone));
    resolve(z, "sip:plain.test:1");
    sip_dns_answer(z->r, z->questions[0].query, &zone[0].record, 1); /* A; AAAA never comes */
    assert_int_equal(z->done, 0);
    pass_s(z, 3);
    assert_int_equal(z->done, 1);
    assert_int_equal(z->got.n, 1);
    resolve(z, "sip:silent.test");
    pass_s(z, 3);
    assert_int_equal(z->done, 2);
    assert_int_equal(z->got.n, 0);
    zone_free(z);
}

/* 1,000 lookups at once, 4,096 names in memory. */
static void sip_32_limits(void **state)
{
    (void)state;
    struct zone *z = zone_new(zone, G_N_ELEMENTS(zone));
    char text[64];
    for (unsigned i = 0; i < 1000; i++) {
        g_snprintf(text, sizeof text, "sip:h%u.test:1", i);
        assert_int_not_equal(resolve(z, text), 0);
    }
    assert_int_equal(resolve(z, "sip:more.test:1"), 0);
    assert_int_equal(z->done, 1);
    answer_all(z);
    assert_int_equal(z->done, 1001);
    for (unsigned i = 0; i < 2500; i++) {
        g_snprintf(text, sizeof text, "sip:g%u.test:1", i);
        targets_of(z, text);
    }
    unsigned asked = z->asked;
    targets_of(z, "sip:g2499.test:1"); /* the youngest is there */
    assert_int_equal(z->asked, asked);
    targets_of(z, "sip:h0.test:1"); /* the oldest is gone */
    assert_int_equal(z->asked, asked + 2);
    zone_free(z);
}

/* A hostile zone: many records for every name. Few targets come of it, and few questions. */
static void sip_32_hostile_zone(void **state)
{
    (void)state;
    static struct line many[40 + 200];
    static char names[40][32];
    for (unsigned i = 0; i < 40; i++) {
        g_snprintf(names[i], sizeof names[i], "t%u.evil.test", i);
        many[i] = (struct line)SRV("_sip._udp.evil.test", (uint16_t)i, 0, names[i], 5060);
        for (unsigned k = 0; k < 5; k++)
            many[40 + i * 5 + k] = (struct line)V4(names[i], (uint8_t)k, 0);
    }
    struct zone *z = zone_new(many, G_N_ELEMENTS(many));
    targets_of(z, "sip:evil.test;transport=udp");
    assert_int_equal(z->got.n, SIP_TARGETS_MAX);
    assert_in_range(z->asked, 3, 20);
    zone_free(z);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sip_32_numeric),
        cmocka_unit_test(sip_32_port_given),
        cmocka_unit_test(sip_32_nothing_but_addresses),
        cmocka_unit_test(sip_32_three_targets_two_dead),
        cmocka_unit_test(sip_32_naptr),
        cmocka_unit_test(sip_32_weights),
        cmocka_unit_test(sip_32_times_to_live),
        cmocka_unit_test(sip_32_shared_and_cancelled),
        cmocka_unit_test(sip_32_patience),
        cmocka_unit_test(sip_32_limits),
        cmocka_unit_test(sip_32_hostile_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
