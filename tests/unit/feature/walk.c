/* SPDX-License-Identifier: Apache-2.0
 *
 * Random events: see walk.h.
 */
#include "tests/unit/feature/walk.h"

#include <errno.h>

#include "tests/unit/feature/stage_priv.h"

enum { WALK_LEGS = 64 };

static unsigned pick(const struct walk_source *from, unsigned below)
{
    return from->next(from->arg, below);
}

static struct media_desc some_desc(const struct walk_source *from)
{
    static const char *const codecs[] = {"PCMA,event",
                                         "PCMU,event",
                                         "opus,PCMA,event48",
                                         "PCMA",
                                         "G722,PCMU,CN",
                                         "opus,G722,PCMA,PCMU,event,event48",
                                         "event",
                                         ""};
    static const enum media_dir dirs[] = {MEDIA_BOTH, MEDIA_BOTH, MEDIA_BOTH, MEDIA_SEND, MEDIA_INACTIVE, MEDIA_RECV};
    struct media_desc d = stage_desc(codecs[pick(from, G_N_ELEMENTS(codecs))]);
    d.dir = (uint8_t)dirs[pick(from, G_N_ELEMENTS(dirs))];
    d.present = pick(from, 16) != 0;
    if (pick(from, 16) == 0)
        d.rtp = (struct net_addr){.family = NET_IP4, .port = 4000};
    return d;
}

/* Mostly an answer that takes a codec of what we offered. */
static struct media_desc some_answer(const struct walk_source *from, const struct media_desc *offer)
{
    struct media_desc d = some_desc(from);
    if (offer->n_formats == 0 || pick(from, 8) == 0)
        return d;
    enum codec c = (enum codec)offer->format[pick(from, offer->n_formats)].codec;
    if (!media_desc_choose(offer, codec_is_voice(c) ? c : media_desc_voice(offer), &d))
        d.n_formats = 0;
    d.present = true;
    return d;
}

static void some_call(struct stage *s, const struct walk_source *from, const struct fake_leg *legs, size_t n)
{
    static const char *const numbers[] = {"100", "101", "102", "103", "104", "105", "0612", "7", "9", ""};
    struct leg_incoming in = {.number = numbers[pick(from, G_N_ELEMENTS(numbers))], .max_forwards = 70};
    if (pick(from, 4) == 0)
        in.peer = pick(from, 2) ? 1 : 3;
    else
        in.user = 1 + pick(from, USERS);
    in.device = in.user ? in.user * 10 + 1 + pick(from, 2) : 0;
    if (n && pick(from, 6) == 0)
        in.replaces = legs[pick(from, (unsigned)n)].id;
    if (pick(from, 16) == 0)
        in.max_forwards = (uint8_t)pick(from, 3);
    struct media_desc offer = some_desc(from);
    bool late = pick(from, 5) == 0;
    in.offer = late ? NULL : &offer;
    stage_incoming(s, stage_call_raw(s, &in), late);
}

static void outgoing_event(struct stage *s, const struct walk_source *from, const struct fake_leg *l)
{
    static const enum leg_event_kind kinds[] = {LEG_TRYING,   LEG_RINGING,  LEG_EARLY,   LEG_ANSWERED,
                                                LEG_ANSWERED, LEG_ANSWERED, LEG_REFUSED, LEG_HUNG_UP};
    static const uint16_t statuses[] = {486, 480, 603, 408, 488, 503, 404, 302, 403, 0, 487};
    struct media_desc d = some_answer(from, &l->our_offer);
    struct leg_event ev = {.kind = kinds[pick(from, G_N_ELEMENTS(kinds))],
                           .status = statuses[pick(from, G_N_ELEMENTS(statuses))]};
    if (ev.kind == LEG_EARLY || (ev.kind == LEG_ANSWERED && pick(from, 8)))
        ev.desc = &d;
    stage_tell(s, l->id, &ev);
}

static void settle_event(struct stage *s, const struct walk_source *from, const struct fake_leg *l)
{
    struct media_desc d = some_answer(from, &l->our_offer);
    struct leg_event ev = {.kind = l->late || l->asked ? LEG_CONFIRMED : LEG_ANSWERED_OFFER};
    if (pick(from, 5) == 0)
        ev = (struct leg_event){.kind = LEG_OFFER_REFUSED, .status = 488};
    else if (pick(from, 10))
        ev.desc = &d;
    stage_tell(s, l->id, &ev);
}

static void up_event(struct stage *s, const struct walk_source *from, const struct fake_leg *legs, size_t n,
                     const struct fake_leg *l)
{
    static const char *const numbers[] = {"101", "102", "104", "0612", "9", ""};
    struct media_desc d = some_desc(from);
    if (l->offer_open_ours && pick(from, 3)) {
        settle_event(s, from, l);
        return;
    }
    switch (pick(from, 8)) {
    case 0:
        stage_lost(s, l->id, (enum leg_lost)pick(from, 3));
        break;
    case 1:
    case 2:
        stage_tell_desc(s, l->id, LEG_OFFERED, pick(from, 5) ? &d : NULL);
        break;
    case 3:
        stage_digit(s, l->id, "0*#Ax"[pick(from, 5)]);
        break;
    case 4:
        stage_refer(s, l->id, numbers[pick(from, G_N_ELEMENTS(numbers))], 0);
        break;
    case 5:
    case 6:
        stage_refer(s, l->id, "", legs[pick(from, (unsigned)n)].id);
        break;
    default:
        stage_media_event(s, l->id, (enum media_event_kind)pick(from, 3), '5');
        break;
    }
}

/* What no line says: to legs in the wrong state, or long gone. */
static void wild_event(struct stage *s, const struct walk_source *from)
{
    struct media_desc d = some_desc(from);
    struct leg_event ev = {.kind = (enum leg_event_kind)pick(from, LEG_HUNG_UP + 1)};
    ev.desc = pick(from, 2) ? &d : NULL;
    ev.refer.number = "101";
    call_leg_event(s->core, (uint64_t)pick(from, 3) << 32 | (1 + pick(from, 40)) | (uint64_t)1 << 40, &ev);
    call_media_event(s->core, 100000 + pick(from, 9), &(struct media_event){.kind = MEDIA_TIMEOUT});
}

void walk_step(struct stage *s, const struct walk_source *from)
{
    struct fake_leg legs[WALK_LEGS];
    size_t n = stage_legs(s, legs, WALK_LEGS);
    const struct fake_leg *l = n ? &legs[pick(from, (unsigned)n)] : NULL;
    unsigned what = pick(from, 20);
    if (what < 4 || (!l && what < 12)) {
        if (n < WALK_LEGS - 8)
            some_call(s, from, legs, n);
    } else if (what == 4) {
        stage_after_ms(s, 100 + 50 * (int64_t)pick(from, 100));
    } else if (what == 5) {
        stage_after_ms(s, 1000 * (int64_t)pick(from, 40));
    } else if (what == 6) {
        wild_event(s, from);
    } else if (what == 7) {
        static const int errors[] = {0, EHOSTUNREACH, 0, 0};
        s->dial_errno = errors[pick(from, 4)];
        s->offer_errno = pick(from, 3) ? 0 : EBUSY;
        s->second_devices = pick(from, 2);
        s->media_max = pick(from, 4) ? 0 : 1 + pick(from, 12);
        s->absent = pick(from, USERS * 3);
    } else if (l && !l->incoming && !l->up) {
        outgoing_event(s, from, l);
    } else if (l && l->up) {
        up_event(s, from, legs, n, l);
    } else if (l && pick(from, 6) == 0) {
        stage_lost(s, l->id, LEG_LOST_NOT);
    }
}

void walk_end(struct stage *s)
{
    struct fake_leg legs[WALK_LEGS];
    size_t n;
    for (int round = 0; round < 200 && (n = stage_legs(s, legs, WALK_LEGS)) > 0; round++) {
        for (size_t i = 0; i < n; i++) {
            if (legs[i].incoming || legs[i].up)
                stage_lost(s, legs[i].id, LEG_LOST_NOT);
            else
                stage_status_event(s, legs[i].id, LEG_REFUSED, 480);
        }
        stage_after_ms(s, 5000);
    }
}
