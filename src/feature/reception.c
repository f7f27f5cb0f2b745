/* SPDX-License-Identifier: Apache-2.0
 *
 * The reception: see reception.h. It holds no leg: it hands each one on at once. Signalling thread.
 */
#include "feature/reception.h"

#include "call/core_view.h"
#include "feature/announce.h"
#include "feature/dial.h"
#include "route/route.h"

enum {
    RETURN_RING_S = 30, /* CALL-22 */
    RETRY_AFTER_MIN_S = 2,
    RETRY_AFTER_SPREAD_S = 7, /* D1: not all come back at once */
};

/* --- what is written down --- */

static void trace_arrival(struct leg *leg, const struct call_want *want)
{
    struct trace_fact f = {.kind = TRACE_ARRIVED, .object_name = leg->party.number, .outcome = OUTCOME_CALLED};
    g_snprintf(f.facts, sizeof(f.facts), "number=%s", want->number);
    call_trace(leg->call, &f);
    call_trace_leg(leg, TRACE_IDENTITY, leg->peer ? OUTCOME_PEER : OUTCOME_USER, 0);
}

static void trace_decision(struct call *call, const struct route_decision *d)
{
    static const struct {
        enum trace_kind kind;
        const char *outcome;
    } words[ROUTE_RULES] = {
        [ROUTE_RULE_EXTENSION] = {TRACE_RING, OUTCOME_USER},
        [ROUTE_RULE_USER_DISABLED] = {TRACE_PERMISSION, OUTCOME_DISABLED},
        [ROUTE_RULE_CALLER_DISABLED] = {TRACE_PERMISSION, OUTCOME_DISABLED},
        [ROUTE_RULE_PREFIX] = {TRACE_ROUTE_TRY, OUTCOME_PEER},
        [ROUTE_RULE_PEER_DISABLED] = {TRACE_ROUTE_TRY, OUTCOME_DISABLED},
        [ROUTE_RULE_NO_TRANSIT] = {TRACE_PERMISSION, OUTCOME_NOT_ALLOWED},
        [ROUTE_RULE_NO_MATCH] = {TRACE_ROUTE_TRY, OUTCOME_WRONG_NUMBER},
        [ROUTE_RULE_NOT_A_NUMBER] = {TRACE_ROUTE_TRY, OUTCOME_WRONG_NUMBER},
        [ROUTE_RULE_HOPS] = {TRACE_LOOP, OUTCOME_TOO_MANY_HOPS},
    };
    for (unsigned i = 0; i < d->n_steps; i++) {
        const struct route_step *s = &d->step[i];
        struct trace_fact f = {.kind = words[s->rule].kind,
                               .object = s->object,
                               .object_name = s->name,
                               .outcome = words[s->rule].outcome};
        g_snprintf(f.facts, sizeof(f.facts), "rule=%s", route_rule_name(s->rule));
        call_trace(call, &f);
    }
}

/* --- limits of new calls; calls in progress are never touched (D1, CALL-14) --- */

static bool limit(struct leg *leg, const char *outcome, struct call_refusal no, struct call_refusal *ret)
{
    call_trace(leg->call, &(struct trace_fact){.kind = TRACE_LIMIT,
                                               .object = leg->user ? leg->user : leg->peer,
                                               .object_name = leg->party.name,
                                               .outcome = outcome});
    *ret = no;
    return false;
}

static bool may_begin(struct leg *leg, struct call_refusal *no)
{
    struct call_core *core = leg->core;
    const struct model *m = call_core_model(core);
    const struct model_user *user = leg->user ? model_user_by_id(m, leg->user) : NULL;
    const struct model_peer *peer = leg->peer ? model_peer_by_id(m, leg->peer) : NULL;
    uint32_t most = model_settings(m)->max_calls;
    if (most && call_core_calls(core) > most) {
        uint32_t spread = entropy_below(call_core_entropy(core), RETRY_AFTER_SPREAD_S);
        return limit(
            leg, OUTCOME_SYSTEM_FULL,
            (struct call_refusal){REASON_CONGESTION, 503, (uint16_t)(RETRY_AFTER_MIN_S + spread), "Too many calls"},
            no);
    }
    if (user && load_get(call_core_load(core), LOAD_USER, user->id).calls > user->max_calls)
        return limit(leg, OUTCOME_USER_FULL, (struct call_refusal){REASON_LIMIT, 486, 0, "Too many calls"}, no);
    if (peer && peer->max_calls && load_get(call_core_load(core), LOAD_PEER, peer->id).calls > peer->max_calls)
        return limit(leg, OUTCOME_PEER_FULL, (struct call_refusal){REASON_LIMIT, 486, 0, "Too many calls"}, no);
    if (leg->exchange == EXCHANGE_PEERS && (!leg->proposed.present || media_desc_voice(&leg->proposed) == CODEC_NONE)) {
        *no = (struct call_refusal){REASON_REFUSED, 488, 0, "No common codec"};
        call_trace_leg(leg, TRACE_IDENTITY, OUTCOME_NO_CODEC, no->status);
        return false;
    }
    return true;
}

/* --- nobody was reached --- */

static enum media_sound sound_for(enum call_reason reason)
{
    static const enum media_sound sounds[REASONS] = {
        [REASON_BUSY] = SOUND_PROMPT_BUSY,
        [REASON_REFUSED] = SOUND_PROMPT_BUSY,
        [REASON_NO_ANSWER] = SOUND_PROMPT_NO_ANSWER,
        [REASON_UNREACHABLE] = SOUND_PROMPT_UNREACHABLE,
        [REASON_NOT_REGISTERED] = SOUND_PROMPT_UNREACHABLE,
        [REASON_WRONG_NUMBER] = SOUND_PROMPT_NOT_IN_SERVICE,
        [REASON_FORBIDDEN] = SOUND_PROMPT_FORBIDDEN,
    };
    return sounds[reason] == SOUND_NONE ? SOUND_CONGESTION : sounds[reason];
}

static void party_of_user(const struct model_user *user, struct party *ret)
{
    *ret = (struct party){.user = user->id};
    g_strlcpy(ret->number, user->number, sizeof(ret->number));
    g_strlcpy(ret->name, user->name, sizeof(ret->name));
}

static void on_failed(struct leg *caller, const struct dial_order *order, const struct call_refusal *why);

/* Back to who transferred him (CALL-22). */
static bool go_back(struct leg *caller, const struct dial_order *failed)
{
    const struct model_user *user = model_user_by_id(call_core_model(caller->core), failed->return_to);
    if (!user || !user->enabled)
        return false;
    struct dial_order back = {.user = user->id, .ring_s = RETURN_RING_S, .via = failed->to, .failed = on_failed};
    party_of_user(user, &back.to);
    struct call_refusal no;
    call_trace(caller->call,
               &(struct trace_fact){
                   .kind = TRACE_TRANSFER, .object = user->id, .object_name = user->name, .outcome = OUTCOME_RETURNED});
    return dial_start(caller, &back, &no);
}

static void on_failed(struct leg *caller, const struct dial_order *order, const struct call_refusal *why)
{
    if (!leg_is_up(caller)) {
        call_end(caller->call, why->reason, NULL);
        leg_hang_up(caller, &(struct hang_up){.how = HANG_UP_REFUSE,
                                              .status = why->status,
                                              .retry_after_s = why->retry_after_s,
                                              .text = why->text});
        return;
    }
    if (!order->return_to || !go_back(caller, order))
        announce_start(caller, sound_for(why->reason), why->reason);
}

/* --- the way in --- */

static bool route(struct leg *leg, const struct call_want *want, struct dial_order *order, struct call_refusal *no)
{
    static const struct call_refusal refusals[ROUTE_OUTCOMES] = {
        [ROUTE_WRONG_NUMBER] = {REASON_WRONG_NUMBER, 404, 0, "Unknown number"},
        [ROUTE_FORBIDDEN] = {REASON_FORBIDDEN, 403, 0, "Not allowed"},
        [ROUTE_LOOP] = {REASON_UNREACHABLE, 483, 0, "Too many hops"},
    };
    struct call_core *core = leg->core;
    struct route_query q = {.user = want->user,
                            .peer = want->peer,
                            .number = want->number,
                            .at_ms = timers_wall_us(call_core_timers(core)) / 1000,
                            .max_forwards = leg->max_forwards > 0 ? (uint8_t)(leg->max_forwards - 1) : 0};
    struct route_decision d;
    route_decide(call_core_model(core), &q, &d);
    trace_decision(leg->call, &d);
    switch (d.outcome) {
    case ROUTE_USER:
        order->user = d.user->id;
        party_of_user(d.user, &order->to);
        return true;
    case ROUTE_PEER:
        order->peer = d.peer->id;
        g_strlcpy(order->to.number, want->number, sizeof(order->to.number));
        return true;
    case ROUTE_WRONG_NUMBER:
    case ROUTE_FORBIDDEN:
    case ROUTE_LOOP:
    case ROUTE_OUTCOMES:
        break;
    }
    *no = refusals[d.outcome];
    return false;
}

bool reception_enter(struct call_core *core, struct leg *leg, const struct call_want *want, struct call_refusal *no)
{
    (void)core;
    bool is_new = want->why == WANT_CALL;
    if (is_new) {
        trace_arrival(leg, want);
        if (!may_begin(leg, no))
            return false;
    }
    struct dial_order order = {.failed = on_failed};
    if (!route(leg, want, &order, no))
        return false;
    if (is_new && order.peer)
        call_set_direction(leg->call, CALL_OUT, order.peer);
    if (want->via)
        order.via = *want->via;
    if (!is_new)
        order.return_to = want->user;
    return dial_start(leg, &order, no);
}
