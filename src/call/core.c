/* SPDX-License-Identifier: Apache-2.0
 *
 * The core: tables of legs and calls, and events brought to the controller that has the leg. Signalling thread.
 */
#include "call/core.h"

#include "call/core_priv.h"
#include "call/core_view.h"
#include "call/transfer.h"

enum { LEGS_MAX = 200000 }; /* what a flood may cost us; configured limits are far below */

static void sweep(void *arg)
{
    struct call_core *core = arg;
    for (unsigned i = 0; i < core->buried->len; i++)
        g_free(g_ptr_array_index(core->buried, i));
    g_ptr_array_set_size(core->buried, 0);
}

void core_bury(struct call_core *core, void *thing)
{
    g_ptr_array_add(core->buried, thing);
    if (!timer_runs(&core->sweep))
        timer_start(core->timers, &core->sweep, 0);
}

struct call_core *call_core_new(const struct call_core_config *config)
{
    struct call_core *core = g_new0(struct call_core, 1);
    core->timers = config->timers;
    core->entropy = config->entropy;
    core->legs = config->legs;
    core->media = config->media;
    core->location = config->location;
    core->journal = config->journal;
    core->model = model_ref(config->model);
    core->entry = config->entry;
    core->leg_by_id = slots_new();
    core->leg_by_media = g_hash_table_new(g_int64_hash, g_int64_equal);
    core->calls = g_ptr_array_new();
    core->load = load_new();
    core->buried = g_ptr_array_new();
    timer_init(&core->sweep, sweep, core);
    return core;
}

void call_core_shutdown(struct call_core *core)
{
    core->state = CORE_ENDING;
    size_t at = 0;
    struct leg *leg;
    while ((leg = slots_next(core->leg_by_id, &at))) {
        call_end(leg->call, REASON_CANCELLED, NULL);
        leg_hand_over(leg, NULL);
        leg_hang_up(leg, &(struct hang_up){.how = HANG_UP_SHUTDOWN, .status = 503});
    }
}

void call_core_free(struct call_core *core)
{
    if (!core)
        return;
    call_core_shutdown(core);
    timer_stop(core->timers, &core->sweep);
    sweep(core);
    g_ptr_array_unref(core->buried);
    load_free(core->load);
    g_ptr_array_unref(core->calls);
    g_hash_table_unref(core->leg_by_media);
    slots_free(core->leg_by_id);
    model_unref(core->model);
    g_free(core);
}

void call_core_set_model(struct call_core *core, struct model *m)
{
    struct model *before = core->model;
    core->model = model_ref(m);
    model_unref(before);
}

struct load *call_core_load(struct call_core *core)
{
    return core->load;
}

struct timers *call_core_timers(const struct call_core *core)
{
    return core->timers;
}

const struct entropy *call_core_entropy(const struct call_core *core)
{
    return &core->entropy;
}

const struct model *call_core_model(const struct call_core *core)
{
    return core->model;
}

size_t call_core_locate(const struct call_core *core, uint32_t user, struct location_device *ret, size_t max)
{
    return core->location.devices(core->location.arg, user, ret, max);
}

size_t call_core_calls(const struct call_core *core)
{
    return core->calls->len;
}

void controller_init(struct controller *c, struct call_core *core, const struct controller_ops *ops)
{
    c->ops = ops;
    c->core = core;
    core->controllers++;
}

void controller_bury(struct controller *c)
{
    c->core->controllers--;
    core_bury(c->core, c);
}

static void leg_take_incoming(struct leg *leg, const struct leg_incoming *in)
{
    struct call_core *core = leg->core;
    leg->user = in->user;
    leg->device = in->device;
    leg->peer = in->peer;
    leg->party = in->from;
    leg->peer_signalling = in->peer_signalling;
    leg->max_forwards = in->max_forwards;
    leg_configure(leg);
    leg_take_offer(leg, in->offer);
    load_add_call(core->load, LOAD_USER, leg->user, 1);
    load_add_call(core->load, LOAD_PEER, leg->peer, 1);
}

static void refuse(struct leg *leg, const struct call_refusal *no)
{
    call_end(leg->call, no->reason, NULL);
    leg_hang_up(leg,
                &(struct hang_up){
                    .how = HANG_UP_REFUSE, .status = no->status, .retry_after_s = no->retry_after_s, .text = no->text});
}

leg_id call_leg_arrives(struct call_core *core)
{
    if (core->state != CORE_RUNNING || slots_count(core->leg_by_id) >= LEGS_MAX)
        return 0;
    struct leg *leg = leg_new(core);
    leg->state = LEG_IN_NEW;
    return leg->id;
}

void call_leg_incoming(struct call_core *core, leg_id id, const struct leg_incoming *in)
{
    struct leg *leg = slots_get(core->leg_by_id, id);
    leg_take_incoming(leg, in);
    struct leg *old = slots_get(core->leg_by_id, in->replaces);
    if (old && transfer_take_place(leg, old))
        return;
    struct call *call = call_new(core, &(struct call_begin){.from = &in->from,
                                                            .to_dialled = in->number,
                                                            .peer = in->peer,
                                                            .direction = in->peer ? CALL_IN : CALL_INTERNAL});
    call_add_leg(call, leg);
    struct call_refusal no = {.reason = REASON_UNREACHABLE, .status = 481};
    struct call_want want = {.why = WANT_CALL,
                             .number = in->number,
                             .user = in->user,
                             .peer = in->peer,
                             .via = in->via.number[0] ? &in->via : NULL};
    if (in->replaces || !core->entry(core, leg, &want, &no))
        refuse(leg, &no);
}

void call_leg_event(struct call_core *core, leg_id id, const struct leg_event *ev)
{
    struct leg *leg = slots_get(core->leg_by_id, id);
    if (!leg)
        return;
    int kind = leg_note(leg, ev);
    if (kind >= 0) {
        struct leg_event noted = *ev;
        noted.kind = (enum leg_event_kind)kind;
        leg->controller->ops->event(leg->controller, leg, &noted);
    }
    if (leg->state == LEG_OVER && slots_get(core->leg_by_id, id))
        leg_leave(leg);
    else if (leg->state == LEG_UP)
        leg_flush(leg);
}

void call_media_event(struct call_core *core, media_id m, const struct media_event *ev)
{
    struct leg *leg = g_hash_table_lookup(core->leg_by_media, &m);
    if (leg)
        leg->controller->ops->media(leg->controller, leg, ev);
}

struct call_counts call_core_counts(const struct call_core *core)
{
    return (struct call_counts){.legs = slots_count(core->leg_by_id),
                                .calls = core->calls->len,
                                .controllers = core->controllers,
                                .media = g_hash_table_size(core->leg_by_media),
                                .buried = core->buried->len,
                                .started = core->started,
                                .ended = core->ended};
}

size_t call_core_list(const struct call_core *core, struct call_status *ret, size_t max)
{
    for (size_t i = 0; i < core->calls->len && i < max; i++) {
        const struct call *call = g_ptr_array_index(core->calls, i);
        enum call_stage stage = call->state == CALL_IS_OVER ? CALL_ENDING
                                : call->answered_us         ? CALL_TALKING
                                                            : CALL_RINGING;
        ret[i] = (struct call_status){.id = call->id,
                                      .stage = stage,
                                      .direction = (enum call_direction)call->direction,
                                      .from = call->from,
                                      .started_ms = call_wall_ms(call, call->started_us),
                                      .answered_ms = call->answered_us ? call_wall_ms(call, call->answered_us) : 0,
                                      .legs = call->legs->len};
        g_strlcpy(ret[i].to_dialled, call->to_dialled, sizeof(ret[i].to_dialled));
    }
    return core->calls->len;
}
