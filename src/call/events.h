/* SPDX-License-Identifier: Apache-2.0
 *
 * Events into the call core, from the lines and the media engine. An event for a leg or session that is gone is a
 * normal case and does nothing. Views and pointers last for the call.
 */
#pragma once

#include "call/ports.h"

struct call_core;

/* A call comes in from an authenticated device or a configured peer. */
struct leg_incoming {
    uint32_t user;                  /* model_user.id of the caller; 0: from a peer */
    uint32_t device;                /* model_device.id; 0: from a peer */
    uint32_t peer;                  /* model_peer.id; 0: from a device */
    struct party from;              /* identity of the login (F3), or what the peer says */
    struct party via;               /* who passed the call on before it came to us (Diversion, History-Info) */
    const char *number;             /* dialled, zero-ended */
    const struct media_desc *offer; /* NULL: late offer */
    struct net_addr peer_signalling;
    leg_id replaces; /* INVITE with Replaces: the leg it names, rights already checked; else 0 */
    uint8_t max_forwards;
};
/* The id that the call coming in will have, so that the line knows it when the core first asks something of the leg.
 * 0: there is no room; the line answers 503 itself. Else call_leg_incoming follows at once. */
leg_id call_leg_arrives(struct call_core *core);
/* The core has answered or refused through the port when this returns, or will. */
void call_leg_incoming(struct call_core *core, leg_id leg, const struct leg_incoming *in);

enum leg_event_kind {
    LEG_TRYING,         /* outgoing: any provisional, also 100: the device is alive (SIP-6) */
    LEG_RINGING,        /* outgoing: 180 */
    LEG_EARLY,          /* outgoing: early media; desc = its answer */
    LEG_ANSWERED,       /* outgoing: 2xx; desc = its answer (or offer) */
    LEG_REFUSED,        /* outgoing: final failure `status` (408 for none at all, 503 when it could not be sent) */
    LEG_CONFIRMED,      /* incoming: ACK; desc = the answer when ours was the offer, else NULL */
    LEG_OFFERED,        /* the peer offers anew; desc NULL: it asks for an offer. answer_offer / refuse_offer is owed */
    LEG_ANSWERED_OFFER, /* answer to our offer in desc */
    LEG_OFFER_REFUSED,  /* our offer was refused with `status` */
    LEG_DTMF,           /* SIP INFO digit */
    LEG_REFERRED,       /* REFER: refer in the event; refer_progress is owed until a final status */
    LEG_HUNG_UP,        /* the peer hung up, cancelled, or is lost (`lost` says why); the leg is over on the wire */
};

enum leg_lost { LEG_LOST_NOT, LEG_LOST_TIMER /* session timer */, LEG_LOST_SIGNALLING /* no ACK, 481, flow gone */ };

struct leg_refer {
    const char *number; /* whom to call; zero-ended; empty with `replaces` */
    leg_id replaces;    /* attended: the other leg of the same user that is to be taken over; else 0 */
};

struct leg_event {
    enum leg_event_kind kind;
    uint16_t status;
    const struct media_desc *desc;
    char digit;
    uint16_t digit_ms;
    enum leg_lost lost;
    struct leg_refer refer;
    struct party peer_identity; /* ANSWERED: what the answering peer says of itself; empty number: nothing */
};
void call_leg_event(struct call_core *core, leg_id leg, const struct leg_event *ev);

enum media_event_kind {
    MEDIA_DTMF,    /* a digit by RFC 4733, told once, at its end or after 5 s */
    MEDIA_TIMEOUT, /* neither RTP nor RTCP for the watched time */
    MEDIA_PLAYED,  /* a prompt is over */
};
struct media_event {
    enum media_event_kind kind;
    char digit;
    uint16_t digit_ms;
};
void call_media_event(struct call_core *core, media_id m, const struct media_event *ev);
