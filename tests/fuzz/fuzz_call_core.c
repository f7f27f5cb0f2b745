/* SPDX-License-Identifier: Apache-2.0
 *
 * A3: sequences of events chosen by the fuzzer, for the whole call core with its features on the stage of
 * tests/unit/feature: after each one all must be as it must be, at the end nothing may be left.
 */
#include "tests/fuzz/replay.h"
#include "tests/unit/feature/walk.h"

struct input {
    const uint8_t *data;
    size_t left;
};

static unsigned from_input(void *arg, unsigned below)
{
    struct input *in = arg;
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->data++ % below;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct walk_source from = {from_input, &in};
    struct stage *s = stage_new(1, NULL);
    GString *why = g_string_new(NULL);
    for (int i = 0; i < 200 && in.left > 0; i++) {
        walk_step(s, &from);
        if (!call_core_check(s->core, why) || s->wrong->len)
            fuzz_broken("after %d events: %s%s\n%s", i + 1, why->str, s->wrong->str, s->log->str);
    }
    walk_end(s);
    if (!stage_free(s, why))
        fuzz_broken("at the end: %s", why->str);
    g_string_free(why, TRUE);
    return 0;
}
