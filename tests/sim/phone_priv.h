/* SPDX-License-Identifier: Apache-2.0
 *
 * What phone.c and phone_call.c share.
 */
#pragma once

#include "tests/sim/phone.h"

void phone_call_comes(struct phone *p, struct sip_server *txn);
void phone_call_free(struct phone_call *c);
