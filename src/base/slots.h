/* SPDX-License-Identifier: Apache-2.0
 *
 * A table of things by id, where an id names one thing for ever: a place and a generation count. A late event for a
 * thing that is gone finds nothing. Id 0 is never given out. One thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct slots;

struct slots *slots_new(void);
void slots_free(struct slots *s); /* the things themselves are the caller's */

uint64_t slots_add(struct slots *s, void *thing);    /* thing is not NULL */
void *slots_get(const struct slots *s, uint64_t id); /* NULL when gone or never there */
void slots_remove(struct slots *s, uint64_t id);
size_t slots_count(const struct slots *s);
/* Goes over all things: start with *at = 0; NULL at the end. Removing the one just returned is allowed. */
void *slots_next(const struct slots *s, size_t *at);
