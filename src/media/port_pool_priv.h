/* SPDX-License-Identifier: Apache-2.0
 *
 * Pairs of UDP ports out of one range, picked at random (NET-3): the even one for RTP, the next for RTCP. Pure; belongs
 * to the signalling thread.
 */
#pragma once

#include "base/entropy.h"

struct port_pool;

enum { PORT_RANGE_MIN = 20 };
/* first is even, at least PORT_RANGE_MIN ports up to and with last: else NULL. */
struct port_pool *port_pool_new(uint16_t first, uint16_t last);
void port_pool_free(struct port_pool *pool);

/* The even port of a free pair, now taken; 0: none is free. */
uint16_t port_pool_take(struct port_pool *pool, const struct entropy *entropy);
void port_pool_give(struct port_pool *pool, uint16_t even_port);
unsigned port_pool_taken(const struct port_pool *pool); /* pairs */
