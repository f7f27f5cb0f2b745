/* SPDX-License-Identifier: Apache-2.0
 *
 * Two legs that talk: see bridge.h. Every change ends in bridge_settle, which looks at what both legs have agreed and
 * does the one next thing that brings them together. Signalling thread.
 */
#include "call/bridge.h"

#include "call/core_priv.h"
#include "call/trace.h"
#include "call/transfer.h"

enum bridge_state { BRIDGE_MATCHING, BRIDGE_JOINED };

enum { MATCH_ROUNDS = 3 }; /* offers made to find one codec for both */

struct bridge {
    struct controller controller;
    struct leg *a, *b;
    uint8_t state;          /* enum bridge_state */
    uint8_t rounds;         /* of this matching; MATCH_ROUNDS: they share none */
    uint8_t told_a, told_b; /* enum codec: of the transcoding that is in the trace */
};

static void bridge_event(struct controller *c, struct leg *leg, const struct leg_event *ev);
static void bridge_media(struct controller *c, struct leg *leg, const struct media_event *ev);
static void bridge_released(struct controller *c, struct leg *leg);
static bool bridge_replace(struct controller *c, struct leg *old, struct leg *now);
static bool bridge_check(const struct controller *c, const struct leg *leg, GString *why);

static const struct controller_ops bridge_ops = {
    .name = "bridge",
    .event = bridge_event,
    .media = bridge_media,
    .released = bridge_released,
    .replace = bridge_replace,
    .check = bridge_check,
};

static struct leg *other_of(const struct bridge *br, const struct leg *leg)
{
    return leg == br->a ? br->b : br->a;
}

struct leg *bridge_other(const struct leg *leg)
{
    if (!leg->controller || leg->controller->ops != &bridge_ops)
        return NULL;
    return other_of((const struct bridge *)leg->controller, leg);
}

static void bridge_forget(struct bridge *br, struct leg *leg)
{
    leg_part(leg);
    if (br->a == leg)
        br->a = NULL;
    if (br->b == leg)
        br->b = NULL;
    if (!br->a && !br->b)
        controller_bury(&br->controller);
}

static void bridge_released(struct controller *c, struct leg *leg)
{
    leg_answer_same(leg); /* an answer that waited for the other leg */
    bridge_forget((struct bridge *)c, leg);
}

/* Both are hung up; `by` is the leg that is over already, or NULL. */
static void bridge_end(struct bridge *br, struct leg *by, enum call_reason reason, enum hang_up_how how)
{
    struct leg *legs[] = {br->a, br->b};
    call_end(br->a->call, reason, reason == REASON_ANSWERED ? by : NULL);
    for (int i = 0; i < 2; i++) {
        bridge_forget(br, legs[i]);
        leg_hang_up(legs[i], &(struct hang_up){.how = how});
    }
}

/* --- sound --- */

/* Who is held hears music, unless he holds as well (CALL-8); the longer timeout counts for both meanwhile (SIP-26). */
static void bridge_sounds(struct bridge *br)
{
    bool a_holds = leg_holds(br->a), b_holds = leg_holds(br->b);
    const struct model_settings *s = model_settings(br->controller.core->model);
    uint32_t timeout_s = a_holds || b_holds ? s->rtp_timeout_hold_s : s->rtp_timeout_s;
    leg_play(br->a, b_holds && !a_holds ? SOUND_MUSIC : SOUND_NONE);
    leg_play(br->b, a_holds && !b_holds ? SOUND_MUSIC : SOUND_NONE);
    leg_watch(br->a, timeout_s);
    leg_watch(br->b, timeout_s);
}

/* --- one codec for both --- */

/* Offers to `leg` the codec of the other one first, then all that the other could change to. False: there is none. */
static bool bridge_match(struct bridge *br, struct leg *leg)
{
    struct leg *other = other_of(br, leg);
    enum codec list[CODECS];
    size_t n = 0;
    if (leg_can(leg, leg_voice(other)))
        list[n++] = leg_voice(other);
    /* One that has said it can, and took another by its own order, is left no choice. */
    for (unsigned i = 0; i < other->n_allowed && !media_desc_has_voice(&leg->remote, leg_voice(other)); i++) {
        enum codec c = (enum codec)other->allowed[i];
        if (c != leg_voice(other) && leg_can(leg, c))
            list[n++] = c;
    }
    struct media_desc formats = leg_formats(list, n, leg);
    if (n > 0)
        leg_offer(leg, &formats);
    return n > 0;
}

/* A leg waits for our answer to a change that the other had to follow first. */
static void bridge_answer_owed(struct bridge *br, struct leg *leg)
{
    const struct leg *other = other_of(br, leg);
    if (leg->exchange != EXCHANGE_PEERS || !leg_is_settled(other) || leg_accept_offer(leg, leg_voice(other)) ||
        leg_accept_offer(leg, leg_voice(leg)))
        return;
    br->rounds = MATCH_ROUNDS; /* the other did not follow */
    if (!leg_accept_any(leg))
        leg_refuse_offer(leg, 488);
}

static void bridge_tell_transcoding(struct bridge *br)
{
    enum codec from = leg_voice(br->a), to = leg_voice(br->b);
    if (from == to || (br->told_a == from && br->told_b == to))
        return;
    struct trace_fact f = {.kind = TRACE_ANSWERED, .outcome = OUTCOME_TRANSCODED};
    g_snprintf(f.facts, sizeof(f.facts), "from=%s to=%s", codec_name(from), codec_name(to));
    call_trace(br->a->call, &f);
    br->told_a = (uint8_t)from;
    br->told_b = (uint8_t)to;
}

static void bridge_join(struct bridge *br)
{
    br->state = BRIDGE_JOINED;
    if (leg_voice(br->a) == leg_voice(br->b))
        br->rounds = 0;
    bridge_tell_transcoding(br);
    leg_join(br->a, br->b);
    bridge_sounds(br);
}

static void bridge_settle(struct bridge *br)
{
    struct leg *a = br->a, *b = br->b;
    bridge_answer_owed(br, a);
    bridge_answer_owed(br, b);
    enum codec voice_a = leg_voice(a), voice_b = leg_voice(b);
    bool voices = voice_a != CODEC_NONE && voice_b != CODEC_NONE;
    if (voices && (voice_a == voice_b || br->rounds == MATCH_ROUNDS)) {
        bridge_join(br);
        return;
    }
    br->state = BRIDGE_MATCHING;
    if (!leg_is_settled(a) || !leg_is_settled(b))
        return;
    if (!voices) {
        bridge_end(br, NULL, REASON_REFUSED, HANG_UP_NORMAL);
        return;
    }
    leg_part(a);
    /* First the one that has said it can, or may be able; then the other. */
    bool a_said = media_desc_has_voice(&a->remote, voice_b), b_said = media_desc_has_voice(&b->remote, voice_a);
    bool a_first = a_said || (!b_said && (leg_can(a, voice_b) || !leg_can(b, voice_a)));
    if (bridge_match(br, (br->rounds++ % 2 == 0) == a_first ? a : b))
        return;
    br->rounds = MATCH_ROUNDS;
    bridge_join(br);
}

void bridge_start(struct leg *a, struct leg *b, bool known)
{
    struct bridge *br = g_new0(struct bridge, 1);
    controller_init(&br->controller, a->core, &bridge_ops);
    br->a = a;
    br->b = b;
    br->rounds = known ? MATCH_ROUNDS : 0;
    leg_hand_over(a, &br->controller);
    leg_hand_over(b, &br->controller);
    bridge_settle(br);
}

/* --- events --- */

/* The peer changes what it offered (RFC 3264 8): hold, a new address, other codecs. */
static void bridge_offered(struct bridge *br, struct leg *leg)
{
    struct leg *other = other_of(br, leg);
    if (leg->exchange == EXCHANGE_ASKED) {
        leg_give_offer(leg);
        return;
    }
    bool transcoded = leg_voice(leg) != leg_voice(other);
    if ((!transcoded && leg_accept_offer(leg, leg_voice(leg))) || leg_accept_offer(leg, leg_voice(other)) ||
        leg_accept_offer(leg, leg_voice(leg))) {
        bridge_settle(br);
        return;
    }
    enum codec list[CODECS];
    size_t n = 0;
    for (unsigned i = 0; i < leg->proposed.n_formats && leg->proposed.present; i++)
        if (leg_can(other, (enum codec)leg->proposed.format[i].codec))
            list[n++] = (enum codec)leg->proposed.format[i].codec;
    if (n == 0 && leg_accept_any(leg)) {
        br->rounds = MATCH_ROUNDS;
        bridge_settle(br);
    } else if (n == 0) {
        leg_refuse_offer(leg, 488);
    } else if (!leg_is_settled(other)) {
        leg_refuse_offer(leg, 491);
    } else { /* the other one first, then our answer: bridge_answer_owed */
        struct media_desc formats = leg_formats(list, n, other);
        leg_offer(other, &formats);
    }
}

static void bridge_digit(struct leg *to, char digit, uint16_t ms)
{
    if (leg_has_events(to))
        to->core->media.send_dtmf(to->core->media.arg, to->media, digit, ms);
    else
        to->core->legs.send_dtmf(to->core->legs.arg, to->id, digit, ms);
}

static void bridge_lost(struct bridge *br, struct leg *leg, enum leg_lost lost)
{
    switch (lost) {
    case LEG_LOST_NOT:
        bridge_end(br, leg, REASON_ANSWERED, HANG_UP_NORMAL);
        return;
    case LEG_LOST_TIMER:
    case LEG_LOST_SIGNALLING: /* a refresh that nobody answered is told so too (SIP-12) */
        bridge_end(br, leg, REASON_MEDIA_TIMEOUT, HANG_UP_NORMAL);
        return;
    }
}

static void bridge_event(struct controller *c, struct leg *leg, const struct leg_event *ev)
{
    struct bridge *br = (struct bridge *)c;
    switch (ev->kind) {
    case LEG_OFFERED:
        bridge_offered(br, leg);
        break;
    case LEG_CONFIRMED:
    case LEG_ANSWERED_OFFER:
    case LEG_OFFER_REFUSED:
        bridge_settle(br);
        break;
    case LEG_DTMF:
        bridge_digit(other_of(br, leg), ev->digit, ev->digit_ms);
        break;
    case LEG_REFERRED:
        transfer_refer(leg, other_of(br, leg), &ev->refer);
        break;
    case LEG_HUNG_UP:
        bridge_lost(br, leg, ev->lost);
        break;
    case LEG_TRYING:
    case LEG_RINGING:
    case LEG_EARLY:
    case LEG_ANSWERED:
    case LEG_REFUSED:
        break; /* of legs that are not up */
    }
}

static void bridge_media(struct controller *c, struct leg *leg, const struct media_event *ev)
{
    struct bridge *br = (struct bridge *)c;
    struct leg *other = other_of(br, leg);
    switch (ev->kind) {
    case MEDIA_DTMF: /* where both have RFC 4733 the packets went over as they came */
        if (!leg_has_events(other))
            bridge_digit(other, ev->digit, ev->digit_ms);
        break;
    case MEDIA_TIMEOUT:
        bridge_end(br, NULL, REASON_MEDIA_TIMEOUT, HANG_UP_MEDIA);
        break;
    case MEDIA_PLAYED:
        break;
    }
}

/* --- taking a place --- */

/* A leg that has not been answered yet is answered with what suits the one that it will talk to. */
static bool bridge_answer_new(struct leg *leg, const struct leg *other)
{
    if (leg_answer(leg, leg_voice(other)))
        return true;
    for (unsigned i = 0; i < leg->proposed.n_formats; i++) {
        enum codec c = (enum codec)leg->proposed.format[i].codec;
        if (leg_can(other, c) && leg_answer(leg, c))
            return true;
    }
    return leg_answer(leg, media_desc_voice(&leg->proposed));
}

static void bridge_identify(const struct bridge *br)
{
    const struct leg_port *port = &br->controller.core->legs;
    if (!br->a || !br->b)
        return; /* they found no codec */
    port->identify(port->arg, br->a->id, &br->b->party);
    port->identify(port->arg, br->b->id, &br->a->party);
}

static bool bridge_replace(struct controller *c, struct leg *old, struct leg *now)
{
    struct bridge *br = (struct bridge *)c;
    struct leg *other = other_of(br, old);
    if (!other || now == other)
        return false;
    if (!leg_is_up(now) && !bridge_answer_new(now, other))
        return false;
    leg_part(old);
    old->controller = NULL;
    if (br->a == old)
        br->a = now;
    else
        br->b = now;
    leg_hand_over(now, c);
    struct call *call = call_older(old->call, now->call);
    call_take_leg(call, now);
    call_take_leg(call, other);
    br->rounds = 0;
    bridge_settle(br);
    bridge_identify(br); /* after an offer, that it need not wait for this (CALL-25) */
    return true;
}

static bool bridge_check(const struct controller *c, const struct leg *leg, GString *why)
{
    const struct bridge *br = (const struct bridge *)c;
    if (!br->a || !br->b || br->a == br->b || (leg != br->a && leg != br->b)) {
        g_string_append(why, "bridge: not between two legs\n");
        return false;
    }
    if (br->a->call != br->b->call || !leg_is_up(br->a) || !leg_is_up(br->b)) {
        g_string_append(why, "bridge: legs of two calls, or not up\n");
        return false;
    }
    bool joined = br->a->joint == br->b;
    bool waits = !leg_is_settled(br->a) || !leg_is_settled(br->b);
    if (br->state == BRIDGE_JOINED ? !joined : !waits) {
        g_string_append(why, "bridge: neither joined nor waiting for anything\n");
        return false;
    }
    return true;
}
