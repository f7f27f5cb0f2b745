/* SPDX-License-Identifier: Apache-2.0
 *
 * Registrations kept over a restart: written through the journal's thread (journal_binding_port), read once at the
 * start.
 */
#pragma once

#include "model/binding_row.h"
#include "store/store.h"

/* Calls `each` with every binding that is good beyond now_ms (UTC); text lasts for the call. Older ones are deleted. */
[[gnu::warn_unused_result]] int store_load_bindings(struct store *s, int64_t now_ms,
                                                    void (*each)(void *arg, const struct binding_row *r), void *arg);
