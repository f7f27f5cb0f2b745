/* SPDX-License-Identifier: Apache-2.0
 *
 * A3, C3, B2: thousands of random walks through all states. After each event all is as it must be; at the end no leg,
 * session, timer or byte is left, and each call that started has one record. A failing seed is printed; WALK_SEED
 * replays it.
 */
#include "tests/cmocka_all.h"

#include <stdlib.h>

#include "tests/unit/feature/walk.h"

static unsigned from_chance(void *arg, unsigned below)
{
    return (unsigned)(stage_chance(arg) % below);
}

static unsigned reasons[REASONS];

static void walk(uint64_t seed)
{
    struct stage *s = stage_new(seed, NULL);
    struct walk_source from = {from_chance, s};
    GString *why = g_string_new(NULL);
    unsigned steps = 20 + from_chance(s, 100);
    for (unsigned i = 0; i < steps; i++) {
        walk_step(s, &from);
        if (!call_core_check(s->core, why) || s->wrong->len)
            fail_msg("WALK_SEED=%llu step %u: %s%s\n%s", (unsigned long long)seed, i, why->str, s->wrong->str,
                     s->log->str);
    }
    if (seed % 5 == 0)
        call_core_shutdown(s->core);
    else
        walk_end(s);
    for (unsigned i = 0; i < s->n_records; i++)
        reasons[s->record[i].reason]++;
    bool internal = false;
    for (unsigned i = 0; i < s->n_records; i++)
        internal = internal || s->record[i].reason == REASON_INTERNAL_ERROR;
    g_autofree char *log = g_strdup(s->log->str);
    if (!stage_free(s, why) || internal)
        fail_msg("WALK_SEED=%llu end: %s%s\n%s", (unsigned long long)seed, why->str, internal ? "internal_error" : "",
                 log);
    g_string_free(why, TRUE);
}

static void random_walks(void **state)
{
    (void)state;
    const char *seed = getenv("WALK_SEED");
    if (seed) {
        walk(g_ascii_strtoull(seed, NULL, 10));
        return;
    }
    for (uint64_t i = 1; i <= 5000; i++)
        walk(i);
}

/* CONT-21: the walks reach every reason that can occur by now. */
static void reasons_reached(void **state)
{
    (void)state;
    static const enum call_reason now[] = {
        REASON_ANSWERED,    REASON_BUSY,           REASON_NO_ANSWER,     REASON_REFUSED,    REASON_CANCELLED,
        REASON_UNREACHABLE, REASON_NOT_REGISTERED, REASON_WRONG_NUMBER,  REASON_FORBIDDEN,  REASON_LIMIT,
        REASON_CONGESTION,  REASON_TRUNK_FAILED,   REASON_MEDIA_TIMEOUT, REASON_TRANSFERRED};
    if (getenv("WALK_SEED"))
        return;
    for (unsigned i = 0; i < G_N_ELEMENTS(now); i++)
        if (!reasons[now[i]])
            fail_msg("never: %s", call_reason_name(now[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_walks), cmocka_unit_test(reasons_reached)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
