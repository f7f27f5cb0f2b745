/* SPDX-License-Identifier: Apache-2.0
 *
 * What every fuzz target defines: one function that takes hostile bytes and returns 0. It keeps nothing between calls.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Something that must hold does not. By abort(): of g_error's trap libFuzzer keeps no input. */
#define fuzz_broken(...) ((void)fprintf(stderr, __VA_ARGS__), (void)fputc('\n', stderr), abort())
