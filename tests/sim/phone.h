/* SPDX-License-Identifier: Apache-2.0
 *
 * Model phones: one account each, any number of calls, on UDP or TCP, with or without an address translator. They use
 * the SIP stack of src/sip from the other side; independent phones have their say in tests/e2e.
 */
#pragma once

#include "sip/session.h"
#include "tests/sim/world.h"

struct phone;

enum phone_manner {                 /* what it does with a call that comes */
                    PHONE_RINGS,    /* until told */
                    PHONE_ANSWERS,  /* after a second */
                    PHONE_BUSY,     /* 486 */
                    PHONE_DECLINES, /* 603 */
                    PHONE_IS_DEAF,  /* takes the datagram and says nothing */
};

enum phone_state { PHONE_CALLING, PHONE_HEARS_RINGING, PHONE_IS_RINGING, PHONE_TALKS, PHONE_ENDED };

struct phone_call {
    struct phone *phone;
    struct sip_session *session; /* NULL when over */
    enum phone_state state;
    bool incoming, holds, wire_hold; /* holds: we put the other on hold; wire_hold: last SDP that we offered said so */
    struct net_addr rtp;
    struct media_desc remote;
    struct sdp_state {
        char *local, *offer;
        uint64_t id, version;
    } sdp;
    bool late_offer;      /* called without SDP */
    enum codec voices[4]; /* offered, in order */
    unsigned n_voices;
    uint16_t status;         /* why it ended: final status, 0 for BYE */
    char reason[96];         /* Reason header of its end */
    char party[48];          /* number shown: From, or P-Asserted-Identity later */
    uint16_t refer_status;   /* last NOTIFY of our REFER */
    uint16_t refer_notified; /* the same, when the REFER had a dialog of its own */
    uint32_t refer_cseq;
    char refer_number[8];
    bool refer_named;
    struct sip_dialog_entry *refer_entry;
    char digits[40]; /* by SIP INFO */
    bool early;      /* 183 with SDP came */
    struct timer answer;
};

struct phone {
    struct world *world;
    struct net_host host;
    struct entropy entropy;
    uint64_t seed;
    struct sip_endpoint *endpoint;
    enum sip_transport transport;
    uint64_t connection;
    struct sip_flow flow; /* to the server */
    char number[8];
    const char *contact_params; /* of the registered contact; NULL: none */
    const char *instance;       /* told when registering (RFC 5626); NULL: none */
    enum phone_manner manner;
    GPtrArray *calls;           /* of struct phone_call; ended ones stay until phone_close */
    unsigned registered_status; /* of the last REGISTER */
    uint32_t cseq;
    char call_id[16];
    struct timer renew;
    uint32_t expires_s;
};

/* user: 0 to WORLD_USERS - 1; place: a number of its own for the address. */
void phone_open(struct phone *p, struct world *w, unsigned user, unsigned place, enum sip_transport t);
void phone_translate(struct phone *p); /* put it behind a translator */
void phone_close(struct phone *p);
void phone_register(struct phone *p, uint32_t expires_s); /* and again in time; 0: leave */
void phone_connect(struct phone *p);                      /* TCP: a new connection, beside the old one */
void phone_reconnect(struct phone *p);                    /* TCP: the old one is cut */

struct phone_call *phone_dial(struct phone *p, const char *number);
struct phone_call *phone_dial_with(struct phone *p, const char *number, const enum codec *voices, unsigned n,
                                   bool late);
struct phone_call *phone_last(struct phone *p); /* newest call, or NULL */
void phone_answer(struct phone_call *c);
void phone_refuse(struct phone_call *c, uint16_t status);
void phone_hang_up(struct phone_call *c);
/* False when an offer is open just now. */
bool phone_hold(struct phone_call *c, bool on);
bool phone_offer_codec(struct phone_call *c, enum codec voice);
void phone_refer(struct phone_call *c, const char *number);
/* In a dialog of its own; named: with Target-Dialog. */
void phone_refer_outside(struct phone_call *c, const char *number, bool named);
void phone_refer_to_call(struct phone_call *c, struct phone_call *other);
void phone_key(struct phone_call *c, char digit);
/* Does c hear other, and nothing else? */
bool phone_hears(struct phone_call *c, struct phone_call *other);
enum world_hears phone_hears_what(struct phone_call *c);
