/* SPDX-License-Identifier: Apache-2.0
 *
 * What message.c and message_check.c share. Private to sip.
 */
#pragma once

#include "sip/message.h"

/* Reads and checks the headers that every message must have into *m, and says whether a wrong request is answerable. */
void message_check(struct sip_msg *m, struct sip_fault *fault);
