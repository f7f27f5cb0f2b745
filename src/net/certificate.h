/* SPDX-License-Identifier: Apache-2.0
 *
 * The self-made TLS certificate of the first start (NET-15): an authority (ECDSA P-256, 10 years) and a server
 * certificate under it (397 days) for host names and addresses. Start-up and work threads.
 */
#pragma once

#include "base/view.h"

struct certificate_files {
    char *cert_file, *key_file, *authority_file; /* PEM paths below the data folder; keys 0600 */
};

/* Finds or makes them in dir (renewed at two thirds of its life, or when a name is missing). names: NULL-ended, host
 * names and addresses. 0 or errno. */
[[gnu::warn_unused_result]] int certificate_ensure(const char *dir, const char *const *names,
                                                   struct certificate_files *ret);
void certificate_files_release(struct certificate_files *f);
/* "AA:BB:…" SHA-256 of the certificate in the file, zero-ended; false when unreadable. */
bool certificate_fingerprint(const char *cert_file, char ret[96]);
