/* SPDX-License-Identifier: Apache-2.0
 *
 * The system's random bytes as an entropy port: a ChaCha20 generator seeded from the kernel (libsodium), buffered so
 * that a tag costs no system call. Each thread has its own buffer; any thread may use the one port.
 */
#pragma once

#include "base/entropy.h"

/* Static; lives for ever. Ends the process when the kernel has no randomness. */
const struct entropy *random_entropy(void);
