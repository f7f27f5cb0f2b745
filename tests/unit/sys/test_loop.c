/* SPDX-License-Identifier: Apache-2.0
 *
 * The loop with real descriptors and threads; also run under the thread sanitizer.
 */
#include "tests/cmocka_all.h"

#include "sys/loop.h"

#include <glib.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { SENDERS = 4, EACH = 20000 };

struct letter {
    struct loop_message message;
    struct post_office *office;
    int sender, number;
};

struct post_office {
    struct loop *loop;
    int next[SENDERS];
    int total, dropped;
};

static void on_letter(struct loop_message *m)
{
    struct letter *l = (struct letter *)m;
    struct post_office *o = l->office;
    assert_int_equal(l->number, o->next[l->sender]); /* in the sender's order */
    o->next[l->sender]++;
    if (++o->total == SENDERS * EACH)
        loop_stop(o->loop);
    g_free(l);
}

static void on_lone_letter(struct loop_message *m)
{
    struct letter *l = (struct letter *)m;
    l->office->total++;
    loop_stop(l->office->loop);
    g_free(l);
}

static void on_drop(struct loop_message *m)
{
    struct letter *l = (struct letter *)m;
    l->office->dropped++;
    g_free(l);
}

static void send_letter(struct post_office *o, int sender, int number)
{
    struct letter *l = g_new(struct letter, 1);
    *l = (struct letter){{NULL, on_letter, on_drop}, o, sender, number};
    loop_post(o->loop, &l->message);
}

struct sender {
    struct post_office *office;
    int number;
};

static void *send_all(void *arg)
{
    struct sender *s = arg;
    for (int i = 0; i < EACH; i++)
        send_letter(s->office, s->number, i);
    return NULL;
}

static void messages_of_many_threads_arrive_in_order(void **state)
{
    (void)state;
    struct post_office o = {.loop = loop_new()};
    pthread_t thread[SENDERS];
    struct sender sender[SENDERS];
    for (int i = 0; i < SENDERS; i++) {
        sender[i] = (struct sender){&o, i};
        assert_int_equal(pthread_create(&thread[i], NULL, send_all, &sender[i]), 0);
    }
    loop_run(o.loop);
    for (int i = 0; i < SENDERS; i++)
        (void)pthread_join(thread[i], NULL);
    assert_int_equal(o.total, SENDERS * EACH);
    for (int i = 0; i < 3; i++)
        send_letter(&o, 0, EACH + i);
    loop_free(o.loop);
    assert_int_equal(o.dropped, 3);
}

struct pair {
    struct loop *loop;
    struct loop_watch watch[2];
    int handled;
};

/* Whichever comes first takes both off: the other, fetched in the same batch, must stay silent. */
static void on_ready(void *arg, uint32_t events)
{
    struct pair *p = arg;
    assert_true(events & EPOLLIN);
    p->handled++;
    for (int i = 0; i < 2; i++) {
        loop_unwatch(p->loop, &p->watch[i]);
        p->watch[i] = (struct loop_watch){-1, NULL, NULL};
    }
}

static void stop_loop(void *arg)
{
    loop_stop(arg);
}

static void unwatched_while_handling_gets_nothing(void **state)
{
    (void)state;
    struct loop *l = loop_new();
    struct pair p = {.loop = l};
    int pipes[2][2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pipe(pipes[i]), 0);
        assert_int_equal(write(pipes[i][1], "x", 1), 1);
        p.watch[i] = (struct loop_watch){pipes[i][0], on_ready, &p};
        assert_int_equal(loop_watch(l, &p.watch[i], EPOLLIN), 0);
    }
    struct timer t;
    timer_init(&t, stop_loop, l);
    timer_start(loop_timers(l), &t, 20000);
    loop_run(l);
    assert_int_equal(p.handled, 1);
    for (int i = 0; i < 2; i++) {
        (void)close(pipes[i][0]);
        (void)close(pipes[i][1]);
    }
    loop_free(l);
}

static void count(void *arg)
{
    ++*(int *)arg;
}

static void idle_hooks_run_after_each_batch_and_can_be_taken_off(void **state)
{
    (void)state;
    struct loop *l = loop_new();
    int a = 0, b = 0;
    loop_on_idle(l, count, &a);
    loop_on_idle(l, count, &b);
    loop_on_idle(l, NULL, &b);
    struct timer t;
    timer_init(&t, stop_loop, l);
    int64_t before = timers_now_us(loop_timers(l));
    timer_start(loop_timers(l), &t, 5000);
    loop_run(l);
    assert_true(timers_now_us(loop_timers(l)) - before >= 5000); /* never early */
    assert_true(a >= 1);
    assert_int_equal(b, 0);
    loop_free(l);
}

static void *send_lazily(void *arg)
{
    struct post_office *o = arg;
    struct letter *l = g_new(struct letter, 1);
    *l = (struct letter){{NULL, on_lone_letter, on_drop}, o, 0, 0};
    g_usleep(20000); /* the loop sleeps by then */
    loop_post_lazy(o->loop, &l->message);
    return NULL;
}

/* A lazy message wakes nobody, but is handled within LOOP_LAZY_MS by a loop that expects such. */
static void lazy_messages_are_handled_in_time(void **state)
{
    (void)state;
    struct post_office o = {.loop = loop_new()};
    pthread_t thread;
    loop_expect_lazy(o.loop);
    int64_t before = g_get_monotonic_time();
    assert_int_equal(pthread_create(&thread, NULL, send_lazily, &o), 0);
    loop_run(o.loop);
    (void)pthread_join(thread, NULL);
    assert_int_equal(o.total, 1);
    assert_true(g_get_monotonic_time() - before < (LOOP_LAZY_MS + 2000) * 1000); /* a busy machine is late itself */
    loop_free(o.loop);
}

static void *stop_from_thread(void *arg)
{
    loop_stop(arg);
    return NULL;
}

static void stop_from_another_thread_ends_the_run(void **state)
{
    (void)state;
    struct loop *l = loop_new();
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, stop_from_thread, l), 0);
    loop_run(l);
    (void)pthread_join(thread, NULL);
    loop_free(l);
    loop_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_of_many_threads_arrive_in_order),
        cmocka_unit_test(unwatched_while_handling_gets_nothing),
        cmocka_unit_test(idle_hooks_run_after_each_batch_and_can_be_taken_off),
        cmocka_unit_test(stop_from_another_thread_ends_the_run),
        cmocka_unit_test(lazy_messages_are_handled_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
