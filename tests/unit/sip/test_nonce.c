/* SPDX-License-Identifier: Apache-2.0
 *
 * Nonces: 300 s of life, bound to source and key, no nonce count twice, bounded memory (SIP-3, F4).
 */
#include "tests/unit/sip/sip_helper.h"

#include "sip/digest.h"

static void fill(void *arg, void *dst, size_t bytes)
{
    memset(dst, *(const int *)arg, bytes);
}

static int seed = 1;

static struct nonce_keeper *keeper(void)
{
    static const struct entropy entropy = {fill, &seed};
    return nonce_keeper_new(&entropy);
}

enum { S = 1000000, START = 5 * S };

static void sip3_life_and_binding(void **state)
{
    (void)state;
    struct nonce_keeper *k = keeper();
    char n[NONCE_CHARS + 1], other[NONCE_CHARS + 1];
    nonce_make(k, START, 7, n);
    assert_int_equal(strlen(n), NONCE_CHARS);
    struct view v = view_of(n);
    assert_int_equal(nonce_check(k, v, 7, 1, START), NONCE_GOOD);
    assert_int_equal(nonce_check(k, v, 7, 1, START + 300LL * S - 1), NONCE_GOOD);
    assert_int_equal(nonce_check(k, v, 7, 1, START + 300LL * S), NONCE_GOOD);
    assert_int_equal(nonce_check(k, v, 7, 1, START + 300LL * S + 1000), NONCE_STALE);
    assert_int_equal(nonce_check(k, v, 8, 1, START), NONCE_STALE); /* from another address */
    nonce_make(k, START, 7, other);
    assert_string_not_equal(n, other); /* in the same microsecond */
    seed = 2;
    struct nonce_keeper *restarted = keeper();
    assert_int_equal(nonce_check(restarted, v, 7, 1, START), NONCE_STALE);
    nonce_keeper_free(restarted);
    seed = 1;
    nonce_keeper_free(k);
    nonce_keeper_free(NULL);
}

static void no_byte_of_it_can_be_changed(void **state)
{
    (void)state;
    struct nonce_keeper *k = keeper();
    char n[NONCE_CHARS + 1];
    nonce_make(k, START, 7, n);
    for (size_t i = 0; i < NONCE_CHARS; i++) {
        char old = n[i];
        n[i] = old == '0' ? '1' : '0';
        assert_int_equal(nonce_check(k, view_of(n), 7, 1, START), NONCE_STALE);
        n[i] = 'x';
        assert_int_equal(nonce_check(k, view_of(n), 7, 1, START), NONCE_FOREIGN);
        n[i] = old;
    }
    assert_int_equal(nonce_check(k, view_slice(view_of(n), 0, NONCE_CHARS - 1), 7, 1, START), NONCE_FOREIGN);
    assert_int_equal(nonce_check(k, VIEW(""), 7, 1, START), NONCE_FOREIGN);
    assert_int_equal(nonce_check(k, view_of(n), 7, 1, START), NONCE_GOOD);
    nonce_keeper_free(k);
}

static void f4_no_count_twice(void **state)
{
    (void)state;
    struct nonce_keeper *k = keeper();
    char text[NONCE_CHARS + 1];
    nonce_make(k, START, 7, text);
    struct view n = view_of(text);
    assert_true(nonce_use(k, n, 1, START));
    assert_int_equal(nonce_check(k, n, 7, 1, START), NONCE_REPLAYED);
    assert_false(nonce_use(k, n, 1, START));
    assert_int_equal(nonce_check(k, n, 7, 0, START), NONCE_REPLAYED); /* nor without a count */
    assert_int_equal(nonce_check(k, n, 7, 2, START), NONCE_GOOD);
    assert_true(nonce_use(k, n, 5, START));
    assert_true(nonce_use(k, n, 3, START)); /* over UDP they may overtake one another */
    assert_false(nonce_use(k, n, 3, START));
    assert_false(nonce_use(k, n, 5, START));
    assert_true(nonce_use(k, n, 100, START));
    assert_true(nonce_use(k, n, 37, START));  /* 63 below */
    assert_false(nonce_use(k, n, 36, START)); /* 64 below: not remembered, so refused */
    assert_false(nonce_use(k, n, 37, START));
    assert_true(nonce_use(k, n, UINT32_MAX, START));
    assert_false(nonce_use(k, n, 101, START));
    assert_false(nonce_use(k, n, UINT32_MAX, START));
    assert_true(nonce_use(k, n, UINT32_MAX - 63, START));
    nonce_keeper_free(k);
}

static void bounded_memory(void **state)
{
    (void)state;
    struct nonce_keeper *k = keeper();
    char first[NONCE_CHARS + 1], second[NONCE_CHARS + 1], unused[NONCE_CHARS + 1], n[NONCE_CHARS + 1];
    nonce_make(k, START, 7, unused);
    nonce_make(k, START, 7, first);
    nonce_make(k, START, 7, second);
    assert_true(nonce_use(k, view_of(first), 1, START));
    assert_true(nonce_use(k, view_of(second), 1, START));
    for (unsigned i = 0; i < 65534; i++) {
        nonce_make(k, START + 1000 + i * 10, 7, n);
        assert_true(nonce_use(k, view_of(n), 1, START + 1000 + i * 10));
    }
    int64_t now = START + S;
    assert_int_equal(nonce_check(k, view_of(first), 7, 2, now), NONCE_GOOD); /* 65,536 fit */
    nonce_make(k, now, 7, n);
    assert_true(nonce_use(k, view_of(n), 1, now));
    assert_int_equal(nonce_check(k, view_of(first), 7, 1, now), NONCE_STALE); /* dropped, yet no replay of it */
    assert_int_equal(nonce_check(k, view_of(first), 7, 2, now), NONCE_STALE);
    assert_false(nonce_use(k, view_of(first), 1, now));
    assert_int_equal(nonce_check(k, view_of(unused), 7, 1, now), NONCE_STALE);
    assert_int_equal(nonce_check(k, view_of(second), 7, 1, now), NONCE_REPLAYED);
    assert_int_equal(nonce_check(k, view_of(second), 7, 2, now), NONCE_GOOD);
    /* After their life all of them are let go, and new ones are as good as ever. */
    now += 400LL * S;
    nonce_make(k, now, 7, n);
    assert_true(nonce_use(k, view_of(n), 1, now));
    assert_int_equal(nonce_check(k, view_of(n), 7, 2, now), NONCE_GOOD);
    nonce_keeper_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sip3_life_and_binding),
        cmocka_unit_test(no_byte_of_it_can_be_changed),
        cmocka_unit_test(f4_no_count_twice),
        cmocka_unit_test(bounded_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
