/* SPDX-License-Identifier: Apache-2.0
 *
 * Names made of random bytes: form and order.
 */
#include "tests/cmocka_all.h"

#include "base/entropy.h"

#include <string.h>

static void count_up(void *arg, void *dst, size_t bytes)
{
    uint8_t *next = arg;
    for (size_t i = 0; i < bytes; i++)
        ((uint8_t *)dst)[i] = (*next)++;
}

static void uuids_have_their_form_and_sort_by_time(void **state)
{
    (void)state;
    uint8_t next = 0;
    struct entropy e = {count_up, &next};
    struct uuid a = uuid_v7(&e, 1700000000000000), b = uuid_v7(&e, 1700000000001000);
    assert_int_equal(strlen(a.text), UUID_CHARS);
    assert_int_equal(a.text[14], '7');
    assert_non_null(strchr("89ab", a.text[19]));
    assert_true(strcmp(a.text, b.text) < 0);
    assert_memory_equal(a.text, "018bcfe5-6800", 13);
}

static void tokens_have_their_length(void **state)
{
    (void)state;
    uint8_t next = 0;
    struct entropy e = {count_up, &next};
    char token[27];
    entropy_token(&e, token, 26);
    assert_int_equal(strlen(token), 26);
    assert_int_equal(strspn(token, "abcdefghijklmnopqrstuvwxyz234567"), 26);
    for (int i = 0; i < 1000; i++)
        assert_true(entropy_below(&e, 7) < 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(uuids_have_their_form_and_sort_by_time),
                                       cmocka_unit_test(tokens_have_their_length)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
