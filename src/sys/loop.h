/* SPDX-License-Identifier: Apache-2.0
 *
 * The event loop of one thread: epoll, timers, inbox. Everything here is called by the thread that runs the loop, but
 * for loop_post, loop_post_lazy and loop_stop, which any thread may call.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/timers.h"

struct loop;

struct loop *loop_new(void);
void loop_free(struct loop *l); /* after loop_run returned; messages still waiting are dropped through their `drop` */

/* The thread's timers; the loop sets their present before each event and fires what is due. */
struct timers *loop_timers(struct loop *l);

/* How long the loop has waited for events since it was made: what is left of the time is its load. */
int64_t loop_waited_us(const struct loop *l);

struct loop_watch {
    int fd;
    void (*ready)(void *arg, uint32_t epoll_events);
    void *arg;
};
/* The watch is the caller's memory and stays valid until loop_unwatch; level-triggered. 0 or errno. A watch taken off
 * while events are being handled gets none of them. */
[[gnu::warn_unused_result]] int loop_watch(struct loop *l, struct loop_watch *w, uint32_t epoll_events);
[[gnu::warn_unused_result]] int loop_rewatch(struct loop *l, struct loop_watch *w, uint32_t epoll_events);
void loop_unwatch(struct loop *l, struct loop_watch *w);

/* A message to the loop's thread. Ownership goes with it: `handle` (on the loop's thread) or `drop` (at loop_free)
 * frees it. Embed this first in the message. */
struct loop_message {
    struct loop_message *next; /* the inbox's */
    void (*handle)(struct loop_message *m);
    void (*drop)(struct loop_message *m);
};
/* Any thread. Messages of one sender arrive in order; the loop is woken once for many. Never fails, never blocks for
 * long (lock-free push, one eventfd write when the inbox was empty). */
void loop_post(struct loop *l, struct loop_message *m);

/* The same without waking the loop: the message is handled when the loop wakes for another reason, at the latest after
 * LOOP_LAZY_MS on a loop that was told to expect such messages. Order among all messages of a sender is kept. Waking a
 * sleeping thread costs more than most messages do. */
enum { LOOP_LAZY_MS = 100 };
void loop_post_lazy(struct loop *l, struct loop_message *m);
/* Before loop_run: from now on the loop never sleeps longer than LOOP_LAZY_MS. */
void loop_expect_lazy(struct loop *l);

/* `idle` is called once after each batch of events, before waiting again: for flushing what was gathered. At most 8
 * hooks, told apart by arg; NULL takes the hook of that arg off. */
void loop_on_idle(struct loop *l, void (*idle)(void *arg), void *arg);

/* Sleeps in an idle hook, whatever comes, so that more is taken at once: counts as waiting, not as load. */
void loop_rest(struct loop *l, int64_t us);

void loop_run(struct loop *l);  /* until loop_stop */
void loop_stop(struct loop *l); /* any thread, also from a signal handler */
