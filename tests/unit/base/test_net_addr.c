/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses as values: reading, writing, ranges.
 */
#include "tests/cmocka_all.h"

#include "base/net_addr.h"

#include <glib.h>

static void text_round_trips(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"10.0.0.1", "10.0.0.1:5060"},
        {"[2001:db8::1]", "[2001:db8::1]:5060"},
        {"2001:DB8:0::1", "[2001:db8::1]:5060"},
        {"::ffff:192.0.2.1", "192.0.2.1:5060"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct net_addr a;
        char text[NET_ADDR_TEXT];
        assert_true(net_addr_parse(view_of(rows[i].in), 5060, &a));
        assert_string_equal(net_addr_text(&a, text), rows[i].out);
    }
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",          "example.com", "1.2.3",
        "1.2.3.4.5", "[::1",        "::1%eth0",
        "256.1.1.1", "[]",          "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd"};
    struct net_addr a;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        assert_false(net_addr_parse(view_of(rows[i]), 1, &a));
    assert_false(net_addr_parse((struct view){"1.2.3.4\0x", 9}, 1, &a));
}

static void kinds(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        bool inside, loopback, multicast;
    } rows[] = {
        {"192.168.3.4", true, false, false},     {"172.32.0.1", false, false, false},
        {"127.9.9.9", true, true, false},        {"::1", true, true, false},
        {"fe80::1", true, false, false},         {"fd00::1", true, false, false},
        {"2001:db8::1", false, false, false},    {"224.0.1.75", false, false, true},
        {"255.255.255.255", false, false, true}, {"ff02::1", false, false, true},
        {"100.64.0.1", true, false, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct net_addr a;
        assert_true(net_addr_parse(view_of(rows[i].host), 0, &a));
        assert_int_equal(net_addr_is_private(&a), rows[i].inside);
        assert_int_equal(net_addr_is_loopback(&a), rows[i].loopback);
        assert_int_equal(net_addr_is_multicast(&a), rows[i].multicast);
    }
}

static void ranges(void **state)
{
    (void)state;
    struct net_range r;
    struct net_addr a;
    assert_true(net_range_parse(VIEW("10.1.128.0/17"), &r));
    assert_true(net_addr_parse(VIEW("10.1.200.1"), 0, &a));
    assert_true(net_range_has(&r, &a));
    assert_true(net_addr_parse(VIEW("10.1.127.1"), 0, &a));
    assert_false(net_range_has(&r, &a));
    assert_true(net_range_parse(VIEW("0.0.0.0/0"), &r));
    assert_true(net_range_has(&r, &a));
    assert_false(net_range_parse(VIEW("10.0.0.0/33"), &r));
    assert_false(net_range_parse(VIEW("10.0.0.0/x"), &r));
}

static void strangers_are_counted_by_slash_64(void **state)
{
    (void)state;
    struct net_addr a, b, c;
    assert_true(net_addr_parse(VIEW("2001:db8::1"), 1, &a));
    assert_true(net_addr_parse(VIEW("2001:db8::ffff:1"), 2, &b));
    assert_true(net_addr_parse(VIEW("2001:db8:0:1::1"), 1, &c));
    assert_true(net_addr_source_key(&a) == net_addr_source_key(&b));
    assert_true(net_addr_source_key(&a) != net_addr_source_key(&c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_round_trips),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(kinds),
        cmocka_unit_test(ranges),
        cmocka_unit_test(strangers_are_counted_by_slash_64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
