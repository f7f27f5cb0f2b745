/* SPDX-License-Identifier: Apache-2.0
 *
 * Keep-alive of registered phones (SIP-5, SIP-6): each contact is asked OPTIONS every 24 s on its own flow, which keeps
 * a NAT's door open; three without any answer remove it, the last one being given 4 s: a phone that was unplugged is
 * offline within 80 s. The rounds are spread evenly, so that ten thousand phones
 * make a steady trickle and not a wave.
 */
#include "line/line_priv.h"

enum {
    PING_EVERY_US = 24 * G_USEC_PER_SEC,
    PING_TICK_US = G_USEC_PER_SEC,
    PING_MISSED_MAX = 3,
    LAST_PING_US = 4 * G_USEC_PER_SEC
};

struct ping {
    struct line *line;
    uint64_t binding;
    struct sip_flow flow; /* that it left by: the binding may have another since */
    struct sip_client *txn;
};

static void ping_free(struct ping *p)
{
    g_hash_table_remove(p->line->pings, p);
    g_free(p);
}

/* The binding, if it still stands on the flow that was asked: what becomes of a former one says nothing of it. */
static struct binding *asked(const struct ping *p)
{
    struct binding *b = bindings_get(p->line->bindings, p->binding);
    return b && sip_flow_eq(&b->flow, &p->flow) ? b : NULL;
}

static void on_response(void *arg, struct sip_client *txn, const struct sip_msg *m, const struct sip_flow *flow)
{
    (void)txn;
    (void)flow;
    const struct ping *p = arg;
    struct binding *b = asked(p);
    if (b && m->status >= 200)
        bindings_heard(p->line->bindings, b);
}

static void on_failed(void *arg, struct sip_client *txn, enum sip_client_failure why)
{
    (void)txn;
    struct ping *p = arg;
    struct binding *b = asked(p);
    if (b && why == SIP_CLIENT_TRANSPORT && sip_transport_is_reliable(b->flow.transport))
        bindings_remove(p->line->bindings, b, BINDING_CLOSED);
    ping_free(p);
}

static void on_over(void *arg, struct sip_client *txn)
{
    (void)txn;
    ping_free(arg);
}

static void put_dialogless_headers(struct line *l, struct buf *b, const struct binding *to)
{
    char call_id[27], tag[14], mem[128];
    struct buf uri = buf_on(mem, sizeof mem);
    entropy_token(l->config.entropy, call_id, sizeof call_id - 1);
    entropy_token(l->config.entropy, tag, sizeof tag - 1);
    buf_addf(&uri, "sip:%s", model_settings(l->model)->realm);
    char tag_param[20];
    struct buf t = buf_on(tag_param, sizeof tag_param);
    buf_addf(&t, ";tag=%s", tag);
    sip_put_name_addr(b, SIP_H_FROM, (struct view){0}, buf_view(&uri), buf_view(&t));
    sip_put_name_addr(b, SIP_H_TO, (struct view){0}, view_of(to->contact), (struct view){0});
    sip_put(b, SIP_H_CALL_ID, view_of(call_id));
    sip_put(b, SIP_H_CSEQ, VIEW("1 OPTIONS"));
    if (to->path[0])
        sip_put(b, SIP_H_ROUTE, view_of(to->path));
}

static void ping(struct line *l, struct binding *b)
{
    static const struct sip_client_ops ops = {.response = on_response, .failed = on_failed, .over = on_over};
    char headers[4096];
    struct buf h = buf_on(headers, sizeof headers);
    put_dialogless_headers(l, &h, b);
    if (++b->missed == PING_MISSED_MAX)
        bindings_await_word(l->bindings, b, LAST_PING_US);
    if (h.full)
        return;
    struct sip_request r = {.method = SIP_OPTIONS, .uri = view_of(b->contact), .headers = buf_view(&h)};
    struct ping *p = g_new0(struct ping, 1);
    *p = (struct ping){.line = l, .binding = b->id, .flow = b->flow};
    p->txn = sip_client_start(l->endpoint, &b->flow, &r, &ops, p);
    if (p->txn)
        g_hash_table_add(l->pings, p);
    else
        g_free(p);
}

/* One tick's share of the round. */
static void on_tick(void *arg)
{
    struct line *l = arg;
    size_t ticks = PING_EVERY_US / PING_TICK_US;
    size_t share = (bindings_count(l->bindings) + ticks - 1) / ticks;
    size_t seen = 0, all = bindings_count(l->bindings);
    int64_t now = timers_now_us(l->config.timers);
    for (; share > 0 && seen < all; seen++) {
        struct binding *b = bindings_next(l->bindings, &l->ping_at);
        if (!b) {
            l->ping_at = 0;
            continue;
        }
        if (now - b->pinged_us < PING_EVERY_US - PING_TICK_US)
            continue;
        b->pinged_us = now;
        share--;
        ping(l, b);
    }
    timer_start(l->config.timers, &l->ping_timer, PING_TICK_US);
}

void line_keepalive_start(struct line *l)
{
    l->pings = g_hash_table_new(NULL, NULL);
    timer_init(&l->ping_timer, on_tick, l);
    timer_start(l->config.timers, &l->ping_timer, PING_TICK_US);
}

void line_keepalive_stop(struct line *l)
{
    GHashTableIter at;
    void *value;
    timer_stop(l->config.timers, &l->ping_timer);
    g_hash_table_iter_init(&at, l->pings);
    while (g_hash_table_iter_next(&at, &value, NULL)) {
        struct ping *p = value;
        sip_client_disown(p->txn);
        g_free(p);
    }
    g_hash_table_destroy(l->pings);
}
