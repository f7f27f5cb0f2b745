/* SPDX-License-Identifier: Apache-2.0
 *
 * The signalling thread's side of streams: see streams_priv.h. A `peer` for each connection that has said something or
 * that we opened; the sockets are the web thread's.
 */
#include "net/streams_priv.h"

#include "net/link_priv.h"
#include "net/tls_priv.h"
#include "net/web_priv.h"

#include <errno.h>
#include <glib.h>

/*            send with connection 0             OPENED
 *  (none) -----------------------> OPENING ----------------> OPEN <------ first MESSAGE of an accepted one
 *                                     |                        | disconnect, BROKEN
 *                                     v CLOSED                 v
 *                                   (gone) <---- CLOSED ---- CLOSING
 */
enum peer_state { PEER_OPENING, PEER_OPEN, PEER_CLOSING };

struct peer {
    enum peer_state state;
    bool trusted;
    struct link *link;
    struct sip_flow asked, flow;
};

struct streams {
    atomic_int refs;   /* ours, and one for each of the news on its way */
    struct loop *loop; /* read-only */
    bool closed;       /* late news are dropped; signalling thread only */
    struct transport_events events;
    struct transport_listen *listen;
    size_t n_listen;
    char *cert_file, *key_file;
    struct web *web;
    GHashTable *by_id;     /* &link->id -> struct peer *, owning */
    GHashTable *by_remote; /* the peer itself by transport and remote -> peer: OPENING or OPEN */
    uint64_t received, sent;
};

/* ---- the table ---- */

static guint remote_hash(gconstpointer key)
{
    const struct peer *p = key;
    guint h = (guint)p->flow.transport * 31 + p->flow.remote.port;
    for (size_t i = 0; i < sizeof p->flow.remote.ip; i++)
        h = (h ^ p->flow.remote.ip[i]) * 16777619u;
    return h;
}

static gboolean remote_equal(gconstpointer a, gconstpointer b)
{
    const struct peer *x = a, *y = b;
    return x->flow.transport == y->flow.transport && net_addr_eq(&x->flow.remote, &y->flow.remote);
}

static void peer_free(void *peer)
{
    struct peer *p = peer;
    link_unref(p->link);
    g_free(p);
}

static struct peer *peer_add(struct streams *s, struct link *link, enum peer_state state, const struct sip_flow *flow)
{
    struct peer *p = g_new0(struct peer, 1);
    *p = (struct peer){.state = state, .link = link_ref(link), .asked = *flow, .flow = *flow};
    p->flow.connection = link->id;
    g_hash_table_insert(s->by_id, &p->link->id, p);
    (void)g_hash_table_add(s->by_remote, p);
    return p;
}

/* Nobody shall find it any more for sending; it waits for its CLOSED. */
static void peer_hide(struct streams *s, struct peer *p)
{
    if (g_hash_table_lookup(s->by_remote, p) == p)
        (void)g_hash_table_remove(s->by_remote, p);
}

static struct peer *peer_of(const struct streams *s, uint64_t id)
{
    return g_hash_table_lookup(s->by_id, &id);
}

static void peer_close(struct streams *s, struct peer *p)
{
    if (p->state == PEER_CLOSING)
        return;
    p->state = PEER_CLOSING;
    peer_hide(s, p);
    web_order(s->web, order_new(ORDER_CLOSE, p->link, (struct view){0}));
}

/* ---- news ---- */

static struct streams *streams_ref(struct streams *s)
{
    (void)atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

static void streams_unref(struct streams *s)
{
    if (atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
        return;
    g_hash_table_destroy(s->by_remote);
    g_hash_table_destroy(s->by_id);
    g_free(s->listen);
    g_free(s->cert_file);
    g_free(s->key_file);
    g_free(s);
}

static void news_free(struct news *n)
{
    link_unref(n->link);
    streams_unref(n->streams);
    g_free(n);
}

static void on_news_dropped(struct loop_message *m)
{
    news_free((struct news *)m);
}

static void on_bytes(struct streams *s, struct news *n)
{
    if (!peer_of(s, n->link->id))
        (void)peer_add(s, n->link, PEER_OPEN, &n->flow);
    if (n->kind == NEWS_MESSAGE) {
        s->received++;
        s->events.message(s->events.arg, &n->flow, n->bytes, n->n);
    } else {
        if (s->events.broken)
            s->events.broken(s->events.arg, &n->flow, n->bytes, n->n);
        struct peer *p = peer_of(s, n->link->id); /* the event may have ended it */
        if (p)
            peer_close(s, p);
    }
}

static void on_closed(struct streams *s, struct news *n)
{
    struct peer *p = peer_of(s, n->link->id);
    if (!p)
        return; /* it never said a word */
    struct sip_flow flow = p->state == PEER_OPENING ? p->asked : p->flow;
    peer_hide(s, p);
    (void)g_hash_table_remove(s->by_id, &n->link->id);
    if (s->events.closed)
        s->events.closed(s->events.arg, &flow);
}

static void on_opened(struct streams *s, struct news *n)
{
    struct peer *p = peer_of(s, n->link->id);
    if (!p || p->state != PEER_OPENING)
        return;
    struct sip_flow asked = p->asked;
    p->state = PEER_OPEN;
    p->flow.local = n->flow.local;
    if (s->events.opened)
        s->events.opened(s->events.arg, &asked, &n->flow);
}

/* Room again for a connection whose reading was stopped? */
static void let_read(struct streams *s, struct link *l, size_t handled)
{
    size_t left = atomic_fetch_sub(&l->in_waiting, handled) - handled;
    if (left <= LINK_IN_BYTES_LOW && atomic_exchange(&l->paused, false))
        web_order(s->web, order_new(ORDER_RESUME, l, (struct view){0}));
}

static void on_news(struct loop_message *m)
{
    struct news *n = (struct news *)m;
    struct streams *s = n->streams;
    if (!s->closed) {
        switch (n->kind) {
        case NEWS_OPENED:
            on_opened(s, n);
            break;
        case NEWS_MESSAGE:
        case NEWS_BROKEN:
            on_bytes(s, n);
            web_bytes_handled(s->web, n->n);
            let_read(s, n->link, n->n);
            break;
        case NEWS_CLOSED:
            on_closed(s, n);
            break;
        }
    }
    news_free(n);
}

/* The web thread's. */
static void tell(void *arg, enum news_kind kind, struct link *link, const struct sip_flow *flow, struct view bytes)
{
    struct streams *s = arg;
    struct news *n = g_malloc(sizeof *n + bytes.n);
    *n = (struct news){{NULL, on_news, on_news_dropped}, streams_ref(s), kind, link_ref(link), *flow, bytes.n};
    if (bytes.n)
        memcpy(n->bytes, bytes.p, bytes.n);
    loop_post(s->loop, &n->message);
}

/* ---- the port ---- */

int streams_open(struct streams **ret, struct loop *signalling, const struct transport_config *c,
                 const struct transport_events *ev, const struct transport_listen **ret_failed)
{
    struct streams *s = g_new0(struct streams, 1);
    atomic_init(&s->refs, 1);
    s->loop = signalling;
    s->events = *ev;
    s->by_id = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, peer_free);
    s->by_remote = g_hash_table_new(remote_hash, remote_equal);
    s->listen = g_memdup2(c->listen, c->n_listen * sizeof *c->listen);
    s->n_listen = c->n_listen;
    s->cert_file = g_strdup(c->cert_file);
    s->key_file = g_strdup(c->key_file);
    int e = web_open(&s->web, c, &(struct web_host){s, tell}, ret_failed);
    if (e) {
        streams_unref(s);
        return e;
    }
    *ret = s;
    return 0;
}

void streams_close(struct streams *s)
{
    if (!s)
        return;
    s->closed = true;
    web_close(s->web);
    streams_unref(s);
}

static bool listens(const struct streams *s, const struct sip_flow *flow)
{
    for (size_t i = 0; i < s->n_listen; i++)
        if (s->listen[i].transport == flow->transport && s->listen[i].address.family == flow->remote.family)
            return true;
    return false;
}

/* The open connection to where the flow leads, or one that is being opened from now. */
static int peer_toward(struct streams *s, const struct sip_flow *flow, struct peer **ret)
{
    struct peer like = {.flow = *flow};
    *ret = g_hash_table_lookup(s->by_remote, &like);
    if (*ret)
        return 0;
    if (flow->transport != SIP_TCP && flow->transport != SIP_TLS)
        return ENOTCONN; /* browsers are not called; they call */
    if (!listens(s, flow))
        return EAFNOSUPPORT;
    if (flow->remote.port == 0 || net_addr_is_any(&flow->remote) || net_addr_is_multicast(&flow->remote))
        return EADDRNOTAVAIL;
    struct link *link = link_new();
    *ret = peer_add(s, link, PEER_OPENING, flow);
    struct order *o = order_new(ORDER_OPEN, link, (struct view){0});
    o->flow = (*ret)->flow;
    web_order(s->web, o);
    link_unref(link);
    return 0;
}

int streams_send(struct streams *s, const struct sip_flow *flow, struct view bytes)
{
    struct peer *p;
    if (flow->connection) {
        p = peer_of(s, flow->connection);
        if (!p || p->state == PEER_CLOSING)
            return ENOTCONN;
    } else {
        int e = peer_toward(s, flow, &p);
        if (e)
            return e;
    }
    if (bytes.n > LINK_OUT_BYTES_MAX || atomic_load(&p->link->out_waiting) > LINK_OUT_BYTES_MAX - bytes.n)
        return ENOBUFS;
    (void)atomic_fetch_add(&p->link->out_waiting, bytes.n);
    web_order(s->web, order_new(ORDER_SEND, p->link, bytes));
    s->sent++;
    return 0;
}

void streams_trust(struct streams *s, uint64_t connection)
{
    struct peer *p = peer_of(s, connection);
    if (!p || p->trusted)
        return;
    p->trusted = true;
    web_order(s->web, order_new(ORDER_TRUST, p->link, (struct view){0}));
}

void streams_disconnect(struct streams *s, uint64_t connection)
{
    struct peer *p = peer_of(s, connection);
    if (p)
        peer_close(s, p);
}

void streams_deny(struct streams *s, const struct net_range *ranges, size_t n)
{
    struct order *o = order_new(ORDER_DENY, NULL, (struct view){0});
    o->set = net_set_new(ranges, n);
    web_order(s->web, o);
}

int streams_reload_certificate(struct streams *s)
{
    if (!s->cert_file)
        return 0;
    SSL_CTX *tls = tls_server_new(s->cert_file, s->key_file);
    if (!tls)
        return EBADF;
    struct order *o = order_new(ORDER_RELOAD, NULL, (struct view){0});
    o->tls = tls;
    web_order(s->web, o);
    return 0;
}

void streams_count(const struct streams *s, struct transport_stats *add)
{
    add->received += s->received;
    add->sent += s->sent;
    web_count(s->web, add);
}
