/* SPDX-License-Identifier: Apache-2.0
 *
 * Many address ranges as one set, asked for each packet: O(log n). Immutable once made, so that any thread may ask.
 */
#pragma once

#include "base/net_addr.h"

struct net_set;

struct net_set *net_set_new(const struct net_range *ranges, size_t n); /* copies; they may overlap */
void net_set_free(struct net_set *s);
bool net_set_has(const struct net_set *s, const struct net_addr *a);
