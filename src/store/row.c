/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of objects by their field tables: see store_priv.h. Everything outside the tables' own names is a bound value.
 */
#include <sodium.h>

#include "base/entropy.h"
#include "store/store_priv.h"
#include "sys/clock.h"
#include "sys/random.h"

enum { FIELDS_MAX = 64, ROW_BYTES_MAX = 1024 };

/* Values made for one row, freed together. */
struct made {
    struct db_value value[FIELDS_MAX];
    GPtrArray *memory;
};

static const char *keep(struct made *m, char *text)
{
    g_ptr_array_add(m->memory, text);
    return text;
}

static char *codecs_text(const json_t *list)
{
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < json_array_size(list); i++)
        g_string_append_printf(text, "%s%s", i ? "," : "", json_string_value(json_array_get(list, i)));
    return g_string_free(text, FALSE);
}

void *row_new_secret(const struct store *s)
{
    char secret[STORE_SECRET_CHARS + 1];
    entropy_token(random_entropy(), secret, STORE_SECRET_CHARS);
    void *sealed = seal_close(&s->seal, secret, STORE_SECRET_CHARS);
    sodium_memzero(secret, sizeof secret);
    return sealed;
}

static struct db_value value_of(struct store *s, const struct field *f, const json_t *v, int64_t user_id,
                                struct made *m)
{
    if (f->type == FIELD_UUID)
        return db_text(keep(m, g_strdup(uuid_v7(random_entropy(), clock_wall_us()).text)));
    if (f->type == FIELD_REFERENCE)
        return db_int(user_id);
    if (f->type == FIELD_SECRET)
        return db_blob(keep(m, row_new_secret(s)), SEAL_EXTRA_BYTES + STORE_SECRET_CHARS);
    if (f->type == FIELD_CODECS)
        return db_text(keep(m, codecs_text(v)));
    if (f->type == FIELD_BOOL)
        return db_int(json_is_true(v));
    return json_is_integer(v) ? db_int(json_integer_value(v)) : db_text(json_string_value(v));
}

static int take_id(void *arg, const struct db_value *column, size_t n)
{
    if (n > 0 && arg)
        *(int64_t *)arg = column[0].i;
    return 0;
}

int row_insert(struct store *s, const struct object *o, const json_t *row, int64_t user_id, int64_t *ret_id)
{
    g_assert(o->n <= FIELDS_MAX);
    struct made m = {.memory = g_ptr_array_new_with_free_func(g_free)};
    for (size_t i = 1; i < o->n; i++)
        m.value[i] = value_of(s, &o->field[i], json_object_get(row, o->field[i].name), user_id, &m);
    char *sql = object_sql_insert(o);
    int r = db_query(s->db, sql, m.value + 1, o->n - 1, take_id, ret_id);
    g_free(sql);
    g_ptr_array_free(m.memory, TRUE);
    return r;
}

struct reading {
    struct store *s;
    const struct object *o;
    row_each each;
    void *arg;
};

static int read_row(void *arg, const struct db_value *column, size_t n)
{
    const struct reading *rd = arg;
    _Alignas(max_align_t) char row[ROW_BYTES_MAX] = {0};
    char *secret = NULL;
    for (size_t i = 0; i < n && i < rd->o->n; i++) {
        const struct field *f = &rd->o->field[i];
        if (f->type == FIELD_SECRET && column[i].type == DB_BLOB && !secret) {
            secret = seal_read(&rd->s->seal, column[i].p, column[i].n);
            field_set_text(f, row, secret);
        } else if (column[i].type == DB_INT) {
            field_set_int(f, row, column[i].i);
        } else if (column[i].type == DB_TEXT) {
            field_set_text(f, row, column[i].p);
        }
    }
    int r = rd->each(rd->arg, rd->o, row);
    seal_forget(secret);
    return r;
}

int row_all(struct store *s, const struct object *o, row_each each, void *arg)
{
    g_assert(o->row_size <= ROW_BYTES_MAX);
    struct reading rd = {s, o, each, arg};
    char *sql = object_sql_select(o);
    int r = db_query(s->db, sql, NULL, 0, read_row, &rd);
    g_free(sql);
    return r;
}
