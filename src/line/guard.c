/* SPDX-License-Identifier: Apache-2.0
 *
 * Failed sign-ins by source and by source and account: see guard.h. A hash table of entries that also stand in a list
 * by the time of their last failure, so that the oldest can be forgotten when the table is full.
 */
#include "line/guard.h"

#include <glib.h>

struct entry {
    uint64_t key; /* g_int64_hash */
    uint32_t failures;
    int64_t window_us;        /* since when failures are counted */
    int64_t last_us;          /* last failure */
    int64_t blocked_until_us; /* 0: not */
    GList link;               /* in recency; data is this entry */
};

struct guard {
    GHashTable *entries;
    GQueue recency; /* oldest failure first */
    int64_t block_us;
};

enum { FIRST_DELAY_US = 250000, DELAY_FROM = 3 };

struct guard *guard_new(void)
{
    struct guard *g = g_new0(struct guard, 1);
    g->entries = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    g_queue_init(&g->recency);
    guard_set_block(g, 30);
    return g;
}

void guard_free(struct guard *g)
{
    if (!g)
        return;
    g_hash_table_destroy(g->entries); /* the list's links lie inside the entries */
    g_free(g);
}

void guard_set_block(struct guard *g, uint32_t block_min)
{
    g->block_us = (int64_t)block_min * 60 * G_USEC_PER_SEC;
}

/* Different accounts that fall on one key would share a count: with 64 bits that does not happen by chance, and a
 * stranger gains nothing by it. */
static uint64_t pair_key(uint64_t source_key, struct view account)
{
    uint64_t h = 14695981039346656037ULL ^ source_key; /* FNV-1a, 64 bit */
    for (size_t i = 0; i < account.n; i++)
        h = (h ^ (uint8_t)account.p[i]) * 1099511628211ULL;
    return (h ^ (h >> 32)) * 0x9e3779b97f4a7c15ULL;
}

static bool refuses(const struct entry *e, int64_t now_us)
{
    if (!e)
        return false;
    if (e->blocked_until_us)
        return now_us < e->blocked_until_us;
    return false;
}

/* The pause after the n-th failure of a pair. */
static int64_t delay_us(uint32_t failures)
{
    return failures < DELAY_FROM ? 0 : (int64_t)FIRST_DELAY_US << MIN(failures - DELAY_FROM, 10);
}

bool guard_refuses(struct guard *g, uint64_t source_key, struct view account, int64_t now_us)
{
    if (refuses(g_hash_table_lookup(g->entries, &source_key), now_us))
        return true;
    if (!account.n)
        return false;
    uint64_t key = pair_key(source_key, account);
    const struct entry *e = g_hash_table_lookup(g->entries, &key);
    return refuses(e, now_us) || (e && !e->blocked_until_us && now_us - e->last_us < delay_us(e->failures));
}

static void forget(struct guard *g, struct entry *e)
{
    g_queue_unlink(&g->recency, &e->link);
    g_hash_table_remove(g->entries, &e->key);
}

static struct entry *entry_for(struct guard *g, uint64_t key, int64_t now_us)
{
    struct entry *e = g_hash_table_lookup(g->entries, &key);
    if (!e) {
        if (g_hash_table_size(g->entries) >= GUARD_ENTRIES_MAX)
            forget(g, g->recency.head->data);
        e = g_new0(struct entry, 1);
        e->key = key;
        e->window_us = now_us;
        e->link.data = e;
        g_hash_table_insert(g->entries, &e->key, e);
    } else {
        g_queue_unlink(&g->recency, &e->link);
    }
    g_queue_push_tail_link(&g->recency, &e->link);
    bool over = e->blocked_until_us && now_us >= e->blocked_until_us;
    bool stale = !e->blocked_until_us && now_us - e->window_us > (int64_t)GUARD_WINDOW_S * G_USEC_PER_SEC;
    if (over || stale) {
        e->failures = 0;
        e->blocked_until_us = 0;
        e->window_us = now_us;
    }
    return e;
}

static bool count(struct guard *g, uint64_t key, uint32_t most, int64_t now_us)
{
    struct entry *e = entry_for(g, key, now_us);
    e->last_us = now_us;
    bool begins = ++e->failures >= most && !e->blocked_until_us;
    if (begins)
        e->blocked_until_us = now_us + g->block_us;
    return begins;
}

bool guard_failed(struct guard *g, uint64_t source_key, struct view account, int64_t now_us)
{
    bool address = count(g, source_key, GUARD_ADDRESS_TRIES, now_us);
    bool pair = account.n && count(g, pair_key(source_key, account), GUARD_PAIR_TRIES, now_us);
    return address || pair;
}

void guard_succeeded(struct guard *g, uint64_t source_key, struct view account)
{
    uint64_t key = pair_key(source_key, account);
    struct entry *e = g_hash_table_lookup(g->entries, &key);
    if (e)
        forget(g, e);
}

void guard_block(struct guard *g, uint64_t source_key, int64_t now_us)
{
    struct entry *e = entry_for(g, source_key, now_us);
    e->last_us = now_us;
    e->blocked_until_us = now_us + g->block_us;
}

size_t guard_count(const struct guard *g)
{
    return g_hash_table_size(g->entries);
}
