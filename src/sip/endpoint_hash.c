/* SPDX-License-Identifier: Apache-2.0
 *
 * Keyed hashing of what strangers name: SipHash-2-4 with 128 bits of output (Aumasson, Bernstein 2012), fed in words.
 * Any thread; no state but the caller's.
 */
#include "sip/transaction_priv.h"

#include <string.h>

static inline uint64_t rotl(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

static inline void rounds(uint64_t v[4], unsigned n)
{
    while (n--) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotl(v[1], 13) ^ v[0];
        v[3] = rotl(v[3], 16) ^ v[2];
        v[0] = rotl(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotl(v[1], 17) ^ v[2];
        v[3] = rotl(v[3], 21) ^ v[0];
        v[2] = rotl(v[2], 32);
    }
}

void sip_keyed_init(struct sip_keyed *k, const uint64_t key[2])
{
    k->v[0] = key[0] ^ 0x736f6d6570736575;
    k->v[1] = key[1] ^ 0x646f72616e646f6d ^ 0xee;
    k->v[2] = key[0] ^ 0x6c7967656e657261;
    k->v[3] = key[1] ^ 0x7465646279746573;
}

void sip_keyed_add_u64(struct sip_keyed *k, uint64_t word)
{
    k->v[3] ^= word;
    rounds(k->v, 2);
    k->v[0] ^= word;
}

void sip_keyed_add(struct sip_keyed *k, struct view v)
{
    sip_keyed_add_u64(k, v.n);
    while (v.n) {
        uint64_t word = 0;
        size_t n = MIN(v.n, sizeof word);
        memcpy(&word, v.p, n);
        sip_keyed_add_u64(k, word);
        v.p += n;
        v.n -= n;
    }
}

void sip_keyed_add_nocase(struct sip_keyed *k, struct view v)
{
    sip_keyed_add_u64(k, v.n);
    while (v.n) {
        char lower[sizeof(uint64_t)] = {0};
        size_t n = MIN(v.n, sizeof lower);
        for (size_t i = 0; i < n; i++)
            lower[i] = g_ascii_tolower(v.p[i]);
        uint64_t word;
        memcpy(&word, lower, sizeof word);
        sip_keyed_add_u64(k, word);
        v.p += n;
        v.n -= n;
    }
}

struct sip_id sip_keyed_end(struct sip_keyed *k)
{
    uint64_t *v = k->v;
    v[2] ^= 0xee;
    rounds(v, 4);
    uint64_t a = v[0] ^ v[1] ^ v[2] ^ v[3];
    v[1] ^= 0xdd;
    rounds(v, 4);
    return (struct sip_id){a, v[0] ^ v[1] ^ v[2] ^ v[3]};
}

unsigned sip_id_hash(const void *id)
{
    const struct sip_id *i = id;
    return (unsigned)(((i->a ^ i->b) * 0x9e3779b97f4a7c15) >> 32);
}

int sip_id_eq(const void *a, const void *b)
{
    const struct sip_id *x = a, *y = b;
    return x->a == y->a && x->b == y->b;
}
