/* SPDX-License-Identifier: Apache-2.0
 *
 * Transfers: see transfer.h. Signalling thread.
 *
 *   blind       x --- y      REFER 300        x: departing    y --- (entry) dial 300
 *   attended    x --- y   x' --- w            x, x' hung up   y --- w, in the older call
 *   ringing     x --- y   x' ... dial         x, x' hung up   y ... dial
 */
#include "call/transfer.h"

#include "call/bridge.h"
#include "call/core_priv.h"

enum { DEPART_MS = 2000 }; /* for the transferor's own BYE */

/* A transferor who has been served: his leg ends, at the latest after DEPART_MS (CALL-21). */
struct departing {
    struct controller controller;
    struct leg *leg;
    struct timer timer;
};

static void departing_forget(struct departing *d)
{
    timer_stop(d->controller.core->timers, &d->timer);
    d->leg = NULL;
    controller_bury(&d->controller);
}

static void departing_event(struct controller *c, struct leg *leg, const struct leg_event *ev)
{
    switch (ev->kind) {
    case LEG_OFFERED:
        leg_answer_same(leg);
        break;
    case LEG_REFERRED:
        leg_refuse_refer(leg, 603);
        break;
    case LEG_HUNG_UP:
    case LEG_REFUSED:
        departing_forget((struct departing *)c);
        break;
    case LEG_TRYING:
    case LEG_RINGING:
    case LEG_EARLY:
    case LEG_ANSWERED:
    case LEG_CONFIRMED:
    case LEG_ANSWERED_OFFER:
    case LEG_OFFER_REFUSED:
    case LEG_DTMF:
        break;
    }
}

static void departing_media(struct controller *c, struct leg *leg, const struct media_event *ev)
{
    (void)c, (void)leg, (void)ev;
}

static void departing_released(struct controller *c, struct leg *leg)
{
    (void)leg;
    departing_forget((struct departing *)c);
}

static bool departing_check(const struct controller *c, const struct leg *leg, GString *why)
{
    const struct departing *d = (const struct departing *)c;
    (void)why;
    return d->leg == leg && timer_runs(&d->timer);
}

static const struct controller_ops departing_ops = {
    .name = "departing",
    .event = departing_event,
    .media = departing_media,
    .released = departing_released,
    .check = departing_check,
};

static void departing_due(void *arg)
{
    struct departing *d = arg;
    struct leg *leg = d->leg;
    departing_forget(d);
    leg_hang_up(leg, &(struct hang_up){.how = HANG_UP_TRANSFERRED});
}

static void depart(struct leg *leg)
{
    struct departing *d = g_new0(struct departing, 1);
    controller_init(&d->controller, leg->core, &departing_ops);
    d->leg = leg;
    timer_init(&d->timer, departing_due, d);
    timer_start(leg->core->timers, &d->timer, (int64_t)DEPART_MS * 1000);
    leg_hand_over(leg, &d->controller);
    leg_play(leg, SOUND_NONE);
    leg_watch(leg, 0);
    leg_drop_pending(leg);
}

static void progress(const struct leg *leg, uint16_t status)
{
    leg->core->legs.refer_progress(leg->core->legs.arg, leg->id, status);
}

static void blind(struct leg *x, struct leg *y, const char *number)
{
    struct call *call = x->call;
    struct call_refusal no = {.reason = REASON_UNREACHABLE, .status = 480};
    struct party via = x->party;
    struct call_want want = {.why = WANT_TRANSFER, .number = number, .user = x->user, .via = &via};
    call_trace_leg(x, TRACE_TRANSFER, OUTCOME_BLIND, 0);
    if (!x->core->entry(x->core, y, &want, &no)) {
        call_trace_leg(x, TRACE_TRANSFER, OUTCOME_FAILED, no.status);
        progress(x, no.status);
        return;
    }
    progress(x, 200);
    call_segment_close(call, x->segment, REASON_TRANSFERRED);
    depart(x);
}

/* The leg whose place a REFER with Replaces is about: the transferor's own, in another conversation of his (SIP-16). */
static struct leg *consultation(const struct leg *x, const struct leg *y, leg_id id)
{
    struct leg *z = slots_get(x->core->leg_by_id, id);
    if (!z || z == x || z == y || z->user != x->user || !z->controller || !z->controller->ops->replace)
        return NULL;
    return z;
}

/* The call that nobody else is in any more goes on as the other one (CALL-26). */
static void leave_transferred(struct leg *leg)
{
    call_segment_close(leg->call, leg->segment, REASON_TRANSFERRED);
    if (leg->call->legs->len == 1)
        call_end(leg->call, REASON_TRANSFERRED, leg);
    if (leg_is_up(leg))
        leg_hang_up(leg, &(struct hang_up){.how = HANG_UP_TRANSFERRED});
    else /* he called a target that still rings */
        leg_hang_up(leg, &(struct hang_up){.how = HANG_UP_REFUSE, .status = 487});
}

static void attended(struct leg *x, struct leg *y, leg_id replaces)
{
    struct leg *z = consultation(x, y, replaces);
    if (!z) {
        call_trace_leg(x, TRACE_PERMISSION, OUTCOME_NOT_ALLOWED, 403);
        progress(x, 403);
        return;
    }
    struct leg *w = bridge_other(z);
    call_trace_leg(x, TRACE_TRANSFER, w ? OUTCOME_ATTENDED : OUTCOME_ATTENDED_RINGING, 0);
    if (z->call != x->call)
        call_trace_leg(z, TRACE_TRANSFER, w ? OUTCOME_ATTENDED : OUTCOME_ATTENDED_RINGING, 0);
    if (!z->controller->ops->replace(z->controller, z, y)) {
        call_trace_leg(x, TRACE_TRANSFER, OUTCOME_FAILED, 480);
        progress(x, 480);
        return;
    }
    progress(x, 200);
    leave_transferred(z);
    call_segment_close(x->call, x->segment, REASON_TRANSFERRED);
    if (x->call->legs->len == 1)
        call_end(x->call, REASON_TRANSFERRED, x);
    depart(x); /* his phone is given time for the NOTIFY and a BYE of its own */
}

void transfer_refer(struct leg *leg, struct leg *other, const struct leg_refer *refer)
{
    if (leg->peer || !leg->user) { /* CALL-27 */
        call_trace_leg(leg, TRACE_PERMISSION, OUTCOME_NOT_ALLOWED, 403);
        progress(leg, 403);
        return;
    }
    if (refer->replaces) {
        progress(leg, 100);
        attended(leg, other, refer->replaces);
    } else if (refer->number && *refer->number) {
        progress(leg, 100);
        blind(leg, other, refer->number);
    } else {
        progress(leg, 400);
    }
}

bool transfer_take_place(struct leg *leg, struct leg *old)
{
    struct call *call = old->call;
    if (!old->controller || !old->controller->ops->replace || call_is_ending(call))
        return false;
    bool rings = !leg_is_up(old);
    call_add_leg(call, leg);
    if (!old->controller->ops->replace(old->controller, old, leg)) {
        call_drop_leg(call, leg);
        return false;
    }
    call_trace_leg(old, TRACE_TRANSFER, rings ? OUTCOME_PICKED_UP : OUTCOME_REPLACED, 0);
    call_segment_close(call, old->segment, rings ? REASON_PICKED_UP_ELSEWHERE : REASON_REPLACED);
    leg_hang_up(old, &(struct hang_up){.how = rings ? HANG_UP_ELSEWHERE : HANG_UP_TRANSFERRED});
    return true;
}
