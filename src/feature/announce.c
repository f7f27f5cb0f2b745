/* SPDX-License-Identifier: Apache-2.0
 *
 * Announcements before the end: see announce.h. Signalling thread; owned by its leg.
 */
#include "feature/announce.h"

#include "call/core_view.h"

enum { ANNOUNCE_MAX_MS = 10000 }; /* tones have no end of their own */

struct announce {
    struct controller controller;
    struct leg *leg;
    struct timer timer;
};

static void forget(struct announce *an)
{
    timer_stop(call_core_timers(an->controller.core), &an->timer);
    an->leg = NULL;
    controller_bury(&an->controller);
}

static void finish(void *arg)
{
    struct announce *an = arg;
    struct leg *leg = an->leg;
    forget(an);
    leg_hang_up_normal(leg);
}

static void announce_event(struct controller *c, struct leg *leg, const struct leg_event *ev)
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
        forget((struct announce *)c);
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

static void announce_media(struct controller *c, struct leg *leg, const struct media_event *ev)
{
    (void)leg;
    switch (ev->kind) {
    case MEDIA_PLAYED:
    case MEDIA_TIMEOUT:
        finish(c);
        break;
    case MEDIA_DTMF:
        break;
    }
}

static void announce_released(struct controller *c, struct leg *leg)
{
    (void)leg;
    forget((struct announce *)c);
}

static bool announce_check(const struct controller *c, const struct leg *leg, GString *why)
{
    const struct announce *an = (const struct announce *)c;
    (void)why;
    return an->leg == leg && leg_is_up(leg) && !leg->joint && timer_runs(&an->timer);
}

static const struct controller_ops announce_ops = {
    .name = "announce",
    .event = announce_event,
    .media = announce_media,
    .released = announce_released,
    .check = announce_check,
};

void announce_start(struct leg *leg, enum media_sound sound, enum call_reason reason)
{
    struct announce *an = g_new0(struct announce, 1);
    controller_init(&an->controller, leg->core, &announce_ops);
    an->leg = leg;
    timer_init(&an->timer, finish, an);
    timer_start(call_core_timers(leg->core), &an->timer, (int64_t)ANNOUNCE_MAX_MS * 1000);
    leg_hand_over(leg, &an->controller);
    leg_part(leg);
    struct trace_fact f = {.kind = TRACE_PROMPT, .outcome = OUTCOME_PLAYED};
    g_snprintf(f.facts, sizeof(f.facts), "reason=%s", call_reason_name(reason));
    call_trace(leg->call, &f);
    call_end(leg->call, reason, NULL);
    leg_play(leg, sound);
}
