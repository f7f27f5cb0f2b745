/* SPDX-License-Identifier: Apache-2.0
 *
 * Sealing by libsodium's secretbox (XSalsa20, Poly1305): see seal.h.
 */
#include "store/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <sodium.h>
#include <unistd.h>

#include "store/files_priv.h"

_Static_assert(SEAL_KEY_BYTES == crypto_secretbox_KEYBYTES, "key of secretbox");
_Static_assert(SEAL_EXTRA_BYTES == crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES, "nonce and tag");

static int make_key(const char *path)
{
    unsigned char key[SEAL_KEY_BYTES];
    crypto_secretbox_keygen(key);
    int r = file_write_new(path, key, sizeof key);
    sodium_memzero(key, sizeof key);
    return r;
}

static int read_key(struct seal *s, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno;
    ssize_t n = read(fd, s->key, sizeof s->key);
    char more;
    bool whole = n == (ssize_t)sizeof s->key && read(fd, &more, 1) == 0;
    close(fd);
    return whole ? 0 : EILSEQ;
}

int seal_open(struct seal *s, const char *path, bool make)
{
    if (sodium_init() < 0)
        return EIO;
    int r = read_key(s, path);
    if (r == ENOENT && make) {
        r = make_key(path);
        if (r == 0 || r == EEXIST) /* another process may have been faster */
            r = read_key(s, path);
    }
    return r;
}

void seal_release(struct seal *s)
{
    sodium_memzero(s->key, sizeof s->key);
}

void *seal_close(const struct seal *s, const char *secret, size_t n)
{
    unsigned char *out = g_malloc(n + SEAL_EXTRA_BYTES);
    randombytes_buf(out, crypto_secretbox_NONCEBYTES);
    crypto_secretbox_easy(out + crypto_secretbox_NONCEBYTES, (const unsigned char *)secret, n, out, s->key);
    return out;
}

char *seal_read(const struct seal *s, const void *sealed, size_t n)
{
    if (n < SEAL_EXTRA_BYTES)
        return NULL;
    const unsigned char *in = sealed;
    char *secret = g_malloc(n - SEAL_EXTRA_BYTES + 1);
    if (crypto_secretbox_open_easy((unsigned char *)secret, in + crypto_secretbox_NONCEBYTES,
                                   n - crypto_secretbox_NONCEBYTES, in, s->key) != 0) {
        g_free(secret);
        return NULL;
    }
    secret[n - SEAL_EXTRA_BYTES] = '\0';
    return secret;
}

void seal_forget(char *secret)
{
    if (!secret)
        return;
    sodium_memzero(secret, strlen(secret));
    g_free(secret);
}
