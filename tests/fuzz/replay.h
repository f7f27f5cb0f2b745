/* SPDX-License-Identifier: Apache-2.0
 *
 * What every fuzz target defines: one function that takes hostile bytes and returns 0. It keeps nothing between calls.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
