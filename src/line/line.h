/* SPDX-License-Identifier: Apache-2.0
 *
 * Phones and peers: registrar, authentication, SIP legs of calls, keep-alive, limits. Pure: between the SIP endpoint
 * below and the call core above, in the time of `struct timers`, one thread (signalling). Everything that comes from
 * the network passes line_gate first.
 *
 *   transport ─ line_receive ─> sip endpoint ─┬─ gate: known? right secret? ─ 401 / 403 / 503 without state
 *                                             ├─ REGISTER ──> registrar ──> bindings ──> binding port (disk)
 *                                             └─ INVITE ────> leg <──events / leg_port──> call core
 */
#pragma once

#include "base/entropy.h"
#include "base/timers.h"
#include "call/events.h"
#include "model/binding_row.h"
#include "model/snapshot.h"
#include "sip/flow.h"
#include "sip/resolve.h"

struct line;

struct line_ports {
    void *arg;
    int (*send)(void *arg, const struct sip_flow *flow, struct view bytes);
    bool (*local)(void *arg, enum sip_transport t, const struct net_addr *remote, struct net_addr *ret);
    void (*trust)(void *arg, const struct sip_flow *flow); /* a phone that signed in, or a peer, sends from there */
    /* Something an administrator should know; text static, source may be NULL. For the log of the adapter. */
    void (*notice)(void *arg, const char *text, const struct net_addr *source, const char *account);
    /* How long the message being handled had waited to be read. NULL: not known. */
    int64_t (*waited_us)(void *arg);
};

struct line_config {
    struct timers *timers;
    const struct entropy *entropy;
    struct sip_dns_port dns; /* ask NULL: names are not resolved */
    const char *server_name; /* "Carillon/0.1" */
};

struct line *line_new(const struct line_config *c, const struct line_ports *ports, struct model *m);
void line_free(struct line *l); /* legs must have ended */
/* Whom events go to; set once before the first message. */
void line_set_core(struct line *l, struct call_core *core);
/* A new snapshot: devices that are gone or disabled lose their contacts at once. */
void line_set_model(struct line *l, struct model *m);

void line_receive(struct line *l, const struct sip_flow *flow, char *bytes, size_t n, bool broken);
void line_flow_closed(struct line *l, const struct sip_flow *flow);
void line_flow_opened(struct line *l, const struct sip_flow *asked, const struct sip_flow *now);

/* What the core asks of us. */
struct leg_port line_leg_port(struct line *l);
struct location_port line_location_port(struct line *l);

/* Contacts kept over a restart: load each row, then name the port that keeps further changes. Those on a stream are
 * left out: their connection ended with the former daemon, and nobody listens where it came from (RFC 5626
 * section 4.2.2); the phone comes back by a new one. */
void line_restore_binding(struct line *l, const struct binding_row *row);
void line_persist(struct line *l, const struct binding_port *port);

/* How busy the thread is, in thousandths, told by the loop every 100 ms or so; from 900 on new calls are refused in
 * growing share with 503 and Retry-After, calls in progress never (D1, SIP-42). */
void line_set_load(struct line *l, unsigned busy_permille);
/* No new calls: the daemon ends. */
void line_drain(struct line *l);

struct line_counts {
    size_t bindings, legs, transactions, sessions, guarded;
    uint64_t refused_overload, auth_failures, scanners;
};
struct line_counts line_counts(const struct line *l);
