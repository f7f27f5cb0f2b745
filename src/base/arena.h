/* SPDX-License-Identifier: Apache-2.0
 *
 * A bounded arena: memory for one message or one job, given back all at once. The limit is what a stranger's message
 * may cost us; past it arena_alloc returns NULL (the only allocation in the tree that may, so its result is checked).
 */
#pragma once

#include "base/view.h"

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks; /* newest first */
    size_t left;                /* bytes that may still be taken, by the limit */
    size_t limit;
};

void arena_init(struct arena *a, size_t limit_bytes);
/* Zeroed, aligned for any type; NULL past the limit. */
[[gnu::warn_unused_result]] void *arena_alloc(struct arena *a, size_t bytes);
/* A copy of v; its p is NULL past the limit. */
[[gnu::warn_unused_result]] struct view arena_copy(struct arena *a, struct view v);
/* All memory is free for use again; the newest chunk is kept. */
void arena_clear(struct arena *a);
void arena_release(struct arena *a);
