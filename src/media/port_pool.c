/* SPDX-License-Identifier: Apache-2.0
 *
 * Pairs of UDP ports: see port_pool_priv.h. A free pair is drawn from an array of the free ones, so that it costs the
 * same in a nearly full range.
 */
#include "media/port_pool_priv.h"

#include <glib.h>

struct port_pool {
    unsigned n_free, n_pairs;
    uint16_t free_port[];
};

struct port_pool *port_pool_new(uint16_t first, uint16_t last)
{
    if (first == 0 || first % 2 != 0 || last < first || last - first + 1 < PORT_RANGE_MIN)
        return NULL;
    unsigned pairs = (unsigned)(last - first + 1) / 2;
    struct port_pool *pool = g_malloc(sizeof *pool + pairs * sizeof pool->free_port[0]);
    pool->n_free = pool->n_pairs = pairs;
    for (unsigned i = 0; i < pairs; i++)
        pool->free_port[i] = (uint16_t)(first + 2 * i);
    return pool;
}

void port_pool_free(struct port_pool *pool)
{
    g_free(pool);
}

uint16_t port_pool_take(struct port_pool *pool, const struct entropy *entropy)
{
    if (!pool->n_free)
        return 0;
    unsigned at = entropy_below(entropy, pool->n_free);
    uint16_t port = pool->free_port[at];
    pool->free_port[at] = pool->free_port[--pool->n_free];
    return port;
}

void port_pool_give(struct port_pool *pool, uint16_t even_port)
{
    g_assert(pool->n_free < pool->n_pairs);
    pool->free_port[pool->n_free++] = even_port;
}

unsigned port_pool_taken(const struct port_pool *pool)
{
    return pool->n_pairs - pool->n_free;
}
