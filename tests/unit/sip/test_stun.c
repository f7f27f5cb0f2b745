/* SPDX-License-Identifier: Apache-2.0
 *
 * STUN on SIP flows: the vectors of RFC 5769, broken datagrams, answers (SIP-5, D7).
 */
#include "tests/unit/sip/sip_helper.h"

#include "sip/stun.h"

/* RFC 5769 section 2.2 without its credentials, whose bytes are not looked at here: XOR-MAPPED-ADDRESS 192.0.2.1:32853.
 */
static const uint8_t ip4_answer[] = {0x01, 0x01, 0x00, 0x0c, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7,
                                     0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae, 0x00, 0x20,
                                     0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43};
/* Section 2.3: [2001:db8:1234:5678:11:2233:4455:6677]:32853. */
static const uint8_t ip6_answer[] = {0x01, 0x01, 0x00, 0x18, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7,
                                     0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae, 0x00, 0x20,
                                     0x00, 0x14, 0x00, 0x02, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa, 0xa5,
                                     0xd3, 0xf1, 0x79, 0xbc, 0x25, 0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9};

static struct view bytes(const uint8_t *p, size_t n)
{
    return (struct view){(const char *)p, n};
}

static void rfc5769_addresses(void **state)
{
    (void)state;
    struct stun_msg m;
    struct net_addr a, want;
    assert_true(stun_parse(bytes(ip4_answer, sizeof ip4_answer), &m));
    assert_int_equal(m.class, STUN_SUCCESS);
    assert_int_equal(m.method, STUN_BINDING);
    assert_true(stun_xor_address(&m, &a) && net_addr_parse(VIEW("192.0.2.1"), 32853, &want));
    assert_true(net_addr_eq(&a, &want));
    assert_true(stun_parse(bytes(ip6_answer, sizeof ip6_answer), &m));
    assert_true(stun_xor_address(&m, &a) && net_addr_parse(VIEW("2001:db8:1234:5678:11:2233:4455:6677"), 32853, &want));
    assert_true(net_addr_eq(&a, &want));
}

static void ask_and_answer(void **state)
{
    (void)state;
    static const uint8_t transaction[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    static const char *const sources[] = {"192.0.2.77", "2001:db8::77"};
    for (size_t i = 0; i < G_N_ELEMENTS(sources); i++) {
        char request[64], answer[64];
        struct buf q = buf_on(request, sizeof request), r = buf_on(answer, sizeof answer);
        struct stun_msg m;
        struct net_addr source, seen;
        stun_put_binding_request(&q, transaction);
        assert_int_equal(q.n, STUN_HEADER_BYTES);
        assert_true(stun_looks_like(buf_view(&q)) && stun_parse(buf_view(&q), &m));
        assert_int_equal(m.class, STUN_REQUEST);
        assert_int_equal(m.method, STUN_BINDING);
        assert_true(net_addr_parse(view_of(sources[i]), 4711, &source));
        stun_put_binding_answer(&r, &m, &source);
        assert_true(stun_parse(buf_view(&r), &m));
        assert_int_equal(m.class, STUN_SUCCESS);
        assert_memory_equal(m.transaction, transaction, sizeof transaction);
        assert_true(stun_xor_address(&m, &seen) && net_addr_eq(&seen, &source));
    }
}

static void d7_unknown_attributes_are_named(void **state)
{
    (void)state;
    for (unsigned unknown = 1; unknown <= 12; unknown++) {
        char request[256], answer[256];
        struct buf q = buf_on(request, sizeof request), r = buf_on(answer, sizeof answer);
        struct stun_msg m, back;
        struct view list;
        struct net_addr source;
        static const uint8_t transaction[12] = {0};
        stun_put_binding_request(&q, transaction);
        for (unsigned i = 0; i < unknown; i++)
            buf_add(&q, (struct view){(const char[]){0x7f, (char)i, 0, 0}, 4});
        buf_add(&q, (struct view){"\x80\x22\0\0", 4}); /* may be ignored */
        request[3] = (char)(q.n - STUN_HEADER_BYTES);
        assert_true(stun_parse(buf_view(&q), &m) && net_addr_parse(VIEW("192.0.2.1"), 1, &source));
        stun_put_binding_answer(&r, &m, &source);
        assert_true(stun_parse(buf_view(&r), &back));
        assert_int_equal(back.class, STUN_ERROR);
        assert_true(stun_attribute(&back, 0x0009, &list) && list.n == 4 && list.p[2] == 4 && list.p[3] == 20);
        assert_true(stun_attribute(&back, 0x000A, &list));
        assert_int_equal(list.n, 2 * MIN(unknown, 8));
        assert_true(r.n * 2 <= q.n * 3);
    }
}

static void broken_datagrams(void **state)
{
    (void)state;
    struct stun_msg m;
    uint8_t copy[sizeof ip4_answer];
    for (size_t n = 0; n < sizeof ip4_answer; n++) {
        uint8_t *exact = g_memdup2(ip4_answer, n);
        assert_false(stun_parse(bytes(exact, n), &m));
        g_free(exact);
    }
    static const struct {
        size_t at;
        uint8_t value;
    } changes[] = {{0, 4}, {0, 0x41}, {4, 0}, {3, 8}, {3, 13}, {23, 9}, {23, 255}, {22, 255}};
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
        memcpy(copy, ip4_answer, sizeof copy);
        copy[changes[i].at] = changes[i].value;
        assert_false(stun_parse(bytes(copy, sizeof copy), &m));
    }
    memcpy(copy, ip4_answer, sizeof copy);
    struct net_addr a;
    copy[25] = 3; /* no such family */
    assert_true(stun_parse(bytes(copy, sizeof copy), &m));
    assert_false(stun_xor_address(&m, &a));
    copy[25] = 2; /* IPv6 in eight bytes */
    assert_true(stun_parse(bytes(copy, sizeof copy), &m));
    assert_false(stun_xor_address(&m, &a));
    assert_false(stun_looks_like(VIEW("OPTIONS sip:a@b SIP/2.0\r\n\r\n")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc5769_addresses),
        cmocka_unit_test(ask_and_answer),
        cmocka_unit_test(d7_unknown_attributes_are_named),
        cmocka_unit_test(broken_datagrams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
