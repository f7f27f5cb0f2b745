/* SPDX-License-Identifier: Apache-2.0
 *
 * A fact, and its line in a journal file: eight hex digits of length, eight of CRC-32, the JSON, a line feed:
 *
 *   000001c4 9ae0f21b {"at_ms":1790000000000,"kind":"end","id":"…",…,"segments":[…],"trace":[…]}
 */
#pragma once

#include <glib.h>

#include "call/record.h"

enum fact_kind { FACT_START, FACT_END, FACT_ALIVE, FACT_KINDS };

struct fact {
    struct fact *next; /* the queue's */
    enum fact_kind kind;
    int64_t at_ms;             /* UTC */
    struct call_record record; /* START and END; its arrays lie behind the fact */
};

enum { FACT_LINE_MAX = 256 * 1024, FACT_HEAD = 18 };

/* One piece of memory; g_free. r may be NULL for ALIVE. */
struct fact *fact_new(enum fact_kind kind, int64_t at_ms, const struct call_record *r);

void fact_write(const struct fact *f, GString *out);
/* The trace alone as JSON, for the database. */
void fact_write_trace(const struct call_record *r, GString *out);

/* Length of the whole line at the beginning of v; 0: it is cut short or damaged. */
size_t fact_line(struct view v, struct view *ret_json);
/* g_free; NULL: not a fact that this version knows. */
struct fact *fact_read(struct view json);

const char *fact_direction_name(enum call_direction d);
const char *fact_ended_by_name(enum call_ended_by e);
const char *fact_segment_name(enum segment_kind k);
