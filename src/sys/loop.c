/* SPDX-License-Identifier: Apache-2.0
 *
 * The event loop of one thread: see loop.h. One turn of it:
 *
 *     epoll_wait -> present := clock -> watches, inbox -> timers due -> idle hooks -> (again)
 *
 * The inbox is a stack that any thread pushes onto with one compare-and-swap; the owner takes all of it with one
 * exchange and turns it round, so messages of one sender keep their order. Who pushes wakes us, unless somebody has
 * since we last looked or the message can wait.
 */
#include "sys/loop.h"

#include "sys/clock.h"

#include <errno.h>
#include <glib.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS_PER_TURN = 64, IDLE_HOOKS_MAX = 8 };

struct idle_hook {
    void (*idle)(void *arg);
    void *arg;
};

struct loop {
    int epoll_fd, wake_fd;
    struct timers *timers;
    _Atomic(struct loop_message *) inbox; /* any thread; release on push, acquire on take */
    atomic_bool waking;                   /* any thread; woken since the inbox was last taken */
    atomic_bool stop;                     /* any thread */
    bool expects_lazy;
    struct idle_hook hook[IDLE_HOOKS_MAX];
    struct epoll_event event[EVENTS_PER_TURN];
    int n_events; /* of this turn; 0 between turns */
    int64_t waited_us;
};

struct loop *loop_new(void)
{
    struct loop *l = g_new0(struct loop, 1);
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL}; /* NULL: the wake-up itself */
    if (l->epoll_fd < 0 || l->wake_fd < 0 || epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, l->wake_fd, &e) < 0)
        g_error("no event loop: %s", g_strerror(errno));
    l->timers = timers_new(clock_monotonic_us(), clock_wall_us());
    return l;
}

static struct loop_message *inbox_take(struct loop *l)
{
    struct loop_message *newest = atomic_exchange(&l->inbox, NULL), *oldest = NULL;
    while (newest) {
        struct loop_message *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

void loop_free(struct loop *l)
{
    if (!l)
        return;
    for (struct loop_message *m = inbox_take(l); m;) {
        struct loop_message *next = m->next;
        m->drop(m);
        m = next;
    }
    timers_free(l->timers);
    (void)close(l->epoll_fd);
    (void)close(l->wake_fd);
    g_free(l);
}

int64_t loop_waited_us(const struct loop *l)
{
    return l->waited_us;
}

struct timers *loop_timers(struct loop *l)
{
    return l->timers;
}

static int control(struct loop *l, int what, struct loop_watch *w, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = w};
    return epoll_ctl(l->epoll_fd, what, w->fd, &e) < 0 ? errno : 0;
}

int loop_watch(struct loop *l, struct loop_watch *w, uint32_t epoll_events)
{
    return control(l, EPOLL_CTL_ADD, w, epoll_events);
}

int loop_rewatch(struct loop *l, struct loop_watch *w, uint32_t epoll_events)
{
    return control(l, EPOLL_CTL_MOD, w, epoll_events);
}

void loop_unwatch(struct loop *l, struct loop_watch *w)
{
    (void)control(l, EPOLL_CTL_DEL, w, 0);
    /* Events of this turn that were fetched already must not reach memory that its owner may free now. */
    for (int i = 0; i < l->n_events; i++)
        if (l->event[i].data.ptr == w)
            l->event[i].events = 0;
}

static void wake(struct loop *l)
{
    uint64_t one = 1;
    ssize_t n = write(l->wake_fd, &one, sizeof one); /* EAGAIN: the counter is full, so the loop is awake anyway */
    (void)n;
}

void loop_post_lazy(struct loop *l, struct loop_message *m)
{
    struct loop_message *top = atomic_load_explicit(&l->inbox, memory_order_relaxed);
    do {
        m->next = top;
    } while (!atomic_compare_exchange_weak(&l->inbox, &top, m));
}

/* Sequentially consistent, as the other side is (handle_inbox): either it takes the message after it said that it is no
 * longer being woken, or we see that it said so and wake it. */
void loop_post(struct loop *l, struct loop_message *m)
{
    loop_post_lazy(l, m);
    if (!atomic_exchange(&l->waking, true))
        wake(l);
}

void loop_expect_lazy(struct loop *l)
{
    l->expects_lazy = true;
}

void loop_on_idle(struct loop *l, void (*idle)(void *arg), void *arg)
{
    struct idle_hook *free_place = NULL;
    for (int i = 0; i < IDLE_HOOKS_MAX; i++) {
        if (l->hook[i].idle && l->hook[i].arg == arg) {
            l->hook[i].idle = idle;
            return;
        }
        if (!l->hook[i].idle && !free_place)
            free_place = &l->hook[i];
    }
    if (!idle)
        return;
    g_assert(free_place); /* hooks are set by our own start-up, not by traffic */
    *free_place = (struct idle_hook){idle, arg};
}

void loop_rest(struct loop *l, int64_t us)
{
    int64_t before_us = clock_monotonic_us();
    struct timespec t = {us / 1000000, us % 1000000 * 1000};
    (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
    l->waited_us += clock_monotonic_us() - before_us;
}

static void handle_inbox(struct loop *l, bool woken)
{
    if (woken) {
        uint64_t count;
        ssize_t n = read(l->wake_fd, &count, sizeof count);
        (void)n;
        atomic_store(&l->waking, false); /* before taking, so that no later push goes unseen */
    }
    for (struct loop_message *m = inbox_take(l); m;) {
        struct loop_message *next = m->next;
        m->handle(m);
        m = next;
    }
}

static int wait_ms(struct loop *l, int64_t now_us)
{
    int64_t next_us = timers_next_us(l->timers);
    if (l->expects_lazy)
        next_us = MIN(next_us, now_us + LOOP_LAZY_MS * 1000);
    if (next_us == INT64_MAX)
        return -1;
    int64_t us = next_us - now_us;
    if (us <= 0)
        return 0;
    return us > INT64_C(3600000000) ? 3600000 : (int)((us + 999) / 1000); /* rounded up: never too early */
}

static void turn(struct loop *l)
{
    int64_t before_us = clock_monotonic_us();
    int n = epoll_wait(l->epoll_fd, l->event, EVENTS_PER_TURN, wait_ms(l, before_us));
    int64_t now_us = clock_monotonic_us();
    l->waited_us += now_us - before_us;
    timers_set_now(l->timers, now_us, clock_wall_us());
    l->n_events = n > 0 ? n : 0;
    for (int i = 0; i < l->n_events; i++) {
        struct loop_watch *w = l->event[i].data.ptr;
        if (!w)
            handle_inbox(l, true);
        else if (l->event[i].events)
            w->ready(w->arg, l->event[i].events);
    }
    if (l->expects_lazy)
        handle_inbox(l, false);
    l->n_events = 0;
    timers_fire(l->timers);
    for (int i = 0; i < IDLE_HOOKS_MAX; i++)
        if (l->hook[i].idle)
            l->hook[i].idle(l->hook[i].arg);
}

void loop_run(struct loop *l)
{
    while (!atomic_load(&l->stop))
        turn(l);
    atomic_store(&l->stop, false);
}

void loop_stop(struct loop *l)
{
    atomic_store(&l->stop, true);
    wake(l);
}
