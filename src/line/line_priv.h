/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of line/ share. One thread.
 */
#pragma once

#include "base/slots.h"
#include "line/bindings.h"
#include "line/guard.h"
#include "line/line.h"
#include "sip/build.h"
#include "sip/digest.h"
#include "sip/endpoint.h"
#include "sip/session.h"

#include <glib.h>

/* Who a request that just passed the gate comes from; valid until the next one. */
struct line_admitted {
    const struct model_device *device; /* NULL: not a device */
    const struct model_peer *peer;     /* NULL: not a peer */
};

struct line {
    struct line_config config;
    struct line_ports ports;
    struct model *model;
    struct call_core *core;
    struct sip_endpoint *endpoint;
    struct sip_resolver *resolver;
    struct bindings *bindings;
    struct line_peers *peers;
    struct guard *guard;
    struct nonce_keeper *nonces;
    struct line_admitted admitted;
    GHashTable *legs;  /* leg_id (in the leg) -> struct line_leg */
    GHashTable *pings; /* running keep-alive transactions */
    struct timer ping_timer;
    size_t ping_at; /* where in the bindings the next round goes on */
    unsigned busy_permille;
    bool draining;
    struct line_counts counts;
    char text[4096]; /* for one header block or stateless answer at a time */
    char nonce[NONCE_CHARS + 1];
};

/* Stateless judgement of a request: authentication, strangers, overload (gate.c). */
enum sip_gate line_gate(void *arg, const struct sip_msg *m, const struct sip_flow *flow, bool in_dialog,
                        struct sip_response *reply);
/* Where the gate is not asked: denied and blocked sources get nothing (D3, D7). */
bool line_may_answer(void *arg, const struct sip_flow *flow);
/* SIP-18: a large request goes by a stream of the same phone, if it has one. */
bool line_widen(void *arg, struct sip_flow *flow, size_t bytes);
/* REGISTER of an admitted device (registrar.c). */
void line_register(struct line *l, struct sip_server *txn, const struct sip_msg *m, const struct sip_flow *flow,
                   const struct model_device *device);
/* INVITE of whoever was admitted (leg_in.c). */
void line_invite(struct line *l, struct sip_server *txn, const struct sip_msg *m, const struct sip_flow *flow);
/* REFER of an admitted device outside of dialogs (refer.c). */
void line_refer(struct line *l, struct sip_server *txn, const struct sip_msg *m, const struct model_device *device);
/* Peers given by name (peers.c). */
void line_peers_start(struct line *l);
void line_peers_stop(struct line *l);
void line_peers_take_model(struct line *l);
/* The peer that sends from there, by address or by what its name stands for; NULL: none. */
const struct model_peer *line_peer_at(const struct line *l, const struct net_addr *source);
/* Keep-alive of phones on UDP (keepalive.c). */
void line_keepalive_start(struct line *l);
void line_keepalive_stop(struct line *l);
/* leg.c. The connection of a phone is gone: its calls on it are given time for it to come back. */
void line_legs_lost(struct line *l, const struct binding *b);
/* A phone registered by another flow than before (NULL: it was not registered): its calls go on by the new one. */
void line_legs_move(struct line *l, const struct binding *now, const struct sip_flow *before);

/* Simple answers. */
void line_answer(struct sip_server *txn, uint16_t status);
void line_answer_with(struct sip_server *txn, uint16_t status, struct view headers);
