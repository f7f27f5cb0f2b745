/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of registered contacts: see bindings.h. By id, by user, and by flow.
 */
#include "line/bindings.h"

#include "base/slots.h"

#include <glib.h>
#include <string.h>

struct bindings {
    struct timers *timers;
    struct bindings_ops ops;
    const struct binding_port *port;
    struct slots *by_id;
    GHashTable *by_user; /* user id -> GPtrArray of bindings, owned by the table */
    GHashTable *by_flow; /* key of a flow -> first of the bindings on flows of that key */
};

/* Flows that are equal have one key: that of the connection, or for UDP of the remote address. */
static gpointer flow_key(const struct sip_flow *f)
{
    uint64_t part[2], key = f->connection;
    memcpy(part, f->remote.ip, sizeof part);
    if (!key)
        key = (part[0] ^ part[1] * 0xff51afd7ed558ccdULL) + ((uint64_t)f->remote.port << 4) + f->transport;
    return (gpointer)(uintptr_t)((key * 0x9e3779b97f4a7c15ULL) >> 16);
}

struct bindings *bindings_new(struct timers *ts, const struct bindings_ops *ops)
{
    struct bindings *bs = g_new0(struct bindings, 1);
    bs->timers = ts;
    bs->ops = *ops;
    bs->by_id = slots_new();
    bs->by_user = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
    bs->by_flow = g_hash_table_new(NULL, NULL);
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

static void flow_enter(struct bindings *bs, struct binding *b)
{
    gpointer key = flow_key(&b->flow);
    b->flow_next = g_hash_table_lookup(bs->by_flow, key);
    b->flow_link = NULL; /* the first hangs in the table */
    if (b->flow_next)
        b->flow_next->flow_link = &b->flow_next;
    g_hash_table_insert(bs->by_flow, key, b);
}

static void flow_leave(struct bindings *bs, struct binding *b)
{
    if (b->flow_next)
        b->flow_next->flow_link = b->flow_link;
    if (b->flow_link)
        *b->flow_link = b->flow_next;
    else if (b->flow_next)
        g_hash_table_insert(bs->by_flow, flow_key(&b->flow), b->flow_next);
    else
        g_hash_table_remove(bs->by_flow, flow_key(&b->flow));
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

unsigned bindings_room(const struct bindings *bs, uint32_t user, uint32_t device)
{
    const GPtrArray *list = user_list(bs, user);
    unsigned of_device = 0, of_user = list ? list->len : 0;
    for (guint i = 0; i < of_user; i++)
        of_device += ((const struct binding *)list->pdata[i])->device == device;
    return MIN(BINDINGS_PER_USER - of_user, BINDINGS_PER_DEVICE - of_device);
}

static struct binding *binding_add(struct bindings *bs, const struct binding_new *n)
{
    if (bindings_room(bs, n->user, n->device) == 0)
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
        flow_leave(bs, b);
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
    flow_enter(bs, b);
    timer_start_lazy(bs->timers, &b->expiry, b->expires_us - b->since_us);
    keep(bs, b);
    return b;
}

void bindings_remove(struct bindings *bs, struct binding *b, enum binding_gone why)
{
    if (bs->port)
        bs->port->remove(bs->port->arg, b->device, b->key);
    flow_leave(bs, b);
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

struct binding *bindings_on_flow(const struct bindings *bs, const struct sip_flow *flow)
{
    struct binding *b = g_hash_table_lookup(bs->by_flow, flow_key(flow));
    while (b && !sip_flow_eq(&b->flow, flow))
        b = b->flow_next;
    return b;
}

void bindings_flow_closed(struct bindings *bs, const struct sip_flow *flow)
{
    for (struct binding *b; flow->connection && (b = bindings_on_flow(bs, flow));)
        bindings_remove(bs, b, BINDING_CLOSED);
}

size_t bindings_count(const struct bindings *bs)
{
    return slots_count(bs->by_id);
}

struct binding *bindings_next(const struct bindings *bs, size_t *at)
{
    return slots_next(bs->by_id, at);
}
