/* SPDX-License-Identifier: Apache-2.0
 *
 * The SIP endpoint: bytes in, transactions and their events out (RFC 3261 sections 16 to 18, RFC 6026). Pure: sends
 * through a port, lives in the time of `struct timers`, one thread.
 *
 *   receive ─ parse ─┬─ response ──> client transaction ──> its owner
 *                    ├─ ACK of a failure, CANCEL, retransmission ──> server transaction
 *                    ├─ request inside a dialog ── gate ──> server transaction ──> the dialog's owner
 *                    └─ other request ─── gate ──> server transaction ──> ports.request
 *
 * No state is made for a request before the gate let it pass (D2).
 */
#pragma once

#include "base/entropy.h"
#include "base/timers.h"
#include "sip/flow.h"
#include "sip/message.h"

struct sip_endpoint;
struct sip_server; /* a server transaction, owned by the endpoint */
struct sip_client; /* a client transaction, owned by the endpoint */

/* RFC 3261 table 4, RFC 6026. */
enum { SIP_T1_US = 500000, SIP_T2_US = 4000000, SIP_T4_US = 5000000 };

/* A response to make. Headers are whole lines ("Name: value\r\n…") without those that sip_put_response_head writes,
 * and without Server, which the endpoint adds in transactions. */
struct sip_response {
    uint16_t status;
    struct view reason; /* empty: the usual phrase */
    struct view to_tag; /* empty: one made per transaction, for 1xx above 100 and finals */
    struct view headers;
    struct view content_type, body;
};

/* A request to make. The endpoint adds request line, Via, Max-Forwards, User-Agent, Content-Length. */
struct sip_request {
    enum sip_method method;
    struct view uri;
    struct view headers;  /* From, To, Call-ID, CSeq, Contact, Route … as whole lines */
    uint8_t max_forwards; /* 0 means 70 */
    uint32_t repeat_us;   /* UDP: pause before the first repetition; 0: T1. Timers B and F stay 64*T1 */
    struct view content_type, body;
};

enum sip_gate {
    SIP_GATE_PASS,
    SIP_GATE_ANSWER, /* answer statelessly as *reply says: 401, 403, 503 … */
    SIP_GATE_DROP,
};

struct sip_endpoint_ports {
    void *arg;
    /* 0 or errno; ENOTCONN fails a client transaction at once. Must only queue: never calls back into the endpoint. */
    int (*send)(void *arg, const struct sip_flow *flow, struct view bytes);
    /* Our address toward a peer, for Via and Contact; false: that transport is not open here. */
    bool (*local)(void *arg, enum sip_transport t, const struct net_addr *remote, struct net_addr *ret);
    /* Every request but ACK and CANCEL that matches no transaction. in_dialog: it names a dialog of ours. When it says
     * ANSWER, *reply may point into memory that lives until the next call. */
    enum sip_gate (*gate)(void *arg, const struct sip_msg *m, const struct sip_flow *flow, bool in_dialog,
                          struct sip_response *reply);
    /* A request outside of dialogs, past the gate and past the endpoint's own checks (505, 416, 420 with Require, 482,
     * 405/501 for methods not in `allow`, 483). Somebody must respond to txn, now or later. */
    void (*request)(void *arg, struct sip_server *txn, const struct sip_msg *m, const struct sip_flow *flow);
    /* May this source be answered at all where the gate is not asked: broken messages, 416, and 481 to a BYE of no
     * dialog? For blocked addresses and a rate limit (D3, D7). NULL: always. */
    bool (*may_answer)(void *arg, const struct sip_flow *flow);
    /* A request of so many bytes (above 1,300, SIP-18) is about to leave on a UDP flow: true when *flow was changed to
     * a stream to the same peer. NULL: it leaves by UDP. */
    bool (*widen)(void *arg, struct sip_flow *flow, size_t bytes);
    /* OPTIONS outside of dialogs, past gate and checks: fill in what is answered without any state (RFC 3261 8.2.7), so
     * that strangers who ask make none (D2). NULL: it goes to `request`. */
    void (*options)(void *arg, struct sip_response *reply);
};

struct sip_endpoint_config {
    struct timers *timers;
    const struct entropy *entropy;
    struct view server;    /* text of Server and User-Agent */
    struct view supported; /* option tags that we understand, e.g. "100rel, timer, replaces, path, outbound, gruu" */
    /* Server transactions without a final response, beyond which new requests outside of dialogs are answered 503
     * statelessly; those that only wait for late repetitions count an eighth. 0: 50,000. */
    unsigned max_transactions;
};

struct sip_endpoint *sip_endpoint_new(const struct sip_endpoint_config *c, const struct sip_endpoint_ports *ports);
/* Transactions still there are dropped without a word. Sessions must have been freed. */
void sip_endpoint_free(struct sip_endpoint *ep);

/* One whole message as the transport gave it; bytes may be changed. broken: framing was lost, answer only an error. */
void sip_endpoint_receive(struct sip_endpoint *ep, const struct sip_flow *flow, char *bytes, size_t n, bool broken);
/* The connection of this flow is gone: client transactions on it fail. */
void sip_endpoint_flow_closed(struct sip_endpoint *ep, const struct sip_flow *flow);
/* A flow asked for with connection 0 got its connection: waiting transactions take it over. */
void sip_endpoint_flow_opened(struct sip_endpoint *ep, const struct sip_flow *asked, const struct sip_flow *now);

const struct sip_endpoint_config *sip_endpoint_config(const struct sip_endpoint *ep);
const struct sip_endpoint_ports *sip_endpoint_ports(const struct sip_endpoint *ep);
size_t sip_endpoint_transactions(const struct sip_endpoint *ep); /* for "nothing left behind" */
/* A place for session.c to keep its register of this endpoint's sessions. */
void **sip_endpoint_sessions(struct sip_endpoint *ep);
/* The methods that are let in, for Allow. MESSAGE and PUBLISH are known and answered 405, others 501. */
struct view sip_endpoint_allow(void);

/* "<sip:host:port;transport=…>" of ours toward a flow, with user (may be empty), for Contact. False: no such listener.
 */
bool sip_endpoint_contact(struct sip_endpoint *ep, const struct sip_flow *flow, struct view user, struct buf *out);

/* --- server transactions --------------------------------------------------------------------------------------- */

struct sip_server_ops {
    /* INVITE only: a CANCEL came (already answered 200); a final response is still owed. `m` is the CANCEL. */
    void (*cancelled)(void *arg, const struct sip_msg *m);
    /* INVITE only, after a 2xx: an ACK came is NOT told here (it belongs to the dialog). Called when the transaction is
     * over, whatever the way; txn is no more after it. */
    void (*over)(void *arg);
};
/* Who wants to hear of this transaction; may be set once, until it is over. */
void sip_server_own(struct sip_server *t, const struct sip_server_ops *ops, void *arg);
/* Sends a response; 1xx any number of times, one final. A second final is ignored. INVITE 2xx is sent once: its
 * repetition until ACK is the session's (RFC 6026). */
void sip_server_respond(struct sip_server *t, const struct sip_response *r);
/* The owner (if any) is done with a transaction: no more calls to ops, and t is not to be used again. One still
 * unanswered is answered 500. Of an INVITE the request, and of an accepted one the response too, are forgotten, so that
 * an acknowledged call costs next to nothing for the rest of timer L: call it when the ACK came. */
void sip_server_disown(struct sip_server *t);
/* The request as it came; valid as long as the transaction; of other methods than INVITE until the next timer after the
 * final response. The `m` given to `request` is this one. */
const struct sip_msg *sip_server_request(const struct sip_server *t);
const struct sip_flow *sip_server_flow(const struct sip_server *t);
struct sip_endpoint *sip_server_endpoint(const struct sip_server *t);
/* The To tag that responses of this transaction carry (made at first asking). */
struct view sip_server_to_tag(struct sip_server *t);
/* Sends a response again outside of the state machine: 2xx repetition. */
void sip_server_resend(struct sip_server *t, struct view bytes);
/* Bytes of the last response sent: for repetition. */
struct view sip_server_last(const struct sip_server *t);

/* --- client transactions --------------------------------------------------------------------------------------- */

enum sip_client_failure { SIP_CLIENT_TIMEOUT, SIP_CLIENT_TRANSPORT };
struct sip_client_ops {
    /* A response, in order; for INVITE also every further 2xx (forked or repeated) for 64*T1 after the first. ACK of
     * failures is the endpoint's, of 2xx the owner's. */
    void (*response)(void *arg, struct sip_client *t, const struct sip_msg *m, const struct sip_flow *flow);
    /* No final response came; t is over. */
    void (*failed)(void *arg, struct sip_client *t, enum sip_client_failure why);
    /* t is over after its final response; it is no more after this. Not called after `failed`. May be NULL. */
    void (*over)(void *arg, struct sip_client *t);
};
/* Sends a request (not ACK). NULL: the flow can't be used (no listener), or the request is above 64 KiB. */
struct sip_client *sip_client_start(struct sip_endpoint *ep, const struct sip_flow *flow, const struct sip_request *r,
                                    const struct sip_client_ops *ops, void *arg);
/* INVITE: CANCEL as soon as a provisional response is there (RFC 3261 9.1), with these header lines (Reason). When no
 * final follows within 64*T1, the transaction fails with a timeout. */
void sip_client_cancel(struct sip_client *t, struct view headers);
/* The owner goes away: no more calls to ops; the transaction ends by itself (an INVITE is cancelled, a late 2xx is
 * acknowledged by nobody: do not do that to an INVITE that may still be answered). */
void sip_client_disown(struct sip_client *t);
enum sip_method sip_client_method(const struct sip_client *t);

/* Sends a request without a transaction: the ACK of a 2xx. Same bytes may be sent again by the caller. */
int sip_endpoint_send_ack(struct sip_endpoint *ep, const struct sip_flow *flow, const struct sip_request *r);

/* --- dialogs --------------------------------------------------------------------------------------------------- */

/* Requests naming this Call-ID and local tag (and, once known, the remote tag) go to `request`; ACK too (txn NULL). The
 * strings are copied. One dialog or usage group an entry; NULL when that key is taken. */
struct sip_dialog_entry;
struct sip_dialog_entry *sip_endpoint_add_dialog(struct sip_endpoint *ep, struct view call_id, struct view local_tag,
                                                 void (*request)(void *arg, struct sip_server *txn,
                                                                 const struct sip_msg *m, const struct sip_flow *flow),
                                                 void *arg);
void sip_endpoint_remove_dialog(struct sip_endpoint *ep, struct sip_dialog_entry *e); /* takes NULL */
/* The arg of the dialog with this Call-ID and local tag, or NULL: for Replaces and Target-Dialog. */
void *sip_endpoint_find_dialog(struct sip_endpoint *ep, struct view call_id, struct view local_tag);
