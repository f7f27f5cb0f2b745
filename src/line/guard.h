/* SPDX-License-Identifier: Apache-2.0
 *
 * Counting of failed sign-ins (F1, SEC-1): per account and address, and per address over all accounts. Pure, one
 * thread, bounded: the least recently failing sources are forgotten first.
 */
#pragma once

#include "base/view.h"

struct guard;

enum {
    GUARD_PAIR_TRIES = 10,     /* failed tries of one account from one address */
    GUARD_ADDRESS_TRIES = 50,  /* from one address over all accounts */
    GUARD_WINDOW_S = 600,      /* counted over this time */
    GUARD_ENTRIES_MAX = 20000, /* addresses and pairs remembered */
};

struct guard *guard_new(void);
void guard_free(struct guard *g);
void guard_set_block(struct guard *g, uint32_t block_min); /* SEC-1: 30 by default */

/* Is a try of this account from this source refused unseen? From the third failure on each one makes the next wait,
 * 250 ms at first and doubling; the tenth blocks. `account` may be empty: the address alone is asked. */
bool guard_refuses(struct guard *g, uint64_t source_key, struct view account, int64_t now_us);
/* True: with this one a block begins. */
bool guard_failed(struct guard *g, uint64_t source_key, struct view account, int64_t now_us);
/* A right sign-in clears the pair's count. */
void guard_succeeded(struct guard *g, uint64_t source_key, struct view account);
/* Blocks an address at once (known scanners, SEC-8). */
void guard_block(struct guard *g, uint64_t source_key, int64_t now_us);
size_t guard_count(const struct guard *g);
