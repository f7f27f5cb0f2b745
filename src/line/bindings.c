/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of registered contacts: see bindings.h. By id, by user, and by flow.
 */
#include "line/bindings.h"

#include "base/slots.h"

#include <glib.h>

struct bindings {
    struct timers *timers;
    struct bindings_ops ops;
    const struct binding_port *port;
    struct slots *by_id;
    GHashTable *by_user; /* user id -> GPtrArray of bindings, owned by the table */
    GHashTable *by_flow; /* hash of flow -> how many bindings stand on it */
};

/* Names a flow for counting: its connection, or for UDP its remote address. */
static uint64_t flow_key(const struct sip_flow *f)
{
    if (f->connection)
        return f->connection;
    uint64_t key = net_addr_source_key(&f->remote) ^ ((uint64_t)f->remote.port << 40) ^ (uint64_t)(f->transport + 1);
    return key * 0x9e3779b97f4a7c15ULL;
}

struct bindings *bindings_new(struct timers *ts, const struct bindings_ops *ops)
{
    struct bindings *bs = g_new0(struct bindings, 1);
    bs->timers = ts;
    bs->ops = *ops;
    bs->by_id = slots_new();
    bs->by_user = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
    bs->by_flow = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    return bs;
}

static void binding_free(struct binding *b)
{
    g_free(b->key);
    g_free(b->instance);
    g_free(b->contact);
    g_free(b->path);
    g_free(b->user_agent);
    g_free(b->call_id);
    g_free(b);
}

void bindings_free(struct bindings *bs)
{
    if (!bs)
        return;
    size_t at = 0;
    for (struct binding *b; (b = slots_next(bs->by_id, &at));) {
        timer_stop(bs->timers, &b->expiry);
        timer_stop(bs->timers, &b->silence);
        binding_free(b);
    }
    g_hash_table_destroy(bs->by_user);
    g_hash_table_destroy(bs->by_flow);
    slots_free(bs->by_id);
    g_free(bs);
}

void bindings_persist(struct bindings *bs, const struct binding_port *port)
{
    bs->port = port;
}

static void flow_count(struct bindings *bs, const struct sip_flow *f, int change)
{
    uint64_t key = flow_key(f);
    int now = GPOINTER_TO_INT(g_hash_table_lookup(bs->by_flow, &key)) + change;
    if (now > 0) {
        uint64_t *copy = g_new(uint64_t, 1);
        *copy = key;
        g_hash_table_replace(bs->by_flow, copy, GINT_TO_POINTER(now));
    } else {
        g_hash_table_remove(bs->by_flow, &key);
    }
}

static GPtrArray *user_list(const struct bindings *bs, uint32_t user)
{
    return g_hash_table_lookup(bs->by_user, GUINT_TO_POINTER(user));
}

static void on_expiry(void *arg)
{
    struct binding *b = arg;
    bindings_remove(b->of, b, BINDING_EXPIRED);
}

static void on_silence(void *arg)
{
    struct binding *b = arg;
    bindings_remove(b->of, b, BINDING_SILENT);
}

void bindings_heard(struct bindings *bs, struct binding *b)
{
    b->missed = 0;
    timer_stop(bs->timers, &b->silence);
}

void bindings_await_word(struct bindings *bs, struct binding *b, int64_t within_us)
{
    timer_start(bs->timers, &b->silence, within_us);
}

static bool has_room(const struct bindings *bs, uint32_t user, uint32_t device)
{
    const GPtrArray *list = user_list(bs, user);
    if (!list)
        return true;
    unsigned of_device = 0;
    for (guint i = 0; i < list->len; i++)
        of_device += ((const struct binding *)list->pdata[i])->device == device;
    return list->len < BINDINGS_PER_USER && of_device < BINDINGS_PER_DEVICE;
}

static struct binding *binding_add(struct bindings *bs, const struct binding_new *n)
{
    if (!has_room(bs, n->user, n->device))
        return NULL;
    struct binding *b = g_new0(struct binding, 1);
    b->device = n->device;
    b->user = n->user;
    b->of = bs;
    b->key = view_dup(n->key);
    b->instance = view_dup(n->instance);
    timer_init(&b->expiry, on_expiry, b);
    timer_init(&b->silence, on_silence, b);
    b->pinged_us = timers_now_us(bs->timers);
    b->id = slots_add(bs->by_id, b);
    GPtrArray *list = user_list(bs, n->user);
    if (!list) {
        list = g_ptr_array_new();
        g_hash_table_insert(bs->by_user, GUINT_TO_POINTER(n->user), list);
    }
    g_ptr_array_add(list, b);
    return b;
}

static void replace_text(char **text, struct view v)
{
    if (*text && view_eq(view_of(*text), v))
        return;
    g_free(*text);
    *text = view_dup(v);
}

static void keep(const struct bindings *bs, const struct binding *b)
{
    if (!bs->port)
        return;
    char local[NET_ADDR_TEXT], remote[NET_ADDR_TEXT];
    struct binding_row row = {
        .device = b->device,
        .key = b->key,
        .instance = b->instance,
        .reg_id = b->reg_id,
        .contact = b->contact,
        .path = b->path,
        .transport = sip_transport_name(b->flow.transport),
        .local = net_addr_text(&b->flow.local, local),
        .remote = net_addr_text(&b->flow.remote, remote),
        .expires_ms = (timers_wall_us(bs->timers) + b->expires_us - timers_now_us(bs->timers)) / 1000,
        .user_agent = b->user_agent,
        .call_id = b->call_id,
        .cseq = b->cseq,
    };
    bs->port->put(bs->port->arg, &row);
}

struct binding *bindings_put(struct bindings *bs, const struct binding_new *n)
{
    struct binding *b = bindings_find(bs, n->user, n->device, n->key);
    if (b)
        flow_count(bs, &b->flow, -1);
    else
        b = binding_add(bs, n);
    if (!b)
        return NULL;
    replace_text(&b->contact, n->contact);
    replace_text(&b->path, n->path);
    replace_text(&b->user_agent, n->user_agent);
    replace_text(&b->call_id, n->call_id);
    b->reg_id = n->reg_id;
    b->cseq = n->cseq;
    b->flow = n->flow;
    bindings_heard(bs, b);
    b->since_us = timers_now_us(bs->timers);
    b->expires_us = b->since_us + (int64_t)n->expires_s * G_USEC_PER_SEC;
    flow_count(bs, &b->flow, 1);
    timer_start(bs->timers, &b->expiry, b->expires_us - b->since_us);
    keep(bs, b);
    return b;
}

void bindings_remove(struct bindings *bs, struct binding *b, enum binding_gone why)
{
    if (bs->port)
        bs->port->remove(bs->port->arg, b->device, b->key);
    flow_count(bs, &b->flow, -1);
    slots_remove(bs->by_id, b->id);
    timer_stop(bs->timers, &b->expiry);
    timer_stop(bs->timers, &b->silence);
    GPtrArray *list = user_list(bs, b->user);
    g_ptr_array_remove_fast(list, b);
    if (list->len == 0)
        g_hash_table_remove(bs->by_user, GUINT_TO_POINTER(b->user));
    bs->ops.gone(bs->ops.arg, b, why);
    binding_free(b);
}

struct binding *bindings_get(const struct bindings *bs, uint64_t id)
{
    return slots_get(bs->by_id, id);
}

struct binding *bindings_find(const struct bindings *bs, uint32_t user, uint32_t device, struct view key)
{
    const GPtrArray *list = user_list(bs, user);
    for (guint i = 0; list && i < list->len; i++) {
        struct binding *b = list->pdata[i];
        if (b->device == device && view_eq(view_of(b->key), key))
            return b;
    }
    return NULL;
}

struct binding *const *bindings_of_user(const struct bindings *bs, uint32_t user, size_t *n)
{
    const GPtrArray *list = user_list(bs, user);
    *n = list ? list->len : 0;
    return list ? (struct binding *const *)list->pdata : NULL;
}

bool bindings_know_flow(const struct bindings *bs, const struct sip_flow *flow)
{
    uint64_t key = flow_key(flow);
    return g_hash_table_contains(bs->by_flow, &key);
}

size_t bindings_flow_closed(struct bindings *bs, const struct sip_flow *flow)
{
    size_t at = 0, gone = 0;
    if (!bindings_know_flow(bs, flow)) /* strangers' connections come and go by the thousand: no search for them */
        return 0;
    for (struct binding *b; (b = slots_next(bs->by_id, &at));) {
        if (b->flow.connection && sip_flow_eq(&b->flow, flow)) {
            bindings_remove(bs, b, BINDING_CLOSED);
            gone++;
        }
    }
    return gone;
}

size_t bindings_count(const struct bindings *bs)
{
    return slots_count(bs->by_id);
}

struct binding *bindings_next(const struct bindings *bs, size_t *at)
{
    return slots_next(bs->by_id, at);
}
