/* SPDX-License-Identifier: Apache-2.0
 *
 * The bounded arena: see arena.h. A list of chunks, each twice the former up to 64 kB.
 */
#include "base/arena.h"

#include <glib.h>
#include <stdalign.h>
#include <string.h>

struct arena_chunk {
    struct arena_chunk *next;
    size_t used, cap;
    alignas(max_align_t) char mem[];
};

enum { ARENA_FIRST_BYTES = 2048, ARENA_MOST_BYTES = 65536 };

void arena_init(struct arena *a, size_t limit_bytes)
{
    *a = (struct arena){.left = limit_bytes, .limit = limit_bytes};
}

void *arena_alloc(struct arena *a, size_t bytes)
{
    if (bytes > a->left)
        return NULL;
    size_t need = (bytes + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    struct arena_chunk *c = a->chunks;
    if (!c || c->cap - c->used < need) {
        size_t cap = c ? MIN(c->cap * 2, (size_t)ARENA_MOST_BYTES) : (size_t)ARENA_FIRST_BYTES;
        cap = MAX(cap, need);
        c = g_malloc(sizeof *c + cap);
        *c = (struct arena_chunk){.next = a->chunks, .cap = cap};
        a->chunks = c;
    }
    void *p = c->mem + c->used;
    c->used += need;
    a->left -= bytes;
    memset(p, 0, bytes);
    return p;
}

struct view arena_copy(struct arena *a, struct view v)
{
    char *p = arena_alloc(a, v.n ? v.n : 1);
    if (!p)
        return (struct view){0};
    if (v.n)
        memcpy(p, v.p, v.n);
    return (struct view){p, v.n};
}

static void chunks_free(struct arena_chunk *c)
{
    while (c) {
        struct arena_chunk *next = c->next;
        g_free(c);
        c = next;
    }
}

void arena_clear(struct arena *a)
{
    if (a->chunks) {
        chunks_free(a->chunks->next);
        a->chunks->next = NULL;
        a->chunks->used = 0;
    }
    a->left = a->limit;
}

void arena_release(struct arena *a)
{
    chunks_free(a->chunks);
    *a = (struct arena){0};
}
