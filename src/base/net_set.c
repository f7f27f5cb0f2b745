/* SPDX-License-Identifier: Apache-2.0
 *
 * A set of address ranges: see net_set.h. Sorted spans that do not overlap, found by halving.
 */
#include "base/net_set.h"

#include <glib.h>
#include <string.h>

struct place { /* of an address in one order of all: family first */
    uint8_t octet[17];
};

struct span {
    struct place first, last;
};

struct net_set {
    size_t n;
    struct span span[];
};

static struct place place_of(const struct net_addr *a)
{
    struct place p = {{a->family}};
    memcpy(p.octet + 1, a->ip, sizeof a->ip);
    return p;
}

static int compare(const struct place *a, const struct place *b)
{
    return memcmp(a->octet, b->octet, sizeof a->octet);
}

static int by_first(const void *a, const void *b)
{
    return compare(&((const struct span *)a)->first, &((const struct span *)b)->first);
}

static struct span span_of(const struct net_range *r)
{
    struct span s = {place_of(&r->base), place_of(&r->base)};
    unsigned all = r->base.family == NET_IP6 ? 128 : 32;
    for (unsigned bit = r->bits; bit < all; bit++) {
        uint8_t mask = (uint8_t)(0x80 >> bit % 8);
        s.first.octet[1 + bit / 8] &= (uint8_t)~mask;
        s.last.octet[1 + bit / 8] |= mask;
    }
    return s;
}

struct net_set *net_set_new(const struct net_range *ranges, size_t n)
{
    struct net_set *s = g_malloc0(sizeof *s + n * sizeof s->span[0]);
    for (size_t i = 0; i < n; i++)
        s->span[i] = span_of(&ranges[i]);
    qsort(s->span, n, sizeof s->span[0], by_first);
    for (size_t i = 0; i < n; i++) { /* ranges lie apart or one in the other: the inner ones go */
        if (s->n && compare(&s->span[i].last, &s->span[s->n - 1].last) <= 0)
            continue;
        s->span[s->n++] = s->span[i];
    }
    return s;
}

void net_set_free(struct net_set *s)
{
    g_free(s);
}

bool net_set_has(const struct net_set *s, const struct net_addr *a)
{
    if (s->n == 0)
        return false;
    struct place p = place_of(a);
    size_t from = 0, to = s->n; /* the last span that begins at or before p lies below `to` */
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (compare(&s->span[middle].first, &p) <= 0)
            from = middle + 1;
        else
            to = middle;
    }
    return to > 0 && compare(&p, &s->span[to - 1].last) <= 0;
}
