/* SPDX-License-Identifier: Apache-2.0
 *
 * Sample call records: see records.h.
 */
#include "tests/unit/store/records.h"

void sample_make(struct sample *s, const char *run, unsigned place, int64_t started_ms)
{
    *s = (struct sample){.record = {.started_ms = started_ms, .direction = CALL_INTERNAL, .n_trace = 8}};
    struct call_record *r = &s->record;
    (void)g_snprintf(r->id.text, sizeof r->id.text, "01890000-%.8s-7000-%08u", run, place);
    (void)g_snprintf(r->from.number, sizeof r->from.number, "100");
    (void)g_snprintf(r->from.name, sizeof r->from.name, "Amélie \"A\\\" \x01\xff Laurent");
    (void)g_snprintf(r->to_dialled, sizeof r->to_dialled, "101");
    r->from.user = 1;
    r->segments = s->segment;
    r->trace = s->step;
    for (size_t i = 0; i < 8; i++) {
        s->step[i] = (struct trace_step){.at_ms = started_ms + (int64_t)i, .kind = (enum trace_kind)i, .object = 2};
        (void)g_snprintf(s->step[i].object_name, sizeof s->step[i].object_name, "Hugo Marchand");
        (void)g_snprintf(s->step[i].outcome, sizeof s->step[i].outcome, "ringing");
        (void)g_snprintf(s->step[i].facts, sizeof s->step[i].facts, "codec=opus");
    }
}

void sample_end(struct sample *s, int64_t length_ms, enum call_reason reason)
{
    struct call_record *r = &s->record;
    r->ended_ms = r->started_ms + length_ms;
    r->length_ms = length_ms;
    r->talk_ms = length_ms / 2;
    r->answered = true;
    r->ended_by = ENDED_BY_CALLEE;
    r->reason = reason;
    r->n_segments = 2;
    for (size_t i = 0; i < 2; i++) {
        s->segment[i] = (struct call_segment){.kind = (enum segment_kind)i,
                                              .user = 2,
                                              .started_ms = r->started_ms,
                                              .ended_ms = r->ended_ms,
                                              .reason = reason};
        (void)g_snprintf(s->segment[i].target, sizeof s->segment[i].target, "101");
    }
}

void sample_company(const char *dir)
{
    struct problems *p = problems_new();
    struct answers *a = answers_parse(VIEW("{\"version\": 1, \"owner\": {\"first_name\": \"Ada\"}}"), p);
    struct store *s = NULL;
    if (store_open(dir, STORE_MAKE, &s, NULL) != 0 || store_set_up(s, a, NULL) != 0)
        g_error("%s could not be set up", dir);
    store_close(s);
    answers_free(a);
    problems_free(p);
}

json_t *sample_calls(const char *dir)
{
    enum { ALL = 1000000 };
    struct store *s = NULL;
    json_t *list = NULL, *by_id = json_object();
    if (store_open(dir, STORE_EXISTING, &s, NULL) != 0 || store_calls(s, ALL, &list) != 0)
        g_error("%s cannot be read", dir);
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *call = json_array_get(list, i);
        json_object_set(by_id, json_string_value(json_object_get(call, "id")), call);
    }
    if (json_object_size(by_id) != json_array_size(list))
        g_error("a call is there twice");
    json_decref(list);
    store_close(s);
    return by_id;
}
