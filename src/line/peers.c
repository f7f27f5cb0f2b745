/* SPDX-License-Identifier: Apache-2.0
 *
 * Peers given by name: the addresses that their names stand for, so that calls which come from there are known for
 * theirs (SIP-33). Looked up again each minute; the resolver asks as often as times to live want it. When a name cannot
 * be resolved the addresses of before stand. Signalling thread; owned by the line.
 */
#include "line/leg_priv.h"

#include <string.h>

enum { LOOK_EVERY_US = 60 * G_USEC_PER_SEC };

struct named_peer {
    struct line *line;
    uint32_t peer;
    char *uri;
    uint64_t lookup; /* running, or 0 */
    struct sip_targets found;
};

struct line_peers {
    GPtrArray *named;       /* of struct named_peer, in the model's order */
    GHashTable *by_address; /* host, in named_peer.found -> named_peer, the first that has it */
    struct timer look;
};

static void named_free(void *arg)
{
    struct named_peer *p = arg;
    if (p->lookup)
        sip_resolve_cancel(p->line->resolver, p->lookup);
    g_free(p->uri);
    g_free(p);
}

static void index_addresses(struct line_peers *ps)
{
    g_hash_table_remove_all(ps->by_address);
    for (guint i = ps->named->len; i-- > 0;) { /* from behind: the first stays */
        struct named_peer *p = ps->named->pdata[i];
        for (unsigned t = 0; t < p->found.n; t++)
            g_hash_table_replace(ps->by_address, &p->found.target[t].address, p);
    }
}

static void on_found(void *arg, const struct sip_targets *t)
{
    struct named_peer *p = arg;
    p->lookup = 0;
    if (t->n == 0)
        return;
    g_hash_table_remove_all(p->line->peers->by_address); /* its keys lie in what changes now */
    p->found = *t;
    index_addresses(p->line->peers);
}

static void look_up(struct named_peer *p)
{
    struct sip_uri uri;
    if (p->lookup || sip_uri_parse(view_of(p->uri), &uri) != 0)
        return;
    uint64_t lookup = sip_resolve(p->line->resolver, &uri, on_found, p);
    if (lookup)
        p->lookup = lookup;
}

static void on_look(void *arg)
{
    struct line *l = arg;
    for (guint i = 0; i < l->peers->named->len; i++)
        look_up(l->peers->named->pdata[i]);
    if (l->peers->named->len)
        timer_start(l->config.timers, &l->peers->look, LOOK_EVERY_US);
}

/* What is known of the same name already. */
static void inherit(struct named_peer *p, const GPtrArray *before)
{
    for (guint i = 0; i < before->len; i++) {
        const struct named_peer *old = before->pdata[i];
        if (strcmp(old->uri, p->uri) == 0)
            p->found = old->found;
    }
}

void line_peers_take_model(struct line *l)
{
    const struct model_peer *const *peers;
    struct line_peers *ps = l->peers;
    GPtrArray *before = ps->named;
    size_t n = model_peers(l->model, &peers);
    g_hash_table_remove_all(ps->by_address);
    ps->named = g_ptr_array_new_with_free_func(named_free);
    for (size_t i = 0; i < n; i++) {
        struct net_addr numeric;
        if (!peers[i]->enabled || net_addr_parse(view_of(peers[i]->host), 0, &numeric))
            continue;
        struct named_peer *p = g_new0(struct named_peer, 1);
        *p = (struct named_peer){.line = l, .peer = peers[i]->id, .uri = line_peer_uri(peers[i], NULL)};
        if (!p->uri) {
            named_free(p);
            continue;
        }
        inherit(p, before);
        g_ptr_array_add(ps->named, p);
    }
    g_ptr_array_unref(before);
    index_addresses(ps);
    timer_stop(l->config.timers, &ps->look);
    on_look(l);
}

const struct model_peer *line_peer_at(const struct line *l, const struct net_addr *source)
{
    const struct model_peer *numeric = model_peer_at(l->model, source);
    const struct named_peer *named = numeric ? NULL : g_hash_table_lookup(l->peers->by_address, source);
    return named ? model_peer_by_id(l->model, named->peer) : numeric;
}

void line_peers_start(struct line *l)
{
    l->peers = g_new0(struct line_peers, 1);
    l->peers->named = g_ptr_array_new_with_free_func(named_free);
    l->peers->by_address = g_hash_table_new(net_addr_hash_host, net_addr_equal_host);
    timer_init(&l->peers->look, on_look, l);
    line_peers_take_model(l);
}

void line_peers_stop(struct line *l)
{
    timer_stop(l->config.timers, &l->peers->look);
    g_hash_table_destroy(l->peers->by_address);
    g_ptr_array_unref(l->peers->named);
    g_clear_pointer(&l->peers, g_free);
}
