/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading a Via in two degrees: a request whose Via has a sound sent-by but broken parameters can still be answered.
 * Private to sip.
 */
#pragma once

#include "sip/message.h"
#include "sip/params_priv.h"

enum via_read {
    VIA_GOOD,
    VIA_BAD_PARAMS, /* sent-by and transport were read */
    VIA_BAD
};

enum via_read via_read(struct view value, struct sip_via *ret);
