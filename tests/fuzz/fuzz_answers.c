/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers files: whatever is in one, either whole rows come out or problems, never both and never neither.
 */
#include "model/answers.h"
#include "tests/fuzz/replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct problems *p = problems_new();
    struct answers *a = answers_parse((struct view){(const char *)data, size}, p);
    if (!a == !problems_count(p))
        fuzz_broken("%s with %u problems", a ? "rows" : "nothing", problems_count(p));
    json_decref(problems_json(p, MODEL_FR));
    answers_free(a);
    problems_free(p);
    return 0;
}
