/* SPDX-License-Identifier: Apache-2.0
 *
 * Ids with generations: an old id never finds a new thing.
 */
#include "tests/cmocka_all.h"

#include "base/slots.h"

static void an_old_id_finds_nothing(void **state)
{
    (void)state;
    struct slots *s = slots_new();
    int one, two;
    uint64_t a = slots_add(s, &one);
    assert_ptr_equal(slots_get(s, a), &one);
    slots_remove(s, a);
    assert_null(slots_get(s, a));
    uint64_t b = slots_add(s, &two);
    assert_true(a != b);
    assert_null(slots_get(s, a));
    assert_ptr_equal(slots_get(s, b), &two);
    slots_remove(s, a);
    assert_int_equal(slots_count(s), 1);
    assert_null(slots_get(s, 0));
    assert_null(slots_get(s, UINT64_MAX));
    slots_free(s);
}

static void going_over_all(void **state)
{
    (void)state;
    struct slots *s = slots_new();
    int things[100];
    uint64_t ids[100];
    for (int i = 0; i < 100; i++)
        ids[i] = slots_add(s, &things[i]);
    for (int i = 0; i < 100; i += 2)
        slots_remove(s, ids[i]);
    size_t at = 0;
    int seen = 0;
    while (slots_next(s, &at))
        seen++;
    assert_int_equal(seen, 50);
    slots_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_old_id_finds_nothing), cmocka_unit_test(going_over_all)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
