/* SPDX-License-Identifier: Apache-2.0
 *
 * Dialling: see dial.h. Signalling thread; owned by the legs that it controls.
 *
 *   branch:  CALLING --TRYING--> ALIVE --RINGING--> RINGING --ANSWERED--> (bridge)
 *               '--- device_reply_ms without a word, or refused ---> gone, with the reason noted
 */
#include "feature/dial.h"

#include <string.h>

#include "call/bridge.h"
#include "call/core_view.h"
#include "feature/dial_priv.h"

static void dial_event(struct controller *c, struct leg *leg, const struct leg_event *ev);
static void dial_media(struct controller *c, struct leg *leg, const struct media_event *ev);
static void dial_released(struct controller *c, struct leg *leg);
static bool dial_check(const struct controller *c, const struct leg *leg, GString *why);

static const struct controller_ops dial_ops = {
    .name = "dial",
    .event = dial_event,
    .media = dial_media,
    .released = dial_released,
    .replace = dial_replace,
    .check = dial_check,
};

struct branch *dial_branch_of(struct dial *d, const struct leg *leg)
{
    for (unsigned i = 0; i < d->n_branches; i++)
        if (d->branch[i].leg == leg)
            return &d->branch[i];
    return NULL;
}

static unsigned dial_branches_left(const struct dial *d)
{
    unsigned left = 0;
    for (unsigned i = 0; i < d->n_branches; i++)
        left += d->branch[i].leg != NULL;
    return left;
}

void dial_drop_branch(struct dial *d, struct branch *b)
{
    timer_stop(call_core_timers(d->controller.core), &b->reply);
    if (b->leg)
        leg_part(b->leg);
    b->leg = NULL;
}

void dial_free(struct dial *d)
{
    for (unsigned i = 0; i < d->n_branches; i++)
        dial_drop_branch(d, &d->branch[i]);
    timer_stop(call_core_timers(d->controller.core), &d->ring);
    load_add_ringing(call_core_load(d->controller.core), LOAD_USER, d->order.user, -1);
    d->state = DIAL_OVER;
    controller_bury(&d->controller);
}

static void dial_hang_up_branches(struct dial *d, enum hang_up_how how)
{
    for (unsigned i = 0; i < d->n_branches; i++) {
        struct leg *leg = d->branch[i].leg;
        if (!leg)
            continue;
        call_trace_leg(leg, TRACE_DEVICE, how == HANG_UP_ELSEWHERE ? OUTCOME_ELSEWHERE : OUTCOME_CANCELLED, 0);
        dial_drop_branch(d, &d->branch[i]);
        leg_hang_up(leg, &(struct hang_up){.how = how});
    }
}

/* --- the end without an answer --- */

const struct call_refusal *dial_end_refusal(enum dial_end end)
{
    static const struct call_refusal why[] = {
        [DIAL_END_UNREACHABLE] = {REASON_UNREACHABLE, 480, 0, "Not reachable"},
        [DIAL_END_NO_ANSWER] = {REASON_NO_ANSWER, 480, 0, "No answer"},
        [DIAL_END_NO_CODEC] = {REASON_REFUSED, 488, 0, "No common codec"},
        [DIAL_END_REFUSED] = {REASON_REFUSED, 603, 0, "Refused"},
        [DIAL_END_CONGESTION] = {REASON_CONGESTION, 503, 0, "All lines busy"},
        [DIAL_END_TRUNK_FAILED] = {REASON_TRUNK_FAILED, 502, 0, "Trunk failed"},
        [DIAL_END_WRONG_NUMBER] = {REASON_WRONG_NUMBER, 404, 0, "Unknown number"},
        [DIAL_END_BUSY] = {REASON_BUSY, 486, 0, "Busy"},
        [DIAL_END_DECLINED] = {REASON_BUSY, 486, 0, "Busy"}, /* the caller is not told which (CALL-4) */
    };
    return &why[end];
}

static void dial_fail(struct dial *d, enum dial_end end)
{
    const struct call_refusal *why = dial_end_refusal(end);
    struct leg *caller = d->caller;
    struct dial_order order = d->order;
    call_segment_close(caller->call, d->segment, end == DIAL_END_DECLINED ? REASON_REFUSED : why->reason);
    dial_hang_up_branches(d, end == DIAL_END_DECLINED ? HANG_UP_DECLINED : HANG_UP_NORMAL);
    leg_part(caller);
    d->caller = NULL;
    leg_detach(caller);
    dial_free(d);
    order.failed(caller, &order, why);
}

static void branch_gone(struct dial *d, struct branch *b, enum dial_end end)
{
    dial_drop_branch(d, b);
    if (end > d->worst)
        d->worst = (uint8_t)end;
    if (d->caller && dial_branches_left(d) == 0)
        dial_fail(d, (enum dial_end)d->worst);
}

static void ring_over(void *arg)
{
    struct dial *d = arg;
    dial_fail(d, d->state == DIAL_CALLING ? DIAL_END_UNREACHABLE : DIAL_END_NO_ANSWER);
}

/* SIP-6: a device that says nothing is not waited for. */
static void reply_over(void *arg)
{
    struct branch *b = arg;
    struct dial *d = b->dial;
    struct leg *leg = b->leg;
    call_trace_leg(leg, TRACE_DEVICE, OUTCOME_UNREACHABLE, 0);
    dial_drop_branch(d, b);
    leg_hang_up_normal(leg);
    branch_gone(d, b, DIAL_END_UNREACHABLE);
}

/* --- what the called say --- */

static void ring_caller(struct dial *d, bool early)
{
    if (d->state == DIAL_CALLING) {
        d->state = DIAL_RINGING;
        timer_start(call_core_timers(d->controller.core), &d->ring, (int64_t)d->order.ring_s * 1000000);
    }
    if (!leg_is_up(d->caller))
        leg_ring(d->caller);
    else if (!early)
        leg_play(d->caller, SOUND_RINGBACK);
}

static void branch_rings(struct dial *d, struct branch *b)
{
    timer_stop(call_core_timers(d->controller.core), &b->reply);
    call_trace_leg(b->leg, TRACE_DEVICE, OUTCOME_RINGING, 0);
    ring_caller(d, false);
}

/* With what the caller is answered: what the called one took, or says that it can; else the first of his own, and the
 * two are transcoded (SIP-20). */
static enum codec voice_for(const struct leg *caller, const struct leg *called)
{
    enum codec voice = leg_voice(called);
    if (caller->exchange != EXCHANGE_PEERS || media_desc_has_voice(&caller->proposed, voice))
        return voice;
    for (unsigned i = 0; i < caller->proposed.n_formats; i++) {
        enum codec c = (enum codec)caller->proposed.format[i].codec;
        if (media_desc_has_voice(&called->remote, c))
            return c;
    }
    return media_desc_voice(&caller->proposed);
}

/* Sound before the answer reaches the caller when it can come from one side only (SIP-13). */
static void branch_early(struct dial *d, struct branch *b)
{
    timer_stop(call_core_timers(d->controller.core), &b->reply);
    struct leg *caller = d->caller;
    bool alone = dial_branches_left(d) == 1;
    bool heard = alone && leg_voice(b->leg) != CODEC_NONE &&
                 (leg_is_up(caller) || caller->state == LEG_IN_EARLY ? leg_voice(caller) != CODEC_NONE
                                                                     : leg_progress(caller, voice_for(caller, b->leg)));
    call_trace_leg(b->leg, TRACE_DEVICE, heard ? OUTCOME_EARLY_MEDIA : OUTCOME_RINGING, 0);
    ring_caller(d, heard);
    if (heard)
        leg_join(caller, b->leg);
}

static enum dial_end end_for(const struct dial *d, unsigned status)
{
    switch (status) {
    case 486:
    case 600:
        return DIAL_END_BUSY;
    case 415:
    case 488:
    case 606:
        return DIAL_END_NO_CODEC;
    case 404:
    case 484:
    case 604:
        return d->order.peer ? DIAL_END_WRONG_NUMBER : DIAL_END_UNREACHABLE;
    case 603:
    case 607:
        return d->order.peer ? DIAL_END_REFUSED : DIAL_END_DECLINED;
    case 480:
        return d->order.peer ? DIAL_END_NO_ANSWER : DIAL_END_BUSY; /* CALL-4: a device's way to say no */
    case 408:
    case 430:
    case 481:
    case 0:
        return d->order.peer ? DIAL_END_TRUNK_FAILED : DIAL_END_UNREACHABLE;
    }
    if (status >= 500)
        return d->order.peer ? DIAL_END_TRUNK_FAILED : DIAL_END_UNREACHABLE;
    return DIAL_END_REFUSED; /* a redirection too (CALL-27) */
}

const char *dial_end_word(enum dial_end end)
{
    static const char *const words[] = {
        [DIAL_END_UNREACHABLE] = OUTCOME_UNREACHABLE,   [DIAL_END_NO_ANSWER] = OUTCOME_NO_ANSWER,
        [DIAL_END_NO_CODEC] = OUTCOME_NO_CODEC,         [DIAL_END_REFUSED] = OUTCOME_REFUSED,
        [DIAL_END_CONGESTION] = OUTCOME_NO_PORTS,       [DIAL_END_TRUNK_FAILED] = OUTCOME_FAILED,
        [DIAL_END_WRONG_NUMBER] = OUTCOME_WRONG_NUMBER, [DIAL_END_BUSY] = OUTCOME_BUSY,
        [DIAL_END_DECLINED] = OUTCOME_DECLINED,
    };
    return words[end];
}

static void branch_refused(struct dial *d, struct branch *b, unsigned status)
{
    enum dial_end end = end_for(d, status);
    call_trace_leg(b->leg, TRACE_DEVICE, dial_end_word(end), status);
    if (end == DIAL_END_DECLINED) { /* for all his devices (CALL-4) */
        dial_drop_branch(d, b);
        dial_fail(d, end);
        return;
    }
    branch_gone(d, b, end);
}

static void branch_answered(struct dial *d, struct branch *b, const struct party *said)
{
    struct leg *caller = d->caller, *leg = b->leg;
    if (leg_voice(leg) == CODEC_NONE) { /* an answer to something that we did not offer */
        call_trace_leg(leg, TRACE_DEVICE, OUTCOME_NO_CODEC, 0);
        dial_drop_branch(d, b);
        leg_hang_up_normal(leg);
        branch_gone(d, b, DIAL_END_NO_CODEC);
        return;
    }
    if (leg->peer && said->number[0])
        leg_identify(caller, said);
    else if (leg_is_up(caller))
        leg_identify(caller, &leg->party);
    dial_connect(d, leg);
}

void dial_connect(struct dial *d, struct leg *leg)
{
    struct leg *caller = d->caller;
    struct branch *b = dial_branch_of(d, leg);
    timer_stop(call_core_timers(d->controller.core), &b->reply);
    call_trace_leg(leg, TRACE_ANSWERED, OUTCOME_ANSWERED, 0);
    b->leg = NULL;
    dial_hang_up_branches(d, HANG_UP_ELSEWHERE);
    bool fresh = !leg_is_up(caller) && caller->state != LEG_IN_EARLY && caller->exchange == EXCHANGE_PEERS;
    if (!leg_is_up(caller) && !leg_answer(caller, voice_for(caller, leg))) {
        call_segment_close(caller->call, d->segment, REASON_CONGESTION);
        call_end(caller->call, REASON_CONGESTION, NULL);
        leg_part(leg);
        leg_hang_up_normal(leg);
        d->caller = NULL;
        leg_hang_up(caller, &(struct hang_up){.how = HANG_UP_REFUSE, .status = 488});
        dial_free(d);
        return;
    }
    call_answered(caller->call);
    call_segment_answered(caller->call, d->segment, leg->device);
    leg_set_segment(leg, d->segment);
    d->caller = NULL;
    leg_detach(caller);
    leg_detach(leg);
    dial_free(d);
    /* Each was just told all that the other can: asking again would bring nothing but a second's silence. */
    bridge_start(caller, leg, fresh && !media_desc_has_voice(&leg->remote, leg_voice(caller)));
}

static void branch_event(struct dial *d, struct branch *b, const struct leg_event *ev)
{
    switch (ev->kind) {
    case LEG_TRYING:
        timer_stop(call_core_timers(d->controller.core), &b->reply);
        break;
    case LEG_RINGING:
        branch_rings(d, b);
        break;
    case LEG_EARLY:
        branch_early(d, b);
        break;
    case LEG_ANSWERED:
        branch_answered(d, b, &ev->peer_identity);
        break;
    case LEG_REFUSED:
    case LEG_HUNG_UP:
        branch_refused(d, b, ev->kind == LEG_REFUSED ? ev->status : 0);
        break;
    case LEG_CONFIRMED:
    case LEG_OFFERED:
    case LEG_ANSWERED_OFFER:
    case LEG_OFFER_REFUSED:
    case LEG_DTMF:
    case LEG_REFERRED:
        break; /* of legs that are up */
    }
}

/* --- the caller --- */

static void caller_gone(struct dial *d, enum leg_lost lost)
{
    struct leg *caller = d->caller;
    call_segment_close(caller->call, d->segment, REASON_CANCELLED);
    call_end(caller->call, lost == LEG_LOST_NOT ? REASON_CANCELLED : REASON_UNREACHABLE,
             lost == LEG_LOST_NOT ? caller : NULL);
    leg_part(caller);
    d->caller = NULL;
    dial_hang_up_branches(d, HANG_UP_NORMAL);
    dial_free(d);
}

static void dial_event(struct controller *c, struct leg *leg, const struct leg_event *ev)
{
    struct dial *d = (struct dial *)c;
    struct branch *b = dial_branch_of(d, leg);
    if (b) {
        branch_event(d, b, ev);
        return;
    }
    switch (ev->kind) {
    case LEG_HUNG_UP:
    case LEG_REFUSED:
        caller_gone(d, ev->lost);
        break;
    case LEG_OFFERED:
        leg_answer_same(leg);
        break;
    case LEG_REFERRED:
        leg_refuse_refer(leg, 603);
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

static void dial_media(struct controller *c, struct leg *leg, const struct media_event *ev)
{
    struct dial *d = (struct dial *)c;
    switch (ev->kind) {
    case MEDIA_TIMEOUT: /* of a caller who waits after a transfer */
        if (leg != d->caller || !leg_is_up(leg))
            break;
        call_end(leg->call, REASON_MEDIA_TIMEOUT, NULL);
        leg_part(leg);
        d->caller = NULL;
        dial_hang_up_branches(d, HANG_UP_NORMAL);
        dial_free(d);
        leg_hang_up(leg, &(struct hang_up){.how = HANG_UP_MEDIA});
        break;
    case MEDIA_DTMF:
    case MEDIA_PLAYED:
        break;
    }
}

static void dial_released(struct controller *c, struct leg *leg)
{
    struct dial *d = (struct dial *)c;
    struct branch *b = dial_branch_of(d, leg);
    leg_part(leg);
    if (b)
        dial_drop_branch(d, b);
    else
        d->caller = NULL;
    if (!d->caller && dial_branches_left(d) == 0)
        dial_free(d);
}

static bool dial_check(const struct controller *c, const struct leg *leg, GString *why)
{
    struct dial *d = (struct dial *)c;
    if (!d->caller || dial_branches_left(d) == 0 || d->state == DIAL_OVER || !timer_runs(&d->ring)) {
        g_string_append(why, "dial: nobody calls, or nobody is called\n");
        return false;
    }
    const struct branch *b = dial_branch_of(d, leg);
    if (leg != d->caller && !b)
        return false;
    if (b && leg->state == LEG_OUT_CALLING && !timer_runs(&b->reply)) {
        g_string_append(why, "dial: a device is waited for without end\n");
        return false;
    }
    return d->caller->call == leg->call && (!b || !leg_is_up(leg));
}

struct dial *dial_new(struct leg *caller, const struct dial_order *order, unsigned branches)
{
    struct dial *d = g_malloc0(sizeof(struct dial) + branches * sizeof(struct branch));
    controller_init(&d->controller, caller->core, &dial_ops);
    d->order = *order;
    d->caller = caller;
    timer_init(&d->ring, ring_over, d);
    load_add_ringing(call_core_load(caller->core), LOAD_USER, order->user, 1);
    for (unsigned i = 0; i < branches; i++) {
        d->branch[i].dial = d;
        timer_init(&d->branch[i].reply, reply_over, &d->branch[i]);
    }
    return d;
}
