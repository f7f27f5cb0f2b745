/* SPDX-License-Identifier: Apache-2.0
 *
 * A SIP leg: what joins one session of ours (sip/session.h) with one leg of the call core. Lives until its session is
 * over; after the core has let go of it (`core_done`), nothing is told upward any more.
 */
#pragma once

#include "line/line_priv.h"
#include "sip/sdp.h"

enum { LEG_SDP_BYTES = 4096 };

struct line_leg {
    uint64_t id; /* leg_id of the core; key of line->legs, so kept here */
    struct line *line;
    struct sip_session *session; /* NULL while a peer's name is being looked up */
    uint32_t user, device, peer;
    bool core_done;        /* hung up by the core, or told it LEG_HUNG_UP / LEG_REFUSED */
    uint8_t srtp;          /* enum sdp_srtp, by configuration when it came to be; line_leg_srtp says what holds now */
    bool secret;           /* before there is a session: nobody else can read its signalling */
    bool savp;             /* offered by RTP/SAVP alone: who refuses may be asked again without */
    bool plain;            /* refused SRTP: not offered again */
    struct leg_keys *keys; /* NULL: never any */
    struct sdp_origin origin;
    char *local_sdp;     /* last that we sent: keeps the order of lines, and tells whether content changed */
    char *offer_sdp;     /* the peer's open offer, until answered */
    struct timer grace;  /* its connection is gone: time to come back */
    char *lost_instance; /* of the phone that may come back, empty: it has none */
    struct timer later;  /* tells an event that must not be told from inside a port function */
    uint16_t later_status;
    struct refer_watch *refer;     /* a REFER from outside the dialog is being served */
    struct leg_outgoing *outgoing; /* while dialling a peer: targets left to try */
};

/* What a REFER asks for, once it is found to be allowed. */
struct line_refer {
    char number[PARTY_NUMBER_BYTES];
    leg_id replaces; /* 0: blind */
};
/* 202, or why not. */
uint16_t line_refer_check(struct line_leg *leg, const struct sip_session_refer *r, struct line_refer *ret);
/* Progress of a REFER that came outside of the dialog; false: there is none. */
bool line_refer_progress(struct line_leg *leg, uint16_t status);
void line_refer_watch_free(struct refer_watch *w); /* takes NULL */

struct line_leg *line_leg_new(struct line *l, uint64_t id);
void line_leg_free(struct line_leg *leg);
/* Gives an id to a leg that was made with 0. */
void line_leg_name(struct line_leg *leg, uint64_t id);
/* Tells the core, unless it has let go. */
void line_leg_tell(struct line_leg *leg, const struct leg_event *ev);
/* LEG_REFUSED or LEG_HUNG_UP: the last thing that is told. */
void line_leg_tell_last(struct line_leg *leg, const struct leg_event *ev);
/* leg_sdp.c. Notes what the configuration says of SRTP; device, peer and `secret` are set. */
void line_leg_configure(struct line_leg *leg);
enum sdp_srtp line_leg_srtp(const struct line_leg *leg);
/* SRTP is required where keys could be read by others: nothing can be agreed on. */
bool line_leg_is_stuck(const struct line_leg *leg);
void line_leg_offer_done(struct line_leg *leg); /* the peer's offer is answered or refused */
void line_leg_release_sdp(struct line_leg *leg);
/* Writes our SDP as an offer, or as the answer to the open offer; the view lives until the leg's next one. */
struct view line_leg_write_sdp(struct line_leg *leg, const struct media_desc *d, bool as_offer);
/* Reads the peer's offer: 0, or the status to refuse it with. */
[[gnu::warn_unused_result]] uint16_t line_leg_read_offer(struct line_leg *leg, struct view text,
                                                         struct media_desc *ret);
/* Reads its answer; false: it is broken, or not to what we offered. */
[[gnu::warn_unused_result]] bool line_leg_read_answer(struct line_leg *leg, struct view text, struct media_desc *ret);
extern const struct sip_session_ops line_session_ops;
struct sip_session_timers line_session_timers(const struct line *l);
/* Fills from a party: display, and "sip:number@host" in mem. */
struct sip_session_identity line_identity(const struct line *l, const struct party *p, char *mem, size_t cap);
int line_leg_dial(void *arg, leg_id id, const struct leg_dial *d);
/* "sip:NUMBER@HOST:PORT;transport=…", without a user part for NULL; newly allocated, NULL when it gets too long. */
char *line_peer_uri(const struct model_peer *p, const char *number);
void line_outgoing_free(struct line_leg *leg);
/* The next target after this one failed without an answer, or the same again without SRTP; false: none left. */
bool line_outgoing_next(struct line_leg *leg, const struct sip_session_ended *e, uint16_t status);
/* The target that is being tried has said something. */
void line_outgoing_heard(struct line_leg *leg);
