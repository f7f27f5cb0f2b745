/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is heard how much by UDP (D2): phones that have signed in and peers without limit; of strangers each address only
 * so much, and less of each the more they are together, so that a new phone still comes through a flood. Judged before
 * a byte is parsed, in fixed memory. One thread.
 */
#pragma once

#include "net/limit_priv.h"

enum {
    SHARE_SETS = 16384, /* trusted sources: four in each set, the oldest goes */
    SHARE_WAYS = 4,
    SHARE_TRUST_S = 7200, /* since the last sign-in: twice the longest registration */
    SHARE_ONE_MAX = 1000, /* messages a second of one unknown address: an office behind NAT that starts anew */
};

struct share_trusted {
    uint64_t key; /* 0: none */
    uint32_t since_s;
};

struct share {
    uint64_t seed;
    struct limit limit;
    uint32_t second;
    unsigned strangers; /* messages of them taken in this second */
    struct share_trusted trusted[SHARE_SETS][SHARE_WAYS];
};

/* s is zeroed: a megabyte of which only what is used is ever touched. */
void share_init(struct share *s, const struct entropy *e);
void share_trust(struct share *s, const struct net_addr *source, int64_t now_us);
enum share_verdict { SHARE_TRUSTED, SHARE_STRANGER, SHARE_TOO_MUCH };
/* Counts one message of this source; TOO_MUCH: it is not to be heard now. */
enum share_verdict share_judge(struct share *s, const struct net_addr *source, int64_t now_us);
