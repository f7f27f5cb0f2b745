/* SPDX-License-Identifier: Apache-2.0
 *
 * A call: the chain of one attempt (CONT-19), from its first leg to its last, with what its record will say. It ends
 * when it has been told so and its last leg is gone; the record then goes to the journal, once. Signalling thread.
 */
#pragma once

#include "call/core.h"
#include "call/trace.h"

struct call;

struct call_begin {
    const struct party *from;
    const char *to_dialled;
    uint32_t peer;
    enum call_direction direction;
};
struct call *call_new(struct call_core *core, const struct call_begin *b);

void call_set_direction(struct call *call, enum call_direction d, uint32_t peer);
/* It is over: the first reason counts. An answered call ends as `answered` whatever way it ended, but for the reasons
 * that say how an answered call was lost or went on elsewhere. `by` NULL: the system. */
void call_end(struct call *call, enum call_reason reason, const struct leg *by);
void call_answered(struct call *call); /* the first time counts */
bool call_is_answered(const struct call *call);
bool call_is_ending(const struct call *call);

/* A leg changes the call; its segment is closed there as transferred and opened here. An empty call ends. */
void call_take_leg(struct call *to, struct leg *leg);
/* Of two calls the one whose caller came first: it survives a merge. */
struct call *call_older(struct call *a, struct call *b);

struct segment_begin {
    enum segment_kind kind;
    const struct party *target;
    uint32_t user, peer;
};
/* A number for the following; 0 when there are SEGMENTS_MAX already. */
uint16_t call_segment_open(struct call *call, const struct segment_begin *s);
void call_segment_answered(struct call *call, uint16_t segment, uint32_t device);
void call_segment_close(struct call *call, uint16_t segment, enum call_reason reason);
