/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading call records back: see store.h. The thread of the store.
 */
#include "store/store_priv.h"

/* Columns in the order of the SELECT; the JSON keys are their names. */
static const char *const call_columns[] = {
    "id",          "started_ms", "ended_ms",  "length_ms",     "talk_ms",    "direction",
    "from_number", "from_name",  "from_user", "from_withheld", "to_dialled", "peer",
    "answered",    "ended_by",   "reason",    "trace_more",    "trace",
};
static const char *const segment_columns[] = {"n",    "kind",       "target",      "target_name", "user",  "device",
                                              "peer", "started_ms", "answered_ms", "ended_ms",    "reason"};

static json_t *json_of(const struct db_value *v)
{
    if (v->type == DB_INT)
        return json_integer(v->i);
    json_t *text = v->type == DB_TEXT ? json_stringn(v->p, v->n) : NULL;
    return text ? text : json_null();
}

static int add_call(void *arg, const struct db_value *column, size_t n)
{
    json_t *call = json_object();
    size_t trace = G_N_ELEMENTS(call_columns) - 1;
    for (size_t i = 0; i < n && i < trace; i++)
        json_object_set_new(call, call_columns[i], json_of(&column[i]));
    json_object_set_new(call, "segments", json_array());
    json_t *steps = json_loadb(column[trace].p, column[trace].n, 0, NULL);
    json_object_set_new(call, "trace", steps ? steps : json_array());
    return json_array_append_new(arg, call);
}

static int add_segment(void *arg, const struct db_value *column, size_t n)
{
    json_t *segment = json_object();
    for (size_t i = 0; i < n && i < G_N_ELEMENTS(segment_columns); i++)
        json_object_set_new(segment, segment_columns[i], json_of(&column[i]));
    return json_array_append_new(arg, segment);
}

int store_calls(struct store *s, unsigned limit, json_t **ret)
{
    struct db_value most = db_int(limit);
    json_t *all = json_array();
    int r = db_query(s->db,
                     "SELECT \"id\", \"started_ms\", \"ended_ms\", \"length_ms\", \"talk_ms\", \"direction\", "
                     "\"from_number\", \"from_name\", \"from_user\", \"from_withheld\", \"to_dialled\", \"peer\", "
                     "\"answered\", \"ended_by\", \"reason\", \"trace_more\", \"trace\" FROM \"call\" "
                     "ORDER BY \"id\" DESC LIMIT ?",
                     &most, 1, add_call, all);
    for (size_t i = 0; i < json_array_size(all) && r == 0; i++) {
        json_t *call = json_array_get(all, i);
        struct db_value id = db_text(json_string_value(json_object_get(call, "id")));
        r = db_query(s->db,
                     "SELECT \"n\", \"kind\", \"target\", \"target_name\", \"user\", \"device\", \"peer\", "
                     "\"started_ms\", \"answered_ms\", \"ended_ms\", \"reason\" FROM \"call_segment\" "
                     "WHERE \"call\" = ? ORDER BY \"n\"",
                     &id, 1, add_segment, json_object_get(call, "segments"));
    }
    if (r)
        json_decref(all);
    else
        *ret = all;
    return r;
}
