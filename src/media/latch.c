/* SPDX-License-Identifier: Apache-2.0
 *
 * Whose packets count: see latch_priv.h.
 */
#include "media/latch_priv.h"

#include <stddef.h>

static bool reachable(const struct net_addr *a)
{
    return !net_addr_is_any(a) && a->port != 0 && !net_addr_is_multicast(a);
}

bool latch_set(struct latch *l, const struct net_addr *signalled, const struct net_addr *peer, bool strict)
{
    if (!reachable(signalled) || (l->state != LATCH_CLOSED && net_addr_eq(&l->signalled, signalled)))
        return false;
    *l = (struct latch){
        .signalled = *signalled, .peer = *peer, .actual = *signalled, .state = strict ? LATCH_LOCKED : LATCH_OPEN};
    return true;
}

static bool known_host(const struct latch *l, const struct net_addr *from)
{
    return net_addr_eq_host(from, &l->peer) || net_addr_eq_host(from, &l->signalled);
}

static bool accept_open(struct latch *l, const struct net_addr *from, int64_t now_us)
{
    if (net_addr_eq(from, &l->signalled)) {
        l->actual = *from;
        l->state = LATCH_LOCKED;
        return true;
    }
    if (l->state == LATCH_OPEN && known_host(l, from)) {
        l->actual = *from;
        l->trial_until_us = now_us + LATCH_TRIAL_US;
        l->state = LATCH_TRIAL;
        return true;
    }
    if (l->state != LATCH_TRIAL || !net_addr_eq(from, &l->actual))
        return false;
    if (now_us >= l->trial_until_us)
        l->state = LATCH_LOCKED;
    return true;
}

bool latch_accept(struct latch *l, const struct net_addr *from, int64_t now_us)
{
    switch ((enum latch_state)l->state) {
    case LATCH_CLOSED:
        return false;
    case LATCH_OPEN:
    case LATCH_TRIAL:
        return accept_open(l, from, now_us);
    case LATCH_LOCKED:
        return net_addr_eq(from, &l->actual);
    }
    return false;
}

bool latch_knows(const struct latch *l, const struct net_addr *from)
{
    return l->state != LATCH_CLOSED && net_addr_eq(from, &l->actual);
}

const struct net_addr *latch_target(const struct latch *l)
{
    if (l->state == LATCH_CLOSED)
        return NULL;
    /* An inside address said by a peer that comes from outside is another network's: nobody of ours may get its sound.
     */
    bool outside = !net_addr_is_any(&l->peer) && !net_addr_is_private(&l->peer); /* any: a peer given by name */
    if (l->state == LATCH_OPEN && net_addr_is_private(&l->signalled) && outside)
        return NULL;
    return &l->actual;
}
