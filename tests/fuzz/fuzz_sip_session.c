/* SPDX-License-Identifier: Apache-2.0
 *
 * Sessions (A3): the input is a program of what the users of both sides do, of time that passes, of packets that are
 * lost and of bytes changed on the wire. When all have hung up and 64*T1 went by, nothing may be left.
 */
#include "tests/fuzz/replay.h"
#include "tests/unit/sip/session_world.h"

#include <string.h>

enum { PROGRAM_MAX = 400, PARTIES_MAX = 6 };

struct program {
    const uint8_t *p;
    size_t n;
    bool armed; /* the next packet is changed */
    uint8_t where, what, how;
};

static uint8_t next(struct program *g)
{
    if (!g->n)
        return 0;
    g->n--;
    return *g->p++;
}

/* One byte changed, a piece taken out, or the end cut off: where, in parts of 256 of the message. */
static void mangle(void *arg, char *bytes, size_t *n)
{
    struct program *g = arg;
    if (!g->armed || *n < 4)
        return;
    g->armed = false;
    size_t at = *n * g->where / 256, piece = MIN(1 + (size_t)g->what % 64, *n - at);
    if (g->how % 3 == 0) {
        bytes[at] = (char)g->what;
    } else if (g->how % 3 == 1) {
        memmove(bytes + at, bytes + at + piece, *n - at - piece);
        *n -= piece;
    } else {
        *n = at + 1;
    }
}

static struct party *party_at(struct world *w, unsigned k)
{
    struct party *p = w->parties;
    while (p && k-- > 0)
        p = p->next;
    return p;
}

static void act_on_call(struct party *p, uint8_t what, uint8_t arg)
{
    static const char *const names[] = {"x1", "x2", "x3", "x4"};
    struct view sdp = arg & 4 ? sdp_named(names[arg & 3]) : no_text();
    switch (what % 5) {
    case 0:
        sip_session_progress(p->s, arg & 8 ? 183 : 180, sdp, no_text());
        break;
    case 1:
        sip_session_accept(p->s, sdp_named(names[arg & 3]));
        break;
    case 2:
        sip_session_end(p->s, 486, no_text(), no_text());
        break;
    case 3:
        (void)!sip_session_offer(p->s, sdp_named(names[arg & 3]));
        break;
    default:
        sip_session_answer_offer(p->s, sdp_named(names[arg & 3]));
        break;
    }
}

static void act_in_call(struct party *p, uint8_t what, uint8_t arg)
{
    struct sip_session_identity who = {VIEW("Zoe"), VIEW("sip:7@x"), arg & 1, arg & 2};
    switch (what % 5) {
    case 0:
        sip_session_refuse_offer(p->s, 488);
        break;
    case 1:
        sip_session_identify(p->s, &who);
        break;
    case 2:
        sip_session_info(p->s, VIEW("text/plain"), VIEW("x"));
        break;
    case 3:
        sip_session_refer_progress(p->s, arg & 1 ? 200 : 180);
        break;
    default:
        p->auto_answer = arg & 1;
        break;
    }
}

static void step(struct world *w, struct program *g)
{
    uint8_t what = next(g), arg = next(g);
    struct party *p = party_at(w, arg >> 5);
    switch (what % 8) {
    case 0:
        world_run(w, (int64_t)arg * 10000);
        break;
    case 1:
        world_run(w, (int64_t)arg * 1000000);
        break;
    case 2:
        if (!party_at(w, PARTIES_MAX))
            party_call(w, arg & 1, arg & 2 ? "c1" : NULL);
        break;
    case 3:
        g->armed = true;
        g->where = arg;
        g->what = next(g);
        g->how = next(g);
        break;
    case 4:
        w->loss = arg % 60;
        break;
    case 5:
    case 6:
        if (p && p->s)
            act_on_call(p, what / 8, arg);
        break;
    default:
        if (p && p->s)
            act_in_call(p, what / 8, arg);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct program g = {data, MIN(size, (size_t)PROGRAM_MAX), .armed = false};
    struct world *w = world_new(next(&g));
    w->quiet = true;
    w->mangle = mangle;
    w->mangle_arg = &g;
    while (g.n)
        step(w, &g);
    w->loss = 0;
    w->mangle = NULL;
    w->side[SIDE_A].refuses = w->side[SIDE_B].refuses = true;
    for (struct party *p = w->parties; p; p = p->next)
        if (p->s)
            sip_session_end(p->s, 0, no_text(), no_text());
    world_assert_empty(w);
    world_free(w);
    return 0;
}
