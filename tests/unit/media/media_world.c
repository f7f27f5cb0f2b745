/* SPDX-License-Identifier: Apache-2.0
 *
 * The loopback world of the media tests: see media_world.h.
 */
#include "media_world.h"

#include "media/bytes_priv.h"
#include "sys/clock.h"
#include "sys/random.h"
#include "tests/cmocka_all.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

int64_t world_now_us(void)
{
    return clock_monotonic_us();
}

static void on_event(void *arg, media_id m, const struct media_event *ev)
{
    struct world *w = arg;
    assert_true(w->n_events < WORLD_EVENTS_MAX);
    w->event[w->n_events++] = (struct world_event){m, *ev};
}

static void on_closed(void *arg, media_id m, const struct media_stats *stats)
{
    struct world *w = arg;
    (void)m;
    w->stats = *stats;
    w->n_closed++;
}

static void on_stop(void *arg)
{
    struct world *w = arg;
    loop_stop(w->loop);
}

static bool all_free(uint16_t first, unsigned ports)
{
    for (unsigned i = 0; i < ports; i++) {
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        struct sockaddr_in s = {
            .sin_family = AF_INET, .sin_port = htons((uint16_t)(first + i)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        bool taken = bind(fd, (struct sockaddr *)&s, sizeof s) != 0;
        close(fd);
        if (taken)
            return false;
    }
    return true;
}

/* A place of its own for each process, where nobody else sits: tests run side by side. */
static struct media_port_range free_range(unsigned ports)
{
    for (unsigned i = 0; i < 200; i++) {
        uint16_t first = (uint16_t)(10000 + ((unsigned)getpid() + i * 7) % 200 * 100);
        if (all_free(first, ports))
            return (struct media_port_range){first, (uint16_t)(first + ports - 1)};
    }
    fail_msg("no %u free ports", ports);
    return (struct media_port_range){0};
}

struct world *world_open(unsigned workers, unsigned ports)
{
    struct world *w = g_new0(struct world, 1);
    w->loop = loop_new();
    timer_init(&w->stop, on_stop, w);
    struct media_port_range range = free_range(ports);
    struct media_engine_config config = {.loop = w->loop,
                                         .workers = workers,
                                         .internal = range,
                                         .external = range,
                                         .entropy = random_entropy(),
                                         .event = on_event,
                                         .closed = on_closed,
                                         .arg = w};
    assert_int_equal(media_engine_open(&config, &w->engine), 0);
    w->port = media_engine_port(w->engine);
    return w;
}

void world_close(struct world *w)
{
    media_engine_close(w->engine);
    loop_free(w->loop);
    g_free(w);
}

void world_run(struct world *w, int ms)
{
    timers_set_now(loop_timers(w->loop), clock_monotonic_us(), clock_wall_us());
    timer_start(loop_timers(w->loop), &w->stop, (int64_t)ms * 1000);
    loop_run(w->loop);
}

void world_run_until_events(struct world *w, unsigned n, int ms)
{
    int64_t end_us = clock_monotonic_us() + (int64_t)ms * 1000;
    while (w->n_events < n && clock_monotonic_us() < end_us)
        world_run(w, 5);
}

void world_settle(struct world *w)
{
    world_run(w, LOOP_LAZY_MS + 30);
}

/* --- sockets ---------------------------------------------------------------------------------------------------- */

static struct sockaddr_in kernel_addr(const struct net_addr *a)
{
    struct sockaddr_in s = {.sin_family = AF_INET, .sin_port = htons(a->port)};
    memcpy(&s.sin_addr, a->ip, 4);
    return s;
}

int socket_at(const char *host, struct net_addr *ret)
{
    assert_true(net_addr_parse(view_of(host), 0, ret));
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    struct sockaddr_in s = kernel_addr(ret);
    socklen_t bytes = sizeof s;
    assert_int_equal(bind(fd, (struct sockaddr *)&s, bytes), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&s, &bytes), 0);
    ret->port = ntohs(s.sin_port);
    return fd;
}

void socket_send(int fd, const void *packet, size_t bytes, const struct net_addr *to)
{
    struct sockaddr_in s = kernel_addr(to);
    (void)sendto(fd, packet, bytes, 0, (struct sockaddr *)&s, sizeof s);
}

size_t socket_receive(int fd, void *dst, size_t cap, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (poll(&p, 1, ms) <= 0)
        return 0;
    ssize_t n = recv(fd, dst, cap, 0);
    return n > 0 ? (size_t)n : 0;
}

/* --- peers ------------------------------------------------------------------------------------------------------ */

void peer_open(struct peer *p, struct world *w, const char *host, enum media_profile profile)
{
    struct net_addr rtcp;
    *p = (struct peer){.world = w, .ssrc = 0x1000 + (uint32_t)w->n_closed, .ts = 5000, .seq = 65530, .pt = 8};
    p->rtp = socket_at(host, &p->addr);
    p->rtcp = socket_at(host, &rtcp);
    struct media_open o = {.peer_signalling = p->addr, .profile = profile};
    o.peer_signalling.port = 5060;
    assert_int_equal(w->port.open(w->port.arg, &o, &p->id, &p->local), 0);
    static const struct media_format formats[] = {{CODEC_PCMA, 8}, {CODEC_PCMU, 0}, {CODEC_EVENT8, 101}};
    p->remote = (struct media_desc){.dir = MEDIA_BOTH, .present = true, .rtp = p->addr, .rtcp = rtcp};
    for (unsigned i = 0; i < 3; i++) {
        p->local.format[i] = p->remote.format[i] = formats[i];
        p->local.n_formats = p->remote.n_formats = (uint8_t)(i + 1);
    }
}

void peer_set(struct peer *p)
{
    p->world->port.set(p->world->port.arg, p->id, &p->local, &p->remote);
}

void peer_close(struct peer *p)
{
    p->world->port.close(p->world->port.arg, p->id);
    close(p->rtp);
    close(p->rtcp);
}

void peer_send(struct peer *p, const void *packet, size_t bytes)
{
    socket_send(p->rtp, packet, bytes, &p->local.rtp);
}

void peer_send_rtcp(struct peer *p, const void *packet, size_t bytes)
{
    socket_send(p->rtcp, packet, bytes, &p->local.rtcp);
}

void peer_say(struct peer *p, uint8_t fill)
{
    uint8_t packet[RTP_HEADER_BYTES + 160];
    struct rtp r = {.payload = packet + RTP_HEADER_BYTES, .pt = p->pt, .seq = ++p->seq, .ssrc = p->ssrc};
    r.ts = p->ts += 160;
    memset(r.payload, fill, 160);
    (void)rtp_write_header(&r);
    peer_send(p, packet, sizeof packet);
}

bool peer_hears(struct peer *p, struct rtp *ret, int ms)
{
    size_t n = socket_receive(p->rtp, p->packet, sizeof p->packet, ms);
    if (!n)
        return false;
    assert_true(rtp_parse(p->packet, n, ret));
    return true;
}

size_t peer_hears_rtcp(struct peer *p, int ms)
{
    return socket_receive(p->rtcp, p->packet, sizeof p->packet, ms);
}
