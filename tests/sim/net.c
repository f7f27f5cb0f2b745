/* SPDX-License-Identifier: Apache-2.0
 *
 * The simulated network: see net.h.
 */
#include "tests/sim/net.h"

#include "base/slots.h"

#include <glib.h>
#include <string.h>

enum { DOOR_US = 30 * G_USEC_PER_SEC };

struct connection {
    uint64_t id;
    struct net_host *a, *b;
    int64_t last_us[2]; /* latest arrival planned, each way: order is kept */
};

struct net {
    struct timers *timers;
    const struct entropy *entropy;
    struct net_weather weather;
    GPtrArray *hosts;
    struct slots *connections;
    GHashTable *under_way;
};

struct packet {
    struct net *net;
    struct timer timer;
    struct net_addr from, to;
    struct net_host *host; /* streams: to whom */
    uint64_t connection;
    bool is_cut;
    size_t n;
    char bytes[];
};

struct net *net_new(struct timers *ts, const struct entropy *e)
{
    struct net *net = g_new0(struct net, 1);
    net->timers = ts;
    net->entropy = e;
    net->weather = (struct net_weather){.delay_us = 5000};
    net->hosts = g_ptr_array_new();
    net->connections = slots_new();
    net->under_way = g_hash_table_new(NULL, NULL);
    return net;
}

static void packet_free(struct packet *p)
{
    timer_stop(p->net->timers, &p->timer);
    g_free(p);
}

void net_free(struct net *net)
{
    GHashTableIter at;
    void *key;
    g_hash_table_iter_init(&at, net->under_way);
    while (g_hash_table_iter_next(&at, &key, NULL))
        packet_free(key);
    g_hash_table_destroy(net->under_way);
    size_t place = 0;
    for (struct connection *c; (c = slots_next(net->connections, &place));)
        g_free(c);
    slots_free(net->connections);
    g_ptr_array_unref(net->hosts);
    g_free(net);
}

void net_set_weather(struct net *net, const struct net_weather *w)
{
    net->weather = *w;
}

void net_add(struct net *net, struct net_host *host)
{
    g_ptr_array_add(net->hosts, host);
}

static struct net_host *host_at(const struct net *net, const struct net_addr *outside)
{
    for (guint i = 0; i < net->hosts->len; i++) {
        struct net_host *h = net->hosts->pdata[i];
        if (net_addr_eq(&h->outside, outside))
            return h;
    }
    return NULL;
}

static void arrive(void *arg)
{
    struct packet *p = arg;
    struct net *net = p->net;
    g_hash_table_remove(net->under_way, p);
    if (p->connection) {
        bool there = slots_get(net->connections, p->connection) != NULL;
        if (p->is_cut)
            p->host->cut(p->host->arg, p->connection);
        else if (there && !p->host->unplugged)
            p->host->stream(p->host->arg, p->connection, p->bytes, p->n);
    } else {
        struct net_host *h = host_at(net, &p->to);
        bool passes = h && !h->unplugged && (!h->translated || timers_now_us(net->timers) < h->door_until_us);
        if (passes)
            h->datagram(h->arg, &p->from, p->bytes, p->n);
    }
    g_free(p);
}

static struct packet *packet_new(struct net *net, struct view bytes)
{
    struct packet *p = g_malloc0(sizeof *p + bytes.n + 1);
    p->net = net;
    p->n = bytes.n;
    if (bytes.n)
        memcpy(p->bytes, bytes.p, bytes.n);
    timer_init(&p->timer, arrive, p);
    g_hash_table_add(net->under_way, p);
    return p;
}

static unsigned dice(const struct net *net, unsigned below)
{
    return below ? entropy_below(net->entropy, below) : 0;
}

void net_send(struct net *net, struct net_host *from, const struct net_addr *to, struct view bytes)
{
    from->door_until_us = timers_now_us(net->timers) + DOOR_US;
    if (from->unplugged)
        return;
    unsigned copies = 1 + (dice(net, 1000) < net->weather.duplicate_permille);
    for (unsigned i = 0; i < copies; i++) {
        if (dice(net, 1000) < net->weather.loss_permille)
            continue;
        struct packet *p = packet_new(net, bytes);
        p->from = from->outside;
        p->to = *to;
        timer_start(net->timers, &p->timer, net->weather.delay_us + dice(net, net->weather.jitter_us + 1));
    }
}

uint64_t net_connect(struct net *net, struct net_host *a, struct net_host *b)
{
    struct connection *c = g_new0(struct connection, 1);
    c->a = a;
    c->b = b;
    c->id = slots_add(net->connections, c);
    return c->id;
}

struct net_host *net_peer(struct net *net, struct net_host *one, uint64_t connection)
{
    const struct connection *c = slots_get(net->connections, connection);
    return !c ? NULL : c->a == one ? c->b : c->a;
}

bool net_write(struct net *net, struct net_host *from, uint64_t connection, struct view bytes)
{
    struct connection *c = slots_get(net->connections, connection);
    if (!c)
        return false;
    struct packet *p = packet_new(net, bytes);
    int way = c->a == from;
    int64_t now = timers_now_us(net->timers);
    int64_t at = MAX(now + net->weather.delay_us + dice(net, net->weather.jitter_us + 1), c->last_us[way] + 1);
    c->last_us[way] = at;
    p->connection = connection;
    p->host = way ? c->b : c->a;
    timer_start(net->timers, &p->timer, at - now);
    return true;
}

void net_cut(struct net *net, uint64_t connection)
{
    struct connection *c = slots_get(net->connections, connection);
    if (!c)
        return;
    struct net_host *ends[] = {c->a, c->b};
    for (int i = 0; i < 2; i++) {
        struct packet *p = packet_new(net, (struct view){0});
        p->connection = connection;
        p->is_cut = true;
        p->host = ends[i];
        timer_start(net->timers, &p->timer, 0);
    }
    slots_remove(net->connections, connection);
    g_free(c);
}

void net_rebind(struct net *net, struct net_host *host)
{
    do
        host->outside.port = (uint16_t)(20000 + dice(net, 40000));
    while (host_at(net, &host->outside) != host);
    host->door_until_us = 0;
}

size_t net_under_way(const struct net *net)
{
    return g_hash_table_size(net->under_way);
}
