/* SPDX-License-Identifier: Apache-2.0
 *
 * The number plan of the company: what is free. Pure.
 */
#pragma once

#include "model/snapshot.h"

enum { NUMBERING_NUMBER_BYTES = 8, NUMBERING_LOGIN_BYTES = 24 };

/* The lowest free extension from first_extension on (USER-1); false: the plan is used up. */
bool numbering_next(const struct model *m, char dst[NUMBERING_NUMBER_BYTES]);
/* A free login name for a device of that number: the number itself, else number-2 and so on. */
void numbering_login(const struct model *m, const char *number, char dst[NUMBERING_LOGIN_BYTES]);
