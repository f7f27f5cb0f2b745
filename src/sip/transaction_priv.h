/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the endpoint share: the tables, the two kinds of transaction, and keyed hashing. Signalling thread.
 * Private to sip.
 *
 * Whatever strangers can name (a branch, a Call-ID) is a key here only as 128 bits of a keyed hash: nobody can make two
 * of them collide on purpose, and a transaction that only waits for late repetitions keeps none of its request.
 */
#pragma once

#include <glib.h>

#include "sip/build.h"
#include "sip/endpoint.h"

enum { SIP_TOKEN_CHARS = 16, SIP_TAG_BYTES = 40, SIP_TIMEOUT_US = 64 * SIP_T1_US, SIP_UDP_REQUEST_BYTES = 1300 };
#define SIP_COOKIE "z9hG4bK"

struct sip_id {
    uint64_t a, b;
};

/* SipHash-2-4-128 over whole words; each view is framed by its length, so no two sequences of views look alike. */
struct sip_keyed {
    uint64_t v[4];
};
void sip_keyed_init(struct sip_keyed *k, const uint64_t key[2]);
void sip_keyed_add(struct sip_keyed *k, struct view v);
void sip_keyed_add_nocase(struct sip_keyed *k, struct view v);
void sip_keyed_add_u64(struct sip_keyed *k, uint64_t word);
struct sip_id sip_keyed_end(struct sip_keyed *k);
unsigned sip_id_hash(const void *id);
int sip_id_eq(const void *a, const void *b);

struct sip_endpoint {
    struct sip_endpoint_config config;
    struct sip_endpoint_ports ports;
    uint64_t key[2];          /* of every keyed hash; dies with the process */
    GHashTable *servers;      /* &sip_server.id */
    GHashTable *merged;       /* &sip_server.merged_id: requests outside of dialogs by From tag, Call-ID and CSeq */
    GHashTable *clients;      /* &sip_client.id */
    GHashTable *dialogs;      /* &sip_dialog_entry.id */
    struct sip_client *waits; /* client transactions on streams that wait for a final response */
    unsigned unanswered;      /* server transactions without a final response */
    void *sessions;           /* session.c's register of sessions; not looked into here */
    struct arena arena;       /* of the message being received */
    char *out;                /* SIP_MESSAGE_BYTES_MAX: where messages are written before they are sent */
};

enum server_state {
    SERVER_TRYING,
    SERVER_PROCEEDING,
    SERVER_COMPLETED, /* a final response was sent, which is repeated; INVITE: refused, awaiting ACK */
    SERVER_CONFIRMED, /* INVITE: refused and ACKed */
    SERVER_ACCEPTED   /* INVITE: 2xx sent (RFC 6026) */
};

struct sip_server {
    struct sip_id id, merged_id;
    struct sip_endpoint *ep;
    struct timer timer;
    int64_t deadline_us; /* end of the present state; INT64_MAX: none */
    uint32_t interval_us;
    enum server_state state;
    bool invite, is_merge_key, cancelled, rfc2543;
    uint16_t reply_port; /* where responses go, on the source's address */
    struct sip_flow flow;
    struct sip_msg *request; /* with its bytes in one piece; NULL once nobody may ask for it */
    char *last;              /* the last response */
    size_t last_n;
    const struct sip_server_ops *ops;
    void *arg;
    char to_tag[SIP_TAG_BYTES];
};

enum client_state {
    CLIENT_TRYING, /* CALLING of INVITE too */
    CLIENT_PROCEEDING,
    CLIENT_COMPLETED,
    CLIENT_ACCEPTED, /* INVITE: 2xx came (RFC 6026) */
    CLIENT_BROKEN    /* could not be sent: its owner hears of it at the next timer */
};
enum client_cancel { CANCEL_NONE, CANCEL_WANTED, CANCEL_SENT };

struct sip_client {
    struct sip_id id;
    struct sip_endpoint *ep;
    struct timer timer;
    int64_t deadline_us;
    uint32_t interval_us; /* 0: no repetition */
    enum client_state state;
    enum client_cancel cancel;
    enum sip_method method;
    struct sip_flow flow;
    struct net_addr sent_by;
    char *bytes; /* the request; once refused, an INVITE's ACK */
    size_t n;
    char *cancel_headers;
    const struct sip_client_ops *ops;
    void *arg;
    struct sip_client *wait_next, **wait_link; /* in sip_endpoint.waits; link NULL: not there */
};

struct sip_dialog_entry {
    struct sip_id id;
    void (*request)(void *arg, struct sip_server *txn, const struct sip_msg *m, const struct sip_flow *flow);
    void *arg;
};

/* endpoint_checks.c */

/* Where a response to this request goes (RFC 3261 18.2.2, RFC 3581). */
uint16_t sip_reply_port(const struct sip_flow *flow, const struct sip_msg *m);
void sip_answer(struct sip_endpoint *ep, const struct sip_flow *flow, const struct sip_msg *m,
                const struct sip_response *r);
void sip_answer_fault(struct sip_endpoint *ep, const struct sip_flow *flow, const struct sip_msg *m,
                      const struct sip_fault *fault);
/* The checks before and after the gate; true: it has been answered. */
bool sip_refused_early(struct sip_endpoint *ep, const struct sip_flow *flow, const struct sip_msg *m, bool in_dialog);
bool sip_refused_late(struct sip_endpoint *ep, const struct sip_flow *flow, const struct sip_msg *m, bool in_dialog);
/* Writes a whole response into ep->out; empty when it does not fit. named: says who we are (strangers are not told). */
struct view sip_write_response(struct sip_endpoint *ep, const struct sip_msg *m, const struct sip_flow *flow,
                               const struct sip_response *r, struct view to_tag, bool named);

/* transaction_keep.c */

/* A copy of a message and all bytes it points into, in one piece to g_free. */
struct sip_msg *sip_msg_keep(const struct sip_msg *m, const char *bytes, size_t n);

/* transaction_server.c */
struct sip_id sip_server_id(const struct sip_endpoint *ep, const struct sip_msg *m);
struct sip_id sip_merged_id(const struct sip_endpoint *ep, const struct sip_msg *m);
struct sip_server *sip_server_new(struct sip_endpoint *ep, const struct sip_id *id, const struct sip_flow *flow,
                                  struct sip_msg *kept, bool in_dialog);
void sip_server_free(struct sip_server *t); /* without a word */
void sip_server_again(struct sip_server *t);
/* An ACK that names it; true: it was for a refusal and is dealt with. */
bool sip_server_ack(struct sip_server *t, const struct sip_msg *m);
void sip_server_cancel(struct sip_server *t, const struct sip_flow *flow, const struct sip_msg *m);

/* transaction_client.c */
void sip_client_response(struct sip_endpoint *ep, const struct sip_flow *flow, const struct sip_msg *m);
void sip_client_free(struct sip_client *t); /* without a word */

/* transaction_request.c: the requests that we send, all into ep->out; empty when it does not fit. */
struct view sip_write_request(struct sip_endpoint *ep, const struct sip_request *r, enum sip_transport transport,
                              const struct net_addr *sent_by, const char token[SIP_TOKEN_CHARS]);
struct view sip_write_ack(struct sip_client *t, const struct sip_msg *response);
struct view sip_write_cancel(struct sip_client *t, struct view headers);
bool sip_sent_by(struct sip_endpoint *ep, const struct sip_flow *flow, struct net_addr *ret);
