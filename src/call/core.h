/* SPDX-License-Identifier: Apache-2.0
 *
 * The call core: owns all legs, calls and controllers, takes events (call/events.h) and acts through ports
 * (call/ports.h). Pure, signalling thread. Objects that end are freed at the next timers_fire, so that no event handler
 * can step on one.
 */
#pragma once

#include <glib.h>

#include "base/timers.h"
#include "call/events.h"
#include "call/record.h"
#include "model/snapshot.h"

struct leg;

/* Where a leg that needs somebody to talk to is to go: a new call, or what is left of one after a transfer. */
enum want_why { WANT_CALL, WANT_TRANSFER };
struct call_want {
    enum want_why why;
    const char *number;      /* zero-ended */
    uint32_t user, peer;     /* by whose rights: the caller, or who transfers */
    const struct party *via; /* who transfers, or passed a new call on; NULL: none */
};

/* Why nobody could be called. The leg is untouched. */
struct call_refusal {
    enum call_reason reason;
    uint16_t status;        /* SIP status for the caller */
    uint16_t retry_after_s; /* with 503 */
    const char *text;       /* English, static; NULL: none */
};

/* The first feature: every new leg, and every leg that a transfer leaves behind, is handed to it. True: it took the leg
 * (feature/reception.h). False: *no says why. */
typedef bool call_entry(struct call_core *core, struct leg *leg, const struct call_want *want, struct call_refusal *no);

struct call_core_config {
    struct timers *timers;
    struct entropy entropy;
    struct leg_port legs;
    struct media_port media;
    struct location_port location;
    struct journal_port journal;
    struct model *model; /* a reference is taken */
    call_entry *entry;
};

struct call_core *call_core_new(const struct call_core_config *config);
/* Ends what is left as call_core_shutdown does. Takes NULL. */
void call_core_free(struct call_core *core);
/* From now on this snapshot counts (a reference is taken); calls in progress go on. */
void call_core_set_model(struct call_core *core, struct model *m);
/* Ends all calls; new ones are refused from now on. */
void call_core_shutdown(struct call_core *core);

struct call_counts {
    size_t legs, calls, controllers, media, buried;
    uint64_t started, ended; /* records handed to the journal */
};
struct call_counts call_core_counts(const struct call_core *core);

/* One running call for the status page. */
enum call_stage { CALL_RINGING, CALL_TALKING, CALL_ENDING };
struct call_status {
    struct uuid id;
    enum call_stage stage;
    enum call_direction direction;
    struct party from;
    char to_dialled[PARTY_NUMBER_BYTES];
    int64_t started_ms, answered_ms; /* UTC; 0: not yet */
    unsigned legs;
};
/* At most max of them, no order; returns how many there are. */
size_t call_core_list(const struct call_core *core, struct call_status *ret, size_t max);

/* For tests and the simulator. */
bool call_core_has_leg(const struct call_core *core, leg_id id);
size_t call_core_bytes(const struct call_core *core); /* that calls and legs take, controllers not counted */
media_id call_core_media_of(const struct call_core *core, leg_id id); /* 0: none */
/* True when all is as it must be; else a sentence is added to `why`. */
bool call_core_check(const struct call_core *core, GString *why);
