/* SPDX-License-Identifier: Apache-2.0
 *
 * An INVITE session: one dialog of ours with one phone or trunk, from INVITE to BYE (RFC 3261, 3262, 3264, 3311, 3515,
 * 4028, 6337). Pure, one thread. It keeps whose turn it is in offer/answer, repeats what must be repeated, resolves
 * glare, refreshes the session; what the SDP says and what a call is, its user decides.
 *
 * User's rule: no function of a session is called from inside `over`. All others may be called from inside events.
 * Events never come from inside a function of the session called by the user (failures come later, by timer), so that
 * the call core is never entered twice.
 */
#pragma once

#include "sip/endpoint.h"

struct sip_session;

enum sip_session_state {
    SIP_SESSION_CALLING,  /* we sent INVITE, no provisional above 100 yet */
    SIP_SESSION_INCOMING, /* an INVITE came, nothing above 100 sent */
    SIP_SESSION_EARLY,    /* a provisional with To tag sent or received */
    SIP_SESSION_UP,       /* 2xx sent or received */
    SIP_SESSION_ENDED,    /* waiting for its transactions to end */
};

enum sip_session_end {
    SIP_END_BYE,       /* the peer hung up */
    SIP_END_CANCELLED, /* the peer cancelled its INVITE */
    SIP_END_REFUSED,   /* final response to our INVITE; see status */
    SIP_END_TIMEOUT,   /* no final response (408) */
    SIP_END_TRANSPORT, /* could not be sent */
    SIP_END_NO_ACK,    /* our 2xx was never acknowledged */
    SIP_END_EXPIRED,   /* the session timer ran out */
    SIP_END_GONE,      /* 481 or 408 to a request inside the dialog */
};

struct sip_session_ended {
    enum sip_session_end how;
    uint16_t status;           /* of REFUSED; else 0 */
    struct view reason;        /* value of a Reason header of BYE, CANCEL or the response; empty: none */
    const struct sip_msg *msg; /* the message that ended it, or NULL */
};

struct sip_session_refer {
    const struct sip_msg *msg;
    struct sip_name_addr refer_to; /* views into msg */
    struct view replaces;          /* unescaped value of ?Replaces= in Refer-To; empty: blind */
    struct view referred_by;
};

/* Reads what a REFER asks for; the unescaped Replaces lies in `replaces`. False: malformed (400). */
[[gnu::warn_unused_result]] bool sip_refer_read(const struct sip_msg *m, struct sip_session_refer *ret,
                                                struct buf *replaces);

struct sip_session_ops {
    /* Outgoing: 180, 183 … sdp is empty or the answer of an early dialog (passed once per change). */
    void (*progress)(void *user, const struct sip_msg *m, struct view sdp);
    /* Outgoing: 2xx came (acknowledged here unless it held the offer: then after sip_session_answer_offer). sdp: the
     * answer, or the peer's offer if we sent none; empty if it was given in progress already. */
    void (*answered)(void *user, const struct sip_msg *m, struct view sdp);
    /* Incoming: ACK came; sdp: the answer when our 2xx held the offer, else empty. Also when a PRACK answers the offer
     * in a provisional of ours (then again, without SDP, at the ACK). */
    void (*confirmed)(void *user, struct view sdp);
    /* The peer offers anew (re-INVITE, UPDATE). Empty: it asks us to offer (re-INVITE without SDP). Owed:
     * sip_session_answer_offer or sip_session_refuse_offer, now or later. Refreshes without change of SDP and without
     * SDP in UPDATE are answered inside and not told. `m` lasts for the call. */
    void (*offered)(void *user, const struct sip_msg *m, struct view sdp);
    /* The answer to our sip_session_offer or to the offer that the peer asked for in a re-INVITE, or its final refusal
     * (status; glare was retried inside; 491 also when the peer's own offer overtook ours). A changed answer to a
     * refresh that we sent by re-INVITE comes this way too. */
    void (*offer_answered)(void *user, struct view sdp);
    void (*offer_refused)(void *user, uint16_t status);
    /* INFO: return the status to answer (200, 415 …). */
    uint16_t (*info)(void *user, const struct sip_msg *m);
    /* REFER: return 202 (or 200 with norefersub), 403, 603 … For 202 sip_session_refer_progress is owed. */
    uint16_t (*referred)(void *user, const struct sip_session_refer *r);
    /* A REFER that we sent: the sipfrag status of its NOTIFYs, or its own refusal. May be NULL. */
    void (*refer_notified)(void *user, uint16_t status);
    /* It is over, for whatever reason but our own sip_session_end. */
    void (*ended)(void *user, const struct sip_session_ended *e);
    /* The memory goes; comes once, also after sip_session_end and refusals. */
    void (*over)(void *user);
    /* The peer tells who is at its end now: UPDATE with P-Asserted-Identity and without SDP. May be NULL. */
    void (*identified)(void *user, const struct sip_msg *m);
};

/* Identity lines that we show to this peer; texts are copied. */
struct sip_session_identity {
    struct view display; /* UTF-8, unescaped */
    struct view uri;     /* "sip:100@host" */
    bool withheld;       /* From anonymous, Privacy: id (RFC 3323, 3325), no P-Asserted-Identity unless … */
    bool trusted;        /* … the peer is one that is told withheld identities all the same (a trunk; RFC 3325) */
};

struct sip_session_invite {
    struct sip_flow flow; /* where to send; connection 0 opens one */
    struct view uri;      /* request URI: the registered contact */
    struct view route;    /* value of Route (from Path or a preloaded route); empty: none */
    struct sip_session_identity from;
    struct view to_display, to_uri;
    struct view sdp;          /* our offer; empty: late offer */
    struct view headers;      /* further whole lines: Alert-Info, Call-Info, Diversion, Reason … */
    struct view contact_user; /* user of our Contact; empty: that of from.uri, or none when withheld */
    uint8_t max_forwards;     /* 0: 70 */
    uint16_t repeat_ms;       /* UDP: pause before the INVITE is first repeated; 0: T1 */
    /* Credentials for 401/407 of this peer (trunks); NULL: challenges are refusals (F5). Copied. */
    const struct sip_session_credentials {
        struct view user, realm, password; /* realm empty: any */
    } * credentials;
};

struct sip_session_timers {
    uint32_t expires_s; /* 1800; 0: off */
    uint32_t min_se_s;  /* 90 */
};

/* Calls out. NULL when the flow can't be used at all. */
struct sip_session *sip_session_invite(struct sip_endpoint *ep, const struct sip_session_invite *p,
                                       const struct sip_session_timers *st, const struct sip_session_ops *ops,
                                       void *user);
/* Takes an INVITE that came (through ports.request); sends 100. contact_user: our user part toward the peer. *sdp: its
 * offer, empty for a late offer. NULL: it was wrong and has been answered (400, 415, 420, 422 …). */
struct sip_session *sip_session_take(struct sip_server *txn, struct view contact_user,
                                     const struct sip_session_timers *st, const struct sip_session_ops *ops, void *user,
                                     struct view *sdp);

/* Incoming: 180 or 183, with SDP (our answer, or an offer if the INVITE had none) or without; sent reliably when the
 * peer requires it, or supports it and there is SDP (RFC 3262). headers: further lines. */
void sip_session_progress(struct sip_session *s, uint16_t status, struct view sdp, struct view headers);
/* Incoming: 200 with our answer (or offer; or empty when given reliably before). */
void sip_session_accept(struct sip_session *s, struct view sdp);
/* Ends it whatever its state: incoming unanswered: the final response `status`; outgoing unanswered: CANCEL; up: BYE.
 * reason: value of a Reason header, or empty. headers: further lines for a final response (Retry-After, Contact …). */
void sip_session_end(struct sip_session *s, uint16_t status, struct view reason, struct view headers);

/* We offer anew: UPDATE in an early dialog, re-INVITE when up (RFC 3311 5.1: there a person may have to answer). One at
 * a time: EBUSY while an offer of ours or the peer's is open (ask again after it is settled). */
[[gnu::warn_unused_result]] int sip_session_offer(struct sip_session *s, struct view sdp);
/* Answers (or, when asked for one, makes) the offer told by `offered` or `answered`. Nothing happens when the peer has
 * taken it back meanwhile (CANCEL of a re-INVITE). */
void sip_session_answer_offer(struct sip_session *s, struct view sdp);
void sip_session_refuse_offer(struct sip_session *s, uint16_t status); /* 488, 491, 500 … */
bool sip_session_can_offer(const struct sip_session *s);

/* From now on P-Asserted-Identity names this party; tells the peer at once by UPDATE or re-INVITE if up (CALL-25). */
void sip_session_identify(struct sip_session *s, const struct sip_session_identity *who);
/* INFO with a body, e.g. application/dtmf-relay. */
void sip_session_info(struct sip_session *s, struct view content_type, struct view body);
/* NOTIFY with message/sipfrag for the REFER being served: 100, 180, 200, 486 …; a final status ends the subscription.
 */
void sip_session_refer_progress(struct sip_session *s, uint16_t status);

/* Asks the peer to call somebody else; refer_to is the header's value. Only while up; refer_notified tells how it goes,
 * also a refusal. */
void sip_session_refer(struct sip_session *s, struct view refer_to);

enum sip_session_state sip_session_state(const struct sip_session *s);
/* Where requests to this peer go now (follows a NAT rebinding), and the peer's properties. */
const struct sip_flow *sip_session_flow(const struct sip_session *s);
bool sip_session_peer_allows(const struct sip_session *s, enum sip_method m);
bool sip_session_peer_supports(const struct sip_session *s, struct view option_tag);
/* These three are views into the session: valid until its next event. */
struct view sip_session_call_id(const struct sip_session *s);
struct view sip_session_local_tag(const struct sip_session *s);
struct view sip_session_remote_tag(const struct sip_session *s);
/* The flow's connection is gone: a registered phone may come back by another; requests then go to `now`. */
void sip_session_move(struct sip_session *s, const struct sip_flow *now);
/* The user of the session that a Replaces value names (our dialog: to-tag is ours), or NULL. */
void *sip_session_find(struct sip_endpoint *ep, const struct sip_replaces *r);

/* How many there are: for "nothing left behind". */
size_t sip_session_count(struct sip_endpoint *ep);
/* Frees all of them without a word to anybody but `over`: before sip_endpoint_free. */
void sip_sessions_drop(struct sip_endpoint *ep);
