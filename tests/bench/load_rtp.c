/* SPDX-License-Identifier: Apache-2.0
 *
 * Sound of the generator of load: 50 packets a second for each leg of the calls that stand, spread over the 20 ms as
 * calls of the world are; what comes back carries when it left. See load.h.
 */
#include <arpa/inet.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/load.h"

enum { PACKET_BYTES = 172, HEADER_BYTES = 12, PERIOD_US = 20000, SAMPLES_MAX = 4000000 };

struct leg {
    int fd;
    uint16_t port, seq;
    struct sockaddr_in to;
};

struct rtp_play {
    struct leg *leg;
    unsigned n, used;
    int epoll_fd;
    uint32_t *delay_us;
    size_t n_delays;
    uint64_t sent, heard;
};

void rtp_prepare(struct load *l, unsigned legs)
{
    struct rtp_play *p = g_new0(struct rtp_play, 1);
    p->leg = g_new0(struct leg, legs);
    p->delay_us = g_new(uint32_t, SAMPLES_MAX);
    p->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    for (p->n = 0; p->n < legs; p->n++) {
        struct leg *g = &p->leg[p->n];
        struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t bytes = sizeof a;
        g->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (g->fd < 0 || bind(g->fd, (struct sockaddr *)&a, bytes) < 0 ||
            getsockname(g->fd, (struct sockaddr *)&a, &bytes) < 0)
            g_error("no socket for sound");
        g->port = ntohs(a.sin_port);
        struct epoll_event ev = {.events = EPOLLIN, .data.fd = g->fd};
        (void)epoll_ctl(p->epoll_fd, EPOLL_CTL_ADD, g->fd, &ev);
    }
    l->play = p;
}

uint16_t rtp_leg_open(struct load *l)
{
    struct rtp_play *p = l->play;
    return p && p->used < p->n ? p->leg[p->used++].port : 0;
}

void rtp_leg_target(struct load *l, uint16_t port, const struct sockaddr_in *to)
{
    for (unsigned i = 0; l->play && i < l->play->used; i++)
        if (l->play->leg[i].port == port)
            l->play->leg[i].to = *to;
}

static void say(struct rtp_play *p, struct leg *g)
{
    if (!g->to.sin_port)
        return;
    uint8_t packet[PACKET_BYTES] = {0x80, 8};
    uint32_t ts = htonl(++g->seq * 160u), ssrc = htonl((uint32_t)g->fd);
    uint16_t seq = htons(g->seq);
    memcpy(packet + 2, &seq, 2);
    memcpy(packet + 4, &ts, 4);
    memcpy(packet + 8, &ssrc, 4);
    int64_t then_us = now_us();
    memcpy(packet + HEADER_BYTES, &then_us, sizeof then_us);
    if (sendto(g->fd, packet, sizeof packet, 0, (struct sockaddr *)&g->to, sizeof g->to) == PACKET_BYTES)
        p->sent++;
}

static void hear(struct rtp_play *p, int64_t until_us)
{
    struct epoll_event ev[64];
    do {
        int64_t left_us = until_us - now_us();
        int n = epoll_wait(p->epoll_fd, ev, 64, left_us > 1000 ? (int)(left_us / 1000) : 0);
        int64_t at_us = now_us(), then_us;
        for (int i = 0; i < n; i++) {
            uint8_t packet[2048];
            if (recv(ev[i].data.fd, packet, sizeof packet, 0) != PACKET_BYTES)
                continue;
            memcpy(&then_us, packet + HEADER_BYTES, sizeof then_us);
            p->heard++;
            if (p->n_delays < SAMPLES_MAX)
                p->delay_us[p->n_delays++] = (uint32_t)(at_us - then_us);
        }
    } while (now_us() < until_us);
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

void rtp_run(struct load *l, unsigned seconds)
{
    struct rtp_play *p = l->play;
    if (!p || !p->used)
        return;
    p->sent = p->heard = p->n_delays = 0;
    int64_t start_us = now_us();
    uint64_t total = (uint64_t)seconds * 50 * p->used;
    for (uint64_t k = 0; k < total; k++) {
        int64_t due_us = start_us + (int64_t)(k * PERIOD_US / p->used);
        if (due_us > now_us() || k % 8 == 0)
            hear(p, due_us);
        say(p, &p->leg[(k * 7) % p->used]);
    }
    hear(p, now_us() + 100000);
    qsort(p->delay_us, p->n_delays, sizeof *p->delay_us, by_value);
    printf("{\"sent\": %" G_GUINT64_FORMAT ", \"heard\": %" G_GUINT64_FORMAT ", \"p50_us\": %u, \"p99_us\": %u}\n",
           p->sent, p->heard, p->n_delays ? p->delay_us[p->n_delays / 2] : 0,
           p->n_delays ? p->delay_us[p->n_delays * 99 / 100] : 0);
}
