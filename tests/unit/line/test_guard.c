/* SPDX-License-Identifier: Apache-2.0
 *
 * Counting of failed sign-ins: F1, SEC-1.
 */
#include "tests/cmocka_all.h"

#include "line/guard.h"

#include <glib.h>

#define S ((int64_t)1000000)

static void ten_failures_block_the_pair_and_no_other_f1(void **state)
{
    (void)state;
    struct guard *g = guard_new();
    int64_t now = 0;
    for (int i = 0; i < GUARD_PAIR_TRIES; i++) {
        now += 40 * S; /* longer than any pause between tries */
        assert_false(guard_refuses(g, 1, VIEW("100"), now));
        assert_int_equal(guard_failed(g, 1, VIEW("100"), now), i == GUARD_PAIR_TRIES - 1);
    }
    now += 40 * S;
    assert_true(guard_refuses(g, 1, VIEW("100"), now));
    assert_false(guard_refuses(g, 2, VIEW("100"), now)); /* the real user from elsewhere */
    assert_false(guard_refuses(g, 1, VIEW("101"), now)); /* a colleague behind the same address */
    assert_true(guard_refuses(g, 1, VIEW("100"), now + 29 * 60 * S));
    assert_false(guard_refuses(g, 1, VIEW("100"), now + 31 * 60 * S));
    guard_free(g);
}

static void fifty_failures_block_the_address_f1(void **state)
{
    (void)state;
    struct guard *g = guard_new();
    for (int i = 0; i < GUARD_ADDRESS_TRIES; i++) {
        char account[8];
        (void)g_snprintf(account, sizeof account, "%d", 200 + i);
        assert_false(guard_refuses(g, 7, view_of(account), i * S));
        assert_int_equal(guard_failed(g, 7, view_of(account), i * S), i == GUARD_ADDRESS_TRIES - 1);
    }
    assert_true(guard_refuses(g, 7, VIEW("300"), 60 * S));
    assert_true(guard_refuses(g, 7, (struct view){0}, 60 * S));
    assert_false(guard_refuses(g, 8, VIEW("300"), 60 * S));
    guard_free(g);
}

static void pauses_grow_from_the_third_failure(void **state)
{
    (void)state;
    struct guard *g = guard_new();
    guard_failed(g, 1, VIEW("100"), 0);
    guard_failed(g, 1, VIEW("100"), 0);
    assert_false(guard_refuses(g, 1, VIEW("100"), 1));
    guard_failed(g, 1, VIEW("100"), 0);
    assert_true(guard_refuses(g, 1, VIEW("100"), S / 4 - 1));
    assert_false(guard_refuses(g, 1, VIEW("100"), S / 4));
    guard_failed(g, 1, VIEW("100"), S);
    assert_true(guard_refuses(g, 1, VIEW("100"), S + S / 2 - 1));
    assert_false(guard_refuses(g, 1, VIEW("100"), S + S / 2));
    guard_succeeded(g, 1, VIEW("100"));
    assert_false(guard_refuses(g, 1, VIEW("100"), S + 1));
    guard_free(g);
}

static void old_failures_are_forgotten(void **state)
{
    (void)state;
    struct guard *g = guard_new();
    for (int i = 0; i < 100; i++) {
        int64_t now = (int64_t)i * (GUARD_WINDOW_S / 5) * S;
        assert_false(guard_refuses(g, 1, VIEW("100"), now));
        guard_failed(g, 1, VIEW("100"), now);
    }
    guard_free(g);
}

static void the_table_has_a_limit(void **state)
{
    (void)state;
    struct guard *g = guard_new();
    for (uint64_t i = 1; i <= GUARD_ENTRIES_MAX + 100; i++)
        guard_failed(g, i << 20, (struct view){0}, (int64_t)i);
    assert_int_equal(guard_count(g), GUARD_ENTRIES_MAX);
    guard_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_failures_block_the_pair_and_no_other_f1),
        cmocka_unit_test(fifty_failures_block_the_address_f1),
        cmocka_unit_test(pauses_grow_from_the_third_failure),
        cmocka_unit_test(old_failures_are_forgotten),
        cmocka_unit_test(the_table_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
