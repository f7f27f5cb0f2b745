/* SPDX-License-Identifier: Apache-2.0
 *
 * The endpoint: its life, and the way of a message from the wire to its transaction or dialog. See endpoint.h.
 * Signalling thread; owns all transactions.
 */
#include "sip/endpoint.h"

#include <string.h>

#include "sip/transaction_priv.h"

enum { ARENA_BYTES = 131072, TRANSACTIONS_DEFAULT = 50000 };

static struct view own_copy(struct view v)
{
    return (struct view){view_dup(v), v.n};
}

struct sip_endpoint *sip_endpoint_new(const struct sip_endpoint_config *c, const struct sip_endpoint_ports *ports)
{
    struct sip_endpoint *ep = g_new0(struct sip_endpoint, 1);
    ep->config = *c;
    ep->config.server = own_copy(c->server);
    ep->config.supported = own_copy(c->supported);
    if (!ep->config.max_transactions)
        ep->config.max_transactions = TRANSACTIONS_DEFAULT;
    ep->ports = *ports;
    entropy_fill(c->entropy, ep->key, sizeof ep->key);
    ep->servers = g_hash_table_new(sip_id_hash, sip_id_eq);
    ep->merged = g_hash_table_new(sip_id_hash, sip_id_eq);
    ep->clients = g_hash_table_new(sip_id_hash, sip_id_eq);
    ep->dialogs = g_hash_table_new(sip_id_hash, sip_id_eq);
    arena_init(&ep->arena, ARENA_BYTES);
    ep->out = g_malloc(SIP_MESSAGE_BYTES_MAX);
    return ep;
}

static void free_all(GHashTable *table, void (*free_one)(void *transaction))
{
    GHashTableIter it;
    void *value;
    g_hash_table_iter_init(&it, table);
    while (g_hash_table_iter_next(&it, NULL, &value)) {
        g_hash_table_iter_steal(&it);
        free_one(value);
    }
    g_hash_table_destroy(table);
}

static void free_server(void *t)
{
    sip_server_free(t);
}

static void free_client(void *t)
{
    sip_client_free(t);
}

void sip_endpoint_free(struct sip_endpoint *ep)
{
    if (!ep)
        return;
    g_hash_table_destroy(ep->merged);
    free_all(ep->servers, free_server);
    free_all(ep->clients, free_client);
    free_all(ep->dialogs, g_free);
    arena_release(&ep->arena);
    g_free((char *)ep->config.server.p);
    g_free((char *)ep->config.supported.p);
    g_free(ep->out);
    g_free(ep);
}

const struct sip_endpoint_config *sip_endpoint_config(const struct sip_endpoint *ep)
{
    return &ep->config;
}

const struct sip_endpoint_ports *sip_endpoint_ports(const struct sip_endpoint *ep)
{
    return &ep->ports;
}

size_t sip_endpoint_transactions(const struct sip_endpoint *ep)
{
    return g_hash_table_size(ep->servers) + g_hash_table_size(ep->clients);
}

void **sip_endpoint_sessions(struct sip_endpoint *ep)
{
    return &ep->sessions;
}

bool sip_endpoint_contact(struct sip_endpoint *ep, const struct sip_flow *flow, struct view user, struct buf *out)
{
    static const char *const params[SIP_TRANSPORTS] = {"", ";transport=tcp", ";transport=tls", ";transport=ws",
                                                       ";transport=ws"};
    struct net_addr local;
    if (!sip_sent_by(ep, flow, &local))
        return false;
    buf_add_text(out, "<sip:");
    if (user.n) {
        sip_escape_user(user, out);
        buf_add_char(out, '@');
    }
    net_addr_write(&local, out);
    buf_add_text(out, params[flow->transport]);
    buf_add_char(out, '>');
    return true;
}

/* --- dialogs --------------------------------------------------------------------------------------------------- */

static struct sip_id dialog_id(const struct sip_endpoint *ep, struct view call_id, struct view local_tag)
{
    struct sip_keyed k;
    sip_keyed_init(&k, ep->key);
    sip_keyed_add(&k, call_id);
    sip_keyed_add(&k, local_tag);
    return sip_keyed_end(&k);
}

static struct sip_dialog_entry *dialog_find(struct sip_endpoint *ep, struct view call_id, struct view local_tag)
{
    if (!local_tag.n)
        return NULL;
    struct sip_id id = dialog_id(ep, call_id, local_tag);
    return g_hash_table_lookup(ep->dialogs, &id);
}

struct sip_dialog_entry *sip_endpoint_add_dialog(struct sip_endpoint *ep, struct view call_id, struct view local_tag,
                                                 void (*request)(void *arg, struct sip_server *txn,
                                                                 const struct sip_msg *m, const struct sip_flow *flow),
                                                 void *arg)
{
    if (!local_tag.n || dialog_find(ep, call_id, local_tag))
        return NULL;
    struct sip_dialog_entry *e = g_new(struct sip_dialog_entry, 1);
    *e = (struct sip_dialog_entry){dialog_id(ep, call_id, local_tag), request, arg};
    g_hash_table_insert(ep->dialogs, &e->id, e);
    return e;
}

void sip_endpoint_remove_dialog(struct sip_endpoint *ep, struct sip_dialog_entry *e)
{
    if (!e)
        return;
    g_hash_table_remove(ep->dialogs, &e->id);
    g_free(e);
}

void *sip_endpoint_find_dialog(struct sip_endpoint *ep, struct view call_id, struct view local_tag)
{
    struct sip_dialog_entry *e = dialog_find(ep, call_id, local_tag);
    return e ? e->arg : NULL;
}

/* --- the way of a message -------------------------------------------------------------------------------------- */

struct arrival {
    const struct sip_flow *flow;
    const struct sip_msg *msg;
    const char *bytes;
    size_t n;
};

static bool gate_passed(struct sip_endpoint *ep, const struct arrival *in, bool in_dialog)
{
    if (!ep->ports.gate)
        return true;
    struct sip_response reply = {0};
    switch (ep->ports.gate(ep->ports.arg, in->msg, in->flow, in_dialog, &reply)) {
    case SIP_GATE_PASS:
        return true;
    case SIP_GATE_ANSWER:
        sip_answer(ep, in->flow, in->msg, &reply);
        return false;
    case SIP_GATE_DROP:
        return false;
    }
    return false;
}

static void new_request(struct sip_endpoint *ep, const struct sip_id *id, const struct arrival *in)
{
    const struct sip_msg *m = in->msg;
    struct sip_dialog_entry *e = dialog_find(ep, m->call_id, m->to_tag);
    if (sip_refused_early(ep, in->flow, m, e) || !gate_passed(ep, in, e) || sip_refused_late(ep, in->flow, m, e))
        return;
    if (m->method == SIP_OPTIONS && !e && ep->ports.options) {
        struct sip_response reply = {0};
        ep->ports.options(ep->ports.arg, &reply);
        sip_answer(ep, in->flow, m, &reply);
        return;
    }
    struct sip_msg *kept = sip_msg_keep(m, in->bytes, in->n);
    struct sip_server *t = sip_server_new(ep, id, in->flow, kept, e);
    /* The gate may have ended sessions; ask again rather than trust the entry. */
    e = dialog_find(ep, m->call_id, m->to_tag);
    if (e)
        e->request(e->arg, t, kept, in->flow);
    else if (m->to_tag.n && m->method != SIP_REGISTER)
        sip_server_respond(t, &(struct sip_response){.status = 481});
    else
        ep->ports.request(ep->ports.arg, t, kept, in->flow);
}

static void ack_in(struct sip_endpoint *ep, struct sip_server *t, const struct arrival *in)
{
    if (t && sip_server_ack(t, in->msg))
        return;
    /* The ACK of a 2xx is the dialog's (RFC 3261 13.3.1.4); one for a stateless answer finds nothing and ends here. */
    struct sip_dialog_entry *e = dialog_find(ep, in->msg->call_id, in->msg->to_tag);
    if (e)
        e->request(e->arg, NULL, in->msg, in->flow);
}

static void request_in(struct sip_endpoint *ep, const struct arrival *in)
{
    const struct sip_msg *m = in->msg;
    struct sip_id id = sip_server_id(ep, m);
    struct sip_server *t = g_hash_table_lookup(ep->servers, &id);
    if (m->method == SIP_ACK)
        ack_in(ep, t, in);
    else if (m->method == SIP_CANCEL && t)
        sip_server_cancel(t, in->flow, m);
    else if (m->method == SIP_CANCEL)
        sip_answer(ep, in->flow, m, &(struct sip_response){.status = 481});
    else if (t)
        sip_server_again(t);
    else
        new_request(ep, &id, in);
}

void sip_endpoint_receive(struct sip_endpoint *ep, const struct sip_flow *flow, char *bytes, size_t n, bool broken)
{
    struct sip_msg m;
    struct sip_fault fault = {0};
    arena_clear(&ep->arena);
    /* Only where bytes flow must Content-Length stand: a WebSocket message has its own end (RFC 7118 section 5). */
    bool flows = flow->transport == SIP_TCP || flow->transport == SIP_TLS;
    int bad = sip_msg_parse(&m, &ep->arena, bytes, n, flows, &fault);
    if (!bad && broken) {
        bad = EBADMSG;
        fault = (struct sip_fault){400, "Bad Content-Length", m.is_request};
    }
    if (bad)
        sip_answer_fault(ep, flow, &m, &fault);
    else if (m.is_request)
        request_in(ep, &(struct arrival){flow, &m, bytes, n});
    else
        sip_client_response(ep, flow, &m);
}
