/* SPDX-License-Identifier: Apache-2.0
 *
 * Call records as the call core makes them, for the journal's tests.
 */
#pragma once

#include "call/record.h"
#include "store/store.h"

struct sample {
    struct call_record record;
    struct call_segment segment[2];
    struct trace_step step[8];
};
/* A call with a name that needs care, two segments and eight steps. The id says `place`, so that it can be asked for.
 */
void sample_make(struct sample *s, const char *run, unsigned place, int64_t started_ms);
void sample_end(struct sample *s, int64_t length_ms, enum call_reason reason);

/* A data folder that is set up. */
void sample_company(const char *dir);
/* All calls by their id; json_decref. */
json_t *sample_calls(const char *dir);
