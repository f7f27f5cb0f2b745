/* SPDX-License-Identifier: Apache-2.0
 *
 * D2: how much of strangers is heard by UDP, at its limits, in made-up time.
 */
#include "tests/cmocka_all.h"

#include "net/share_priv.h"
#include "sys/random.h"

#include <glib.h>

static struct share *share_new(void)
{
    struct share *s = g_new0(struct share, 1);
    share_init(s, random_entropy());
    return s;
}

static bool share_admits(struct share *s, const struct net_addr *a, int64_t now_us)
{
    return share_judge(s, a, now_us) != SHARE_TOO_MUCH;
}

static struct net_addr addr(uint32_t n, uint16_t port)
{
    return (struct net_addr){
        .ip = {10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}, .port = port, .family = NET_IP4};
}

static unsigned admitted(struct share *s, const struct net_addr *a, unsigned tries, int64_t now_us)
{
    unsigned n = 0;
    for (unsigned i = 0; i < tries; i++)
        n += share_admits(s, a, now_us);
    return n;
}

static void d2_one_stranger_has_his_share_of_each_second(void **state)
{
    (void)state;
    struct share *s = share_new();
    struct net_addr a = addr(1, 5060), other_port = addr(1, 5061), other = addr(2, 5060);
    assert_int_equal(admitted(s, &a, SHARE_ONE_MAX - 1, 5000000), SHARE_ONE_MAX - 1);
    assert_true(share_admits(s, &a, 5000000));
    assert_false(share_admits(s, &a, 5999999));
    assert_false(share_admits(s, &other_port, 5999999)); /* counted by address */
    assert_true(share_admits(s, &other, 5999999));
    assert_true(share_admits(s, &a, 6000000));
    g_free(s);
}

static void d2_who_signed_in_has_no_limit(void **state)
{
    (void)state;
    struct share *s = share_new();
    struct net_addr a = addr(1, 5060), neighbour = addr(1, 5061);
    int64_t end_us = 1000000 + SHARE_TRUST_S * 1000000LL;
    share_trust(s, &a, 1000000);
    assert_int_equal(admitted(s, &a, 100000, 2000000), 100000);
    assert_int_equal(admitted(s, &neighbour, 100000, 2000000), SHARE_ONE_MAX); /* the same NAT, another phone */
    assert_int_equal(admitted(s, &a, 5000, end_us - 1), 5000);
    assert_int_equal(admitted(s, &a, 5000, end_us), SHARE_ONE_MAX);
    g_free(s);
}

static void d2_a_newcomer_comes_through_a_flood(void **state)
{
    (void)state;
    struct share *s = share_new();
    struct net_addr phone = addr(0x20000, 5060);
    unsigned heard = 0;
    for (unsigned round = 0; round < 400; round++) {
        for (uint32_t source = 0; source < 250; source++) {
            struct net_addr a = addr(source, 1024);
            heard += share_admits(s, &a, 9000000);
        }
    }
    assert_in_range(heard, 2000, 10000);
    assert_int_equal(admitted(s, &phone, 2, 9500000), 2);
    g_free(s);
}

static void d2_work_for_strangers_is_bounded(void **state)
{
    (void)state;
    struct share *s = share_new();
    struct net_addr trusted = addr(0x30000, 5060);
    share_trust(s, &trusted, 9000000);
    unsigned heard = 0;
    for (unsigned round = 0; round < 20; round++) {
        for (uint32_t source = 0; source < 50000; source++) {
            struct net_addr a = addr(source, 1024);
            heard += share_admits(s, &a, 9000000);
        }
    }
    assert_true(heard <= 20000);
    assert_true(share_admits(s, &trusted, 9000000));
    g_free(s);
}

static void d2_trusted_places_are_bounded_and_the_oldest_goes(void **state)
{
    (void)state;
    struct share *s = share_new();
    enum { MANY = 20000 };
    unsigned kept = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        struct net_addr a = addr(i, 5060);
        share_trust(s, &a, 1000000 + i);
    }
    for (uint32_t i = 0; i < MANY; i++) {
        struct net_addr a = addr(i, 5060);
        (void)admitted(s, &a, SHARE_ONE_MAX, 2000000);
        kept += share_admits(s, &a, 2000000);
    }
    assert_in_range(kept, MANY * 98 / 100, MANY); /* a set of four that gets a fifth loses one */
    g_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(d2_one_stranger_has_his_share_of_each_second),
        cmocka_unit_test(d2_who_signed_in_has_no_limit),
        cmocka_unit_test(d2_a_newcomer_comes_through_a_flood),
        cmocka_unit_test(d2_work_for_strangers_is_bounded),
        cmocka_unit_test(d2_trusted_places_are_bounded_and_the_oldest_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
