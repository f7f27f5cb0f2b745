/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of INVITE sessions, for sip/session_*.c alone.
 *
 *            ┌ session.c          lifetime, registry, ending
 *            ├ session_op.c       requests of ours and their answers' common part (digest, 422, failures)
 *   session ─┼ session_uac.c      calls out: forks, ACK        session_prack.c  reliable provisionals, both ways
 *            ├ session_uas.c      calls in: 1xx, 2xx, CANCEL
 *            ├ session_offer.c    offers of ours inside the dialog, glare
 *            ├ session_answer.c   offers of the peer inside the dialog
 *            ├ session_request.c  other requests inside the dialog
 *            ├ session_refer.c    REFER and its NOTIFYs
 *            ├ session_timer.c    RFC 4028
 *            └ session_head.c     header lines
 */
#pragma once

#include "sip/dialog.h"
#include "sip/session.h"

enum {
    SESSION_HEAD_MAX = 16384, /* header lines of one message of ours */
    SESSION_FORKS_MAX = 16,   /* early dialogs of one INVITE that are remembered */
    SESSION_GLARE_TRIES = 4,  /* 491 (and 500 with Retry-After) answered by trying again */
    SESSION_RAISES_MAX = 3,   /* 422 answered by a longer interval */
    SESSION_FINAL_US = 64 * SIP_T1_US,
};

/*
 * Whose turn it is (RFC 3264, 6337): at most one offer is open.
 *
 *            our offer ──> OURS_* ── answer ─────┐
 *   IDLE ────┤                                    ├──> IDLE
 *            peer's offer ──> PEERS_* ── answer ──┘
 *            INVITE without SDP: ASKED_US ──> OURS_1XX/2XX;  ours: ASKED_PEER ──> PEERS_1XX/2XX
 */
enum offer_state {
    OFFER_IDLE,
    OFFER_OURS_INVITE, /* in our INVITE: a response answers */
    OFFER_OURS_UPDATE,
    OFFER_OURS_1XX,     /* PRACK answers */
    OFFER_OURS_2XX,     /* ACK answers */
    OFFER_OURS_WAITS,   /* turned away by glare: comes again soon */
    OFFER_ASKED_PEER,   /* our INVITE held none: the peer's response will */
    OFFER_PEERS_INVITE, /* our response to its INVITE answers */
    OFFER_PEERS_UPDATE, /* in UPDATE or PRACK: the response to `offer_txn` answers */
    OFFER_PEERS_1XX,    /* our PRACK answers */
    OFFER_PEERS_2XX,    /* our ACK answers */
    OFFER_ASKED_US,     /* its INVITE held none: our 1xx or 2xx brings it */
};

enum op_kind { OP_INVITE, OP_REINVITE, OP_UPDATE, OP_PRACK, OP_BYE, OP_INFO, OP_NOTIFY, OP_REFER };
/* What an exchange of ours inside the dialog is for; also the set of those still to come. */
enum op_why { WHY_NONE = 0, WHY_OFFER = 1, WHY_IDENTIFY = 2, WHY_REFRESH = 4 };

/* A request of ours on its way. */
struct sip_op {
    struct sip_op *next;
    struct sip_session *s;
    struct sip_client *client; /* NULL: could not be sent, told by the timer */
    uint32_t cseq;
    uint32_t rseq; /* last reliable provisional taken; 0: none (re-INVITE; else see forks) */
    uint8_t kind;  /* enum op_kind */
    uint8_t why;   /* enum op_why, several at once */
    uint8_t challenges, raises;
    bool starting : 1; /* inside sip_client_start */
    bool dead : 1;     /* failed without or before an answer; to be told by the timer */
    bool final : 1;    /* a final response was handled */
    bool acked : 1;    /* its 2xx was acknowledged */
    bool ack_sdp : 1;  /* that ACK held our SDP */
    bool answered : 1; /* a reliable provisional answered its offer */
    char *headers;     /* lines of this request alone */
    char *content_type;
    char *body;
    char *auth; /* Authorization line */
};

/* An early dialog of our INVITE, or one that lost to another's 2xx. */
struct session_fork {
    struct session_fork *next;
    struct sip_dialog dialog;
    uint32_t rseq; /* last reliable provisional taken; 0: none */
    char *sdp;     /* its answer so far; NULL: none */
    bool reliable; /* it answered the offer reliably: settled here */
    bool lost;     /* its 2xx came too late: acknowledged and hung up */
};

/* A provisional response waiting for the PRACK of the one before it (RFC 3262 3). */
struct session_queued {
    uint16_t status;
    char *sdp, *headers;
};

struct session_credentials {
    char *user, *realm, *password;
};

/* What is repeated until the peer acknowledges it: 2xx until ACK, a reliable 1xx until PRACK. */
struct session_repeat {
    struct timer timer;
    int64_t end_us;
    uint32_t interval_us;
};

/* Reliable provisionals of ours (RFC 3262). */
struct session_reliable {
    struct session_queued *queued;
    uint32_t rseq;         /* last used; 0: none */
    bool required : 1;     /* the peer's INVITE says Require: 100rel */
    bool out : 1;          /* the last awaits its PRACK */
    bool sdp : 1;          /* … and it holds SDP: no 2xx before (RFC 3262 5) */
    bool accept_waits : 1; /* sip_session_accept came before that PRACK */
};

/* The session timer (RFC 4028). */
struct session_interval {
    struct timer timer; /* the next refresh, or the end */
    int64_t end_us;
    struct sip_session_timers offered;
    uint32_t seconds; /* agreed; 0: none */
    bool ours;        /* we refresh */
};

/* The REFER of the peer that is being served. */
struct session_referral {
    uint32_t cseq;
    uint16_t next; /* status to notify after the NOTIFY on its way; 0: none */
    uint8_t count; /* how many there were */
    bool active : 1, busy : 1, final : 1;
};

struct session_ending {
    char *bye_lines;    /* of the BYE that waits for an ACK */
    uint16_t status;    /* of a failure to be told by the timer */
    uint8_t how;        /* the same: enum sip_session_end */
    bool due : 1;       /* there is such a failure */
    bool told : 1;      /* `ended` was called, or is not due any more */
    bool bye_waits : 1; /* ended by the user before the ACK came (RFC 3261 15) */
};

struct sip_session {
    struct sip_endpoint *ep;
    const struct sip_session_ops *ops;
    void *user;
    struct sip_dialog_entry *entry;
    struct sip_dialog dialog;      /* once UP or incoming: the dialog; before: what we asked with */
    struct session_fork *forks;    /* the one talked with last comes first */
    struct sip_op *requests;       /* on their way */
    struct sip_op *invite_op;      /* INVITE of ours without final response, or whose ACK is owed */
    struct sip_server *invite_txn; /* the peer's INVITE: without final response, or its 2xx without ACK */
    struct sip_server *offer_txn;  /* the peer's UPDATE or PRACK whose offer is open */
    struct session_credentials *credentials;
    char *contact_user;
    char *identity;       /* P-Asserted-Identity and Privacy lines */
    char *local_sdp;      /* last that was agreed, or in the initial exchange: that we sent */
    char *offer_sdp;      /* our open offer inside the dialog */
    uint64_t remote_sdp;  /* hash of the peer's last one, without o= */
    uint64_t offered_sdp; /* the same of its open offer */
    struct sip_flow flow;

    struct session_repeat repeat;
    struct session_reliable rel;
    struct session_interval interval;
    struct session_referral refer;
    struct session_ending ending;
    struct timer retry; /* after glare */
    struct timer later; /* failures found inside the user's call, `over` */

    uint32_t cseq;         /* last of ours */
    uint32_t prack_rseq;   /* PEERS_1XX: what our answer acknowledges */
    uint32_t invite_cseq;  /* of the peer's INVITE: for RAck and ACK */
    uint32_t peer_methods; /* Allow, a bit each; 0: not said */
    uint16_t peer_tags;    /* Supported: bits in order of session_tags */
    uint8_t state;         /* enum sip_session_state */
    uint8_t offer;         /* enum offer_state */
    uint8_t wants;         /* enum op_why: exchanges waiting for their turn */
    uint8_t glare_tries;
    uint8_t max_forwards; /* of our INVITE */
    uint16_t repeat_ms;   /* of our INVITE */
    bool outgoing : 1;
    bool ack_waits : 1; /* our 2xx is repeated */
    bool confirmed : 1; /* the first INVITE's ACK came, or ours was answered */
};

/* --- session.c --- */
struct sip_session *session_new(struct sip_endpoint *ep, const struct sip_session_timers *st,
                                const struct sip_session_ops *ops, void *user);
/* Files it under its Call-ID and local tag. False: taken. */
bool session_file(struct sip_session *s);
void session_free(struct sip_session *s);
/* The peer, the network or time ended it: tells `ended` now. */
void session_ended(struct sip_session *s, enum sip_session_end how, uint16_t status, const struct sip_msg *m);
/* The same from the timer: for what is found inside a call of the user. */
void session_end_later(struct sip_session *s, enum sip_session_end how, uint16_t status);
/* BYE, then session_ended. */
void session_hang_up(struct sip_session *s, enum sip_session_end how, uint16_t status);
/* Nobody will acknowledge any more what is repeated. */
void session_stop_repeating(struct sip_session *s);
/* The BYE that waited for an ACK. */
void session_late_bye(struct sip_session *s);
/* Frees it soon if nothing is on its way any more. */
void session_settle(struct sip_session *s);
struct timers *session_clock(const struct sip_session *s);
/* The dialog that requests of now belong to: the confirmed one, or the early one talked with last; NULL: none yet. */
struct sip_dialog *session_dialog(struct sip_session *s);
void session_keep_local(struct sip_session *s, struct view sdp);
/* A hash of the SDP but its o= line; never 0. */
uint64_t session_sdp_hash(struct view sdp);
struct view session_sdp_of(const struct sip_msg *m, bool *unsupported);
struct view text_view(const char *zero_ended);
/* g_free(*slot), then a zero-ended copy of v, NULL if it is empty. */
void text_keep(char **slot, struct view v);
/* Remembers Allow and Supported of the peer, if stated. */
void session_learn_peer(struct sip_session *s, const struct sip_msg *m);

/* --- session_head.c --- */
void head_contact(struct sip_session *s, struct buf *b);
void head_abilities(struct sip_session *s, struct buf *b); /* Allow, Supported */
void head_identity(struct sip_session *s, struct buf *b);
void session_keep_identity(struct sip_session *s, const struct sip_session_identity *who);
/* Answers a request inside the dialog; lines may be empty. */
void session_respond(struct sip_session *s, struct sip_server *txn, uint16_t status, struct view lines);
/* The same with SDP; Contact, Allow, Supported and identity are added. */
void session_respond_sdp(struct sip_session *s, struct sip_server *txn, uint16_t status, struct view lines,
                         struct view sdp);

/* --- session_op.c --- */
struct sip_op *op_new(struct sip_session *s, enum op_kind kind);
void op_say(struct sip_op *op, struct view headers, struct view content_type, struct view body);
void op_send(struct sip_op *op, struct sip_dialog *d);
void op_free(struct sip_op *op);
/* Failures found inside the user's calls. */
void op_tell_dead(struct sip_session *s);

/* --- session_uac.c --- */
void uac_response(struct sip_op *op, const struct sip_msg *m);
void uac_failed(struct sip_op *op, enum sip_client_failure why);
void uac_ack(struct sip_op *op, struct sip_dialog *d, struct view sdp);
void uac_forget_forks(struct sip_session *s);
struct session_fork *uac_fork_of(struct sip_session *s, struct view tag);
/* From now on requests in the early state belong to this early dialog. */
void uac_talk_with(struct sip_session *s, struct session_fork *f);
void uac_drop_fork(struct sip_session *s, struct session_fork *f);
void uac_end(struct sip_session *s, struct view reason_line);

/* --- session_prack.c --- */
/* A reliable provisional of the peer: false if it is not the next in order after *last (0: any begins). */
bool prack_take(uint32_t *last, const struct sip_msg *m);
/* Is this a provisional response sent reliably? */
bool prack_wanted(const struct sip_msg *m);
void prack_send(struct sip_session *s, struct sip_dialog *d, uint32_t rseq, uint32_t cseq, struct view sdp);
void prack_request(struct sip_session *s, struct sip_server *txn, const struct sip_msg *m);

/* --- session_uas.c --- */
/* The ACK of our 2xx; m NULL: a later request of the peer stands for it. */
void uas_acked(struct sip_session *s, const struct sip_msg *m);
void uas_send_2xx(struct sip_session *s, struct view sdp);
void uas_own(struct sip_session *s, struct sip_server *txn);
void uas_flush_queued(struct sip_session *s);
void uas_drop_invite(struct sip_session *s, uint16_t status, struct view lines);
void uas_repeat_fired(void *arg);

/* --- session_offer.c --- */
void reinvite_response(struct sip_op *op, const struct sip_msg *m);
void update_response(struct sip_op *op, const struct sip_msg *m);
void exchange_failed(struct sip_op *op, uint16_t status);
/* Starts what waits, if it is its turn. */
void session_next(struct sip_session *s);
void session_want(struct sip_session *s, enum op_why why);
void offer_retry_fired(void *arg);
/* A peer's offer comes while ours waits after glare: ours is given up. */
void offer_give_way(struct sip_session *s);

/* --- session_answer.c --- */
void reinvite_request(struct sip_session *s, struct sip_server *txn, const struct sip_msg *m);
void update_request(struct sip_session *s, struct sip_server *txn, const struct sip_msg *m);
void session_peer_offers(struct sip_session *s, struct sip_server *txn, const struct sip_msg *m, struct view sdp);

/* Refuses the offer in an UPDATE or PRACK, if one is open. */
void session_drop_offer(struct sip_session *s, uint16_t status);

/* --- session_request.c --- */
void session_request(void *arg, struct sip_server *txn, const struct sip_msg *m, const struct sip_flow *flow);

/* --- session_refer.c --- */
void refer_request(struct sip_session *s, struct sip_server *txn, const struct sip_msg *m);
void refer_notify_done(struct sip_session *s, bool alive);
void refer_flush(struct sip_session *s);
void notify_request(struct sip_session *s, struct sip_server *txn, const struct sip_msg *m);

/* --- session_timer.c --- */
/* Lines of an INVITE or UPDATE of ours. */
void timer_put_request(struct sip_session *s, struct buf *b);
/* Checks a request of the peer; answers 422 and returns false when its interval is too small. */
bool timer_accepts(struct sip_session *s, struct sip_server *txn, const struct sip_msg *m);
/* Takes the interval of a request of the peer; timer_put_response then writes it into its 2xx and starts the timer. */
void timer_take_request(struct sip_session *s, const struct sip_msg *m);
void timer_put_response(struct sip_session *s, struct buf *b);
/* The 2xx to a request of ours. */
void timer_take_response(struct sip_session *s, const struct sip_msg *m);
/* 422: true if the interval was raised and the request may be sent again. */
bool timer_raise(struct sip_session *s, const struct sip_msg *m);
void timer_refreshed_badly(struct sip_session *s);
void timer_fired(void *arg);
