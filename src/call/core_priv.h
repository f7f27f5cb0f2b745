/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of call/ share: the core's members, and the write side of legs and calls. Signalling thread.
 */
#pragma once

#include "base/slots.h"
#include "call/call.h"
#include "call/leg.h"
#include "call/load.h"

enum core_state { CORE_RUNNING, CORE_ENDING };

struct call_core {
    struct timers *timers;
    struct entropy entropy;
    struct leg_port legs;
    struct media_port media;
    struct location_port location;
    struct journal_port journal;
    struct model *model;
    call_entry *entry;
    enum core_state state;
    struct slots *leg_by_id;
    GHashTable *leg_by_media; /* &leg->media -> leg */
    GPtrArray *calls;
    struct load *load;
    size_t controllers;
    GPtrArray *buried; /* freed by g_free at the next timers_fire */
    struct timer sweep;
    uint64_t started, ended;
};

struct call {
    struct call_core *core;
    GPtrArray *legs;    /* in the order they came */
    struct leg *caller; /* NULL: gone, or taken over by another call */
    uint32_t place;     /* in core->calls */
    uint8_t state;      /* enum call_state */
    uint8_t direction, ended_by, reason;
    struct uuid id;
    int64_t started_us, answered_us, ended_us; /* monotonic; answered and ended 0: not yet */
    int64_t started_wall_us;
    uint32_t peer;
    uint16_t n_segments, n_steps;
    uint32_t steps_more;
    uint32_t trace_bytes, trace_cap;
    char *trace; /* packed: call/trace.c */
    struct call_segment *segment;
    struct party from;
    char to_dialled[PARTY_NUMBER_BYTES];
};
enum call_state { CALL_RUNS, CALL_IS_OVER };

struct leg_pending {
    struct leg *leg;
    struct media_desc formats;
    struct timer again;
};

/* A leg comes and goes. */
void call_add_leg(struct call *call, struct leg *leg);
void call_drop_leg(struct call *call, struct leg *leg); /* ends the call when it was the last */
int64_t call_wall_ms(const struct call *call, int64_t mono_us);
/* The record as it stands; segments and trace are the caller's: call_record_release. */
struct call_record call_record_make(const struct call *call);
void call_record_release(struct call_record *r);

struct trace_step *call_trace_unpack(const struct call *call);

struct leg *leg_new(struct call_core *core);
/* What the leg itself notes of an event; the kind as its controller is to see it, or -1: not for it. */
int leg_note(struct leg *leg, const struct leg_event *ev);
void leg_take_offer(struct leg *leg, const struct media_desc *offer); /* NULL: it asks for one */
bool leg_agree_answer(struct leg *leg, const struct media_desc *answer);
bool leg_agree_offer(struct leg *leg, enum codec voice);
/* Sends a waiting offer if it may be sent now. */
void leg_flush(struct leg *leg);
/* It is over: media, joint and place in the tables go; memory later. Controller not told. */
void leg_leave(struct leg *leg);
void leg_drop_pending(struct leg *leg);
void leg_configure(struct leg *leg); /* allowed codecs, profile and language from the snapshot */

void core_bury(struct call_core *core, void *thing);
