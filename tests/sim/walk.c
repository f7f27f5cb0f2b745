/* SPDX-License-Identifier: Apache-2.0
 *
 * Random walks: phones of a company do anything, hundreds of deeds a seed, on a network whose weather is the seed's
 * too. After each deed the core's invariants hold; at the end, when everybody has hung up and 64*T1 are over, nothing
 * is left behind and every call has its one record.
 *
 *   sim_walk FIRST COUNT      runs COUNT seeds
 *   sim_walk --replay SEED    runs one, with its deeds and the ladder of messages
 */
#include "tests/sim/phone.h"

#include <stdio.h>
#include <string.h>

#define S ((int64_t)1000000)

enum { PHONES = 8, DEEDS_MIN = 60, DEEDS_SPREAD = 240, CALLS_PER_PHONE_MAX = 40 };

struct walk {
    struct world w;
    struct phone phone[PHONES];
    uint64_t seed, dice;
    struct entropy choice; /* of deeds: apart from the world's, so that a change there moves no deed */
    bool show;
};

static void choose_fill(void *arg, void *dst, size_t bytes)
{
    uint64_t *s = arg;
    uint8_t *out = dst;
    for (size_t i = 0; i < bytes; i++) {
        *s ^= *s << 13;
        *s ^= *s >> 7;
        *s ^= *s << 17;
        out[i] = (uint8_t)(*s >> 40);
    }
}

static unsigned pick(struct walk *k, unsigned below)
{
    return entropy_below(&k->choice, below);
}

static void G_GNUC_PRINTF(2, 3) tell(struct walk *k, const char *format, ...)
{
    if (!k->show)
        return;
    va_list args;
    va_start(args, format);
    g_string_append_printf(k->w.ladder, "%10.3f  ==== ", (double)timers_now_us(k->w.timers) / 1e6);
    g_string_append_vprintf(k->w.ladder, format, args);
    g_string_append_c(k->w.ladder, '\n');
    va_end(args);
}

static void open_walk(struct walk *k, uint64_t seed, bool show)
{
    *k = (struct walk){.seed = seed, .dice = seed * 2654435761u + 88172645463325252ULL, .show = show};
    k->choice = (struct entropy){choose_fill, &k->dice};
    world_open(&k->w, seed);
    k->w.keep_ladder = show;
    struct net_weather weather = {.delay_us = 1000 + pick(k, 60000), .jitter_us = pick(k, 30000)};
    if (pick(k, 2)) {
        weather.loss_permille = pick(k, 120);
        weather.duplicate_permille = pick(k, 60);
    }
    net_set_weather(k->w.net, &weather);
    if (pick(k, 8) == 0)
        k->w.media_limit = 2 + pick(k, 6);
    for (unsigned i = 0; i < PHONES; i++) {
        struct phone *p = &k->phone[i];
        phone_open(p, &k->w, i % WORLD_USERS, i, pick(k, 3) ? SIP_UDP : SIP_TCP);
        if (p->transport == SIP_UDP && pick(k, 4) == 0)
            phone_translate(p);
        p->manner = (enum phone_manner)pick(k, 3);
        phone_register(p, 120 + pick(k, 600));
    }
    world_run(&k->w, 5 * S);
}

static struct phone_call *pick_call(struct walk *k, struct phone *p)
{
    struct phone_call *live[CALLS_PER_PHONE_MAX];
    unsigned n = 0;
    for (guint i = 0; i < p->calls->len && n < CALLS_PER_PHONE_MAX; i++) {
        struct phone_call *c = p->calls->pdata[i];
        if (c->session && c->state != PHONE_ENDED)
            live[n++] = c;
    }
    return n ? live[pick(k, n)] : NULL;
}

static void deed_dial(struct walk *k, struct phone *p)
{
    static const enum codec sets[][3] = {
        {CODEC_PCMA, CODEC_PCMU}, {CODEC_PCMU}, {CODEC_G722, CODEC_PCMA}, {CODEC_OPUS, CODEC_PCMU, CODEC_PCMA}};
    static const unsigned sizes[] = {2, 1, 2, 3};
    if (p->calls->len >= CALLS_PER_PHONE_MAX)
        return;
    char number[8];
    (void)snprintf(number, sizeof number, "%u", WORLD_FIRST + pick(k, WORLD_USERS + 1));
    unsigned set = pick(k, G_N_ELEMENTS(sizes));
    tell(k, "%s calls %s", p->number, number);
    phone_dial_with(p, number, sets[set], sizes[set], pick(k, 6) == 0);
}

static void deed_in_call(struct walk *k, struct phone *p, struct phone_call *c)
{
    static const uint16_t refusals[] = {486, 603, 480, 404, 488, 500};
    struct phone_call *other = pick_call(k, p);
    if (c->state == PHONE_IS_RINGING && pick(k, 2)) {
        tell(k, "%s answers", p->number);
        phone_answer(c);
        return;
    }
    switch (pick(k, 10)) {
    case 0:
    case 1:
        tell(k, "%s answers", p->number);
        phone_answer(c);
        return;
    case 2:
        tell(k, "%s refuses", p->number);
        phone_refuse(c, refusals[pick(k, G_N_ELEMENTS(refusals))]);
        return;
    case 3:
        tell(k, "%s hangs up", p->number);
        phone_hang_up(c);
        return;
    case 4:
    case 5:
        tell(k, "%s %s", p->number, c->holds ? "resumes" : "holds");
        (void)phone_hold(c, !c->holds);
        return;
    case 6:
        tell(k, "%s changes its codec", p->number);
        (void)phone_offer_codec(c, pick(k, 2) ? CODEC_PCMU : CODEC_PCMA);
        return;
    case 7: {
        char number[8];
        (void)snprintf(number, sizeof number, "%u", WORLD_FIRST + pick(k, WORLD_USERS + 1));
        tell(k, "%s sends its call to %s", p->number, number);
        phone_refer(c, number);
        return;
    }
    case 8:
        if (other && other != c) {
            tell(k, "%s joins two calls", p->number);
            phone_refer_to_call(c, other);
        }
        return;
    default:
        phone_key(c, '5');
    }
}

static void deed_of_network(struct walk *k, struct phone *p)
{
    switch (pick(k, 6)) {
    case 0:
        tell(k, "%s is %s", p->number, p->host.unplugged ? "plugged in" : "unplugged");
        p->host.unplugged = !p->host.unplugged;
        return;
    case 1:
        if (p->transport == SIP_TCP) {
            tell(k, "the connection of %s is cut", p->number);
            phone_reconnect(p);
            phone_register(p, 300);
        }
        return;
    case 2:
        if (p->host.translated) {
            tell(k, "%s gets another outside port", p->number);
            net_rebind(k->w.net, &p->host);
        }
        return;
    case 3:
        tell(k, "%s registers", p->number);
        phone_register(p, 120 + pick(k, 600));
        return;
    case 4:
        p->manner = (enum phone_manner)pick(k, PHONE_IS_DEAF + 1);
        return;
    default: {
        struct phone_call *c = pick_call(k, p);
        if (c)
            world_media_dies(&k->w, &c->rtp);
    }
    }
}

static void deed(struct walk *k)
{
    struct phone *p = &k->phone[pick(k, PHONES)];
    struct phone_call *c = pick_call(k, p);
    unsigned what = pick(k, 100);
    if (what < 4)
        deed_of_network(k, p);
    else if (c && what < 75)
        deed_in_call(k, p, c);
    else
        deed_dial(k, p);
    static const int64_t pauses[] = {0, 1000, 20000, 300000, 1000000, 5000000, 40000000};
    int64_t most = pauses[pick(k, G_N_ELEMENTS(pauses))];
    world_run(&k->w, most ? (int64_t)pick(k, (unsigned)most) : 0);
    world_check(&k->w);
}

/* Nobody who talks and holds no one is left in silence: he hears a party, or music, ringing or a tone (CALL-22). */
static void check_nobody_in_silence(struct walk *k)
{
    net_set_weather(k->w.net, &(struct net_weather){.delay_us = 1000});
    for (unsigned i = 0; i < PHONES; i++)
        k->phone[i].host.unplugged = false;
    world_run(&k->w, 100 * S); /* what was under way when the weather was bad has come to its end */
    for (unsigned i = 0; i < PHONES; i++) {
        for (guint n = 0; n < k->phone[i].calls->len; n++) {
            struct phone_call *c = k->phone[i].calls->pdata[n];
            bool listens = c->session && c->state == PHONE_TALKS && sip_session_state(c->session) == SIP_SESSION_UP &&
                           !c->holds && sip_session_can_offer(c->session);
            /* A phone that missed our BYE while it was unplugged talks to nobody until its session timer: not our
             * doing. */
            bool known = world_media_at(&k->w, &c->rtp) != NULL;
            if (listens && known && phone_hears_what(c) == HEARS_NOTHING)
                world_fault(&k->w, "%s talks and hears nothing: %s", k->phone[i].number,
                            world_media_text(&k->w, &c->rtp));
        }
    }
}

/* Everybody is plugged in, hangs up what he has, and leaves. */
static void wind_up(struct walk *k)
{
    for (unsigned i = 0; i < PHONES; i++) {
        struct phone *p = &k->phone[i];
        p->host.unplugged = false;
        p->manner = PHONE_BUSY;
        for (guint n = 0; n < p->calls->len; n++)
            phone_hang_up(p->calls->pdata[n]);
    }
    net_set_weather(k->w.net, &(struct net_weather){.delay_us = 1000});
    /* What a phone cannot end (its call lost its other side on the way) ends by timers: the watch on media, here told
     * at once, and at the latest the session's. */
    world_run(&k->w, 40 * S);
    for (unsigned i = 0; i < PHONES; i++)
        for (guint n = 0; n < k->phone[i].calls->len; n++)
            world_media_dies(&k->w, &((struct phone_call *)k->phone[i].calls->pdata[n])->rtp);
    for (unsigned i = 0; i < PHONES; i++)
        phone_register(&k->phone[i], 0);
    world_run(&k->w, 4080 * S);
}

struct tally {
    uint64_t calls, answered, transferred;
};

static unsigned run_seed(uint64_t seed, bool show, struct tally *t)
{
    struct walk k;
    open_walk(&k, seed, show);
    unsigned deeds = DEEDS_MIN + pick(&k, DEEDS_SPREAD);
    for (unsigned i = 0; i < deeds && !k.w.faults->len; i++)
        deed(&k);
    if (!k.w.faults->len)
        check_nobody_in_silence(&k);
    if (!k.w.faults->len)
        wind_up(&k);
    unsigned mid = k.w.faults->len;
    for (guint i = 0; i < k.w.records->len; i++) {
        const struct world_record *r = &g_array_index(k.w.records, struct world_record, i);
        t->calls++;
        t->answered += r->answered;
        t->transferred += r->reason == REASON_TRANSFERRED;
    }
    for (unsigned i = 0; i < PHONES; i++)
        phone_close(&k.phone[i]);
    world_close(&k.w);
    unsigned faults = mid ? mid : k.w.faults->len;
    if (show)
        (void)fputs(k.w.ladder->str, stdout);
    for (unsigned i = 0; i < faults; i++)
        (void)printf("seed %llu: %s\n", (unsigned long long)seed, (const char *)k.w.faults->pdata[i]);
    g_ptr_array_unref(k.w.faults);
    g_string_free(k.w.ladder, TRUE);
    return faults;
}

int main(int argc, char **argv)
{
    uint64_t first = 1, count = 1;
    struct tally t = {0};
    unsigned bad = 0;
    if (argc == 3 && strcmp(argv[1], "--replay") == 0 && view_to_u64(view_of(argv[2]), UINT64_MAX, &first))
        return run_seed(first, true, &t) ? 1 : 0;
    if (argc != 3 || !view_to_u64(view_of(argv[1]), UINT64_MAX, &first) ||
        !view_to_u64(view_of(argv[2]), 1u << 30, &count)) {
        (void)fputs("usage: sim_walk FIRST COUNT | sim_walk --replay SEED\n", stderr);
        return 2;
    }
    int64_t begin = g_get_monotonic_time();
    for (uint64_t seed = first; seed < first + count; seed++)
        bad += run_seed(seed, false, &t) > 0;
    double s = (double)(g_get_monotonic_time() - begin) / 1e6;
    (void)printf("%llu seeds, %llu calls (%llu answered, %llu transferred) in %.1f s, %u with faults; replay: make sim "
                 "SEED=n\n",
                 (unsigned long long)count, (unsigned long long)t.calls, (unsigned long long)t.answered,
                 (unsigned long long)t.transferred, s, bad);
    return bad ? 1 : 0;
}
