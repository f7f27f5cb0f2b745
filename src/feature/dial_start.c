/* SPDX-License-Identifier: Apache-2.0
 *
 * How a dial begins, and how a leg takes another's place in it (transfer while it rings, pick-up). Signalling thread.
 */
#include <errno.h>

#include "call/core_view.h"
#include "feature/dial_priv.h"

enum {
    PEER_REPLY_MS = 4000, /* a trunk may be far away */
    PEER_RING_S = 180,    /* as timer C of RFC 3261 16.6 */
};

/* --- may he be called at all --- */

static void trace_object(struct leg *leg, enum trace_kind kind, uint32_t id, const char *name, const char *outcome)
{
    call_trace(leg->call, &(struct trace_fact){.kind = kind, .object = id, .object_name = name, .outcome = outcome});
}

static bool user_may_ring(struct leg *caller, const struct model_user *user, struct call_refusal *no)
{
    struct load_count load = load_get(call_core_load(caller->core), LOAD_USER, user->id);
    *no = (struct call_refusal){REASON_BUSY, 486, 0, "Busy"};
    if (load.calls + load.ringing >= user->max_calls) { /* CALL-14 */
        trace_object(caller, TRACE_LIMIT, user->id, user->name, OUTCOME_USER_FULL);
        return false;
    }
    if (!user->accept_multiple && load.calls > 0) { /* STAT-13 */
        trace_object(caller, TRACE_RING, user->id, user->name, OUTCOME_BUSY);
        return false;
    }
    return true;
}

static bool peer_may_ring(struct leg *caller, const struct model_peer *peer, struct call_refusal *no)
{
    *no = (struct call_refusal){REASON_CONGESTION, 503, 0, "All lines busy"};
    if (peer->max_calls == 0 || load_get(call_core_load(caller->core), LOAD_PEER, peer->id).calls < peer->max_calls)
        return true;
    trace_object(caller, TRACE_LIMIT, peer->id, peer->name, OUTCOME_PEER_FULL);
    return false;
}

/* --- the branches --- */

struct dialling {
    struct dial *dial;
    struct leg *caller;
    int64_t reply_us;
    uint8_t max_forwards;
};

static enum dial_end end_of_errno(int err)
{
    return err == ENOTSUP ? DIAL_END_NO_CODEC : DIAL_END_UNREACHABLE;
}

static void dial_branch(struct dialling *g, const struct leg_to *to, struct leg_dial *what)
{
    struct dial *d = g->dial;
    struct leg *leg = leg_new_outgoing(g->caller->call, &d->controller, to);
    enum dial_end end = DIAL_END_CONGESTION;
    int err = leg ? leg_dial(leg, g->caller, what) : ENOSPC;
    if (!err) {
        struct branch *b = &d->branch[d->n_branches++];
        b->leg = leg;
        timer_start(call_core_timers(g->caller->core), &b->reply, g->reply_us);
        call_trace_leg(leg, TRACE_DEVICE, OUTCOME_CALLED, 0);
        return;
    }
    if (leg)
        end = end_of_errno(err);
    if (end > d->worst)
        d->worst = (uint8_t)end;
    const struct model_device *device = model_device_by_id(call_core_model(g->caller->core), to->device);
    trace_object(g->caller, TRACE_DEVICE, to->device, device ? device->name : NULL, dial_end_word(end));
}

static void dial_devices(struct dialling *g, const struct location_device *devices, size_t n)
{
    const struct dial_order *o = &g->dial->order;
    for (size_t i = 0; i < n; i++) {
        const struct model_device *device = model_device_by_id(call_core_model(g->caller->core), devices[i].device);
        if (!device || !device->enabled || (g->caller->device && device->id == g->caller->device))
            continue;
        struct leg_to to = {.user = o->user,
                            .device = device->id,
                            .peer_signalling = devices[i].peer,
                            .party = o->to,
                            .max_forwards = g->max_forwards};
        struct leg_dial what = {.binding = devices[i].binding,
                                .number = o->to.number,
                                .from = g->caller->party,
                                .to = o->to,
                                .via = o->via};
        dial_branch(g, &to, &what);
    }
}

static void dial_peer(struct dialling *g, const struct model_peer *peer)
{
    const struct dial_order *o = &g->dial->order;
    struct leg_to to = {.peer = peer->id, .party = o->to, .max_forwards = g->max_forwards};
    if (!net_addr_parse(view_of(peer->host), peer->port, &to.peer_signalling))
        to.peer_signalling = (struct net_addr){0}; /* a name: any family will do */
    struct leg_dial what = {
        .peer = peer->id, .number = o->to.number, .from = g->caller->party, .to = o->to, .via = o->via};
    dial_branch(g, &to, &what);
}

static void take_caller(struct dial *d, struct leg *caller)
{
    leg_hand_over(caller, &d->controller);
    leg_part(caller);
    d->caller = caller;
    timer_start(call_core_timers(caller->core), &d->ring, (int64_t)d->order.ring_s * 1000000);
    if (leg_is_up(caller)) {
        leg_play(caller, SOUND_MUSIC);
        const struct model_settings *s = model_settings(call_core_model(caller->core));
        leg_watch(caller, leg_holds(caller) ? s->rtp_timeout_hold_s : s->rtp_timeout_s);
    } else if (d->order.user) {
        leg_identify(caller, &d->order.to);
    }
}

bool dial_start(struct leg *caller, const struct dial_order *order, struct call_refusal *no)
{
    const struct model *m = call_core_model(caller->core);
    const struct model_user *user = order->user ? model_user_by_id(m, order->user) : NULL;
    const struct model_peer *peer = order->peer ? model_peer_by_id(m, order->peer) : NULL;
    struct location_device devices[LOCATION_DEVICES_MAX];
    size_t n = user ? call_core_locate(caller->core, user->id, devices, LOCATION_DEVICES_MAX) : 1;
    const char *name = user ? user->name : peer ? peer->name : NULL;
    if ((!user && !peer) || n == 0) {
        trace_object(caller, TRACE_RING, order->user, name, OUTCOME_NOT_REGISTERED);
        *no = (struct call_refusal){REASON_NOT_REGISTERED, 480, 0, "Not registered"};
        return false;
    }
    if (user ? !user_may_ring(caller, user, no) : !peer_may_ring(caller, peer, no))
        return false;
    if (leg_open_media(caller) != 0) {
        trace_object(caller, TRACE_LIMIT, 0, NULL, OUTCOME_NO_PORTS);
        *no = (struct call_refusal){REASON_CONGESTION, 503, 0, "No free port"};
        return false;
    }
    struct dial *d = dial_new(caller, order, (unsigned)n);
    if (d->order.ring_s == 0)
        d->order.ring_s = user ? user->ring_s : PEER_RING_S;
    d->segment = call_segment_open(caller->call, &(struct segment_begin){.kind = user ? SEGMENT_USER : SEGMENT_PEER,
                                                                         .target = &order->to,
                                                                         .user = order->user,
                                                                         .peer = order->peer});
    trace_object(caller, user ? TRACE_RING : TRACE_ROUTE_TRY, user ? user->id : peer->id, name, OUTCOME_CALLED);
    int64_t reply_ms = user ? model_settings(m)->device_reply_ms : PEER_REPLY_MS;
    struct dialling g = {d, caller, reply_ms * 1000, leg_spend_hop(caller)};
    if (user)
        dial_devices(&g, devices, n);
    else
        dial_peer(&g, peer);
    if (d->n_branches > 0) {
        take_caller(d, caller);
        return true;
    }
    *no = *dial_end_refusal((enum dial_end)d->worst);
    call_segment_close(caller->call, d->segment, no->reason);
    dial_free(d);
    return false;
}

/* --- taking places --- */

/* Who was transferred waits in the transferor's place; when nobody answers he goes back to him (CALL-23). */
static bool replace_caller(struct dial *d, struct leg *old, struct leg *now)
{
    if (!leg_is_up(now))
        return false;
    struct call *call = call_older(old->call, now->call);
    d->order.return_to = old->user;
    d->order.via = old->party;
    leg_part(old);
    leg_detach(old);
    d->caller = now;
    leg_hand_over(now, &d->controller);
    leg_part(now);
    if (call != old->call) {
        call_segment_close(old->call, d->segment, REASON_TRANSFERRED);
        for (unsigned i = 0; i < d->n_branches; i++)
            if (d->branch[i].leg)
                call_take_leg(call, d->branch[i].leg);
        d->segment =
            call_segment_open(call, &(struct segment_begin){.kind = d->order.user ? SEGMENT_USER : SEGMENT_PEER,
                                                            .target = &d->order.to,
                                                            .user = d->order.user,
                                                            .peer = d->order.peer});
    } else {
        call_take_leg(call, now);
    }
    leg_play(now, d->state == DIAL_RINGING ? SOUND_RINGBACK : SOUND_MUSIC);
    for (unsigned i = 0; i < d->n_branches; i++)
        if (d->branch[i].leg)
            leg_identify(d->branch[i].leg, &now->party);
    return true;
}

/* A codec of the new leg's offer that the caller can have too, by the caller's order where he has made an offer. */
static enum codec codec_for(const struct leg *caller, const struct leg *now)
{
    bool fixed = leg_voice(caller) != CODEC_NONE, asked = caller->exchange == EXCHANGE_PEERS;
    if (fixed && media_desc_has_voice(&now->proposed, leg_voice(caller)))
        return leg_voice(caller);
    const struct media_desc *order = !fixed && asked ? &caller->proposed : &now->proposed;
    for (unsigned i = 0; i < order->n_formats; i++) {
        enum codec c = (enum codec)order->format[i].codec;
        if (media_desc_has_voice(&now->proposed, c) && (order == &caller->proposed || leg_can(caller, c)))
            return c;
    }
    return media_desc_voice(&now->proposed);
}

/* Somebody else answers for a device that rings (Replaces of an early dialog). */
static bool replace_branch(struct dial *d, struct branch *b, struct leg *now)
{
    struct leg *old = b->leg, *caller = d->caller;
    if (leg_is_up(now) || now->exchange != EXCHANGE_PEERS || !leg_answer(now, codec_for(caller, now)))
        return false;
    leg_detach(old);
    dial_drop_branch(d, b);
    b->leg = now;
    leg_hand_over(now, &d->controller);
    call_segment_close(caller->call, d->segment, REASON_PICKED_UP_ELSEWHERE);
    d->segment =
        call_segment_open(caller->call, &(struct segment_begin){.kind = now->peer ? SEGMENT_PEER : SEGMENT_USER,
                                                                .target = &now->party,
                                                                .user = now->user,
                                                                .peer = now->peer});
    leg_identify(caller, &now->party);
    leg_identify(now, &caller->party);
    dial_connect(d, now);
    return true;
}

bool dial_replace(struct controller *c, struct leg *old, struct leg *now)
{
    struct dial *d = (struct dial *)c;
    struct branch *b = dial_branch_of(d, old);
    return b ? replace_branch(d, b, now) : replace_caller(d, old, now);
}
