/* SPDX-License-Identifier: Apache-2.0
 *
 * Random bytes with fast key erasure: each thread has a ChaCha20 key that makes 1 KiB at a time and the next key; what
 * was given out is wiped. A thread seeds itself from the kernel, and again after each 1 MiB.
 */
#include "sys/random.h"

#include <pthread.h>
#include <sodium/core.h> /* not sodium.h: it declares a member with a banned name */
#include <sodium/crypto_stream_chacha20.h>
#include <sodium/utils.h>
#include <stdio.h>
#include <unistd.h>

enum { KEY_BYTES = crypto_stream_chacha20_KEYBYTES, POOL_BYTES = 1024, FILLS_PER_SEED = 1024 };

static _Thread_local struct {
    uint8_t key[KEY_BYTES];
    uint8_t pool[POOL_BYTES];
    size_t left;    /* unused bytes, at the end of pool */
    unsigned fills; /* until the next seed */
} own;

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start(void)
{
    if (sodium_init() < 0) {
        (void)fputs("no random numbers: libsodium does not start\n", stderr);
        abort();
    }
}

static void seed(void)
{
    (void)pthread_once(&once, start);
    if (getentropy(own.key, KEY_BYTES) != 0) {
        (void)fputs("no random numbers: the kernel gives none\n", stderr);
        abort();
    }
    own.fills = FILLS_PER_SEED;
}

static void refill(void)
{
    static const uint8_t nonce[crypto_stream_chacha20_NONCEBYTES]; /* a key is used once */
    uint8_t out[KEY_BYTES + POOL_BYTES];
    if (own.fills == 0)
        seed();
    own.fills--;
    (void)crypto_stream_chacha20(out, sizeof out, nonce, own.key);
    memcpy(own.key, out, KEY_BYTES);
    memcpy(own.pool, out + KEY_BYTES, POOL_BYTES);
    sodium_memzero(out, sizeof out);
    own.left = POOL_BYTES;
}

static void fill(void *arg, void *dst, size_t bytes)
{
    (void)arg;
    uint8_t *to = dst;
    while (bytes) {
        if (own.left == 0)
            refill();
        size_t n = bytes < own.left ? bytes : own.left;
        uint8_t *from = own.pool + POOL_BYTES - own.left;
        memcpy(to, from, n);
        sodium_memzero(from, n);
        own.left -= n;
        to += n;
        bytes -= n;
    }
}

const struct entropy *random_entropy(void)
{
    static const struct entropy port = {fill, NULL};
    return &port;
}
