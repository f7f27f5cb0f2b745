/* SPDX-License-Identifier: Apache-2.0
 *
 * The server's nonces (RFC 7616 section 5.4): see digest.h. One thread.
 *
 *   nonce = hex( time in ms, 6 bytes | serial, 2 bytes | HMAC-SHA256(key, time | serial | source), first 8 bytes )
 *
 * It is short because strangers are answered with two of them (D7); 64 bits are guessed only by asking us.
 *
 * A nonce costs nothing until a right response used it. Then an entry remembers its highest nonce count and a bitmap of
 * the 64 below, for as long as the nonce lives. Past 65,536 entries the one first used longest ago is dropped, and
 * `floor` makes every nonce without an entry that is not younger stale: what is forgotten can't be replayed.
 */
#include "sip/digest.h"

#include <glib.h>
#include <string.h>

enum { STAMP_BYTES = 8, MAC_BYTES = 8, NONCE_BYTES = STAMP_BYTES + MAC_BYTES, KEY_BYTES = 32, NONCES_MAX = 65536 };

G_STATIC_ASSERT(NONCE_BYTES * 2 == NONCE_CHARS);

struct used {
    uint64_t stamp;   /* time in ms << 16 | serial */
    uint64_t bitmap;  /* bit i: highest - i was used */
    uint32_t highest; /* nonce count; 0 until one was used, and for a use without nonce count */
};

struct nonce_keeper {
    uint8_t key[KEY_BYTES];
    uint16_t serial;
    uint64_t floor;
    GHashTable *by_stamp; /* struct used, owned by the queue */
    GQueue oldest_first;
};

struct nonce_keeper *nonce_keeper_new(const struct entropy *entropy)
{
    struct nonce_keeper *k = g_new0(struct nonce_keeper, 1);
    entropy_fill(entropy, k->key, sizeof k->key);
    k->by_stamp = g_hash_table_new(g_int64_hash, g_int64_equal);
    g_queue_init(&k->oldest_first);
    return k;
}

void nonce_keeper_free(struct nonce_keeper *k)
{
    if (!k)
        return;
    g_hash_table_destroy(k->by_stamp);
    g_queue_clear_full(&k->oldest_first, g_free);
    explicit_bzero(k->key, sizeof k->key);
    g_free(k);
}

static void mac_make(const struct nonce_keeper *k, uint64_t stamp, uint64_t source_key, uint8_t ret[MAC_BYTES])
{
    uint8_t sum[32], text[16];
    gsize n = sizeof sum;
    uint64_t parts[2] = {GUINT64_TO_BE(stamp), GUINT64_TO_BE(source_key)};
    memcpy(text, parts, sizeof text);
    GHmac *mac = g_hmac_new(G_CHECKSUM_SHA256, k->key, sizeof k->key);
    g_hmac_update(mac, text, sizeof text);
    g_hmac_get_digest(mac, sum, &n);
    g_hmac_unref(mac);
    memcpy(ret, sum, MAC_BYTES);
}

void nonce_make(struct nonce_keeper *k, int64_t now_us, uint64_t source_key, char ret[NONCE_CHARS + 1])
{
    static const char hex[] = "0123456789abcdef";
    uint8_t raw[NONCE_BYTES];
    uint64_t stamp = (uint64_t)(now_us / 1000) << 16 | k->serial++;
    uint64_t stamp_be = GUINT64_TO_BE(stamp);
    memcpy(raw, &stamp_be, STAMP_BYTES);
    mac_make(k, stamp, source_key, raw + STAMP_BYTES);
    for (size_t i = 0; i < NONCE_BYTES; i++) {
        ret[2 * i] = hex[raw[i] >> 4];
        ret[2 * i + 1] = hex[raw[i] & 15];
    }
    ret[NONCE_CHARS] = '\0';
}

static bool nonce_read(struct view nonce, uint8_t raw[NONCE_BYTES], uint64_t *stamp)
{
    if (nonce.n != NONCE_CHARS)
        return false;
    for (size_t i = 0; i < NONCE_BYTES; i++) {
        int high = g_ascii_xdigit_value(nonce.p[2 * i]), low = g_ascii_xdigit_value(nonce.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        raw[i] = (uint8_t)(high << 4 | low);
    }
    memcpy(stamp, raw, sizeof *stamp);
    *stamp = GUINT64_FROM_BE(*stamp);
    return true;
}

static bool too_old(uint64_t stamp, int64_t now_us)
{
    return now_us / 1000 - (int64_t)(stamp >> 16) > (int64_t)NONCE_LIFE_S * 1000;
}

static bool count_was_used(const struct used *u, uint32_t nc)
{
    if (nc == 0) /* without a nonce count a nonce serves once */
        return true;
    if (nc > u->highest)
        return false;
    uint32_t back = u->highest - nc;
    return back >= 64 || (u->bitmap >> back & 1);
}

enum nonce_verdict nonce_check(struct nonce_keeper *k, struct view nonce, uint64_t source_key, uint32_t nc,
                               int64_t now_us)
{
    uint8_t raw[NONCE_BYTES], mac[MAC_BYTES];
    uint64_t stamp;
    unsigned differ = 0;
    if (!nonce_read(nonce, raw, &stamp))
        return NONCE_FOREIGN;
    mac_make(k, stamp, source_key, mac);
    for (size_t i = 0; i < MAC_BYTES; i++)
        differ |= (unsigned)(mac[i] ^ raw[STAMP_BYTES + i]);
    /* Of our form but not by this key and source: from before a restart, or the peer's address has changed. A forger
     * learns nothing by being told that it is stale. */
    if (differ || too_old(stamp, now_us))
        return NONCE_STALE;
    const struct used *u = g_hash_table_lookup(k->by_stamp, &stamp);
    if (!u)
        return stamp <= k->floor ? NONCE_STALE : NONCE_GOOD;
    return count_was_used(u, nc) ? NONCE_REPLAYED : NONCE_GOOD;
}

static void used_drop_oldest(struct nonce_keeper *k)
{
    struct used *u = g_queue_pop_head(&k->oldest_first);
    k->floor = MAX(k->floor, u->stamp);
    g_hash_table_remove(k->by_stamp, &u->stamp);
    g_free(u);
}

static void used_expire(struct nonce_keeper *k, int64_t now_us)
{
    const struct used *u;
    while ((u = g_queue_peek_head(&k->oldest_first)) && too_old(u->stamp, now_us))
        used_drop_oldest(k);
}

bool nonce_use(struct nonce_keeper *k, struct view nonce, uint32_t nc, int64_t now_us)
{
    uint8_t raw[NONCE_BYTES];
    uint64_t stamp;
    if (!nonce_read(nonce, raw, &stamp))
        return false;
    used_expire(k, now_us);
    struct used *u = g_hash_table_lookup(k->by_stamp, &stamp);
    if (u && count_was_used(u, nc))
        return false;
    if (!u) {
        if (stamp <= k->floor)
            return false;
        if (g_queue_get_length(&k->oldest_first) >= NONCES_MAX)
            used_drop_oldest(k);
        u = g_new0(struct used, 1);
        u->stamp = stamp;
        g_queue_push_tail(&k->oldest_first, u);
        g_hash_table_insert(k->by_stamp, &u->stamp, u);
    }
    if (nc > u->highest) {
        uint32_t ahead = nc - u->highest;
        u->bitmap = ahead < 64 ? u->bitmap << ahead : 0;
        u->highest = nc;
    }
    if (nc)
        u->bitmap |= 1ULL << (u->highest - nc);
    return true;
}
