/* SPDX-License-Identifier: Apache-2.0
 *
 * A folder of its own for each test, taken away after it; and a search of everything in it.
 */
#pragma once

#include <stdbool.h>

int folder_setup(void **state); /* *state becomes its path */
int folder_teardown(void **state);
bool folder_has_text(const char *folder, const char *text); /* in any file, folders below included */
