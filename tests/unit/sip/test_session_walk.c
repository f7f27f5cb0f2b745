/* SPDX-License-Identifier: Apache-2.0
 *
 * Sessions: random walks by seed (SIP-11, A3). Both sides do whatever their state allows, over a wire that loses,
 * doubles and reorders. After each walk nothing may be left: no session, no transaction, no timer. The number of seeds
 * may be given as an argument; a failing seed is printed and repeats bit for bit: test SEEDS FIRST.
 */
#include "tests/cmocka_all.h"
#include "tests/unit/sip/session_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 24 };

static unsigned seeds = 2000, first_seed = 1, standing;

static const char *some_name(struct world *w)
{
    static const char *const names[] = {"x1", "x2", "x3", "x4"};
    return names[world_dice(w, 4)];
}

static void answer_or_refuse(struct party *p)
{
    p->owes_answer = false;
    if (world_dice(p->w, 5))
        sip_session_answer_offer(p->s, sdp_named(some_name(p->w)));
    else
        sip_session_refuse_offer(p->s, 488);
}

static void act_incoming(struct party *p)
{
    struct world *w = p->w;
    struct view sdp = world_dice(w, 2) ? sdp_named(some_name(w)) : no_text();
    switch (world_dice(w, 6)) {
    case 0:
    case 1:
        sip_session_progress(p->s, world_dice(w, 2) ? 180 : 183, sdp, no_text());
        break;
    case 2:
    case 3:
    case 4:
        sip_session_accept(p->s, sdp_named(some_name(w)));
        break;
    default:
        sip_session_end(p->s, 486, no_text(), no_text());
        break;
    }
}

static void act_in_dialog(struct party *p)
{
    struct world *w = p->w;
    struct sip_session_identity who = {.display = VIEW("Anna"), .uri = VIEW("sip:7@pbx.example")};
    switch (world_dice(w, 8)) {
    case 0:
    case 1:
    case 2: {
        bool can = sip_session_can_offer(p->s);
        int error = sip_session_offer(p->s, sdp_named(some_name(w)));
        if (can == (error != 0))
            g_error("can_offer says %d, offer %d", can, error);
        break;
    }
    case 3:
        sip_session_identify(p->s, &who);
        break;
    case 4:
        sip_session_info(p->s, VIEW("text/plain"), VIEW("x"));
        break;
    case 5:
        sip_session_refer_progress(p->s, world_dice(w, 2) ? 180 : 200);
        break;
    case 6:
        if (!world_dice(w, 3))
            sip_session_end(p->s, 0, no_text(), no_text());
        break;
    default:
        break;
    }
}

static void act(struct party *p)
{
    if (!p->s)
        return;
    if (p->owes_answer && world_dice(p->w, 2)) {
        answer_or_refuse(p);
        return;
    }
    switch (sip_session_state(p->s)) {
    case SIP_SESSION_CALLING:
        if (!world_dice(p->w, 20))
            sip_session_end(p->s, 0, no_text(), no_text());
        break;
    case SIP_SESSION_INCOMING:
        act_incoming(p);
        break;
    case SIP_SESSION_EARLY:
        if (world_dice(p->w, 2))
            act_incoming(p); /* also calls that an outgoing session must ignore */
        else
            act_in_dialog(p);
        break;
    case SIP_SESSION_UP:
        act_in_dialog(p);
        break;
    case SIP_SESSION_ENDED:
        act_in_dialog(p);
        act_incoming(p);
        break;
    }
}

/* Sometimes at once, from inside the event. */
static void act_inside(struct party *p, const char *event)
{
    if (g_str_has_prefix(event, "ended") || strcmp(event, "over") == 0)
        return;
    bool owed = strcmp(event, "offered") == 0 || strcmp(event, "answered") == 0;
    if (owed)
        p->owes_answer = true;
    if (!world_dice(p->w, 3))
        act(p);
}

static int64_t some_time(struct world *w)
{
    static const int64_t most[] = {5000, 50000, 500000, 5000000, 40000000};
    return world_dice(w, (uint32_t)most[world_dice(w, 5)]);
}

static void set_up(struct world *w)
{
    static const unsigned losses[] = {0, 0, 5, 20, 50};
    w->loss = losses[world_dice(w, 5)];
    w->twice = world_dice(w, 2) ? 10 : 0;
    w->delay_us = 1000 + world_dice(w, 50000);
    w->jitter_us = world_dice(w, 2) ? 300000 : 0;
    for (unsigned i = 0; i < SIDES; i++)
        if (!world_dice(w, 3))
            w->side[i].timers.expires_s = 0;
}

/* Every exchange comes to an end: once all that is owed was answered, a call that stands can be changed again. */
static void settle(struct world *w)
{
    w->loss = w->twice = 0;
    for (struct party *p = w->parties; p; p = p->next)
        p->hook = NULL;
    for (unsigned i = 0; i < 4; i++) {
        for (struct party *p = w->parties; p; p = p->next) {
            if (p->s)
                sip_session_answer_offer(p->s, sdp_named("settled"));
        }
        world_run(w, 20000000);
    }
    for (struct party *p = w->parties; p; p = p->next) {
        if (!p->s || sip_session_state(p->s) != SIP_SESSION_UP)
            continue;
        standing++;
        if (!sip_session_can_offer(p->s)) {
            world_print(w);
            g_error("an exchange of %c never ended", 'A' + p->side);
        }
    }
}

static void walk(unsigned seed)
{
    struct world *w = world_new(seed);
    set_up(w);
    unsigned calls = 1 + world_dice(w, 2), steps = 4 + world_dice(w, STEPS_MAX);
    for (unsigned i = 0; i < calls; i++)
        party_call(w, world_dice(w, 2), world_dice(w, 4) ? some_name(w) : NULL);
    for (unsigned i = 0; i < steps; i++) {
        world_run(w, some_time(w));
        for (struct party *p = w->parties; p; p = p->next) {
            p->hook = act_inside;
            act(p);
        }
    }
    w->side[SIDE_A].refuses = w->side[SIDE_B].refuses = true;
    settle(w);
    for (struct party *p = w->parties; p; p = p->next) {
        if (p->s)
            sip_session_end(p->s, 0, no_text(), no_text());
    }
    world_assert_empty(w);
    for (struct party *p = w->parties; p; p = p->next)
        assert_int_equal(p->told_over, !g_str_has_prefix(p->log->str, "refused:"));
    world_free(w);
}

static void walks(void **state)
{
    (void)state;
    for (unsigned seed = first_seed; seed < first_seed + seeds; seed++) {
        world_seed_told = seed;
        walk(seed);
    }
    if (seeds > 100)
        assert_true(standing > seeds / 10); /* the walks do get somewhere */
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(walks)};
    if (argc > 1)
        seeds = (unsigned)g_ascii_strtoull(argv[1], NULL, 10);
    if (argc > 2)
        first_seed = (unsigned)g_ascii_strtoull(argv[2], NULL, 10);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
