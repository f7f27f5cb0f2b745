/* SPDX-License-Identifier: Apache-2.0
 *
 * The system's random bytes: nothing repeats, within a thread or between threads.
 */
#include "tests/cmocka_all.h"

#include "sys/random.h"

#include <glib.h>
#include <pthread.h>

enum { DRAWS = 20000, THREADS = 4 };

static void *draw(void *arg)
{
    uint64_t *v = arg;
    for (int i = 0; i < DRAWS; i++)
        v[i] = entropy_u64(random_entropy());
    return NULL;
}

static void no_two_draws_are_alike(void **state)
{
    (void)state;
    static uint64_t v[THREADS][DRAWS];
    pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, draw, v[i]), 0);
    GHashTable *seen = g_hash_table_new(g_int64_hash, g_int64_equal);
    for (int i = 0; i < THREADS; i++) {
        (void)pthread_join(thread[i], NULL);
        for (int k = 0; k < DRAWS; k++)
            assert_true(g_hash_table_add(seen, &v[i][k]));
    }
    g_hash_table_destroy(seen);
}

static void every_length_is_filled(void **state)
{
    (void)state;
    uint8_t big[5000];
    for (size_t n = 32; n <= sizeof big; n += 467) {
        memset(big, 0, sizeof big);
        entropy_fill(random_entropy(), big, n);
        unsigned zeros_at_end = 0;
        for (size_t i = n - 16; i < n; i++)
            zeros_at_end += big[i] == 0;
        assert_true(zeros_at_end < 8);
        for (size_t i = n; i < sizeof big; i++)
            assert_int_equal(big[i], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_two_draws_are_alike),
        cmocka_unit_test(every_length_is_filled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
