/* SPDX-License-Identifier: Apache-2.0
 *
 * Counting what a source has had in this second: see limit_priv.h.
 */
#include "net/limit_priv.h"

#include <string.h>

void limit_init(struct limit *l, const struct entropy *e, unsigned per_second)
{
    memset(l, 0, sizeof *l);
    l->seed = entropy_u64(e);
    l->per_second = per_second;
}

/* The finalizer of MurmurHash3: each bit of the seeded key reaches the bucket number. */
static size_t bucket_of(const struct limit *l, const struct net_addr *source)
{
    uint64_t h = net_addr_source_key(source) ^ l->seed;
    h = (h ^ h >> 33) * 0xff51afd7ed558ccdULL;
    h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53ULL;
    return (size_t)((h ^ h >> 33) % LIMIT_BUCKETS);
}

bool limit_admits(struct limit *l, const struct net_addr *source, int64_t now_us)
{
    size_t i = bucket_of(l, source);
    uint32_t second = (uint32_t)(now_us / 1000000);
    if (l->bucket[i].second != second) {
        l->bucket[i].second = second;
        l->bucket[i].count = 0;
    }
    if (l->bucket[i].count >= l->per_second)
        return false;
    l->bucket[i].count++;
    return true;
}
