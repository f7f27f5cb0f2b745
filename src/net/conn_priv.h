/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections on the web thread, and what its files share. All of it is the web thread's, but for what is marked.
 *
 *     accept.c   listening sockets -> conn          raw.c        TCP and TLS bytes
 *     conn.c     conn: limits, cutting, queue       websocket.c  HTTP and WebSocket callbacks
 *     web.c      the thread, orders, the sweep
 */
#pragma once

#include "net/web_priv.h"

#include <glib.h>
#include <libwebsockets.h>
#include <openssl/ssl.h>
#include <pthread.h>

enum {
    CONN_MESSAGE_BYTES_MAX = 65536,
    CONN_IN_BYTES = CONN_MESSAGE_BYTES_MAX + 4096,
    CONN_SETUP_MS = 9000,          /* TLS and WebSocket handshake, a half message: D4 wants <= 10 s */
    CONN_CONNECT_US = 4 * 1000000, /* ours to others, each of TCP and TLS */
    CONN_IDLE_MS = 60000,          /* a stranger without a whole message */
    CONN_CLOSING_US = 2 * 1000000, /* to write what waits */
    CONN_MANY = 500,               /* whose end is worth giving memory back to the system */
    CONN_STRANGER_SAYS = 100,      /* messages of one stranger between two sweeps; then it is not read till the next */
    CONN_STRANGERS_SAY = 5000,     /* of all of them: each then has one (D2) */
};

/*  CONNECTING (ours only) -> HANDSHAKE (TLS, WebSocket) -> OPEN -> CLOSING (writes what waits) -> freed by WSI_DESTROY
 */
enum conn_state { CONN_CONNECTING, CONN_HANDSHAKE, CONN_OPEN, CONN_CLOSING };

struct conn {
    struct web *web;
    struct lws *wsi;
    struct link *link;
    struct sip_flow flow;
    enum conn_state state;
    int fd; /* raw ones; libwebsockets closes it */
    SSL *ssl;
    bool outgoing, trusted;
    bool told;                    /* the signalling thread knows of it: must hear of its end */
    bool wants_write, wants_read; /* while in web->again */
    bool dead;                    /* asked libwebsockets to close it: nothing is done with it any more */
    int64_t since_us;             /* of the state; of the last whole message while OPEN */
    int64_t half_since_us;        /* 0: no part of a message waits */
    char *in;                     /* NULL while empty */
    size_t in_n, in_cap;
    GQueue out;     /* struct order */
    GList stranger; /* its place in web->strangers, while `counted` */
    bool counted;
    GList all; /* its place in web->conns */
    bool in_again;
    unsigned said;  /* messages since the last sweep, of a stranger */
    bool resting;   /* not read until the next sweep: it says too much */
    bool finishing; /* CLOSING, and gone as soon as nothing waits to be written */
};

struct listener {
    struct web *web;
    struct transport_listen listen;
    int fd;
    struct lws *wsi;
};

struct web {
    struct web_host host; /* read-only */
    struct lws_context *lws;
    struct lws_vhost *vhost;
    pthread_t thread;
    bool thread_runs; /* the signalling thread's */
    bool quit;
    int64_t now_us; /* of this turn */
    int64_t sweep_at_us;
    unsigned most_conns;     /* since memory was last given back */
    unsigned strangers_said; /* messages since the last sweep */
    lws_sorted_usec_list_t tick;

    struct net_set *denied; /* sources that are not let in */

    /* settings, read-only */
    char **origins;
    unsigned max_connections, max_per_address;
    int64_t setup_us, idle_us;
    bool has_https;

    GPtrArray *listeners;   /* struct listener */
    GHashTable *by_id;      /* &link->id -> conn */
    GQueue conns;           /* all */
    GQueue strangers;       /* accepted and not trusted, oldest first */
    GHashTable *per_source; /* source key -> how many strangers */
    GQueue again;           /* conns to be looked at before waiting */
    int spare_fd;           /* given up for a moment when no descriptor is left */
    SSL_CTX *tls_server, *tls_client;
    SSL_CTX *tls_https; /* libwebsockets' own */

    pthread_mutex_t orders_lock;
    struct order *orders_first, *orders_last; /* under orders_lock */
    bool woken;                               /* under orders_lock */

    atomic_size_t in_bytes; /* half messages and news not yet handled */
    atomic_uint n_connections;
    atomic_uint_fast64_t dropped;
};

/* conn.c */
struct conn *conn_new(struct web *w, enum sip_transport t, struct link *link_or_null);
/* From WSI_DESTROY, or when it never got a wsi: tells of its end and frees it. */
void conn_free(struct conn *c);
/* Has libwebsockets close it soon. */
void conn_kill(struct conn *c);
void conn_count_stranger(struct conn *c);
void conn_trust(struct conn *c);
void conn_set_state(struct conn *c, enum conn_state s);
/* Room for `more` bytes behind in_n; false: limits forbid it, or CONN_IN_BYTES is full. */
bool conn_reserve(struct conn *c, size_t more);
/* `taken` bytes at the front are done with. */
void conn_consume(struct conn *c, size_t taken);
/* Cuts messages out of a stream's `in`, and tells of them; answers pings. */
void conn_cut(struct conn *c);
void conn_tell(struct conn *c, enum news_kind kind, struct view bytes);
/* Queues for writing; takes o over. */
void conn_write(struct conn *c, struct order *o);
void conn_write_own(struct conn *c, struct view bytes); /* not counted in out_waiting by a sender: counts itself */
/* The first of `out` is written whole. */
void conn_written(struct conn *c);
/* Writes what waits, reads no more, then closes. */
void conn_close(struct conn *c);
/* Looked at again before the thread waits. */
void conn_again(struct conn *c, bool read, bool write);
void conn_pause(struct conn *c, bool pause);
/* A sweep: who rested is read again. */
void conn_wake(struct conn *c);

/* raw.c */
bool raw_adopt(struct conn *c, int fd); /* closes fd on failure */
bool raw_connect(struct conn *c);       /* the same */
void raw_again(struct conn *c);         /* reads and writes what it can, outside of a callback */
int raw_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

/* accept.c */
[[gnu::warn_unused_result]] int accept_open(struct web *w, const struct transport_listen *l);
void accept_start(struct web *w); /* web thread: gives the listeners to libwebsockets */
void accept_stop(struct web *w);
int accept_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

/* websocket.c */
bool websocket_adopt(struct conn *c, int fd); /* closes fd on failure */
int http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);
int websocket_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);
