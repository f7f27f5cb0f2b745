/* SPDX-License-Identifier: Apache-2.0
 *
 * The outside world of the call core on one page: what it asks of the lines (legs), the media engine, the registrar and
 * the journal. Filled in by line/, media/ and store/ in the daemon, by models in tests/sim. One thread.
 *
 * Rule that keeps the core simple: a port function never calls back into the core. What fails at once returns an errno;
 * everything else comes later as an event (call/events.h). After `hang_up` no event for that leg comes any more; after
 * media `close` none for that session.
 */
#pragma once

#include "base/view.h"
#include "call/party.h"
#include "sip/media_desc.h"

typedef uint64_t leg_id;   /* given by the core; 0: none */
typedef uint64_t media_id; /* given by the media engine; 0: none */

struct leg_dial {
    uint64_t binding;   /* registered contact (location_device.binding), or 0 and then `peer` */
    uint32_t peer;      /* configured SIP peer (model_peer.id) */
    const char *number; /* for a peer: what to dial there; for a device: the extension */
    struct party from;  /* who is shown as calling */
    struct party to;    /* who is called, for To */
    struct party via;   /* whom the call was forwarded or transferred by (Diversion / "via NAME"); empty: none */
    const struct media_desc *offer;
    uint8_t max_forwards; /* of the call so far, one less; loops end at 0 */
};

enum hang_up_how {
    HANG_UP_NORMAL,      /* BYE; unanswered outgoing: CANCEL without Reason (the caller gave up) */
    HANG_UP_ELSEWHERE,   /* CANCEL with Reason SIP;cause=200 "Call completed elsewhere" (SIP-14) */
    HANG_UP_DECLINED,    /* CANCEL with Reason SIP;cause=603: the user refused on another device */
    HANG_UP_REFUSE,      /* incoming unanswered: final response `status` */
    HANG_UP_TRANSFERRED, /* BYE after a transfer took this leg's place */
    HANG_UP_MEDIA,       /* BYE, Reason: media timeout */
    HANG_UP_SHUTDOWN,    /* the daemon ends */
};

struct hang_up {
    enum hang_up_how how;
    uint16_t status;        /* REFUSE: 480, 486, 404 … */
    uint16_t retry_after_s; /* REFUSE with 503; 0: none */
    const char *text;       /* Reason text in English, static; NULL: none */
};

struct leg_port {
    void *arg;
    /* Starts a call to a device or peer for a leg that the core made. 0; EHOSTUNREACH: its flow is gone. */
    int (*dial)(void *arg, leg_id leg, const struct leg_dial *d);
    void (*ring)(void *arg, leg_id leg);                                 /* 180 */
    void (*progress)(void *arg, leg_id leg, const struct media_desc *d); /* 183 with our SDP */
    /* 200 with our answer (or offer, when the leg came without one). */
    void (*answer)(void *arg, leg_id leg, const struct media_desc *d);
    void (*hang_up)(void *arg, leg_id leg, const struct hang_up *h);
    /* A new offer of ours. EBUSY: one is open; the core asks again after LEG_ANSWERED_OFFER, LEG_OFFER_REFUSED or its
     * own answer to the peer's offer. */
    int (*offer)(void *arg, leg_id leg, const struct media_desc *d);
    void (*answer_offer)(void *arg, leg_id leg, const struct media_desc *d);
    void (*refuse_offer)(void *arg, leg_id leg, uint16_t status);
    void (*identify)(void *arg, leg_id leg, const struct party *who);  /* who is at the other end now (CALL-25) */
    void (*send_dtmf)(void *arg, leg_id leg, char digit, uint16_t ms); /* by SIP INFO */
    void (*refer_progress)(void *arg, leg_id leg, uint16_t status);    /* NOTIFY sipfrag to the transferor */
};

/* --- media ---------------------------------------------------------------------------------------------------- */

enum media_profile { MEDIA_NAT, MEDIA_STRICT }; /* SIP-25: learn the peer's address once, or only the signalled one */

struct media_open {
    struct net_addr peer_signalling; /* where the peer's SIP comes from: picks family, range and local address */
    enum media_profile profile;
};

/* What plays at a leg. Music and tones loop until stopped; prompts play once and then MEDIA_PLAYED comes. */
enum media_sound {
    SOUND_NONE,
    SOUND_MUSIC,
    SOUND_RINGBACK,
    SOUND_BUSY,
    SOUND_CONGESTION,
    SOUND_PROMPT_UNREACHABLE,
    SOUND_PROMPT_NOT_IN_SERVICE, /* number unknown */
    SOUND_PROMPT_FORBIDDEN,
    SOUND_PROMPT_BUSY,
    SOUND_PROMPT_NO_ANSWER,
    SOUND_BEEP,
    SOUNDS
};

struct media_port {
    void *arg;
    /* Takes two consecutive UDP ports (NET-3). *local gets our rtp, rtcp and rtcp_mux=false; formats are the core's to
     * fill. ENOSPC: the range is used up; EAFNOSUPPORT: no address of that family. */
    int (*open)(void *arg, const struct media_open *o, media_id *ret, struct media_desc *local);
    /* What was negotiated: `local` as we said it, `remote` as the peer said it. Formats of local name the payload types
     * the peer will send; those of remote what we send. Directions too. A changed remote address is used at once. */
    void (*set)(void *arg, media_id m, const struct media_desc *local, const struct media_desc *remote);
    /* Packets of a go to b and back (a session is joined to at most one; joining ends a former joint and any sound). */
    void (*join)(void *arg, media_id a, media_id b);
    void (*part)(void *arg, media_id m); /* ends the joint of m, both sides then hear nothing */
    /* Plays to the peer of m (in the codec set); packets from a joint are held back meanwhile. SOUND_NONE stops it and
     * a joint is heard again. */
    void (*play)(void *arg, media_id m, enum media_sound sound, enum language lang);
    /* Sends a digit as RFC 4733 events to the peer of m (which must have telephone-event). */
    void (*send_dtmf)(void *arg, media_id m, char digit, uint16_t ms);
    /* RTP timeout in seconds; 0: never. On hold the longer one is given (SIP-26). */
    void (*watch)(void *arg, media_id m, uint32_t timeout_s);
    void (*close)(void *arg, media_id m);
};

/* --- who is where --------------------------------------------------------------------------------------------- */

enum { LOCATION_DEVICES_MAX = 20 };
struct location_device {
    uint64_t binding;     /* names this registration; may be gone when dialled */
    uint32_t device;      /* model_device.id */
    struct net_addr peer; /* its SIP address */
};
struct location_port {
    void *arg;
    /* Ringing devices of a user, newest registration first. */
    size_t (*devices)(void *arg, uint32_t user, struct location_device *ret, size_t max);
};

/* --- what happened -------------------------------------------------------------------------------------------- */

struct call_record; /* call/record.h */
struct journal_port {
    void *arg;
    /* A call began (its id and what is known), and its one record at the end. Copied before return. Durable soon; the
     * core does not wait. */
    void (*call_started)(void *arg, const struct call_record *r);
    void (*call_ended)(void *arg, const struct call_record *r);
};
