/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of the data folder: only their owner reads them, and what was made is on disk before it is relied on.
 */
#pragma once

#include <stddef.h>

/* A new file, mode 0600, with its bytes and its name on disk. EEXIST: it is there. */
[[gnu::warn_unused_result]] int file_write_new(const char *path, const void *p, size_t n);
/* The folder, made with mode 0700 where it is missing (its parent is not); one that is there keeps its mode. */
[[gnu::warn_unused_result]] int folder_make(const char *path);
/* The names in a folder are on disk. */
[[gnu::warn_unused_result]] int folder_sync(const char *path);
