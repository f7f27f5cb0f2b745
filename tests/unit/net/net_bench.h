/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of net/ share: a transport on loopback ports found free, a log of its events, and a loop that runs
 * until something has happened. Header only: each test is one program.
 */
#pragma once

#include "tests/cmocka_all.h"

#include "net/sockaddr_priv.h"
#include "net/transport.h"
#include "sys/clock.h"

#include <glib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

struct bench_event {
    enum bench_what { BENCH_MESSAGE, BENCH_BROKEN, BENCH_CLOSED, BENCH_OPENED } what;
    struct sip_flow flow, asked;
    GString *bytes;
};

struct bench {
    struct loop *loop;
    struct transport *transport;
    GPtrArray *events;
    void (*on_message)(struct bench *b, const struct sip_flow *flow, struct view bytes); /* may be NULL */
    struct timer give_up, poll;
    bool (*until)(struct bench *b);
    bool timed_out;
    unsigned wanted;
    unsigned count[4]; /* of each kind in `events` */
};

[[maybe_unused]] static struct net_addr bench_addr(const char *host, uint16_t port)
{
    struct net_addr a;
    assert_true(net_addr_parse(view_of(host), port, &a));
    return a;
}

/* A port that nobody has now on that host, for this type of socket. */
[[maybe_unused]] static uint16_t bench_free_port(int type, const char *host)
{
    struct net_addr a = bench_addr(host, 0);
    struct sockaddr_storage sa;
    socklen_t n = sizeof sa;
    int fd;
    assert_int_equal(socket_bound(type, &a, &fd), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &n), 0);
    (void)close(fd);
    return sockaddr_read(&sa).port;
}

static void bench_add(struct bench *b, enum bench_what what, const struct sip_flow *flow, struct view bytes)
{
    struct bench_event *e = g_new0(struct bench_event, 1);
    e->what = what;
    e->flow = *flow;
    e->bytes = g_string_new_len(bytes.p ? bytes.p : "", (gssize)bytes.n);
    g_ptr_array_add(b->events, e);
    b->count[what]++;
    if (b->until && b->until(b))
        loop_stop(b->loop);
}

static void bench_on_message(void *arg, const struct sip_flow *flow, char *bytes, size_t n)
{
    struct bench *b = arg;
    if (b->on_message)
        b->on_message(b, flow, (struct view){bytes, n});
    bench_add(b, BENCH_MESSAGE, flow, (struct view){bytes, n});
}

static void bench_on_broken(void *arg, const struct sip_flow *flow, char *bytes, size_t n)
{
    bench_add(arg, BENCH_BROKEN, flow, (struct view){bytes, n});
}

static void bench_on_closed(void *arg, const struct sip_flow *flow)
{
    bench_add(arg, BENCH_CLOSED, flow, (struct view){0});
}

static void bench_on_opened(void *arg, const struct sip_flow *asked, const struct sip_flow *now)
{
    struct bench *b = arg;
    bench_add(b, BENCH_OPENED, now, (struct view){0});
    struct bench_event *e = g_ptr_array_index(b->events, b->events->len - 1);
    e->asked = *asked;
}

static void bench_event_free(void *event)
{
    struct bench_event *e = event;
    g_string_free(e->bytes, TRUE);
    g_free(e);
}

static void bench_on_give_up(void *arg)
{
    struct bench *b = arg;
    b->timed_out = true;
    loop_stop(b->loop);
}

static void bench_on_poll(void *arg)
{
    struct bench *b = arg;
    if (b->until && b->until(b))
        loop_stop(b->loop);
    else
        timer_start(loop_timers(b->loop), &b->poll, 2000);
}

[[maybe_unused]] static void bench_open(struct bench *b, const struct transport_config *c)
{
    *b = (struct bench){.loop = loop_new(), .events = g_ptr_array_new_with_free_func(bench_event_free)};
    timer_init(&b->give_up, bench_on_give_up, b);
    timer_init(&b->poll, bench_on_poll, b);
    const struct transport_events ev = {b, bench_on_message, bench_on_broken, bench_on_closed, bench_on_opened};
    const struct transport_listen *failed;
    assert_int_equal(transport_open(&b->transport, b->loop, c, &ev, &failed), 0);
}

[[maybe_unused]] static void bench_close(struct bench *b)
{
    b->until = NULL;
    transport_close(b->transport);
    loop_free(b->loop);
    g_ptr_array_free(b->events, TRUE);
}

/* Runs the loop until the condition holds; false after the time. */
[[maybe_unused]] static bool bench_run(struct bench *b, bool (*until)(struct bench *b), unsigned ms)
{
    b->until = until;
    b->timed_out = false;
    if (until && until(b))
        return true;
    timer_start(loop_timers(b->loop), &b->give_up, (int64_t)ms * 1000 + 1);
    timer_start(loop_timers(b->loop), &b->poll, 2000);
    loop_run(b->loop);
    timer_stop(loop_timers(b->loop), &b->give_up);
    timer_stop(loop_timers(b->loop), &b->poll);
    b->until = NULL;
    return !b->timed_out;
}

[[maybe_unused]] static unsigned bench_count(const struct bench *b, enum bench_what what)
{
    return b->count[what];
}

/* The n-th event of that kind; fails the test when there is none. */
[[maybe_unused]] static struct bench_event *bench_event(const struct bench *b, enum bench_what what, unsigned nth)
{
    for (guint i = 0; i < b->events->len; i++) {
        struct bench_event *e = g_ptr_array_index(b->events, i);
        if (e->what == what && nth-- == 0)
            return e;
    }
    static struct bench_event none;
    fail_msg("no such event");
    return &none;
}

[[maybe_unused]] static void bench_forget(struct bench *b)
{
    g_ptr_array_set_size(b->events, 0);
    memset(b->count, 0, sizeof b->count);
}

[[maybe_unused]] static bool bench_has_messages(struct bench *b)
{
    return bench_count(b, BENCH_MESSAGE) >= b->wanted;
}

[[maybe_unused]] static bool bench_has_closed(struct bench *b)
{
    return bench_count(b, BENCH_CLOSED) >= b->wanted;
}

[[maybe_unused]] static bool bench_has_any(struct bench *b)
{
    return b->events->len >= b->wanted;
}

/* A client's socket, blocking with a time limit, connected to that address. */
[[maybe_unused]] static int bench_connect(int type, const char *host, uint16_t port)
{
    struct net_addr a = bench_addr(host, port);
    struct sockaddr_storage sa;
    socklen_t n = sockaddr_of(&a, &sa);
    int fd = socket(sa.ss_family, type | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    struct timeval limit = {.tv_sec = 5};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    assert_int_equal(connect(fd, (struct sockaddr *)&sa, n), 0);
    return fd;
}
