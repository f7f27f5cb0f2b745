/* SPDX-License-Identifier: Apache-2.0
 *
 * What follows from a table for a whole object: checking, defaults, JSON. See object.h. Pure; any thread.
 */
#include "model/object.h"

const struct field *object_field(const struct object *o, const char *name)
{
    for (size_t i = 0; i < o->n; i++) {
        if (strcmp(o->field[i].name, name) == 0)
            return &o->field[i];
    }
    return NULL;
}

static bool is_aside(const struct object_check *c, const char *key)
{
    for (size_t i = 0; c->aside && c->aside[i]; i++) {
        if (strcmp(c->aside[i], key) == 0)
            return true;
    }
    return false;
}

static void check_key(const struct object *o, const char *key, const json_t *value, const struct object_check *c)
{
    struct problem_path here = {c->at, key, 0};
    const struct field *f = object_field(o, key);
    if (!f || f->type == FIELD_ID)
        problems_add(c->out, PROBLEM_UNKNOWN_KEY, &here, NULL);
    else if (f->write == FIELD_SYSTEM || f->write < c->who)
        problems_add(c->out, PROBLEM_NOT_WRITABLE, &here, NULL);
    else
        (void)field_check(f, value, &here, c->out);
}

json_t *object_check(const struct object *o, const json_t *in, const struct object_check *c)
{
    unsigned before = problems_count(c->out);
    if (!json_is_object(in)) {
        problems_add(c->out, PROBLEM_TYPE, c->at, "{…}");
        return NULL;
    }
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)in, key, value)
    {
        if (!is_aside(c, key))
            check_key(o, key, value, c);
    }
    json_t *whole = json_object();
    for (size_t i = 0; i < o->n; i++) {
        const struct field *f = &o->field[i];
        json_t *given = is_aside(c, f->name) ? NULL : json_object_get(in, f->name);
        json_t *filled = given ? json_incref(given) : field_default(f);
        if (filled) {
            json_object_set_new(whole, f->name, filled);
        } else if (f->write != FIELD_SYSTEM && !is_aside(c, f->name)) {
            struct problem_path here = {c->at, f->name, 0};
            problems_add(c->out, PROBLEM_MISSING, &here, NULL);
        }
    }
    if (problems_count(c->out) == before)
        return whole;
    json_decref(whole);
    return NULL;
}

static json_t *codecs_json(const struct model_codecs *c)
{
    json_t *list = json_array();
    for (size_t i = 0; i < c->n; i++)
        json_array_append_new(list, json_string(field_codec_words[c->codec[i]]));
    return list;
}

static json_t *member_json(const struct field *f, const void *row)
{
    if (f->type == FIELD_CODECS)
        return codecs_json((const void *)((const char *)row + f->offset));
    if (f->type == FIELD_BOOL)
        return json_boolean(field_get_int(f, row));
    if (strcmp(field_sql_type(f), "INTEGER") == 0)
        return json_integer(field_get_int(f, row));
    return json_string(field_get_text(f, row));
}

json_t *object_json(const struct object *o, const void *row, enum field_who who)
{
    json_t *out = json_object();
    for (size_t i = 0; i < o->n; i++) {
        const struct field *f = &o->field[i];
        bool seen = f->see != FIELD_SYSTEM && f->see >= who;
        if (f->type != FIELD_SECRET && (seen || who == FIELD_SYSTEM))
            json_object_set_new(out, f->name, member_json(f, row));
    }
    return out;
}

static void add_names(GString *sql, const struct object *o, size_t from, const char *before, const char *after)
{
    for (size_t i = from; i < o->n; i++)
        g_string_append_printf(sql, "%s%s\"%s\"%s", i > from ? ", " : "", before, o->field[i].name, after);
}

/* The id is the first field of every table. */
char *object_sql_insert(const struct object *o)
{
    GString *sql = g_string_new(NULL);
    g_string_append_printf(sql, "INSERT INTO \"%s\" (", o->name);
    add_names(sql, o, 1, "", "");
    g_string_append(sql, ") VALUES (");
    for (size_t i = 1; i < o->n; i++)
        g_string_append(sql, i > 1 ? ", ?" : "?");
    g_string_append(sql, ") RETURNING \"id\"");
    return g_string_free(sql, FALSE);
}

char *object_sql_select(const struct object *o)
{
    GString *sql = g_string_new("SELECT ");
    add_names(sql, o, 0, "", "");
    g_string_append_printf(sql, " FROM \"%s\" ORDER BY \"id\"", o->name);
    return g_string_free(sql, FALSE);
}

char *object_sql_update(const struct object *o)
{
    GString *sql = g_string_new(NULL);
    g_string_append_printf(sql, "UPDATE \"%s\" SET ", o->name);
    add_names(sql, o, 1, "", " = ?");
    g_string_append(sql, " WHERE \"id\" = ?");
    return g_string_free(sql, FALSE);
}
