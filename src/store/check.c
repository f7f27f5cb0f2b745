/* SPDX-License-Identifier: Apache-2.0
 *
 * Holding what is in the database against the field tables: a database can be older than a rule, or edited by hand. The
 * thread of the store.
 */
#include "store/store_priv.h"

static int check_row(void *arg, const struct object *o, const void *row)
{
    struct problem_path root = {NULL, NULL, 0}, kind = {&root, o->name, 0}, at = {&kind, NULL, 0};
    at.index = (size_t)field_get_int(&o->field[0], row);
    json_t *whole = object_json(o, row, FIELD_SYSTEM);
    for (size_t i = 0; i < o->n; i++) {
        const struct field *f = &o->field[i];
        struct problem_path here = {&at, f->name, 0};
        if (f->type == FIELD_SECRET && !*field_get_text(f, row))
            problems_add(arg, PROBLEM_MISSING, &here, NULL); /* sealed with another key */
        else if (f->type != FIELD_SECRET && f->type != FIELD_ID && f->type != FIELD_UUID)
            (void)field_check(f, json_object_get(whole, f->name), &here, arg);
    }
    json_decref(whole);
    return 0;
}

int store_check(struct store *s, struct problems *out)
{
    int r = 0;
    for (size_t i = 0; object_all[i] && r == 0; i++)
        r = row_all(s, object_all[i], check_row, out);
    return r;
}
