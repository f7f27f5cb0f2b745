/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of a store, and rows of objects between JSON, SQL and row structs.
 */
#pragma once

#include "store/driver.h"
#include "store/seal.h"
#include "store/store.h"

struct store {
    struct db *db;
    struct seal seal;
    char *dir;
};

/* DIR/carillon.db; g_free. */
char *store_database_path(const char *dir);

/* Inserts a checked row. What the system makes (uuid, secret) is made here; `user_id` goes into a reference. */
[[gnu::warn_unused_result]] int row_insert(struct store *s, const struct object *o, const json_t *row, int64_t user_id,
                                           int64_t *ret_id);
/* Calls `each` with every row as its row struct; secrets are readable and text lasts for the call. */
typedef int (*row_each)(void *arg, const struct object *o, const void *row);
[[gnu::warn_unused_result]] int row_all(struct store *s, const struct object *o, row_each each, void *arg);
/* A new secret, sealed: SEAL_EXTRA_BYTES + STORE_SECRET_CHARS bytes; g_free. */
void *row_new_secret(const struct store *s);
/* Tells every process that what was set up has changed; inside the transaction that changes it. */
[[gnu::warn_unused_result]] int store_bump(struct store *s);
