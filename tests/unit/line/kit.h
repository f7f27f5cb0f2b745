/* SPDX-License-Identifier: Apache-2.0
 *
 * A line in a box for tests: a company in memory, virtual time, and what was sent. Requests are written as text; the
 * digest answer is made as a phone would make it.
 */
#pragma once

#include "line/line.h"
#include "sip/digest.h"

#include <glib.h>

struct kit {
    struct timers *timers;
    struct entropy entropy;
    uint64_t seed;
    struct model *model;
    struct line *line;
    GPtrArray *sent; /* zero-ended texts, oldest first */
    struct sip_flow flow;

    unsigned notices;
    int64_t waited_us; /* what the next message has waited to be read */
};

enum { KIT_USERS = 3 }; /* 100, 101, 102: account names alike, secret "secret-100" … */

/* The company with other secrets than "secret-100"; model_unref. */
struct model *kit_company(const char *word);
void kit_open(struct kit *k);
void kit_close(struct kit *k);
void kit_advance(struct kit *k, int64_t us);
/* Sends a message from the kit's flow and returns the answer that came last (NULL: none came). */
const char *kit_say(struct kit *k, const char *text);
/* REGISTER of an account, answering the challenge. extra: further lines. Returns the last answer. */
const char *kit_register(struct kit *k, const char *account, const char *secret, const char *extra);
/* Status of an answer; 0: none. */
unsigned kit_status(const char *answer);
/* A header line of an answer, newly allocated, or NULL. */
char *kit_header(const char *answer, const char *name);
/* The Authorization line of a REGISTER for a challenge answer. */
char *kit_authorize(const char *challenge_answer, enum digest_algorithm a, const char *account, const char *secret,
                    unsigned nc);
