/* SPDX-License-Identifier: Apache-2.0
 *
 * SIP over UDP: see udp_priv.h. Signalling thread.
 *
 *     recvmmsg (64) -> sieve -> STUN: answered here    sendmmsg (64) <- queue <- udp_send
 *                            -> host.message                 ^ when 64 wait, and before the loop sleeps
 *
 * Buffers are there from the start and shared by all sockets; a page that no datagram reached costs nothing. On a
 * wildcard socket the kernel tells the address that the peer sent to (IP_PKTINFO), and answers leave from it: else a
 * server with two addresses answers from the wrong one, and the NAT in front of the phone drops it.
 */
#include "net/udp_priv.h"

#include "net/share_priv.h"
#include "net/sockaddr_priv.h"
#include "sip/stun.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/random.h"

#include <errno.h>
#include <glib.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
    BATCH = 64,
    BATCHES_PER_TURN = 4, /* then timers and streams get their turn */
    DATAGRAM_BYTES = 65536,
    QUEUE_BYTES = 512 * 1024,
    PAYLOAD_BYTES_MAX = 65507,              /* 65,535 less the IPv4 and UDP headers */
    SOCKET_BUFFER_BYTES = 16 * 1024 * 1024, /* 100 ms of a flood as fast as it can be: what is lost is not ours alone */
    STUN_PER_SECOND = 50, /* one source: an office of 1,250 phones behind one address asks that often */
    STUN_ANSWER_BYTES = 128,
    RATE_PERIOD_US = 50000,
    GATHER_FROM_PER_S = 3000, /* 500 calls a second */
    GATHER_US = 1000,
    GATHERED_ENOUGH = 24,
};

union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct timeval))];
};

struct udp_socket {
    struct udp *udp;
    struct loop_watch watch;
    struct net_addr bound;
    bool wildcard;
};

struct slot {
    struct sockaddr_storage peer;
    struct iovec iov;
    union control control;
};

struct udp {
    struct loop *loop;
    struct udp_host host;
    GPtrArray *sockets;
    struct limit stun_limit;
    struct share share;
    uint64_t received, sent, dropped;
    uint64_t turn_received; /* `received` when the loop last slept */
    uint64_t rate_received; /* `received` when the rate was last looked at */
    int64_t rate_since_us;
    bool gathers;
    unsigned strangers; /* in this batch */
    uint64_t strangers_us;
    const struct msghdr *now; /* the datagram being handled; NULL: none */

    char *in_bytes; /* BATCH * DATAGRAM_BYTES */
    struct slot in[BATCH];
    struct mmsghdr in_header[BATCH];

    char *out_bytes;
    size_t out_used;
    unsigned n_out;
    struct slot out[BATCH];
    struct mmsghdr out_header[BATCH];
    int out_fd[BATCH];
};

static void on_idle(void *arg);
static void arm_slots(struct udp *u, unsigned n);

struct udp *udp_new(struct loop *loop, struct udp_host host)
{
    struct udp *u = g_new0(struct udp, 1);
    u->loop = loop;
    u->host = host;
    u->sockets = g_ptr_array_new();
    u->in_bytes = g_malloc((gsize)BATCH * DATAGRAM_BYTES);
    u->out_bytes = g_malloc(QUEUE_BYTES);
    limit_init(&u->stun_limit, random_entropy(), STUN_PER_SECOND);
    share_init(&u->share, random_entropy());
    for (unsigned i = 0; i < BATCH; i++)
        u->in[i].iov = (struct iovec){u->in_bytes + (size_t)i * DATAGRAM_BYTES, DATAGRAM_BYTES};
    arm_slots(u, BATCH);
    loop_on_idle(loop, on_idle, u);
    return u;
}

/* ---- sending ---- */

static unsigned send_run(struct udp *u, unsigned from, unsigned n)
{
    int done = sendmmsg(u->out_fd[from], &u->out_header[from], n, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (done > 0) {
        u->sent += (unsigned)done;
        return (unsigned)done;
    }
    if (errno == EINTR)
        return 0;
    /* The first one cannot leave (no route, a full buffer …): like a datagram lost on the way, SIP sends it again. */
    u->dropped++;
    log_limited(LOG_DEBUG, "net", "a UDP message was not sent: %s", g_strerror(errno));
    return 1;
}

static void flush(struct udp *u)
{
    unsigned at = 0;
    while (at < u->n_out) {
        unsigned end = at + 1;
        while (end < u->n_out && u->out_fd[end] == u->out_fd[at])
            end++;
        while (at < end)
            at += send_run(u, at, end - at);
    }
    u->n_out = 0;
    u->out_used = 0;
}

/* Waking up for each datagram costs more than handling it. When several come in a millisecond it is slept through; not
 * when many were there already: then we are late. */
static void gather(struct udp *u)
{
    bool late = u->received - u->turn_received >= GATHERED_ENOUGH;
    u->turn_received = u->received;
    int64_t gone_us = timers_now_us(loop_timers(u->loop)) - u->rate_since_us;
    if (gone_us >= RATE_PERIOD_US) {
        u->gathers = (int64_t)(u->received - u->rate_received) * 1000000 / gone_us >= GATHER_FROM_PER_S;
        u->rate_received = u->received;
        u->rate_since_us += gone_us;
    }
    if (u->gathers && !late)
        loop_rest(u->loop, GATHER_US);
}

static void on_idle(void *arg)
{
    struct udp *u = arg;
    if (u->n_out)
        flush(u);
    gather(u);
}

/* Makes the datagram leave from that local address. */
static void put_source(struct msghdr *h, union control *c, const struct net_addr *local)
{
    bool six = local->family == NET_IP6;
    size_t bytes = six ? sizeof(struct in6_pktinfo) : sizeof(struct in_pktinfo);
    h->msg_control = c->bytes;
    h->msg_controllen = CMSG_SPACE(bytes);
    memset(c, 0, sizeof *c);
    struct cmsghdr *m = &c->align; /* the first and only one */
    m->cmsg_level = six ? IPPROTO_IPV6 : IPPROTO_IP;
    m->cmsg_type = six ? IPV6_PKTINFO : IP_PKTINFO;
    m->cmsg_len = CMSG_LEN(bytes);
    if (six)
        memcpy(&((struct in6_pktinfo *)CMSG_DATA(m))->ipi6_addr, local->ip, 16);
    else
        memcpy(&((struct in_pktinfo *)CMSG_DATA(m))->ipi_spec_dst, local->ip, 4);
}

static void queue(struct udp *u, const struct udp_socket *s, const struct sip_flow *flow, struct view bytes)
{
    if (u->n_out == BATCH || bytes.n > QUEUE_BYTES - u->out_used)
        flush(u);
    unsigned i = u->n_out++;
    struct slot *o = &u->out[i];
    memcpy(u->out_bytes + u->out_used, bytes.p, bytes.n);
    o->iov = (struct iovec){u->out_bytes + u->out_used, bytes.n};
    u->out_used += bytes.n;
    u->out_fd[i] = s->watch.fd;
    struct msghdr *h = &u->out_header[i].msg_hdr;
    *h = (struct msghdr){.msg_name = &o->peer, .msg_iov = &o->iov, .msg_iovlen = 1};
    h->msg_namelen = sockaddr_of(&flow->remote, &o->peer);
    if (s->wildcard && flow->local.family == flow->remote.family && !net_addr_is_any(&flow->local))
        put_source(h, &o->control, &flow->local);
}

/* The socket that the peer wrote to; else one on all addresses; else any of that family. */
static const struct udp_socket *socket_for(const struct udp *u, const struct sip_flow *flow)
{
    const struct udp_socket *best = NULL;
    int best_points = 0;
    for (guint i = 0; i < u->sockets->len; i++) {
        const struct udp_socket *s = g_ptr_array_index(u->sockets, i);
        if (s->bound.family != flow->remote.family)
            continue;
        bool port = s->bound.port == flow->local.port;
        int points = 1 + (s->wildcard ? 1 : 0) + (port ? 2 : 0);
        if (net_addr_eq_host(&s->bound, &flow->local))
            points += 4;
        if (points > best_points) {
            best = s;
            best_points = points;
        }
    }
    return best;
}

int udp_send(struct udp *u, const struct sip_flow *flow, struct view bytes)
{
    if (bytes.n > PAYLOAD_BYTES_MAX)
        return EMSGSIZE;
    if (flow->remote.port == 0 || net_addr_is_any(&flow->remote) || net_addr_is_multicast(&flow->remote))
        return EADDRNOTAVAIL;
    const struct udp_socket *s = socket_for(u, flow);
    if (!s)
        return EAFNOSUPPORT;
    queue(u, s, flow, bytes);
    return 0;
}

/* ---- receiving ---- */

/* The address that the peer sent to; false when that was no address of ours alone (broadcast, multicast). */
static bool read_local(const struct udp_socket *s, struct msghdr *h, struct net_addr *ret)
{
    *ret = s->bound;
    if (!s->wildcard)
        return true;
    for (struct cmsghdr *m = CMSG_FIRSTHDR(h); m; m = CMSG_NXTHDR(h, m)) {
        if (m->cmsg_level == IPPROTO_IP && m->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(m), sizeof info);
            memcpy(ret->ip, &info.ipi_spec_dst, 4);
            return info.ipi_addr.s_addr == info.ipi_spec_dst.s_addr;
        }
        if (m->cmsg_level == IPPROTO_IPV6 && m->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(m), sizeof info);
            memcpy(ret->ip, &info.ipi6_addr, 16);
            return !net_addr_is_multicast(ret);
        }
    }
    return false;
}

static bool is_only_line_ends(struct view v)
{
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] != '\r' && v.p[i] != '\n')
            return false;
    return true;
}

/* Keep-alive of a phone behind NAT (RFC 5626 section 4.4.2): answered without any state. */
static void answer_stun(struct udp *u, const struct udp_socket *s, const struct sip_flow *flow, struct view datagram)
{
    struct stun_msg m;
    char bytes[STUN_ANSWER_BYTES];
    struct buf b = buf_on(bytes, sizeof bytes);
    if (!stun_parse(datagram, &m) || m.class != STUN_REQUEST || m.method != STUN_BINDING ||
        !limit_admits(&u->stun_limit, &flow->remote, timers_now_us(loop_timers(u->loop)))) {
        u->dropped++;
        return;
    }
    stun_put_binding_answer(&b, &m, &flow->remote);
    if (!b.full && b.n)
        queue(u, s, flow, buf_view(&b));
}

static void handle_datagram(struct udp *u, const struct udp_socket *s, unsigned i)
{
    struct msghdr *h = &u->in_header[i].msg_hdr;
    struct sip_flow flow = {.transport = SIP_UDP, .remote = sockaddr_read(&u->in[i].peer)};
    char *bytes = u->in[i].iov.iov_base;
    size_t n = u->in_header[i].msg_len;
    bool good_source = flow.remote.port != 0 && !net_addr_is_any(&flow.remote) && !net_addr_is_multicast(&flow.remote);
    if (n == 0 || !good_source || (h->msg_flags & MSG_TRUNC) || u->host.denied(u->host.arg, &flow.remote) ||
        !read_local(s, h, &flow.local)) {
        u->dropped++;
        return;
    }
    struct view datagram = {bytes, n};
    if ((unsigned char)bytes[0] <= 3) { /* no SIP message starts so (RFC 7983) */
        answer_stun(u, s, &flow, datagram);
        return;
    }
    if ((bytes[0] == '\r' || bytes[0] == '\n') && is_only_line_ends(datagram))
        return; /* keeps a NAT's door open; nobody waits for an answer */
    switch (share_judge(&u->share, &flow.remote, timers_now_us(loop_timers(u->loop)))) {
    case SHARE_TRUSTED:
        break;
    case SHARE_STRANGER:
        u->strangers++;
        break;
    case SHARE_TOO_MUCH:
        u->strangers++;
        u->dropped++;
        return;
    }
    u->received++;
    u->now = h;
    u->host.message(u->host.arg, &flow, bytes, n);
    u->now = NULL;
}

int64_t udp_waited_us(const struct udp *u)
{
    struct msghdr *h = (struct msghdr *)u->now; /* CMSG_NXTHDR wants it so; it is only read */
    for (struct cmsghdr *m = h ? CMSG_FIRSTHDR(h) : NULL; m; m = CMSG_NXTHDR(h, m)) {
        struct timeval came;
        if (m->cmsg_level != SOL_SOCKET || m->cmsg_type != SCM_TIMESTAMP)
            continue;
        memcpy(&came, CMSG_DATA(m), sizeof came);
        return MAX(clock_wall_us() - ((int64_t)came.tv_sec * G_USEC_PER_SEC + came.tv_usec), 0);
    }
    return 0;
}

static void arm_slots(struct udp *u, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        u->in_header[i].msg_hdr = (struct msghdr){.msg_name = &u->in[i].peer,
                                                  .msg_namelen = sizeof u->in[i].peer,
                                                  .msg_iov = &u->in[i].iov,
                                                  .msg_iovlen = 1,
                                                  .msg_control = u->in[i].control.bytes,
                                                  .msg_controllen = sizeof u->in[i].control};
}

static void on_ready(void *arg, uint32_t events)
{
    (void)events;
    struct udp_socket *s = arg;
    struct udp *u = s->udp;
    for (int batch = 0; batch < BATCHES_PER_TURN; batch++) {
        int64_t before_us = clock_monotonic_us();
        int n = recvmmsg(s->watch.fd, u->in_header, BATCH, MSG_DONTWAIT, NULL);
        u->strangers = 0;
        for (int i = 0; i < n; i++)
            handle_datagram(u, s, (unsigned)i);
        if (n > 0)
            u->strangers_us += (uint64_t)(clock_monotonic_us() - before_us) * u->strangers / (unsigned)n;
        if (n > 0)
            arm_slots(u, (unsigned)n); /* the kernel wrote lengths only into those */
        if (n < BATCH)
            return;
    }
}

void udp_trust(struct udp *u, const struct net_addr *source)
{
    share_trust(&u->share, source, timers_now_us(loop_timers(u->loop)));
}

/* ---- opening and closing ---- */

static void enlarge_buffers(int fd)
{
    int bytes = SOCKET_BUFFER_BYTES;
    /* FORCE needs CAP_NET_ADMIN; without it the kernel cuts the wish to its own limit, and that is all right. */
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) < 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) < 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

static int ask_for_local(int fd, const struct net_addr *address)
{
    bool six = address->family == NET_IP6;
    int on = 1,
        r = setsockopt(fd, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_RECVPKTINFO : IP_PKTINFO, &on, sizeof on);
    if (r == 0)
        r = setsockopt(fd, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof on); /* for udp_waited_us */
    return r < 0 ? errno : 0;
}

int udp_listen(struct udp *u, const struct net_addr *address)
{
    int fd;
    int e = socket_bound(SOCK_DGRAM, address, &fd);
    if (e)
        return e;
    enlarge_buffers(fd);
    struct udp_socket *s = g_new0(struct udp_socket, 1);
    *s = (struct udp_socket){.udp = u, .bound = *address, .wildcard = net_addr_is_any(address)};
    s->watch = (struct loop_watch){fd, on_ready, s};
    if (s->wildcard)
        e = ask_for_local(fd, address);
    if (!e)
        e = loop_watch(u->loop, &s->watch, EPOLLIN);
    if (e) {
        (void)close(fd);
        g_free(s);
        return e;
    }
    g_ptr_array_add(u->sockets, s);
    return 0;
}

void udp_free(struct udp *u)
{
    if (!u)
        return;
    flush(u);
    loop_on_idle(u->loop, NULL, u);
    for (guint i = 0; i < u->sockets->len; i++) {
        struct udp_socket *s = g_ptr_array_index(u->sockets, i);
        loop_unwatch(u->loop, &s->watch);
        (void)close(s->watch.fd);
        g_free(s);
    }
    g_ptr_array_free(u->sockets, TRUE);
    g_free(u->in_bytes);
    g_free(u->out_bytes);
    g_free(u);
}

void udp_count(const struct udp *u, struct transport_stats *add)
{
    add->received += u->received;
    add->sent += u->sent;
    add->dropped += u->dropped;
    add->strangers_us += u->strangers_us;
}
