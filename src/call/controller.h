/* SPDX-License-Identifier: Apache-2.0
 *
 * A controller decides what happens to its legs. Each leg has exactly one at a time; leg_hand_over (call/leg.h) gives
 * it to the next. A controller's struct begins with `struct controller`. Signalling thread.
 *
 *    reception -> dial -> bridge -> (transfer) -> dial ...  -> announce -> end
 */
#pragma once

#include <glib.h>

#include "call/events.h"

struct leg;
struct controller;

struct controller_ops {
    const char *name;
    /* What happened, after the leg has noted it (call/leg.h). HUNG_UP and REFUSED: the leg is over, it goes after this.
     */
    void (*event)(struct controller *c, struct leg *leg, const struct leg_event *ev);
    void (*media)(struct controller *c, struct leg *leg, const struct media_event *ev);
    /* Another took the leg, or it was ended by the core: forget it. */
    void (*released)(struct controller *c, struct leg *leg);
    /* `now` takes the place of `old` (transfer, INVITE with Replaces). True: done, all its legs are in the older one of
     * their calls, `old` is free and to be hung up by the caller. False: not possible, nothing changed. NULL: never
     * possible. */
    bool (*replace)(struct controller *c, struct leg *old, struct leg *now);
    /* For call_core_check: does it hold this leg, and is all well? */
    bool (*check)(const struct controller *c, const struct leg *leg, GString *why);
};

struct controller {
    const struct controller_ops *ops;
    struct call_core *core;
};

/* Counts it in. `c` begins a struct made by g_new. */
void controller_init(struct controller *c, struct call_core *core, const struct controller_ops *ops);
/* It holds no leg and runs no timer any more: frees it by g_free, later. */
void controller_bury(struct controller *c);
