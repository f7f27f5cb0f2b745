/* SPDX-License-Identifier: Apache-2.0
 *
 * A stage for the call core: a small company, fake lines and media that write down what they are told and complain when
 * a port's contract is broken, virtual time, a seeded source of chance. For scenario, random-walk and fuzz tests.
 */
#pragma once

#include <glib.h>

#include "call/core.h"
#include "feature/reception.h"

/* Users 1 to 6 have extensions 100 to 105; 4 is disabled, 5 takes one call at a time, 6 may have two. Devices of user u
 * are 10u + 1 and 10u + 2; only the first is registered. Device 31 allows PCMU alone. Peer 1 has prefix 0 and two
 * lines; peer 2 prefix 00 and is off; peer 3 prefix 7. */
enum { ANNA = 1, BERT, CARL, DORA, ERIK, FAYE, USERS = FAYE };
enum { STAGE_DIALLED_MAX = 1024, STAGE_RECORDS_MAX = 256 };

struct stage_dialled {
    leg_id leg;
    uint32_t device, peer;
    struct media_desc offer;
    struct party from, via;
    uint8_t max_forwards;
};

struct stage_record { /* of a call that ended */
    enum call_reason reason;
    enum call_direction direction;
    enum call_ended_by ended_by;
    bool answered;
    int64_t length_ms, talk_ms;
    unsigned n_segments;
    struct call_segment segment[8];
    char trace[2000]; /* "arrived:called number=101\n" … */
};

struct stage {
    struct timers *timers;
    struct call_core *core;
    struct model *model;
    uint64_t chance;
    GString *log;             /* what the ports were told since stage_clear, a line each */
    GString *wrong;           /* breaches of the ports' contract */
    GHashTable *legs, *media; /* id -> struct fake_leg, fake_media */
    uint64_t next_media;
    size_t open_media, media_max; /* media_max 0: no limit */
    int dial_errno, offer_errno;  /* what the next dial or offer returns; once */
    bool second_devices;          /* device 10u + 2 is registered too */
    uint32_t absent;              /* this user has no device registered */
    struct stage_dialled dialled[STAGE_DIALLED_MAX];
    unsigned n_dialled;
    struct stage_record *record;
    unsigned n_records, n_started;
};

struct stage *stage_new(uint64_t seed, const struct model_settings *settings); /* NULL: defaults */
/* Frees all; false and a text in `why` when anything is left or a contract was broken. */
bool stage_free(struct stage *s, GString *why);

uint64_t stage_chance(struct stage *s);
void stage_clear(struct stage *s);
bool stage_saw(const struct stage *s, const char *line); /* a whole line of the log */
void stage_after_ms(struct stage *s, int64_t ms);

/* "opus,PCMA,event" */
struct media_desc stage_desc(const char *codecs);
leg_id stage_call(struct stage *s, uint32_t user, const char *number, const char *codecs); /* NULL: late offer */
leg_id stage_call_by(struct stage *s, struct leg_incoming *in, const char *codecs);
leg_id stage_call_from_peer(struct stage *s, uint32_t peer, const char *number, const char *codecs);
leg_id stage_dialled(const struct stage *s, uint32_t device); /* the leg last dialled to it; 0: none */
const struct stage_dialled *stage_dialled_last(const struct stage *s);
void stage_event(struct stage *s, leg_id leg, enum leg_event_kind kind);
void stage_desc_event(struct stage *s, leg_id leg, enum leg_event_kind kind, const char *codecs);
void stage_offered(struct stage *s, leg_id leg, const char *codecs, enum media_dir dir);
void stage_status_event(struct stage *s, leg_id leg, enum leg_event_kind kind, uint16_t status);
void stage_tell_desc(struct stage *s, leg_id leg, enum leg_event_kind kind, const struct media_desc *d);
void stage_answered_by(struct stage *s, leg_id leg, const char *codecs, const char *number);
void stage_digit(struct stage *s, leg_id leg, char digit);
void stage_lost(struct stage *s, leg_id leg, enum leg_lost lost);
void stage_refer(struct stage *s, leg_id leg, const char *number, leg_id replaces);
void stage_media_event(struct stage *s, leg_id leg, enum media_event_kind kind, char digit);
bool stage_talks(const struct stage *s, leg_id a, leg_id b); /* their sessions are joined and nothing plays */
enum media_sound stage_hears(const struct stage *s, leg_id leg);
const struct stage_record *stage_record(const struct stage *s, unsigned i);

/* For walks: legs that the fake lines have, and what may come from them. */
struct fake_leg {
    leg_id id;
    bool incoming, up, late, asked, offer_open_ours, answer_owed, refer_owed;
    struct media_desc our_offer;
    media_id media;
};
size_t stage_legs(const struct stage *s, struct fake_leg *ret, size_t max);
