/* SPDX-License-Identifier: Apache-2.0
 *
 * Offers, answers and sound of a leg (RFC 3264): what may be said, what was agreed, and the media session told of it.
 * Signalling thread.
 */
#include "call/leg.h"

#include <string.h>

#include "call/core_priv.h"

enum codec leg_voice(const struct leg *leg)
{
    return media_desc_voice(&leg->local);
}

bool leg_has_events(const struct leg *leg)
{
    enum codec voice = leg_voice(leg);
    return voice != CODEC_NONE && media_desc_pt(&leg->local, codec_event_for(voice)) >= 0 &&
           media_desc_pt(&leg->remote, codec_event_for(voice)) >= 0;
}

static bool leg_allows(const struct leg *leg, enum codec c)
{
    for (unsigned i = 0; i < leg->n_allowed; i++)
        if (leg->allowed[i] == c)
            return true;
    return false;
}

bool leg_can(const struct leg *leg, enum codec c)
{
    return codec_is_voice(c) && (leg_allows(leg, c) || media_desc_has_voice(&leg->remote, c));
}

bool leg_holds(const struct leg *leg)
{
    if (leg_voice(leg) == CODEC_NONE)
        return false;
    return !(leg->remote.dir & MEDIA_RECV) || net_addr_is_any(&leg->remote.rtp);
}

bool leg_is_up(const struct leg *leg)
{
    return leg->state == LEG_UP;
}

bool leg_is_settled(const struct leg *leg)
{
    return leg->exchange == EXCHANGE_NONE && !leg->pending;
}

/* --- formats --- */

static bool pt_taken(const struct media_desc *d, uint8_t pt)
{
    for (unsigned i = 0; i < d->n_formats; i++)
        if (d->format[i].pt == pt)
            return true;
    return false;
}

static uint8_t usual_pt(enum codec c)
{
    if (codec_static_pt(c) != 0xff)
        return codec_static_pt(c);
    return c == CODEC_OPUS ? 111 : c == CODEC_EVENT8 ? 101 : 110;
}

static void add_format(struct media_desc *d, enum codec c, const struct media_desc *like)
{
    static const struct media_desc none = {0};
    if (!like)
        like = &none;
    int known = media_desc_pt(like, c);
    uint8_t pt = known >= 0 ? (uint8_t)known : usual_pt(c);
    for (uint8_t next = 96; known < 0 && (pt_taken(like, pt) || pt_taken(d, pt)) && next < 128; next++)
        pt = next;
    media_desc_add(d, c, pt);
}

/* For each clock of its voice codecs the telephone-event of it. */
static void add_events(struct media_desc *d, const struct media_desc *like)
{
    for (unsigned i = 0, n = d->n_formats; i < n; i++)
        if (codec_is_voice((enum codec)d->format[i].codec))
            add_format(d, codec_event_for((enum codec)d->format[i].codec), like);
}

/* Where a leg's payload types are to be looked up: what its peer said last. */
static const struct media_desc *said(const struct leg *leg)
{
    return leg->exchange == EXCHANGE_PEERS || leg->remote.n_formats == 0 ? &leg->proposed : &leg->remote;
}

struct media_desc leg_formats(const enum codec *voice, size_t n, const struct leg *like)
{
    struct media_desc d = {0};
    const struct media_desc *pts = like ? said(like) : NULL;
    for (size_t i = 0; i < n; i++)
        add_format(&d, voice[i], pts);
    add_events(&d, pts);
    return d;
}

static void add_voice(enum codec list[CODECS], size_t *n, enum codec c)
{
    for (size_t i = 0; i < *n; i++)
        if (list[i] == c)
            return;
    if (codec_is_voice(c))
        list[(*n)++] = c;
}

/* What leg_formats_for may take, of allowed[0..n). */
static size_t voices_for(const struct leg *leg, const uint8_t *allowed, size_t n, enum codec kept[CODECS])
{
    enum codec wanted[CODECS];
    size_t n_wanted = 0, n_kept = 0;
    add_voice(wanted, &n_wanted, leg_voice(leg));
    const struct media_desc *its = said(leg);
    for (unsigned i = 0; i < its->n_formats; i++)
        add_voice(wanted, &n_wanted, (enum codec)its->format[i].codec);
    /* An offer says all that may be answered; one that came without, or was answered already, can be widened. */
    if (leg->exchange != EXCHANGE_PEERS)
        for (unsigned i = 0; i < leg->n_allowed; i++)
            add_voice(wanted, &n_wanted, (enum codec)leg->allowed[i]);
    for (size_t i = 0; i < n_wanted; i++)
        if (memchr(allowed, wanted[i], n))
            kept[n_kept++] = wanted[i];
    return n_kept;
}

struct media_desc leg_formats_for(const struct leg *leg, const uint8_t *allowed, size_t n)
{
    enum codec list[CODECS];
    return leg_formats(list, voices_for(leg, allowed, n, list), leg);
}

struct media_desc leg_formats_wide(const struct leg *leg, const uint8_t *allowed, size_t n)
{
    enum codec list[CODECS];
    size_t n_list = voices_for(leg, allowed, n, list);
    if (leg->exchange == EXCHANGE_PEERS && media_desc_voice(&leg->proposed) == CODEC_NONE)
        return (struct media_desc){0};
    for (size_t i = 0; i < n; i++)
        add_voice(list, &n_list, (enum codec)allowed[i]);
    return leg_formats(list, n_list, leg);
}

/* --- agreeing --- */

static void tell_media(const struct leg *leg)
{
    if (!leg->media)
        return;
    struct media_desc remote = leg->remote;
    if (!media_desc_choose(&leg->remote, leg_voice(leg), &remote))
        return;
    leg->core->media.set(leg->core->media.arg, leg->media, &leg->local, &remote);
}

void leg_take_offer(struct leg *leg, const struct media_desc *offer)
{
    leg->exchange = offer ? EXCHANGE_PEERS : EXCHANGE_ASKED;
    if (!offer) {
        leg->proposed = (struct media_desc){0};
        return;
    }
    enum codec allowed[MODEL_CODECS];
    for (unsigned i = 0; i < leg->n_allowed; i++)
        allowed[i] = (enum codec)leg->allowed[i];
    leg->proposed = media_desc_common(offer, allowed, leg->n_allowed);
}

/* Formats of an answer to `offer` become ours; false when it does not hold the codec. */
static bool choose_local(struct leg *leg, const struct media_desc *offer, enum codec voice)
{
    struct media_desc chosen = {0};
    if (voice == CODEC_NONE || !media_desc_choose(offer, voice, &chosen))
        return false;
    memcpy(leg->local.format, chosen.format, sizeof(leg->local.format));
    leg->local.n_formats = chosen.n_formats;
    return true;
}

bool leg_agree_answer(struct leg *leg, const struct media_desc *answer)
{
    if (!answer->present)
        return false;
    for (unsigned i = 0; i < answer->n_formats; i++) {
        enum codec c = (enum codec)answer->format[i].codec;
        if (!codec_is_voice(c))
            continue;
        if (!choose_local(leg, &leg->proposed, c))
            continue;
        leg->remote = *answer;
        leg->local.dir = (uint8_t)(leg->proposed.dir & media_dir_reverse((enum media_dir)answer->dir));
        tell_media(leg);
        return true;
    }
    return false;
}

bool leg_agree_offer(struct leg *leg, enum codec voice)
{
    if (!leg->proposed.present || !choose_local(leg, &leg->proposed, voice))
        return false;
    leg->remote = leg->proposed;
    leg->local.dir = (uint8_t)media_dir_reverse((enum media_dir)leg->remote.dir);
    if (net_addr_is_any(&leg->remote.rtp)) /* hold as in RFC 2543: nothing can be sent there */
        leg->local.dir &= MEDIA_RECV;
    tell_media(leg);
    return true;
}

/* Our offer to a leg that came without, or asks for one: its present codec or this one first. */
static struct media_desc full_offer(struct leg *leg, enum codec first)
{
    enum codec list[CODECS];
    size_t n = 0;
    add_voice(list, &n, first);
    for (unsigned i = 0; i < leg->n_allowed; i++)
        add_voice(list, &n, (enum codec)leg->allowed[i]);
    struct media_desc formats = leg_formats(list, n, leg), offer = leg->local;
    memcpy(offer.format, formats.format, sizeof(offer.format));
    offer.n_formats = formats.n_formats;
    offer.dir = MEDIA_BOTH;
    return offer;
}

bool leg_progress(struct leg *leg, enum codec voice)
{
    if (leg->state > LEG_IN_RINGING || leg->exchange != EXCHANGE_PEERS || leg_open_media(leg) != 0)
        return false;
    if (!leg_agree_offer(leg, voice))
        return false;
    leg->state = LEG_IN_EARLY;
    leg->core->legs.progress(leg->core->legs.arg, leg->id, &leg->local);
    return true;
}

bool leg_answer(struct leg *leg, enum codec voice)
{
    if (leg->state > LEG_IN_EARLY || leg_open_media(leg) != 0)
        return false;
    if (leg->exchange == EXCHANGE_PEERS) {
        /* What 183 said stands (RFC 3261 13.2.1); the bridge finds a common codec then. */
        if (leg->state != LEG_IN_EARLY && !leg_agree_offer(leg, voice))
            return false;
        leg->exchange = EXCHANGE_NONE;
        leg->state = LEG_UP;
        leg->core->legs.answer(leg->core->legs.arg, leg->id, &leg->local);
        return true;
    }
    leg->proposed = full_offer(leg, voice);
    leg->exchange = EXCHANGE_GIVEN;
    leg->state = LEG_UP;
    leg->core->legs.answer(leg->core->legs.arg, leg->id, &leg->proposed);
    return true;
}

/* The peer's offer is settled by us, maybe in an event of another leg: an offer of ours that waited behind it goes
 * soon. */
static void settled(struct leg *leg)
{
    leg->exchange = EXCHANGE_NONE;
    if (leg->pending)
        timer_start(leg->core->timers, &leg->pending->again, 0);
}

bool leg_accept_offer(struct leg *leg, enum codec voice)
{
    if (leg->state == LEG_OVER || leg->exchange != EXCHANGE_PEERS || !leg_agree_offer(leg, voice))
        return false;
    settled(leg);
    leg->core->legs.answer_offer(leg->core->legs.arg, leg->id, &leg->local);
    return true;
}

bool leg_accept_any(struct leg *leg)
{
    return leg_accept_offer(leg, media_desc_voice(&leg->proposed));
}

void leg_refuse_offer(struct leg *leg, uint16_t status)
{
    if (leg->state == LEG_OVER)
        return;
    settled(leg);
    leg->core->legs.refuse_offer(leg->core->legs.arg, leg->id, status);
}

void leg_give_offer(struct leg *leg)
{
    if (leg->state == LEG_OVER)
        return;
    leg->proposed = full_offer(leg, leg_voice(leg));
    leg->exchange = EXCHANGE_GIVEN;
    leg->core->legs.answer_offer(leg->core->legs.arg, leg->id, &leg->proposed);
}

void leg_answer_same(struct leg *leg)
{
    if (leg->exchange == EXCHANGE_ASKED)
        leg_give_offer(leg);
    else if (leg->exchange == EXCHANGE_PEERS && !leg_accept_offer(leg, leg_voice(leg)))
        leg_refuse_offer(leg, 488);
}

/* --- sound and packets --- */

void leg_part(struct leg *leg)
{
    if (!leg->joint)
        return;
    leg->core->media.part(leg->core->media.arg, leg->media);
    leg->joint->joint = NULL;
    leg->joint = NULL;
}

void leg_join(struct leg *a, struct leg *b)
{
    if (a->joint == b)
        return;
    leg_part(a);
    leg_part(b);
    a->core->media.join(a->core->media.arg, a->media, b->media);
    a->joint = b;
    b->joint = a;
    a->sound = b->sound = SOUND_NONE;
}

void leg_play(struct leg *leg, enum media_sound sound)
{
    if (leg->sound == sound || !leg->media)
        return;
    leg->sound = (uint8_t)sound;
    leg->core->media.play(leg->core->media.arg, leg->media, sound, (enum language)leg->language);
}

void leg_watch(struct leg *leg, uint32_t timeout_s)
{
    if (!leg->media || leg->watch_s == timeout_s)
        return;
    leg->watch_s = (uint16_t)timeout_s;
    leg->core->media.watch(leg->core->media.arg, leg->media, timeout_s);
}
