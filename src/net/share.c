/* SPDX-License-Identifier: Apache-2.0
 *
 * Shares of strangers and who has none: see share_priv.h.
 */
#include "net/share_priv.h"

#include <string.h>

/* What one address may still have, by how much all strangers had in this second. The last step bounds the work that a
 * flood from however many addresses makes: 20,000 refusals a second are an eighth of one processor. */
static const struct {
    unsigned taken_below, each;
} steps[] = {{5000, SHARE_ONE_MAX}, {10000, 10}, {20000, 2}};

static uint64_t mixed(uint64_t h)
{
    h = (h ^ h >> 33) * 0xff51afd7ed558ccdULL; /* the finalizer of MurmurHash3 */
    h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53ULL;
    return h ^ h >> 33;
}

/* Address and port, seeded: nobody can choose whose place he takes. Never 0. */
static uint64_t key_of(const struct share *s, const struct net_addr *a)
{
    uint64_t part[2];
    memcpy(part, a->ip, sizeof part);
    return mixed(mixed(mixed(s->seed ^ part[0]) ^ part[1]) ^ ((uint64_t)a->port << 8 | a->family)) | 1;
}

void share_init(struct share *s, const struct entropy *e)
{
    s->seed = entropy_u64(e);
    limit_init(&s->limit, e, SHARE_ONE_MAX);
}

void share_trust(struct share *s, const struct net_addr *source, int64_t now_us)
{
    uint64_t key = key_of(s, source);
    struct share_trusted *set = s->trusted[(key >> 1) % SHARE_SETS], *place = set;
    for (unsigned i = 0; i < SHARE_WAYS; i++) {
        if (set[i].key == key) {
            place = &set[i];
            break;
        }
        if (place->key && (!set[i].key || set[i].since_s < place->since_s))
            place = &set[i];
    }
    *place = (struct share_trusted){key, (uint32_t)(now_us / 1000000)};
}

static bool is_trusted(const struct share *s, const struct net_addr *source, uint32_t now_s)
{
    uint64_t key = key_of(s, source);
    const struct share_trusted *set = s->trusted[(key >> 1) % SHARE_SETS];
    for (unsigned i = 0; i < SHARE_WAYS; i++)
        if (set[i].key == key)
            return now_s - set[i].since_s < SHARE_TRUST_S;
    return false;
}

enum share_verdict share_judge(struct share *s, const struct net_addr *source, int64_t now_us)
{
    uint32_t second = (uint32_t)(now_us / 1000000);
    if (is_trusted(s, source, second))
        return SHARE_TRUSTED;
    if (s->second != second) {
        s->second = second;
        s->strangers = 0;
    }
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (s->strangers >= steps[i].taken_below)
            continue;
        s->limit.per_second = steps[i].each;
        if (!limit_admits(&s->limit, source, now_us))
            break;
        s->strangers++;
        return SHARE_STRANGER;
    }
    return SHARE_TOO_MUCH;
}
