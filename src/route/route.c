/* SPDX-License-Identifier: Apache-2.0
 *
 * The routing decision: see route.h. Pure; any thread.
 */
#include "route/route.h"

#include <string.h>

const char *route_rule_name(enum route_rule r)
{
    static const char *const names[ROUTE_RULES] = {
        [ROUTE_RULE_EXTENSION] = "extension",
        [ROUTE_RULE_USER_DISABLED] = "user_disabled",
        [ROUTE_RULE_CALLER_DISABLED] = "caller_disabled",
        [ROUTE_RULE_PREFIX] = "prefix",
        [ROUTE_RULE_PEER_DISABLED] = "peer_disabled",
        [ROUTE_RULE_NO_TRANSIT] = "no_transit",
        [ROUTE_RULE_NO_MATCH] = "no_match",
        [ROUTE_RULE_NOT_A_NUMBER] = "not_a_number",
        [ROUTE_RULE_HOPS] = "hops",
    };
    return names[r];
}

static void step(struct route_decision *d, enum route_rule rule, uint32_t object, const char *name)
{
    if (d->n_steps < ROUTE_STEPS_MAX)
        d->step[d->n_steps++] = (struct route_step){rule, object, name};
}

static void to_user(const struct model_user *user, struct route_decision *d)
{
    step(d, user->enabled ? ROUTE_RULE_EXTENSION : ROUTE_RULE_USER_DISABLED, user->id, user->name);
    d->outcome = user->enabled ? ROUTE_USER : ROUTE_FORBIDDEN;
    d->user = user->enabled ? user : NULL;
}

/* The enabled peer with the longest prefix of the number. Of those that are off, the longest is told: a person would
 * ask why it was not used. */
static const struct model_peer *peer_for(const struct model *m, const char *number, struct route_decision *d)
{
    const struct model_peer *const *peers;
    size_t n = model_peers(m, &peers);
    const struct model_peer *best[2] = {NULL, NULL}; /* off, on */
    for (size_t i = 0; i < n; i++) {
        size_t length = strlen(peers[i]->prefix);
        const struct model_peer **so_far = &best[peers[i]->enabled];
        if (length == 0 || strncmp(number, peers[i]->prefix, length) != 0)
            continue;
        if (!*so_far || strlen((*so_far)->prefix) < length)
            *so_far = peers[i];
    }
    if (best[0] && (!best[1] || strlen(best[0]->prefix) > strlen(best[1]->prefix)))
        step(d, ROUTE_RULE_PEER_DISABLED, best[0]->id, best[0]->name);
    if (best[1])
        step(d, ROUTE_RULE_PREFIX, best[1]->id, best[1]->name);
    return best[1];
}

static bool caller_may_call(const struct model *m, const struct route_query *q, struct route_decision *d)
{
    if (q->peer)
        return true;
    const struct model_user *caller = model_user_by_id(m, q->user);
    if (caller && caller->enabled)
        return true;
    step(d, ROUTE_RULE_CALLER_DISABLED, q->user, caller ? caller->name : NULL);
    return false;
}

/* What may be put into a peer's request URI (CALL-1: at most 32 digits). */
static bool is_number(const char *number)
{
    size_t length = strspn(number, "0123456789+*#");
    return number[length] == '\0' && length <= ROUTE_DIGITS_MAX;
}

void route_decide(const struct model *m, const struct route_query *q, struct route_decision *ret)
{
    *ret = (struct route_decision){.outcome = ROUTE_WRONG_NUMBER};
    if (q->max_forwards == 0) {
        step(ret, ROUTE_RULE_HOPS, 0, NULL);
        ret->outcome = ROUTE_LOOP;
        return;
    }
    if (!caller_may_call(m, q, ret)) {
        ret->outcome = ROUTE_FORBIDDEN;
        return;
    }
    const struct model_user *user = model_user_by_number(m, q->number);
    if (user) {
        to_user(user, ret);
        return;
    }
    if (!is_number(q->number)) {
        step(ret, ROUTE_RULE_NOT_A_NUMBER, 0, NULL);
        return;
    }
    const struct model_peer *peer = peer_for(m, q->number, ret);
    if (!peer) {
        step(ret, ROUTE_RULE_NO_MATCH, 0, NULL);
        return;
    }
    if (q->peer) { /* a trunk is no way out for who comes by a trunk (F6), nor for our own call sent back */
        step(ret, ROUTE_RULE_NO_TRANSIT, peer->id, peer->name);
        ret->outcome = ROUTE_FORBIDDEN;
        return;
    }
    ret->peer = peer;
    ret->outcome = ROUTE_PEER;
}
