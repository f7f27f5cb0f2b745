/* SPDX-License-Identifier: Apache-2.0
 *
 * The kinds of object that the administrator sets up, each a table of fields, and what follows from a table. Pure.
 */
#pragma once

#include "model/field.h"

enum system_role { ROLE_NONE, ROLE_SYSTEM_ADMIN, ROLE_SYSTEM_OWNER }; /* USER-13 */

/* Rows as the store reads them: the snapshot's struct and what else a row says. Text lives as long as the reader says.
 */
struct user_row {
    struct model_user user;
    uint8_t system_role; /* enum system_role */
};
struct device_row {
    struct model_device device;
    uint32_t user_id;
};
struct peer_row {
    struct model_peer peer;
};
struct denied_row {
    uint32_t id;
    const char *uuid, *range, *note;
};
struct setting_row {
    struct model_settings settings;
    uint32_t id;
    const char *uuid, *country;
};

extern const struct object object_setting, object_user, object_device, object_peer, object_denied;
extern const struct object *const object_all[]; /* in the order in which references need them; ended by NULL */

const struct field *object_field(const struct object *o, const char *name); /* NULL: none */

/* Checks an object written by `who` and gives it back with the defaults filled in (new reference), or NULL after adding
 * problems. `aside`: keys that the caller handles himself (ended by NULL), or NULL; they are not copied. */
struct object_check {
    const struct problem_path *at;
    enum field_who who;
    const char *const *aside;
    struct problems *out;
};
json_t *object_check(const struct object *o, const json_t *in, const struct object_check *c);

/* A row (row struct of o) as JSON for `who`; secrets and what he may not see are left out. */
json_t *object_json(const struct object *o, const void *row, enum field_who who);

/* "INSERT INTO … VALUES (?, …)" and so on, from the table's own names alone; values are always bound. g_free. */
char *object_sql_insert(const struct object *o); /* every field but id, in table order; RETURNING id */
char *object_sql_select(const struct object *o); /* every field, in table order; ORDER BY id */
char *object_sql_update(const struct object *o); /* every field but id, then WHERE id = ? */
