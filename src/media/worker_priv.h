/* SPDX-License-Identifier: Apache-2.0
 *
 * A media worker: a thread with its own loop that owns sessions. Commands come from the signalling thread as messages,
 * notices go back to it.
 */
#pragma once

#include "media/rtp_session_priv.h"

#include <glib.h>
#include <pthread.h>
#include <stdalign.h>
#include <sys/epoll.h>

struct sounds;

/* The way back to the signalling thread. Outlives the engine as long as notices are under way: counted. */
struct notice_line {
    atomic_uint refs;
    struct loop *loop;           /* read-only */
    struct media_engine *engine; /* signalling thread only; NULL: closed */
};
enum notice_kind { NOTICE_EVENT, NOTICE_CLOSED };
struct notice {
    struct loop_message message;
    struct notice_line *line;
    enum notice_kind kind;
    media_id id;
    struct media_event event;
    struct media_stats stats;
};
/* Any thread. engine_notice (engine.c) handles it on the signalling thread. */
void notice_post(struct notice_line *line, const struct notice *n);
void notice_line_unref(struct notice_line *line);
void engine_notice(struct media_engine *engine, const struct notice *n);

enum { TICK_PHASES = 4, ROUND_PHASES = 4 };

struct command;
struct worker {
    struct loop *loop;
    struct timers *timers; /* the loop's */
    struct notice_line *line;
    struct sounds *sounds;
    GPtrArray *sessions;             /* all of them; session.at is the place */
    GPtrArray *ticking[TICK_PHASES]; /* spread over the 20 ms, so that many listeners do not delay the relayed */
    struct timer tick, round;
    int64_t tick_due_us;
    unsigned tick_phase, round_phase;
    struct command *deferred, **deferred_end; /* for sessions that are still on their way here */
    uint32_t received;                        /* packets since gathering looked last */
    uint32_t rate_per_s;                      /* smoothed */
    int64_t rate_since_us;
    pthread_t thread;
    bool runs;
    alignas(4) uint8_t packet[RTP_BUFFER_BYTES];
};

enum command_kind {
    COMMAND_ENTER, /* a new session, or one that another worker gave away */
    COMMAND_SET,
    COMMAND_JOIN,
    COMMAND_PART,
    COMMAND_PLAY,
    COMMAND_DTMF,
    COMMAND_WATCH,
    COMMAND_MOVE, /* to worker `target` */
    COMMAND_CLOSE,
};
struct command {
    struct loop_message message;
    struct command *next_deferred;
    struct worker *worker, *target;
    struct rtp_session *session, *other;
    enum command_kind kind;
    bool can_wait; /* for whatever wakes the worker next: nobody hears a difference */
    struct media_desc local, remote;
    enum media_sound sound;
    enum language language;
    char digit;
    uint16_t ms;
    uint32_t timeout_s;
};

struct worker *worker_new(unsigned number, struct notice_line *line, struct sounds *sounds); /* starts the thread */
void worker_stop(struct worker *w); /* any number of times; after it nothing of the worker runs */
void worker_free(struct worker *w);
/* Signalling thread (ENTER of a moved session: the former worker). Copied. */
void worker_command(const struct command *c);

/* The worker's own thread. */
static inline struct worker *rtp_session_worker(const struct rtp_session *s)
{
    return atomic_load_explicit(&s->owner, memory_order_relaxed);
}
void worker_know(struct worker *w, struct rtp_session *s);
void worker_forget(struct worker *w, struct rtp_session *s);
void worker_want_tick(struct worker *w, struct rtp_session *s);
void worker_tell(struct worker *w, media_id id, const struct media_event *ev);
