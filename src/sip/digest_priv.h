/* SPDX-License-Identifier: Apache-2.0
 *
 * What digest.c and digest_parse.c share. Private to sip.
 */
#pragma once

#include "sip/digest.h"

/* "SHA-256", "MD5", without case; the session variants are not known. */
[[gnu::warn_unused_result]] bool digest_algorithm_parse(struct view name, enum digest_algorithm *ret);
