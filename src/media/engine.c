/* SPDX-License-Identifier: Apache-2.0
 *
 * The media engine as the signalling thread sees it: ids, ports, and which worker has which session. See engine.h.
 */
#include "media/engine.h"

#include "base/slots.h"
#include "media/port_pool_priv.h"
#include "media/sounds_priv.h"
#include "media/udp_priv.h"
#include "media/worker_priv.h"
#include "sys/log.h"

#include <errno.h>
#include <unistd.h>

enum { WORKERS_MAX = 64, BIND_TRIES = 16, LOCAL_PLACES = 64, LOCAL_US = 10 * 1000000 };

/* The signalling thread's half of a session. */
struct handle {
    struct rtp_session *session;
    unsigned worker; /* who has it, or gets it by the messages under way */
    struct port_pool *pool;
    uint16_t port;
    bool joined;  /* ever */
    bool closing; /* closed by the core; its ports are freed when the worker says so */
};

struct media_engine {
    struct media_engine_config config;
    struct { /* which address of ours leads to a peer, remembered for a while: asking the kernel takes four calls */
        struct net_addr peer, local;
        int64_t until_us;
    } local[LOCAL_PLACES];
    struct net_range *inside;
    struct port_pool *internal, *external; /* the same one when the ranges are */
    struct notice_line *line;
    struct sounds *sounds;
    struct slots *handles;
    struct worker *worker[WORKERS_MAX];
    unsigned load[WORKERS_MAX]; /* sessions */
    unsigned n_workers;
};

/* --- open and close --------------------------------------------------------------------------------------------- */

static bool same_range(struct media_port_range a, struct media_port_range b)
{
    return a.first == b.first && a.last == b.last;
}

static struct notice_line *notice_line_new(struct media_engine *engine)
{
    struct notice_line *line = g_new0(struct notice_line, 1);
    atomic_init(&line->refs, 1);
    line->loop = engine->config.loop;
    line->engine = engine;
    return line;
}

int media_engine_open(const struct media_engine_config *config, struct media_engine **ret)
{
    struct media_engine *e = g_new0(struct media_engine, 1);
    e->config = *config;
    loop_expect_lazy(config->loop);
    e->inside = config->n_inside ? g_memdup2(config->inside, config->n_inside * sizeof *config->inside) : NULL;
    e->config.inside = e->inside;
    e->handles = slots_new();
    e->internal = port_pool_new(config->internal.first, config->internal.last);
    e->external = same_range(config->internal, config->external)
                      ? e->internal
                      : port_pool_new(config->external.first, config->external.last);
    unsigned workers = config->workers ? config->workers : 1;
    int error = !e->internal || !e->external || workers > WORKERS_MAX ? EINVAL : 0;
    if (!error) {
        e->line = notice_line_new(e);
        e->sounds = sounds_open();
        error = e->sounds ? 0 : EAGAIN;
    }
    while (!error && e->n_workers < workers) {
        e->worker[e->n_workers] = worker_new(e->n_workers, e->line, e->sounds);
        error = e->worker[e->n_workers] ? 0 : EAGAIN;
        e->n_workers += !error;
    }
    if (error) {
        media_engine_close(e);
        return error;
    }
    *ret = e;
    return 0;
}

void media_engine_close(struct media_engine *e)
{
    if (!e)
        return;
    for (unsigned i = 0; i < e->n_workers; i++)
        worker_stop(e->worker[i]);
    sounds_stop(e->sounds);
    for (unsigned i = 0; i < e->n_workers; i++)
        worker_free(e->worker[i]);
    size_t at = 0;
    for (struct handle *h; (h = slots_next(e->handles, &at));) {
        if (!h->closing)
            rtp_session_free(h->session);
        g_free(h);
    }
    slots_free(e->handles);
    sounds_close(e->sounds);
    if (e->external != e->internal)
        port_pool_free(e->external);
    port_pool_free(e->internal);
    if (e->line)
        e->line->engine = NULL;
    notice_line_unref(e->line);
    g_free(e->inside);
    g_free(e);
}

unsigned media_engine_sessions(const struct media_engine *e)
{
    return (unsigned)slots_count(e->handles);
}

/* --- sessions --------------------------------------------------------------------------------------------------- */

static bool is_inside(const struct media_engine *e, const struct net_addr *peer)
{
    if (!e->config.n_inside)
        return net_addr_is_private(peer);
    for (size_t i = 0; i < e->config.n_inside; i++)
        if (net_range_has(&e->config.inside[i], peer))
            return true;
    return net_addr_is_loopback(peer);
}

static unsigned least_loaded(const struct media_engine *e)
{
    unsigned best = 0;
    for (unsigned i = 1; i < e->n_workers; i++)
        if (e->load[i] < e->load[best])
            best = i;
    return best;
}

static int open_pair(struct net_addr *local, uint16_t port, int fd[2])
{
    local->port = port;
    int error = udp_open(local, &fd[0]);
    if (error)
        return error;
    local->port = (uint16_t)(port + 1);
    error = udp_open(local, &fd[1]);
    if (error)
        close(fd[0]);
    return error;
}

/* Two sockets on a free pair. Another program may sit on a port of ours: then the next pair is tried. 0, or the errno
 * of the last trial; ENOSPC: no pair is free. */
static int take_pair(struct media_engine *e, struct port_pool *pool, struct net_addr *local, uint16_t *ret, int fd[2])
{
    uint16_t tried[BIND_TRIES];
    unsigned n = 0;
    int error = ENOSPC;
    uint16_t got = 0;
    while (n < BIND_TRIES && !got) {
        uint16_t port = port_pool_take(pool, e->config.entropy);
        if (!port)
            break;
        int failed = open_pair(local, port, fd);
        if (!failed) {
            got = port;
            break;
        }
        error = failed == EADDRINUSE ? ENOSPC : failed;
        tried[n++] = port;
        if (failed != EADDRINUSE)
            break;
    }
    while (n > 0)
        port_pool_give(pool, tried[--n]);
    *ret = got;
    return got ? 0 : error;
}

static void fill_local(const struct media_engine *e, bool inside, struct net_addr local, uint16_t port,
                       struct media_desc *ret)
{
    *ret = (struct media_desc){.dir = MEDIA_BOTH, .present = true};
    if (!inside && e->config.external_address.family == local.family)
        local = e->config.external_address;
    ret->rtp = ret->rtcp = local;
    ret->rtp.port = port;
    ret->rtcp.port = (uint16_t)(port + 1);
}

static int local_toward(struct media_engine *e, const struct net_addr *peer, struct net_addr *ret)
{
    int64_t now_us = timers_now_us(loop_timers(e->config.loop));
    size_t at = net_addr_source_key(peer) % LOCAL_PLACES;
    if (e->local[at].until_us <= now_us || !net_addr_eq_host(&e->local[at].peer, peer)) {
        int error = udp_local_toward(peer, &e->local[at].local);
        if (error) {
            e->local[at].until_us = 0;
            return error;
        }
        e->local[at].peer = *peer;
        e->local[at].until_us = now_us + LOCAL_US;
    }
    *ret = e->local[at].local;
    return 0;
}

static int port_open(void *arg, const struct media_open *o, media_id *ret, struct media_desc *local_desc)
{
    struct media_engine *e = arg;
    struct net_addr local;
    int fd[2];
    uint16_t port;
    bool inside = is_inside(e, &o->peer_signalling);
    struct port_pool *pool = inside ? e->internal : e->external;
    int error = local_toward(e, &o->peer_signalling, &local);
    if (!error)
        error = take_pair(e, pool, &local, &port, fd);
    if (error == ENOSPC)
        log_limited(LOG_WARNING, "media", "no free RTP ports in the %s range: call refused",
                    inside ? "internal" : "external");
    if (error)
        return error;
    struct media_open known = *o;
    if (known.peer_signalling.family == NET_NONE) /* given by name: its SDP alone says where it is */
        known.peer_signalling.family = local.family;
    struct handle *h = g_new0(struct handle, 1);
    *h = (struct handle){.session = rtp_session_new(&known, e->config.entropy, fd),
                         .worker = least_loaded(e),
                         .pool = pool,
                         .port = port};
    *ret = h->session->id = slots_add(e->handles, h);
    e->load[h->worker]++;
    worker_command(&(struct command){
        .kind = COMMAND_ENTER, .worker = e->worker[h->worker], .session = h->session, .can_wait = true});
    fill_local(e, inside, local, port, local_desc);
    return 0;
}

static struct handle *handle_of(const struct media_engine *e, media_id m)
{
    struct handle *h = slots_get(e->handles, m);
    return h && !h->closing ? h : NULL;
}

/* Fills in session and worker of a command, if the session is there. */
static bool address(const struct media_engine *e, media_id m, struct command *c)
{
    const struct handle *h = handle_of(e, m);
    if (!h)
        return false;
    c->session = h->session;
    c->worker = e->worker[h->worker];
    return true;
}

static void post(struct media_engine *e, media_id m, struct command c)
{
    if (address(e, m, &c))
        worker_command(&c);
}

static void port_set(void *arg, media_id m, const struct media_desc *local, const struct media_desc *remote)
{
    const struct handle *h = handle_of(arg, m);
    if (h)
        post(arg, m, (struct command){.kind = COMMAND_SET, .local = *local, .remote = *remote, .can_wait = !h->joined});
}

static void port_join(void *arg, media_id a, media_id b)
{
    struct media_engine *e = arg;
    struct handle *ha = handle_of(e, a), *hb = handle_of(e, b);
    if (!ha || !hb || ha == hb)
        return;
    if (ha->worker != hb->worker) {
        post(e, b, (struct command){.kind = COMMAND_MOVE, .target = e->worker[ha->worker]});
        e->load[hb->worker]--;
        e->load[ha->worker]++;
        hb->worker = ha->worker;
    }
    ha->joined = hb->joined = true;
    post(e, a, (struct command){.kind = COMMAND_JOIN, .other = hb->session});
}

static void port_part(void *arg, media_id m)
{
    post(arg, m, (struct command){.kind = COMMAND_PART});
}

static void port_play(void *arg, media_id m, enum media_sound sound, enum language lang)
{
    post(arg, m, (struct command){.kind = COMMAND_PLAY, .sound = sound, .language = lang});
}

static void port_send_dtmf(void *arg, media_id m, char digit, uint16_t ms)
{
    post(arg, m, (struct command){.kind = COMMAND_DTMF, .digit = digit, .ms = ms});
}

static void port_watch(void *arg, media_id m, uint32_t timeout_s)
{
    post(arg, m, (struct command){.kind = COMMAND_WATCH, .timeout_s = timeout_s, .can_wait = true});
}

static void port_close(void *arg, media_id m)
{
    struct media_engine *e = arg;
    struct handle *h = handle_of(e, m);
    if (!h)
        return;
    post(e, m, (struct command){.kind = COMMAND_CLOSE, .can_wait = true});
    e->load[h->worker]--;
    h->closing = true;
}

struct media_port media_engine_port(struct media_engine *engine)
{
    return (struct media_port){.arg = engine,
                               .open = port_open,
                               .set = port_set,
                               .join = port_join,
                               .part = port_part,
                               .play = port_play,
                               .send_dtmf = port_send_dtmf,
                               .watch = port_watch,
                               .close = port_close};
}

/* --- notices ---------------------------------------------------------------------------------------------------- */

void engine_notice(struct media_engine *e, const struct notice *n)
{
    struct handle *h = slots_get(e->handles, n->id);
    if (!h)
        return;
    switch (n->kind) {
    case NOTICE_EVENT:
        if (!h->closing)
            e->config.event(e->config.arg, n->id, &n->event);
        return;
    case NOTICE_CLOSED:
        port_pool_give(h->pool, h->port);
        slots_remove(e->handles, n->id);
        g_free(h);
        if (e->config.closed)
            e->config.closed(e->config.arg, n->id, &n->stats);
        return;
    }
}
