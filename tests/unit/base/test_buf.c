/* SPDX-License-Identifier: Apache-2.0
 *
 * The bounded writer and the bounded arena: limits at n-1, n, n+1.
 */
#include "tests/cmocka_all.h"

#include "base/arena.h"
#include "base/buf.h"

static void what_does_not_fit_is_dropped_whole(void **state)
{
    (void)state;
    char mem[8];
    struct buf b = buf_on(mem, sizeof mem);
    buf_add(&b, VIEW("12345678"));
    assert_false(b.full);
    buf_add_char(&b, '9');
    assert_true(b.full);
    assert_true(view_eq(buf_view(&b), VIEW("12345678")));
    b = buf_on(mem, sizeof mem);
    buf_addf(&b, "%s", "1234567");
    assert_false(b.full);
    b = buf_on(mem, sizeof mem);
    buf_addf(&b, "%s", "12345678");
    assert_true(b.full);
    b = buf_on(mem, sizeof mem);
    buf_add_u64(&b, 90210);
    assert_true(view_eq(buf_view(&b), VIEW("90210")));
}

static void the_arena_has_a_limit(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 100);
    assert_non_null(arena_alloc(&a, 99));
    assert_null(arena_alloc(&a, 2));
    assert_non_null(arena_alloc(&a, 1));
    assert_null(arena_alloc(&a, 1));
    assert_null(arena_copy(&a, VIEW("x")).p);
    arena_clear(&a);
    assert_true(view_eq(arena_copy(&a, VIEW("hello")), VIEW("hello")));
    arena_release(&a);
    arena_init(&a, 1 << 20);
    for (int i = 0; i < 1000; i++) {
        char *p = arena_alloc(&a, 1000);
        assert_non_null(p);
        assert_int_equal(p[999], 0);
        p[0] = 1;
    }
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_does_not_fit_is_dropped_whole),
                                       cmocka_unit_test(the_arena_has_a_limit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
