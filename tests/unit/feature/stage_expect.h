/* SPDX-License-Identifier: Apache-2.0
 *
 * What scenario tests say on the stage; each look at the log also asks the core whether all is well. Legs are named by
 * their place: the caller is 1, the called 2, 3 …; sessions likewise m1, m2.
 */
#pragma once

#include "tests/cmocka_all.h"

#include "tests/unit/feature/stage.h"

static inline void expect_well(struct stage *s)
{
    GString *why = g_string_new(NULL);
    if (!call_core_check(s->core, why))
        fail_msg("%s\n%s", why->str, s->log->str);
    g_string_free(why, TRUE);
}

#define saw(s, line)                                                 \
    do {                                                             \
        if (!stage_saw(s, line))                                     \
            fail_msg("not seen: %s\nbut:\n%s", line, (s)->log->str); \
        expect_well(s);                                              \
    } while (0)
#define never_saw(s, line) assert_false(stage_saw(s, line))

static inline void done(struct stage *s)
{
    GString *why = g_string_new(NULL);
    if (!stage_free(s, why))
        fail_msg("%s", why->str);
    g_string_free(why, TRUE);
}

static inline const struct stage_record *only_record(struct stage *s, enum call_reason reason)
{
    assert_int_equal(s->n_records, 1);
    const struct stage_record *r = stage_record(s, 0);
    assert_string_equal(call_reason_name(r->reason), call_reason_name(reason));
    return r;
}
