/* SPDX-License-Identifier: Apache-2.0
 *
 * Secrets at rest (SEC-16): sealed with a key that lies beside the database in a file of its own, mode 0600, so that a
 * copied database gives none away. Any thread; the key is read-only after opening.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { SEAL_KEY_BYTES = 32, SEAL_EXTRA_BYTES = 40 /* nonce and tag */ };

struct seal {
    unsigned char key[SEAL_KEY_BYTES];
};

/* Reads the key file, or makes it when `make`. ENOENT: it is not there; EILSEQ: it is not a key. */
[[gnu::warn_unused_result]] int seal_open(struct seal *s, const char *path, bool make);
void seal_release(struct seal *s); /* wipes the key */

/* Sealed bytes of n + SEAL_EXTRA_BYTES; g_free. */
void *seal_close(const struct seal *s, const char *secret, size_t n);
/* The secret, zero-ended; NULL when it was not sealed with this key. seal_forget frees it. */
char *seal_read(const struct seal *s, const void *sealed, size_t n);
void seal_forget(char *secret); /* wiped and freed; takes NULL */
