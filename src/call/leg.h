/* SPDX-License-Identifier: Apache-2.0
 *
 * A leg: one device or peer in a call, with the media session that ends at it. Controllers read its members; only
 * call/leg*.c writes them. Signalling thread.
 *
 *   incoming:  NEW -> RINGING -> EARLY -> UP -> OVER          exchange:  NONE <-> OURS   (we wait for its answer)
 *   outgoing:  CALLING -> ALIVE -> RINGING | EARLY -> UP -> OVER         NONE <-> PEERS  (it waits for ours)
 *                                                              NONE -> ASKED -> GIVEN -> NONE  (it waits for an offer)
 */
#pragma once

#include "call/call.h"
#include "call/controller.h"
#include "call/core.h"

enum leg_state {
    LEG_IN_NEW,
    LEG_IN_RINGING,
    LEG_IN_EARLY,
    LEG_OUT_CALLING,
    LEG_OUT_ALIVE,
    LEG_OUT_RINGING,
    LEG_OUT_EARLY,
    LEG_UP,
    LEG_OVER,
};

enum leg_way { LEG_IN, LEG_OUT };
enum leg_exchange {
    EXCHANGE_NONE,
    EXCHANGE_OURS,  /* our offer, in a request */
    EXCHANGE_GIVEN, /* our offer, in a 2xx: the ACK brings the answer */
    EXCHANGE_PEERS,
    EXCHANGE_ASKED,
};

struct leg_pending; /* an offer of ours that waits for its turn */

struct leg {
    leg_id id;
    struct call_core *core;
    struct call *call;
    struct controller *controller;
    struct leg *joint; /* whose packets it gets */
    struct leg_pending *pending;
    media_id media; /* 0: not opened yet */
    uint32_t user, device, peer;
    uint16_t segment;                    /* of the call, + 1; 0: none */
    uint8_t way, state, exchange, sound; /* enum leg_way, leg_state, leg_exchange, media_sound */
    uint8_t profile, language;           /* enum media_profile, language */
    uint8_t max_forwards;
    uint8_t allowed[MODEL_CODECS]; /* enum codec: what it may use, by configuration */
    uint8_t n_allowed;
    uint16_t watch_s;
    struct net_addr peer_signalling;
    struct media_desc local, remote; /* agreed; local has our addresses and no format before the first agreement */
    struct media_desc proposed;      /* the offer that is open: ours or the peer's, by `exchange` */
    struct party party;
};

struct leg_to { /* a leg to be called */
    uint32_t user, device, peer;
    struct net_addr peer_signalling;
    struct party party;
    uint8_t max_forwards;
};
/* An outgoing leg in this call, controlled by c; nothing is sent yet. NULL: no media session could be had. */
struct leg *leg_new_outgoing(struct call *call, struct controller *c, const struct leg_to *to);
/* Sends it with an offer of what the caller can have and this leg may use. 0, or an errno and the leg is gone: ENOTSUP
 * when there is no such codec. d->offer and d->max_forwards are filled in. */
[[gnu::warn_unused_result]] int leg_dial(struct leg *leg, const struct leg *caller, struct leg_dial *d);

/* The one way to another controller. Kept: call, identity, media session, what was agreed, open exchange, sound, joint.
 * The former one is told by `released`. */
void leg_hand_over(struct leg *leg, struct controller *to);
/* For its controller, which has forgotten it already: nobody has it until the next hand-over. */
void leg_detach(struct leg *leg);

/* Incoming, not answered yet. Nothing that was done is done again. */
[[gnu::warn_unused_result]] int leg_open_media(struct leg *leg); /* before the first of the following */
void leg_ring(struct leg *leg);
bool leg_progress(struct leg *leg, enum codec voice); /* 183 with our answer; false: not possible */
/* 200: with this codec of its offer; or, when it came without one, with an offer that has this codec first and what the
 * leg may use behind. False: its offer lacks the codec. */
bool leg_answer(struct leg *leg, enum codec voice);

/* Ends it, and takes it from its controller without telling it. */
void leg_hang_up(struct leg *leg, const struct hang_up *how);
void leg_hang_up_normal(struct leg *leg);

/* Offers and answers of a leg that is up. */
void leg_offer(struct leg *leg, const struct media_desc *formats); /* now or when its turn comes */
bool leg_accept_offer(struct leg *leg, enum codec voice);          /* answers the peer's offer; false: it lacks voice */
bool leg_accept_any(struct leg *leg);                              /* with the first voice of the offer */
void leg_refuse_offer(struct leg *leg, uint16_t status);
void leg_give_offer(struct leg *leg); /* it asked for one */
/* For controllers without a say in codecs: goes on with the present one, or refuses. */
void leg_answer_same(struct leg *leg);

enum codec leg_voice(const struct leg *leg);       /* agreed, or CODEC_NONE */
bool leg_has_events(const struct leg *leg);        /* digits go by RFC 4733 */
bool leg_can(const struct leg *leg, enum codec c); /* said or configured to be able */
bool leg_holds(const struct leg *leg);             /* it put us on hold (CALL-8) */
bool leg_is_up(const struct leg *leg);
bool leg_is_settled(const struct leg *leg); /* no offer is open or waits */

/* Formats with these voice codecs in this order and their telephone-events; payload types as `like` uses them where it
 * does (RFC 3264: one type, one meaning), else usual ones. `like` may be NULL. */
struct media_desc leg_formats(const enum codec *voice, size_t n, const struct leg *like);
/* What to offer to somebody who may use allowed[0..n), on behalf of `leg`: its present codec or its offer's order, then
 * whatever else it can. No format: nothing in common. */
struct media_desc leg_formats_for(const struct leg *leg, const uint8_t *allowed, size_t n);
/* The same with the rest of allowed[0..n) behind: what can be had by transcoding (SIP-20). No format: `leg` can
 * nothing.
 */
struct media_desc leg_formats_wide(const struct leg *leg, const uint8_t *allowed, size_t n);

void leg_identify(struct leg *leg, const struct party *who); /* who is at the other end */
void leg_refuse_refer(struct leg *leg, uint16_t status);
void leg_set_segment(struct leg *leg, uint16_t segment); /* of its call's record, that it ends with */
uint8_t leg_spend_hop(struct leg *leg);                  /* what its next call may still be passed on */

/* Sound and packets. Commands that change nothing are not sent. */
void leg_join(struct leg *a, struct leg *b);
void leg_part(struct leg *leg);
void leg_play(struct leg *leg, enum media_sound sound);
void leg_watch(struct leg *leg, uint32_t timeout_s);
