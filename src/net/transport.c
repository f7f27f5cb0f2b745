/* SPDX-License-Identifier: Apache-2.0
 *
 * The face of the transports: see transport.h. Gives UDP and streams their part; signalling thread.
 */
#include "net/transport.h"

#include "base/net_set.h"
#include "net/local_priv.h"
#include "net/streams_priv.h"
#include "net/udp_priv.h"

#include <errno.h>
#include <glib.h>

struct transport {
    struct loop *loop;
    struct transport_events events;
    struct transport_listen *listen;
    size_t n_listen;
    struct net_set *denied;
    struct udp *udp;
    struct streams *streams; /* NULL: no stream is listened to */
    struct local_cache local;
};

static void on_datagram(void *arg, const struct sip_flow *flow, char *bytes, size_t n)
{
    struct transport *t = arg;
    t->events.message(t->events.arg, flow, bytes, n);
}

static bool is_denied(void *arg, const struct net_addr *source)
{
    return net_set_has(((const struct transport *)arg)->denied, source);
}

static int open_udp(struct transport *t, const struct transport_config *c, const struct transport_listen **ret_failed)
{
    for (size_t i = 0; i < c->n_listen; i++) {
        if (c->listen[i].transport != SIP_UDP)
            continue;
        *ret_failed = &c->listen[i];
        int e = udp_listen(t->udp, &c->listen[i].address);
        if (e)
            return e;
    }
    *ret_failed = NULL;
    return 0;
}

static int open_all(struct transport *t, const struct transport_config *c, const struct transport_listen **ret_failed)
{
    bool has_stream = false;
    for (size_t i = 0; i < c->n_listen; i++) {
        *ret_failed = &c->listen[i];
        if (c->listen[i].address.port == 0)
            return EINVAL;
        has_stream |= c->listen[i].transport != SIP_UDP;
    }
    int e = open_udp(t, c, ret_failed);
    if (!e && has_stream)
        e = streams_open(&t->streams, t->loop, c, &t->events, ret_failed);
    return e;
}

int transport_open(struct transport **ret, struct loop *signalling, const struct transport_config *c,
                   const struct transport_events *ev, const struct transport_listen **ret_failed)
{
    const struct transport_listen *failed = NULL;
    struct transport *t = g_new0(struct transport, 1);
    t->loop = signalling;
    t->events = *ev;
    t->listen = g_memdup2(c->listen, c->n_listen * sizeof *c->listen);
    t->n_listen = c->n_listen;
    t->denied = net_set_new(c->denied, c->n_denied);
    t->udp = udp_new(signalling, (struct udp_host){t, on_datagram, is_denied});
    int e = open_all(t, c, &failed);
    if (ret_failed)
        *ret_failed = failed;
    if (e) {
        transport_close(t);
        return e;
    }
    *ret = t;
    return 0;
}

void transport_close(struct transport *t)
{
    if (!t)
        return;
    udp_free(t->udp);
    streams_close(t->streams);
    g_free(t->listen);
    net_set_free(t->denied);
    g_free(t);
}

int transport_send(struct transport *t, const struct sip_flow *flow, struct view bytes)
{
    if (flow->transport == SIP_UDP)
        return udp_send(t->udp, flow, bytes);
    return t->streams ? streams_send(t->streams, flow, bytes) : EAFNOSUPPORT;
}

bool transport_local(struct transport *t, enum sip_transport tr, const struct net_addr *remote, struct net_addr *ret)
{
    struct net_addr local;
    if (!local_toward(&t->local, remote, timers_now_us(loop_timers(t->loop)), &local))
        return false;
    const struct transport_listen *best = NULL;
    for (size_t i = 0; i < t->n_listen; i++) {
        const struct transport_listen *l = &t->listen[i];
        if (l->transport != tr || l->address.family != remote->family)
            continue;
        bool exact = net_addr_eq_host(&l->address, &local);
        if (exact || !best || (net_addr_is_any(&l->address) && !net_addr_eq_host(&best->address, &local)))
            best = l;
    }
    if (!best)
        return false;
    *ret = net_addr_is_any(&best->address) ? local : best->address;
    ret->port = best->address.port;
    return true;
}

void transport_trust(struct transport *t, const struct sip_flow *flow)
{
    if (flow->transport == SIP_UDP)
        udp_trust(t->udp, &flow->remote);
    else if (t->streams && flow->connection)
        streams_trust(t->streams, flow->connection);
}

void transport_deny(struct transport *t, const struct net_range *ranges, size_t n)
{
    net_set_free(t->denied);
    t->denied = net_set_new(ranges, n);
    if (t->streams)
        streams_deny(t->streams, ranges, n);
}

void transport_disconnect(struct transport *t, const struct sip_flow *flow)
{
    if (t->streams && flow->connection)
        streams_disconnect(t->streams, flow->connection);
}

int transport_reload_certificate(struct transport *t)
{
    return t->streams ? streams_reload_certificate(t->streams) : 0;
}

int64_t transport_waited_us(const struct transport *t)
{
    return udp_waited_us(t->udp);
}

struct transport_stats transport_stats(const struct transport *t)
{
    struct transport_stats s = {0};
    udp_count(t->udp, &s);
    if (t->streams)
        streams_count(t->streams, &s);
    return s;
}
