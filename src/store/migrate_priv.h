/* SPDX-License-Identifier: Apache-2.0
 *
 * The schema's numbered steps (migrations/NNNN_name.sql, carried inside the program by tools/embed_sql) and bringing a
 * database up to them.
 */
#pragma once

#include "store/driver.h"

struct migration {
    unsigned version;
    const char *sql;
};
extern const struct migration migrations[];
extern const unsigned migrations_n;

/* Each step is one transaction with its version. EPROTONOSUPPORT: the database was made by a newer program. */
[[gnu::warn_unused_result]] int migrate(struct db *db);
