/* SPDX-License-Identifier: Apache-2.0
 *
 * Facts into the database. Everything here happens inside a transaction of the caller, on the journal's thread.
 */
#pragma once

#include "model/binding_row.h"
#include "store/driver.h"
#include "store/fact_priv.h"

/* Twice the same is the same as once. */
[[gnu::warn_unused_result]] int apply_fact(struct db *db, const struct fact *f, GString *scratch);
/* Calls still open were so when the process died at at_ms (C3). */
[[gnu::warn_unused_result]] int apply_lost(struct db *db, int64_t at_ms);

struct place { /* in the journal's files: all before it is applied */
    int64_t file, offset;
};
[[gnu::warn_unused_result]] int apply_place(struct db *db, struct place at);
[[gnu::warn_unused_result]] int apply_place_read(struct db *db, struct place *ret);

[[gnu::warn_unused_result]] int apply_binding(struct db *db, const struct binding_row *r);
[[gnu::warn_unused_result]] int apply_binding_gone(struct db *db, uint32_t device, const char *key);
