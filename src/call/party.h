/* SPDX-License-Identifier: Apache-2.0
 *
 * A party of a call as shown to others, and the languages of prompts. Values.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { PARTY_NUMBER_BYTES = 48, PARTY_NAME_BYTES = 96 };

struct party {
    char number[PARTY_NUMBER_BYTES]; /* zero-ended; extension or outside number; empty: unknown */
    char name[PARTY_NAME_BYTES];     /* zero-ended UTF-8; empty: none */
    uint32_t user;                   /* model_user.id when it is one of ours, else 0 */
    bool withheld;                   /* the number is not to be shown */
};

enum language { LANGUAGE_EN, LANGUAGE_FR };
