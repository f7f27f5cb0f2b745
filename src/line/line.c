/* SPDX-License-Identifier: Apache-2.0
 *
 * The line: puts endpoint, registrar, guard and legs together. See line.h.
 */
#include "line/leg_priv.h"

#include <string.h>

static const char supported[] = "100rel, timer, replaces, norefersub, path, outbound";

void line_answer_with(struct sip_server *txn, uint16_t status, struct view headers)
{
    sip_server_respond(txn, &(struct sip_response){.status = status, .headers = headers});
}

void line_answer(struct sip_server *txn, uint16_t status)
{
    line_answer_with(txn, status, (struct view){0});
}

/* Free for all, so it costs no state (D2); and so short that nobody is flooded by way of us (D7). */
static void on_options(void *arg, struct sip_response *reply)
{
    struct line *l = arg;
    struct buf b = buf_on(l->text, sizeof l->text);
    sip_put(&b, SIP_H_ALLOW, sip_endpoint_allow());
    sip_put(&b, SIP_H_SUPPORTED, view_of(supported));
    sip_put(&b, SIP_H_ACCEPT, VIEW("application/sdp"));
    *reply = (struct sip_response){.status = 200, .headers = buf_view(&b)};
}

/* A request outside of dialogs, past the gate. */
static void on_request(void *arg, struct sip_server *txn, const struct sip_msg *m, const struct sip_flow *flow)
{
    struct line *l = arg;
    switch (m->method) {
    case SIP_REGISTER:
        if (l->admitted.device)
            line_register(l, txn, m, flow, l->admitted.device);
        else
            line_answer(txn, 403); /* a peer does not register */
        return;
    case SIP_INVITE:
        line_invite(l, txn, m, flow);
        return;
    case SIP_SUBSCRIBE:
    case SIP_PUBLISH:
        line_answer(txn, 489); /* no event package is served yet */
        return;
    case SIP_REFER:
        if (l->admitted.device)
            line_refer(l, txn, m, l->admitted.device);
        else
            line_answer(txn, 403); /* an outside party cannot transfer (CALL-27) */
        return;
    case SIP_METHOD_OTHER:
    case SIP_MESSAGE:
        line_answer(txn, 405);
        return;
    case SIP_ACK:
    case SIP_BYE:
    case SIP_CANCEL:
    case SIP_PRACK:
    case SIP_UPDATE:
    case SIP_INFO:
    case SIP_NOTIFY:
    case SIP_OPTIONS: /* answered by on_options */
    case SIP_METHODS:
        line_answer(txn, 481);
        return;
    }
}

bool line_widen(void *arg, struct sip_flow *flow, size_t bytes)
{
    (void)bytes;
    const struct line *l = arg;
    size_t n = 0;
    const struct binding *from = bindings_on_flow(l->bindings, flow), *to = NULL;
    struct binding *const *list = from ? bindings_of_user(l->bindings, from->user, &n) : NULL;
    for (size_t i = 0; i < n; i++) {
        const struct binding *b = list[i];
        bool same_phone = b->device == from->device && strcmp(b->instance, from->instance) == 0 &&
                          net_addr_eq_host(&b->flow.remote, &flow->remote);
        if (same_phone && b->flow.connection && (!to || b->since_us > to->since_us))
            to = b;
    }
    if (to)
        *flow = to->flow;
    return to != NULL;
}

static int on_send(void *arg, const struct sip_flow *flow, struct view bytes)
{
    struct line *l = arg;
    return l->ports.send(l->ports.arg, flow, bytes);
}

static bool on_local(void *arg, enum sip_transport t, const struct net_addr *remote, struct net_addr *ret)
{
    struct line *l = arg;
    return l->ports.local(l->ports.arg, t, remote, ret);
}

static void on_binding_gone(void *arg, const struct binding *b, enum binding_gone why)
{
    struct line *l = arg;
    const struct model_device *d = model_device_by_id(l->model, b->device);
    if (why == BINDING_CLOSED)
        line_legs_lost(l, b);
    if (why == BINDING_SILENT)
        l->ports.notice(l->ports.arg, "phone answers no more: its contact is removed", &b->flow.remote,
                        d ? d->auth_user : "");
}

static void no_dns(void *arg, struct sip_resolver *r, uint64_t query, enum sip_dns_type type, const char *name)
{
    (void)arg, (void)r, (void)query, (void)type, (void)name; /* numeric hosts alone: a name's lookup ends by timeout */
}

struct line *line_new(const struct line_config *c, const struct line_ports *ports, struct model *m)
{
    struct line *l = g_new0(struct line, 1);
    l->config = *c;
    l->ports = *ports;
    l->model = model_ref(m);
    struct sip_dns_port dns = c->dns.ask ? c->dns : (struct sip_dns_port){l, no_dns};
    l->resolver = sip_resolver_new(c->timers, c->entropy, dns);
    l->bindings = bindings_new(c->timers, &(struct bindings_ops){l, on_binding_gone});
    l->guard = guard_new();
    guard_set_block(l->guard, model_settings(m)->block_min);
    l->nonces = nonce_keeper_new(c->entropy);
    l->legs = g_hash_table_new(g_int64_hash, g_int64_equal);
    l->endpoint = sip_endpoint_new(
        &(struct sip_endpoint_config){
            .timers = c->timers,
            .entropy = c->entropy,
            .server = view_of(c->server_name),
            .supported = view_of(supported),
        },
        &(struct sip_endpoint_ports){.arg = l,
                                     .send = on_send,
                                     .local = on_local,
                                     .gate = line_gate,
                                     .request = on_request,
                                     .options = on_options,
                                     .may_answer = line_may_answer,
                                     .widen = line_widen});
    line_keepalive_start(l);
    line_peers_start(l);
    return l;
}

void line_free(struct line *l)
{
    if (!l)
        return;
    line_keepalive_stop(l);
    line_peers_stop(l);
    sip_sessions_drop(l->endpoint);
    sip_endpoint_free(l->endpoint);
    bindings_free(l->bindings);
    guard_free(l->guard);
    nonce_keeper_free(l->nonces);
    sip_resolver_free(l->resolver);
    g_hash_table_destroy(l->legs);
    model_unref(l->model);
    g_free(l);
}

void line_set_core(struct line *l, struct call_core *core)
{
    l->core = core;
}

/* A new password signs out who came by the old one. */
static bool may_stay(const struct model *before, const struct model *now, const struct binding *b)
{
    const struct model_device *old = model_device_by_id(before, b->device), *d = model_device_by_id(now, b->device);
    return d && d->enabled && d->user->enabled && d->user->id == b->user && old && strcmp(old->secret, d->secret) == 0;
}

void line_set_model(struct line *l, struct model *m)
{
    struct model *before = l->model;
    l->model = model_ref(m);
    guard_set_block(l->guard, model_settings(m)->block_min);
    line_peers_take_model(l);
    size_t at = 0;
    for (struct binding *b; (b = bindings_next(l->bindings, &at));)
        if (!may_stay(before, m, b))
            bindings_remove(l->bindings, b, BINDING_REMOVED);
    model_unref(before);
}

void line_receive(struct line *l, const struct sip_flow *flow, char *bytes, size_t n, bool broken)
{
    sip_endpoint_receive(l->endpoint, flow, bytes, n, broken);
}

void line_flow_closed(struct line *l, const struct sip_flow *flow)
{
    bindings_flow_closed(l->bindings, flow);
    sip_endpoint_flow_closed(l->endpoint, flow);
}

void line_flow_opened(struct line *l, const struct sip_flow *asked, const struct sip_flow *now)
{
    sip_endpoint_flow_opened(l->endpoint, asked, now);
}

/* Newest registration first. */
static int by_age(const void *a, const void *b)
{
    const struct binding *const *x = a, *const *y = b;
    return ((*x)->since_us < (*y)->since_us) - ((*x)->since_us > (*y)->since_us);
}

static size_t devices(void *arg, uint32_t user, struct location_device *ret, size_t max)
{
    struct line *l = arg;
    size_t n, kept = 0;
    struct binding *const *list = bindings_of_user(l->bindings, user, &n);
    const struct binding *sorted[BINDINGS_PER_USER];
    for (size_t i = 0; i < n && i < BINDINGS_PER_USER; i++)
        sorted[i] = list[i];
    if (n > 1)
        qsort(sorted, n, sizeof *sorted, by_age);
    for (size_t i = 0; i < n && kept < max; i++)
        ret[kept++] = (struct location_device){sorted[i]->id, sorted[i]->device, sorted[i]->flow.remote};
    return kept;
}

struct location_port line_location_port(struct line *l)
{
    return (struct location_port){l, devices};
}

/* "1.2.3.4:5060" or "[::1]:5060" as net_addr_write wrote it. */
static bool read_addr(const char *text, struct net_addr *ret)
{
    struct view v = view_of(text);
    size_t colon = v.n;
    while (colon > 0 && v.p[colon - 1] != ':')
        colon--;
    uint32_t port;
    return colon > 0 && view_to_u32(view_slice(v, colon, v.n), 65535, &port) &&
           net_addr_parse(view_slice(v, 0, colon - 1), (uint16_t)port, ret);
}

void line_restore_binding(struct line *l, const struct binding_row *row)
{
    struct sip_flow flow = {0};
    const struct model_device *d = model_device_by_id(l->model, row->device);
    int64_t left_ms = row->expires_ms - timers_wall_us(l->config.timers) / 1000;
    if (!d || !d->enabled || left_ms < 1000 || !sip_transport_parse(view_of(row->transport), &flow.transport) ||
        sip_transport_is_reliable(flow.transport) || !read_addr(row->remote, &flow.remote))
        return;
    (void)read_addr(row->local, &flow.local); /* absent: the system chooses */
    l->ports.trust(l->ports.arg, &flow);
    (void)bindings_put(l->bindings, &(struct binding_new){
                                        .device = row->device,
                                        .user = d->user->id,
                                        .reg_id = row->reg_id,
                                        .cseq = row->cseq,
                                        .key = view_of(row->key),
                                        .instance = view_of(row->instance),
                                        .contact = view_of(row->contact),
                                        .path = view_of(row->path),
                                        .user_agent = view_of(row->user_agent),
                                        .call_id = view_of(row->call_id),
                                        .flow = flow,
                                        .expires_s = (uint32_t)MIN(left_ms / 1000, 3600),
                                    });
}

void line_persist(struct line *l, const struct binding_port *port)
{
    bindings_persist(l->bindings, port);
}

void line_set_load(struct line *l, unsigned busy_permille)
{
    l->busy_permille = busy_permille;
}

void line_drain(struct line *l)
{
    l->draining = true;
}

struct line_counts line_counts(const struct line *l)
{
    struct line_counts c = l->counts;
    c.bindings = bindings_count(l->bindings);
    c.legs = g_hash_table_size(l->legs);
    c.transactions = sip_endpoint_transactions(l->endpoint);
    c.sessions = sip_session_count(l->endpoint);
    c.guarded = guard_count(l->guard);
    return c;
}
