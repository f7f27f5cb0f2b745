/* SPDX-License-Identifier: Apache-2.0
 *
 * D6: calls over UDP on a network that loses datagrams, each way. At 5 % every call completes, at 10 % 999 of 1,000 do:
 * set up, heard in both directions, held and resumed, hung up on both sides, one record.
 */
#include "tests/sim/phone.h"

#include <stdio.h>
#include <string.h>

#define S ((int64_t)1000000)

struct pair {
    struct phone_call *caller, *callee;
};

static bool both_talk(void *arg)
{
    struct pair *p = arg;
    return p->caller->state == PHONE_TALKS && p->callee && p->callee->state == PHONE_TALKS &&
           phone_hears(p->caller, p->callee) && phone_hears(p->callee, p->caller);
}

static bool both_over(void *arg)
{
    struct pair *p = arg;
    return !p->caller->session && !p->callee->session;
}

static bool registered(void *arg)
{
    return ((struct phone *)arg)->registered_status == 200;
}

/* One call in a world of its own; NULL when all went well, else where it stopped. */
static const char *one_call(uint64_t seed, unsigned loss_permille)
{
    struct world w;
    struct phone a, b;
    struct pair p = {0};
    const char *stopped = NULL;
    world_open(&w, seed);
    net_set_weather(w.net, &(struct net_weather){20000, 10000, loss_permille, 0});
    phone_open(&a, &w, 0, 0, SIP_UDP);
    phone_open(&b, &w, 1, 1, SIP_UDP);
    b.manner = PHONE_ANSWERS;
    phone_register(&a, 3600);
    phone_register(&b, 3600);
    if (!world_until(&w, registered, &a, 40 * S) || !world_until(&w, registered, &b, 40 * S)) {
        stopped = "registering";
    } else {
        p.caller = phone_dial(&a, "101");
        for (int i = 0; i < 400 && !p.callee && p.caller->state != PHONE_ENDED; i++) {
            world_run(&w, S / 10);
            p.callee = phone_last(&b);
        }
        if (!p.callee || !world_until(&w, both_talk, &p, 40 * S))
            stopped = "setting up";
    }
    if (!stopped) {
        (void)phone_hold(p.caller, true);
        world_run(&w, 35 * S);
        (void)phone_hold(p.caller, false);
        if (!world_until(&w, both_talk, &p, 40 * S))
            stopped = "resuming";
        phone_hang_up(p.caller);
        if (!stopped && !world_until(&w, both_over, &p, 80 * S))
            stopped = "hanging up";
    }
    if (!stopped && w.records->len != 1)
        stopped = "recording";
    net_set_weather(w.net, &(struct net_weather){.delay_us = 1000});
    phone_register(&a, 0);
    phone_register(&b, 0);
    world_run(&w, 80 * S);
    phone_close(&a);
    phone_close(&b);
    world_close(&w);
    if (!stopped && w.faults->len)
        stopped = "leaving nothing behind";
    g_ptr_array_unref(w.faults);
    g_string_free(w.ladder, TRUE);
    return stopped;
}

static unsigned run(unsigned loss_permille, unsigned calls)
{
    unsigned failed = 0;
    for (unsigned i = 0; i < calls; i++) {
        const char *stopped = one_call(1000 + i, loss_permille);
        if (!stopped)
            continue;
        failed++;
        (void)printf("loss %u %%, seed %u: stopped at %s\n", loss_permille / 10, 1000 + i, stopped);
    }
    (void)printf("loss %u %%: %u of %u calls complete\n", loss_permille / 10, calls - failed, calls);
    return failed;
}

int main(void)
{
    unsigned at_5 = run(50, 1000), at_10 = run(100, 1000);
    return at_5 > 0 || at_10 > 1;
}
