/* SPDX-License-Identifier: Apache-2.0
 *
 * How many calls each user and each peer has (CALL-14, STAT-13): counted as they come and go, so that a limit costs one
 * look-up. A user has a call while a leg of his talks or is his own attempt, and while he is rung. Signalling thread.
 */
#pragma once

#include "call/core.h"

struct load;

struct load_count {
    uint32_t calls;   /* legs that talk, or that called us */
    uint32_t ringing; /* dials that ring him */
};

enum load_of { LOAD_USER, LOAD_PEER };

struct load *load_new(void);
void load_free(struct load *l);
struct load_count load_get(const struct load *l, enum load_of of, uint32_t id);
void load_add_call(struct load *l, enum load_of of, uint32_t id, int by); /* by 1 or -1; id 0 is nobody */
void load_add_ringing(struct load *l, enum load_of of, uint32_t id, int by);
