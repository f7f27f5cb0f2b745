/* SPDX-License-Identifier: Apache-2.0
 *
 * Counts of calls by user and peer: see load.h.
 */
#include "call/load.h"

struct load {
    GHashTable *count; /* of << 32 | id -> struct load_count */
};

struct load *load_new(void)
{
    struct load *l = g_new0(struct load, 1);
    l->count = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    return l;
}

void load_free(struct load *l)
{
    if (!l)
        return;
    g_hash_table_unref(l->count);
    g_free(l);
}

struct load_count load_get(const struct load *l, enum load_of of, uint32_t id)
{
    int64_t key = (int64_t)of << 32 | id;
    const struct load_count *c = g_hash_table_lookup(l->count, &key);
    return c ? *c : (struct load_count){0};
}

static void add(struct load *l, int64_t key, int calls, int ringing)
{
    struct load_count *c = g_hash_table_lookup(l->count, &key);
    if (!c) {
        c = g_new0(struct load_count, 1);
        g_hash_table_insert(l->count, g_memdup2(&key, sizeof(key)), c);
    }
    c->calls += (uint32_t)calls;
    c->ringing += (uint32_t)ringing;
    if (c->calls == 0 && c->ringing == 0)
        g_hash_table_remove(l->count, &key);
}

void load_add_call(struct load *l, enum load_of of, uint32_t id, int by)
{
    if (id)
        add(l, (int64_t)of << 32 | id, by, 0);
}

void load_add_ringing(struct load *l, enum load_of of, uint32_t id, int by)
{
    if (id)
        add(l, (int64_t)of << 32 | id, 0, by);
}
