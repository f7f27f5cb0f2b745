/* SPDX-License-Identifier: Apache-2.0
 *
 * Random events for all legs and sessions of a stage, as true lines and media could send them, and some that they could
 * not. Used with chance by test_walk.c and with the fuzzer's bytes by tests/fuzz/fuzz_call_core.c.
 */
#pragma once

#include "tests/unit/feature/stage.h"

struct walk_source {
    unsigned (*next)(void *arg, unsigned below); /* even or odd, but in [0, below) */
    void *arg;
};

/* One event, or some time. */
void walk_step(struct stage *s, const struct walk_source *from);
/* All parties hang up and time passes until nothing runs. */
void walk_end(struct stage *s);
