/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers of the name service, kept for their time to live; each question is asked once however many wait for it.
 * Signalling thread; owned by the resolver.
 */
#include "sip/resolve_priv.h"

enum { TTL_MIN_S = 1, TTL_MAX_S = 86400, TTL_NEGATIVE_S = 10 };
#define SECOND_US ((int64_t)1000000)

static void records_free(struct cached *c)
{
    for (size_t i = 0; i < c->n; i++) {
        g_free((char *)c->records[i].name);
        g_free((char *)c->records[i].service);
    }
    g_clear_pointer(&c->records, g_free);
    c->n = 0;
}

static void cached_free(void *p)
{
    struct cached *c = p;
    records_free(c);
    g_hash_table_destroy(c->waiting);
    g_free(c->key);
    g_free(c);
}

void sip_cache_init(struct sip_resolver *r)
{
    r->cache = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, cached_free);
    r->queries = g_hash_table_new(g_int64_hash, g_int64_equal);
    g_queue_init(&r->answered);
}

void sip_cache_release(struct sip_resolver *r)
{
    g_hash_table_destroy(r->queries);
    g_hash_table_destroy(r->cache);
    g_queue_clear(&r->answered);
}

void sip_cache_trim(struct sip_resolver *r)
{
    while (g_hash_table_size(r->cache) > CACHED_NAMES_MAX - QUESTIONS_MAX && r->answered.length) {
        struct cached *c = g_queue_pop_head(&r->answered);
        g_hash_table_remove(r->cache, c->key);
    }
}

static void ask(struct sip_resolver *r, struct cached *c, const char *name)
{
    if (c->age) {
        g_queue_delete_link(&r->answered, c->age);
        c->age = NULL;
    }
    records_free(c);
    c->query = ++r->last_query;
    g_hash_table_insert(r->queries, &c->query, c);
    r->port.ask(r->port.arg, r, c->query, c->type, name);
}

const struct cached *sip_cache_get(struct lookup *l, enum sip_dns_type type, const char *name)
{
    static const struct cached nothing;
    struct sip_resolver *r = l->resolver;
    int64_t now = timers_now_us(r->timers);
    char *lower = g_ascii_strdown(name, -1), *key = g_strdup_printf("%d %s", (int)type, lower);
    struct cached *c = g_hash_table_lookup(r->cache, key);
    g_free(lower);
    /* An answer younger than the lookup serves it even with the shortest time to live, or it might never end. */
    bool known = c && !c->query && (now < c->expires_us || c->answered_us >= l->started_us);
    bool asked = c && c->query;
    bool may_ask = !l->late && l->questions < QUESTIONS_MAX && g_hash_table_size(r->cache) < CACHED_NAMES_MAX;
    if (known || (!asked && !may_ask) || l->late) {
        g_free(key);
        return known ? c : &nothing;
    }
    if (!c) {
        c = g_new0(struct cached, 1);
        c->key = key;
        c->type = type;
        c->waiting = g_hash_table_new(NULL, NULL);
        g_hash_table_insert(r->cache, c->key, c);
    } else {
        g_free(key);
    }
    g_hash_table_add(c->waiting, GSIZE_TO_POINTER(l->id));
    if (!asked) {
        l->questions++;
        ask(r, c, name);
    }
    return NULL;
}

static void keep_records(struct cached *c, const struct sip_dns_record *records, size_t n, uint32_t *ttl_s)
{
    c->records = g_new(struct sip_dns_record, MIN(n, (size_t)RECORDS_MAX) + 1);
    for (size_t i = 0; i < n && c->n < RECORDS_MAX; i++) {
        if (records[i].type != c->type) /* CNAMEs and what else came along */
            continue;
        struct sip_dns_record *kept = &c->records[c->n++];
        *kept = records[i];
        kept->name = g_strdup(records[i].name ? records[i].name : "");
        kept->service = g_strdup(records[i].service ? records[i].service : "");
        *ttl_s = MIN(*ttl_s, kept->ttl_s);
    }
}

void sip_dns_answer(struct sip_resolver *r, uint64_t query, const struct sip_dns_record *records, size_t n)
{
    struct cached *c = g_hash_table_lookup(r->queries, &query);
    uint32_t ttl_s = TTL_MAX_S;
    if (!c)
        return;
    g_hash_table_remove(r->queries, &query);
    keep_records(c, records, n, &ttl_s);
    c->query = 0;
    c->answered_us = timers_now_us(r->timers);
    c->expires_us = c->answered_us + (c->n ? MAX(ttl_s, (uint32_t)TTL_MIN_S) : (uint32_t)TTL_NEGATIVE_S) * SECOND_US;
    g_queue_push_tail(&r->answered, c);
    c->age = r->answered.tail;
    GHashTable *waiting = c->waiting;
    c->waiting = g_hash_table_new(NULL, NULL);
    GHashTableIter it;
    void *id;
    g_hash_table_iter_init(&it, waiting);
    while (g_hash_table_iter_next(&it, &id, NULL))
        sip_lookup_try(r, GPOINTER_TO_SIZE(id));
    g_hash_table_destroy(waiting);
}
