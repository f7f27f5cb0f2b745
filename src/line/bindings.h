/* SPDX-License-Identifier: Apache-2.0
 *
 * Registered contacts: which device can be reached by which flow, until when. Pure, one thread. Bounded: at most 10
 * contacts a device and 20 a user.
 */
#pragma once

#include "base/timers.h"
#include "model/binding_row.h"
#include "sip/flow.h"

enum { BINDINGS_PER_DEVICE = 10, BINDINGS_PER_USER = 20 };

struct binding {
    uint64_t id; /* names this registration for ever; a renewed one keeps it */
    uint32_t device, user;
    uint32_t reg_id, cseq;
    char *key;      /* instance and reg-id, else the contact's URI */
    char *instance; /* empty: none */
    char *contact;  /* URI as registered */
    char *path;     /* Path values; empty: none */
    char *user_agent;
    char *call_id; /* of the REGISTER, with cseq: an older one changes nothing (RFC 3261 10.3) */
    struct sip_flow flow;
    int64_t since_us;             /* last REGISTER, monotonic */
    int64_t expires_us;           /* monotonic */
    int64_t pinged_us;            /* last keep-alive */
    uint8_t missed;               /* keep-alives without answer */
    struct timer expiry, silence; /* internal, as the rest */
    struct bindings *of;
    struct binding *flow_next, **flow_link; /* the others on a flow of the same key */
};

enum binding_gone { BINDING_EXPIRED, BINDING_REMOVED, BINDING_REPLACED, BINDING_SILENT, BINDING_CLOSED };

struct bindings;
struct bindings_ops {
    void *arg;
    void (*gone)(void *arg, const struct binding *b, enum binding_gone why); /* before it is freed */
};

struct bindings *bindings_new(struct timers *ts, const struct bindings_ops *ops);
void bindings_free(struct bindings *bs);
void bindings_persist(struct bindings *bs, const struct binding_port *port); /* where changes are kept; NULL: nowhere */

struct binding_new { /* views are copied */
    uint32_t device, user, reg_id, cseq;
    struct view key, instance, contact, path, user_agent, call_id;
    struct sip_flow flow;
    uint32_t expires_s;
};
/* How many more this device may have. */
unsigned bindings_room(const struct bindings *bs, uint32_t user, uint32_t device);
/* Makes or renews (same device and key). NULL: the device or user has its fill. */
struct binding *bindings_put(struct bindings *bs, const struct binding_new *n);
void bindings_remove(struct bindings *bs, struct binding *b, enum binding_gone why);

/* The contact has answered; or must within that time, else it is removed as silent. */
void bindings_heard(struct bindings *bs, struct binding *b);
void bindings_await_word(struct bindings *bs, struct binding *b, int64_t within_us);

struct binding *bindings_get(const struct bindings *bs, uint64_t id);
struct binding *bindings_find(const struct bindings *bs, uint32_t user, uint32_t device, struct view key);
/* Those of a user, in no order; NULL and 0 when none. Valid until the next change. */
struct binding *const *bindings_of_user(const struct bindings *bs, uint32_t user, size_t *n);
/* The bindings that live on a connection are gone with it. */
void bindings_flow_closed(struct bindings *bs, const struct sip_flow *flow);
/* A binding that stands on this very flow, or NULL. */
struct binding *bindings_on_flow(const struct bindings *bs, const struct sip_flow *flow);
size_t bindings_count(const struct bindings *bs);
struct binding *bindings_next(const struct bindings *bs, size_t *at); /* all, see slots_next */
