/* SPDX-License-Identifier: Apache-2.0
 *
 * How often a source may have something in a second, in fixed memory: sources share buckets by a seeded hash, so a
 * flood from many addresses costs no memory (D2, D7). One thread.
 */
#pragma once

#include "base/entropy.h"
#include "base/net_addr.h"

enum { LIMIT_BUCKETS = 4096 };

struct limit {
    uint64_t seed;
    unsigned per_second;
    struct {
        uint32_t second;
        uint32_t count;
    } bucket[LIMIT_BUCKETS];
};

void limit_init(struct limit *l, const struct entropy *e, unsigned per_second);
/* Counts one of this source; false when it had its share of this second. */
bool limit_admits(struct limit *l, const struct net_addr *source, int64_t now_us);
