/* SPDX-License-Identifier: Apache-2.0
 *
 * The set of address ranges against the ranges themselves, at their edges and at random.
 */
#include "tests/cmocka_all.h"

#include "base/net_set.h"

#include <stdlib.h>
#include <string.h>

static struct net_range range(const char *text)
{
    struct net_range r;
    assert_true(net_range_parse(view_of(text), &r));
    return r;
}

static bool has(const struct net_set *s, const char *address)
{
    struct net_addr a;
    assert_true(net_addr_parse(view_of(address), 5060, &a));
    return net_set_has(s, &a);
}

static void edges_of_ranges(void **state)
{
    (void)state;
    const struct net_range ranges[] = {range("203.0.113.0/24"), range("198.51.100.7"), range("203.0.113.128/25"),
                                       range("2001:db8::/33"),  range("10.1.2.3/8"),   range("2001:db8:ffff::1")};
    struct net_set *s = net_set_new(ranges, sizeof ranges / sizeof *ranges);
    static const struct {
        const char *address;
        bool in;
    } table[] = {
        {"203.0.112.255", false},     {"203.0.113.0", true},           {"203.0.113.127", true},
        {"203.0.113.255", true},      {"203.0.114.0", false},          {"198.51.100.6", false},
        {"198.51.100.7", true},       {"198.51.100.8", false},         {"9.255.255.255", false},
        {"10.0.0.0", true},           {"10.255.255.255", true},        {"11.0.0.0", false},
        {"2001:db8::", true},         {"2001:db8:7fff:ffff::9", true}, {"2001:db8:8000::", false},
        {"2001:db8:ffff::", false},   {"2001:db8:ffff::1", true},      {"2001:db8:ffff::2", false},
        {"::ffff:203.0.113.9", true}, {"cb00:7100::", false},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (has(s, table[i].address) != table[i].in)
            fail_msg("%s", table[i].address);
    net_set_free(s);
}

static void nothing_and_everything(void **state)
{
    (void)state;
    struct net_set *s = net_set_new(NULL, 0);
    assert_false(has(s, "0.0.0.0"));
    net_set_free(s);
    const struct net_range all = range("0.0.0.0/0");
    s = net_set_new(&all, 1);
    assert_true(has(s, "0.0.0.0") && has(s, "255.255.255.255"));
    assert_false(has(s, "::1"));
    net_set_free(s);
}

static uint32_t dice(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(*seed >> 33);
}

/* Addresses close together, so that ranges lie in each other and hits are as likely as misses. */
static struct net_addr address_by(uint64_t *seed)
{
    struct net_addr a = {.family = dice(seed) % 2 ? NET_IP4 : NET_IP6};
    for (unsigned i = 0; i < 4; i++)
        a.ip[i] = (uint8_t)(dice(seed) % 4 * 64 + dice(seed) % 2);
    return a;
}

static void the_set_says_what_the_ranges_say(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (unsigned round = 0; round < 50; round++) {
        struct net_range ranges[40];
        size_t n = dice(&seed) % 41;
        for (size_t i = 0; i < n; i++)
            ranges[i] = (struct net_range){address_by(&seed), (uint8_t)(8 + dice(&seed) % 25)};
        struct net_set *s = net_set_new(ranges, n);
        for (unsigned i = 0; i < 400; i++) {
            struct net_addr a = address_by(&seed);
            bool in = false;
            for (size_t r = 0; r < n; r++)
                in |= net_range_has(&ranges[r], &a);
            assert_int_equal(net_set_has(s, &a), in);
        }
        net_set_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_of_ranges),
        cmocka_unit_test(nothing_and_everything),
        cmocka_unit_test(the_set_says_what_the_ranges_say),
    };
    return cmocka_run_group_tests_name("net_set", tests, NULL, NULL);
}
