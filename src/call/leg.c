/* SPDX-License-Identifier: Apache-2.0
 *
 * Legs: coming, going, changing hands, and what they note of events. Signalling thread; owned by the core.
 */
#include "call/leg.h"

#include <errno.h>
#include <string.h>

#include "call/core_priv.h"

enum { OFFER_AGAIN_MS = 500 };

struct leg *leg_new(struct call_core *core)
{
    struct leg *leg = g_new0(struct leg, 1);
    leg->core = core;
    leg->id = slots_add(core->leg_by_id, leg);
    return leg;
}

static enum codec codec_of(enum model_codec c)
{
    static const enum codec table[MODEL_CODECS] = {
        [MODEL_OPUS] = CODEC_OPUS, [MODEL_G722] = CODEC_G722, [MODEL_PCMA] = CODEC_PCMA, [MODEL_PCMU] = CODEC_PCMU};
    return table[c];
}

void leg_configure(struct leg *leg)
{
    const struct model *m = leg->core->model;
    const struct model_settings *settings = model_settings(m);
    const struct model_device *device = leg->device ? model_device_by_id(m, leg->device) : NULL;
    const struct model_peer *peer = leg->peer ? model_peer_by_id(m, leg->peer) : NULL;
    const struct model_user *user = leg->user ? model_user_by_id(m, leg->user) : NULL;
    const struct model_codecs *codecs = device ? &device->codecs : peer ? &peer->codecs : &settings->codecs;
    if (codecs->n == 0)
        codecs = &settings->codecs;
    leg->n_allowed = codecs->n;
    for (unsigned i = 0; i < codecs->n; i++)
        leg->allowed[i] = (uint8_t)codec_of((enum model_codec)codecs->codec[i]);
    uint8_t profile = device ? device->rtp_profile : peer ? peer->rtp_profile : MODEL_RTP_NAT;
    leg->profile = profile == MODEL_RTP_STRICT ? MEDIA_STRICT : MEDIA_NAT;
    leg->language = (user ? user->language : settings->language) == MODEL_FR ? LANGUAGE_FR : LANGUAGE_EN;
}

struct leg *leg_new_outgoing(struct call *call, struct controller *c, const struct leg_to *to)
{
    struct leg *leg = leg_new(call->core);
    leg->way = LEG_OUT;
    leg->state = LEG_OUT_CALLING;
    leg->max_forwards = to->max_forwards;
    leg->user = to->user;
    leg->device = to->device;
    leg->peer = to->peer;
    leg->peer_signalling = to->peer_signalling;
    leg->party = to->party;
    leg_configure(leg);
    call_add_leg(call, leg);
    leg->controller = c;
    load_add_call(call->core->load, LOAD_PEER, leg->peer, 1);
    if (leg_open_media(leg) == 0)
        return leg;
    leg_leave(leg);
    return NULL;
}

int leg_dial(struct leg *leg, const struct leg *caller, struct leg_dial *d)
{
    struct media_desc formats = leg_formats_wide(caller, leg->allowed, leg->n_allowed), offer = leg->local;
    if (formats.n_formats == 0) {
        leg_leave(leg);
        return ENOTSUP;
    }
    memcpy(offer.format, formats.format, sizeof(offer.format));
    offer.n_formats = formats.n_formats;
    offer.dir = MEDIA_BOTH;
    leg->proposed = offer;
    leg->exchange = EXCHANGE_OURS;
    d->offer = &offer;
    d->max_forwards = leg->max_forwards;
    int err = leg->core->legs.dial(leg->core->legs.arg, leg->id, d);
    if (err)
        leg_leave(leg);
    return err;
}

void leg_hand_over(struct leg *leg, struct controller *to)
{
    struct controller *from = leg->controller;
    leg->controller = to;
    if (from && from != to)
        from->ops->released(from, leg);
}

void leg_detach(struct leg *leg)
{
    leg->controller = NULL;
}

void leg_identify(struct leg *leg, const struct party *who)
{
    if (leg->state != LEG_OVER)
        leg->core->legs.identify(leg->core->legs.arg, leg->id, who);
}

void leg_refuse_refer(struct leg *leg, uint16_t status)
{
    leg->core->legs.refer_progress(leg->core->legs.arg, leg->id, status);
}

void leg_set_segment(struct leg *leg, uint16_t segment)
{
    leg->segment = segment;
}

uint8_t leg_spend_hop(struct leg *leg)
{
    if (leg->max_forwards > 0)
        leg->max_forwards--;
    return leg->max_forwards;
}

int leg_open_media(struct leg *leg)
{
    struct call_core *core = leg->core;
    if (leg->media)
        return 0;
    struct media_open o = {.peer_signalling = leg->peer_signalling, .profile = (enum media_profile)leg->profile};
    media_id id = 0;
    int err = core->media.open(core->media.arg, &o, &id, &leg->local);
    if (err)
        return err;
    leg->media = id;
    leg->local.n_formats = 0;
    leg->local.present = true;
    leg->local.dir = MEDIA_BOTH;
    g_hash_table_insert(core->leg_by_media, &leg->media, leg);
    return 0;
}

void leg_ring(struct leg *leg)
{
    if (leg->state != LEG_IN_NEW)
        return;
    leg->state = LEG_IN_RINGING;
    leg->core->legs.ring(leg->core->legs.arg, leg->id);
}

/* A user has a call by a leg that talks or is his own attempt (load.h). */
static bool is_call_of_user(const struct leg *leg)
{
    return leg->state != LEG_OVER && (leg->way == LEG_IN || leg->state == LEG_UP);
}

static void leg_over(struct leg *leg)
{
    if (leg->state == LEG_OVER)
        return;
    load_add_call(leg->core->load, LOAD_USER, is_call_of_user(leg) ? leg->user : 0, -1);
    load_add_call(leg->core->load, LOAD_PEER, leg->peer, -1);
    leg->state = LEG_OVER;
}

void leg_leave(struct leg *leg)
{
    struct call_core *core = leg->core;
    leg_over(leg);
    leg->controller = NULL;
    leg_drop_pending(leg);
    if (leg->media) {
        leg_part(leg);
        g_hash_table_remove(core->leg_by_media, &leg->media);
        core->media.close(core->media.arg, leg->media);
        leg->media = 0;
    }
    media_desc_wipe(&leg->remote);
    media_desc_wipe(&leg->proposed);
    slots_remove(core->leg_by_id, leg->id);
    call_segment_close(leg->call, leg->segment, call_is_answered(leg->call) ? REASON_ANSWERED : REASON_CANCELLED);
    call_drop_leg(leg->call, leg);
    core_bury(core, leg);
}

void leg_hang_up(struct leg *leg, const struct hang_up *how)
{
    if (leg->state == LEG_OVER)
        return;
    leg->core->legs.hang_up(leg->core->legs.arg, leg->id, how);
    leg_leave(leg);
}

void leg_hang_up_normal(struct leg *leg)
{
    leg_hang_up(leg, &(struct hang_up){.how = HANG_UP_NORMAL});
}

/* --- offers that wait --- */

void leg_drop_pending(struct leg *leg)
{
    if (!leg->pending)
        return;
    timer_stop(leg->core->timers, &leg->pending->again);
    core_bury(leg->core, leg->pending);
    leg->pending = NULL;
}

static void offer_again(void *arg)
{
    struct leg_pending *p = arg;
    if (p->leg->exchange == EXCHANGE_NONE)
        leg_flush(p->leg);
}

static void offer_later(struct leg *leg, const struct media_desc *formats)
{
    if (!leg->pending) {
        leg->pending = g_new0(struct leg_pending, 1);
        leg->pending->leg = leg;
        timer_init(&leg->pending->again, offer_again, leg->pending);
    }
    leg->pending->formats = *formats;
}

void leg_offer(struct leg *leg, const struct media_desc *formats)
{
    if (leg->state != LEG_UP)
        return;
    offer_later(leg, formats);
    leg_flush(leg);
}

void leg_flush(struct leg *leg)
{
    if (!leg->pending || leg->exchange != EXCHANGE_NONE || leg->state != LEG_UP)
        return;
    struct media_desc offer = leg->local;
    memcpy(offer.format, leg->pending->formats.format, sizeof(offer.format));
    offer.n_formats = leg->pending->formats.n_formats;
    offer.dir = MEDIA_BOTH;
    int err = leg->core->legs.offer(leg->core->legs.arg, leg->id, &offer);
    if (err) { /* an exchange that we do not know of: an identity update, an ACK on its way */
        timer_start(leg->core->timers, &leg->pending->again, (int64_t)OFFER_AGAIN_MS * 1000);
        return;
    }
    leg->proposed = offer;
    leg->exchange = EXCHANGE_OURS;
    leg_drop_pending(leg);
}

/* --- what a leg notes of an event --- */

static bool is_outgoing_unanswered(const struct leg *leg)
{
    return leg->state >= LEG_OUT_CALLING && leg->state <= LEG_OUT_EARLY;
}

static int note_answered(struct leg *leg, const struct media_desc *desc)
{
    if (!is_outgoing_unanswered(leg))
        return -1;
    /* Without a description the one of the early dialog stands. */
    if (desc && !leg_agree_answer(leg, desc))
        leg->local.n_formats = 0;
    leg->exchange = EXCHANGE_NONE;
    leg->state = LEG_UP;
    load_add_call(leg->core->load, LOAD_USER, leg->user, 1);
    return LEG_ANSWERED;
}

static int note_early(struct leg *leg, const struct media_desc *desc)
{
    if (!is_outgoing_unanswered(leg) || !desc)
        return -1;
    if (!leg_agree_answer(leg, desc))
        return -1;
    leg->state = LEG_OUT_EARLY;
    return LEG_EARLY;
}

static int note_offered(struct leg *leg, const struct media_desc *desc)
{
    if (leg->state != LEG_UP || leg->exchange != EXCHANGE_NONE) {
        leg->core->legs.refuse_offer(leg->core->legs.arg, leg->id, 491);
        return -1;
    }
    leg_take_offer(leg, desc);
    return LEG_OFFERED;
}

static int note_settled(struct leg *leg, const struct media_desc *desc)
{
    if (leg->state != LEG_UP || (leg->exchange != EXCHANGE_OURS && leg->exchange != EXCHANGE_GIVEN))
        return -1;
    leg->exchange = EXCHANGE_NONE;
    return desc && leg_agree_answer(leg, desc) ? LEG_ANSWERED_OFFER : LEG_OFFER_REFUSED;
}

static int note_referred(struct leg *leg)
{
    if (leg->state == LEG_UP)
        return LEG_REFERRED;
    leg->core->legs.refer_progress(leg->core->legs.arg, leg->id, 403);
    return -1;
}

int leg_note(struct leg *leg, const struct leg_event *ev)
{
    switch (ev->kind) {
    case LEG_TRYING:
        if (leg->state != LEG_OUT_CALLING)
            return -1;
        leg->state = LEG_OUT_ALIVE;
        return LEG_TRYING;
    case LEG_RINGING:
        if (leg->state != LEG_OUT_CALLING && leg->state != LEG_OUT_ALIVE)
            return -1;
        leg->state = LEG_OUT_RINGING;
        return LEG_RINGING;
    case LEG_EARLY:
        return note_early(leg, ev->desc);
    case LEG_ANSWERED:
        return note_answered(leg, ev->desc);
    case LEG_OFFERED:
        return note_offered(leg, ev->desc);
    case LEG_CONFIRMED:
        /* Of a 2xx with our answer it changes nothing, even when a new offer of ours is on its way already. */
        return leg->exchange == EXCHANGE_GIVEN ? note_settled(leg, ev->desc) : -1;
    case LEG_ANSWERED_OFFER:
        return note_settled(leg, ev->desc);
    case LEG_OFFER_REFUSED:
        return note_settled(leg, NULL);
    case LEG_DTMF:
        return leg->state == LEG_UP && ev->digit && strchr("0123456789*#ABCD", ev->digit) ? LEG_DTMF : -1;
    case LEG_REFERRED:
        return note_referred(leg);
    case LEG_REFUSED:
    case LEG_HUNG_UP: {
        int kind = is_outgoing_unanswered(leg) ? LEG_REFUSED : LEG_HUNG_UP;
        leg_over(leg);
        return kind;
    }
    }
    return -1;
}
