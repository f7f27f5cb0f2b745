/* SPDX-License-Identifier: Apache-2.0
 *
 * In which order targets are tried: by priority, drawn by weight (RFC 2782), those that lately failed last.
 * Signalling thread.
 */
#include "sip/resolve_priv.h"

enum { REST_US = 60000000 };

/* Draws one of the n records by weight and brings it to the front. */
static void draw(const struct sip_dns_record **srv, size_t n, const struct entropy *e)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += srv[i]->weight;
    uint32_t mark = entropy_below(e, sum + 1);
    size_t at = 0;
    /* Those of weight 0 stand first, so that they have a small chance (RFC 2782). */
    for (uint32_t run = srv[0]->weight; run < mark; run += srv[at]->weight)
        at++;
    const struct sip_dns_record *drawn = srv[at];
    for (; at > 0; at--)
        srv[at] = srv[at - 1];
    srv[0] = drawn;
}

static bool stands_before(const struct sip_dns_record *a, const struct sip_dns_record *b)
{
    return a->priority != b->priority ? a->priority < b->priority : a->weight == 0 && b->weight != 0;
}

void sip_srv_order(const struct sip_dns_record **srv, size_t n, const struct entropy *e)
{
    for (size_t i = 1; i < n; i++) {
        const struct sip_dns_record *one = srv[i];
        size_t at = i;
        for (; at > 0 && stands_before(one, srv[at - 1]); at--)
            srv[at] = srv[at - 1];
        srv[at] = one;
    }
    for (size_t first = 0, end; first < n; first = end) {
        for (end = first; end < n && srv[end]->priority == srv[first]->priority;)
            end++;
        for (size_t i = first; i + 1 < end; i++)
            draw(srv + i, end - i, e);
    }
}

struct resting {
    struct sip_target target; /* first: it is the key */
    int64_t until_us;
};

static unsigned target_hash(const void *p)
{
    const struct sip_target *t = p;
    unsigned h = (unsigned)t->transport * 31 + t->address.port;
    for (size_t i = 0; i < sizeof t->address.ip; i++)
        h = h * 33 + t->address.ip[i];
    return h;
}

static int target_eq(const void *a, const void *b)
{
    const struct sip_target *x = a, *y = b;
    return x->transport == y->transport && net_addr_eq(&x->address, &y->address);
}

void sip_resting_init(struct sip_resolver *r)
{
    r->resting = g_hash_table_new_full(target_hash, target_eq, g_free, NULL);
}

static int is_rested(void *key, void *value, void *now_us)
{
    (void)value;
    return ((struct resting *)key)->until_us <= *(int64_t *)now_us;
}

void sip_resolver_mark_dead(struct sip_resolver *r, const struct sip_target *t)
{
    int64_t now = timers_now_us(r->timers);
    if (g_hash_table_size(r->resting) >= RESTING_MAX) {
        g_hash_table_foreach_remove(r->resting, is_rested, &now);
        if (g_hash_table_size(r->resting) >= RESTING_MAX)
            return; /* resting only spares a wait */
    }
    struct resting *one = g_new(struct resting, 1);
    *one = (struct resting){*t, now + REST_US};
    g_hash_table_replace(r->resting, one, one);
}

static bool rests(const struct sip_resolver *r, const struct sip_target *t)
{
    const struct resting *one = g_hash_table_lookup(r->resting, t);
    return one && one->until_us > timers_now_us(r->timers);
}

void sip_resting_last(const struct sip_resolver *r, struct sip_targets *t)
{
    struct sip_targets sorted = {.n = 0};
    if (!g_hash_table_size(r->resting))
        return;
    for (unsigned resting = 0; resting < 2; resting++)
        for (unsigned i = 0; i < t->n; i++)
            if (rests(r, &t->target[i]) == (resting == 1))
                sorted.target[sorted.n++] = t->target[i];
    *t = sorted;
}
