/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines back into facts, after a crash or a database that was away: see fact_priv.h. A line proved its CRC, yet it may
 * be of another version: what is missing reads as 0 or empty, a word that is unknown as the first one. Any thread.
 */
#include <jansson.h>

#include "store/fact_priv.h"

static const char *text(const json_t *o, const char *key)
{
    const char *t = json_string_value(json_object_get(o, key));
    return t ? t : "";
}

static int64_t number(const json_t *o, const char *key)
{
    return json_integer_value(json_object_get(o, key));
}

static uint32_t number32(const json_t *o, const char *key)
{
    return (uint32_t)number(o, key);
}

static enum call_reason reason_of(const char *name)
{
    for (enum call_reason r = 0; r < REASONS; r++) {
        if (strcmp(call_reason_name(r), name) == 0)
            return r;
    }
    return REASON_INTERNAL_ERROR;
}

static enum trace_kind trace_kind_of(const char *name)
{
    enum trace_kind k = 0;
    while (k < TRACE_ENDED && strcmp(trace_kind_name(k), name) != 0)
        k++;
    return k;
}

static void read_segment(const json_t *in, struct call_segment *s)
{
    s->kind = strcmp(text(in, "kind"), fact_segment_name(SEGMENT_PEER)) == 0 ? SEGMENT_PEER : SEGMENT_USER;
    g_strlcpy(s->target, text(in, "target"), sizeof s->target);
    g_strlcpy(s->target_name, text(in, "target_name"), sizeof s->target_name);
    s->user = number32(in, "user");
    s->device = number32(in, "device");
    s->peer = number32(in, "peer");
    s->started_ms = number(in, "started_ms");
    s->answered_ms = number(in, "answered_ms");
    s->ended_ms = number(in, "ended_ms");
    s->reason = reason_of(text(in, "reason"));
}

static void read_step(const json_t *in, struct trace_step *t)
{
    t->at_ms = number(in, "at_ms");
    t->kind = trace_kind_of(text(in, "kind"));
    t->object = number32(in, "object");
    g_strlcpy(t->object_name, text(in, "object_name"), sizeof t->object_name);
    g_strlcpy(t->outcome, text(in, "outcome"), sizeof t->outcome);
    g_strlcpy(t->facts, text(in, "facts"), sizeof t->facts);
}

static void read_plain(const json_t *in, struct call_record *r)
{
    g_strlcpy(r->id.text, text(in, "id"), sizeof r->id.text);
    r->started_ms = number(in, "started_ms");
    r->ended_ms = number(in, "ended_ms");
    r->length_ms = number(in, "length_ms");
    r->talk_ms = number(in, "talk_ms");
    for (enum call_direction d = CALL_IN; d <= CALL_INTERNAL; d++) {
        if (strcmp(fact_direction_name(d), text(in, "direction")) == 0)
            r->direction = d;
    }
    g_strlcpy(r->from.number, text(in, "from_number"), sizeof r->from.number);
    g_strlcpy(r->from.name, text(in, "from_name"), sizeof r->from.name);
    r->from.user = number32(in, "from_user");
    r->from.withheld = number(in, "from_withheld") != 0;
    g_strlcpy(r->to_dialled, text(in, "to_dialled"), sizeof r->to_dialled);
    r->peer = number32(in, "peer");
    r->answered = number(in, "answered") != 0;
    for (enum call_ended_by e = ENDED_BY_CALLER; e <= ENDED_BY_SYSTEM; e++) {
        if (strcmp(fact_ended_by_name(e), text(in, "ended_by")) == 0)
            r->ended_by = e;
    }
    r->reason = reason_of(text(in, "reason"));
    r->trace_more = number32(in, "trace_more");
}

static struct fact *read_call(const json_t *in, enum fact_kind kind)
{
    const json_t *segments = json_object_get(in, "segments"), *trace = json_object_get(in, "trace");
    struct call_record r = {.n_segments = (uint32_t)MIN(json_array_size(segments), SEGMENTS_MAX),
                            .n_trace = (uint32_t)MIN(json_array_size(trace), TRACE_STEPS_MAX)};
    r.segments = g_new0(struct call_segment, r.n_segments);
    r.trace = g_new0(struct trace_step, r.n_trace);
    read_plain(in, &r);
    for (size_t i = 0; i < r.n_segments; i++)
        read_segment(json_array_get(segments, i), &r.segments[i]);
    for (size_t i = 0; i < r.n_trace; i++)
        read_step(json_array_get(trace, i), &r.trace[i]);
    struct fact *f = fact_new(kind, number(in, "at_ms"), &r);
    g_free(r.segments);
    g_free(r.trace);
    return f;
}

struct fact *fact_read(struct view line)
{
    json_t *in = json_loadb(line.p, line.n, 0, NULL);
    const char *kind = text(in, "kind");
    struct fact *f = NULL;
    if (strcmp(kind, "start") == 0)
        f = read_call(in, FACT_START);
    else if (strcmp(kind, "end") == 0)
        f = read_call(in, FACT_END);
    else if (strcmp(kind, "alive") == 0)
        f = fact_new(FACT_ALIVE, number(in, "at_ms"), NULL);
    json_decref(in);
    return f;
}
