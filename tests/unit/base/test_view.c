/* SPDX-License-Identifier: Apache-2.0
 *
 * Views: cutting, comparing, numbers with limits.
 */
#include "tests/cmocka_all.h"

#include "base/view.h"

#include <glib.h>

static void numbers_stop_at_their_limit(void **state)
{
    (void)state;
    uint64_t wide = 7;
    uint32_t small = 7;
    assert_true(view_to_u64(VIEW("18446744073709551615"), UINT64_MAX, &wide));
    assert_true(wide == UINT64_MAX);
    assert_false(view_to_u64(VIEW("18446744073709551616"), UINT64_MAX, &wide));
    assert_true(view_to_u32(VIEW("0068"), 255, &small));
    assert_int_equal(small, 68);
    assert_false(view_to_u32(VIEW("256"), 255, &small));
    assert_false(view_to_u32(VIEW(""), 255, &small));
    assert_false(view_to_u32(VIEW("-1"), 255, &small));
    assert_false(view_to_u32(VIEW("9"), 5, &small));
    assert_int_equal(small, 68);
}

static void cutting_takes_heads_off(void **state)
{
    (void)state;
    struct view rest = VIEW("a;b");
    assert_true(view_eq(view_cut(&rest, ';'), VIEW("a")));
    assert_true(view_eq(view_cut(&rest, ';'), VIEW("b")));
    assert_int_equal(rest.n, 0);
    assert_true(view_eq(view_trim(VIEW(" \r\n x y\t")), VIEW("x y")));
    assert_int_equal(view_trim(VIEW("  ")).n, 0);
}

static void comparing(void **state)
{
    (void)state;
    assert_true(view_eq_nocase(VIEW("Via"), VIEW("vIA")));
    assert_false(view_eq(VIEW("Via"), VIEW("via")));
    assert_true(view_starts(VIEW("sip:x"), VIEW("sip:")));
    assert_false(view_starts(VIEW("si"), VIEW("sip:")));
    assert_true(view_eq((struct view){0}, VIEW("")));
}

static void copies_say_when_cut(void **state)
{
    (void)state;
    char small[4];
    assert_true(view_copy(VIEW("abc"), small, sizeof small));
    assert_false(view_copy(VIEW("abcd"), small, sizeof small));
    assert_string_equal(small, "abc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_stop_at_their_limit),
        cmocka_unit_test(cutting_takes_heads_off),
        cmocka_unit_test(comparing),
        cmocka_unit_test(copies_say_when_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
