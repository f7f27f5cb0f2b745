/* SPDX-License-Identifier: Apache-2.0
 *
 * What the signalling thread and the web thread share: one `link` for each connection (counters, atomic), orders (to
 * the web thread) and news (to the signalling thread), whose ownership goes with them.
 *
 *     signalling: streams.c  -- order: OPEN SEND TRUST CLOSE RESUME RELOAD QUIT -->  web: web.c
 *                            <-- news: OPENED MESSAGE BROKEN CLOSED ------------
 */
#pragma once

#include "base/net_set.h"
#include "net/transport.h"

#include <openssl/types.h>
#include <stdatomic.h>

enum {
    LINK_OUT_BYTES_MAX = 1024 * 1024, /* waiting to be written: the peer reads too slowly */
    LINK_IN_BYTES_HIGH = 256 * 1024,  /* waiting for the signalling thread: reading pauses … */
    LINK_IN_BYTES_LOW = 64 * 1024,    /* … until no more than this waits */
    IN_BYTES_MAX = 64 * 1024 * 1024,  /* the same over all strangers, with their half messages */
    ORDER_HEADROOM = 32,              /* before an order's bytes: libwebsockets writes its frame header there */
};

struct link {
    uint64_t id; /* never used again */
    atomic_int refs;
    atomic_size_t out_waiting; /* added by signalling, taken off by web */
    atomic_size_t in_waiting;  /* added by web, taken off by signalling */
    atomic_bool paused;        /* web stopped reading because of in_waiting */
};

struct link *link_new(void);
struct link *link_ref(struct link *l);
void link_unref(struct link *l);

enum order_kind {
    ORDER_OPEN,
    ORDER_SEND,
    ORDER_TRUST,
    ORDER_CLOSE,
    ORDER_RESUME,
    ORDER_RELOAD,
    ORDER_DENY,
    ORDER_QUIT
};

struct order {
    struct order *next;
    enum order_kind kind;
    struct link *link;    /* a reference; NULL for RELOAD, DENY and QUIT */
    struct sip_flow flow; /* OPEN */
    SSL_CTX *tls;         /* RELOAD: a reference */
    struct net_set *set;  /* DENY: owned */
    size_t n, at;         /* SEND: at = how much of it is written */
    char headroom[ORDER_HEADROOM];
    char bytes[];
};

struct order *order_new(enum order_kind kind, struct link *link_or_null, struct view bytes);
void order_free(struct order *o);

enum news_kind { NEWS_OPENED, NEWS_MESSAGE, NEWS_BROKEN, NEWS_CLOSED };

struct streams;
struct news {
    struct loop_message message;
    struct streams *streams; /* a reference */
    enum news_kind kind;
    struct link *link; /* a reference */
    struct sip_flow flow;
    size_t n;
    char bytes[];
};
