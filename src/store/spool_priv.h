/* SPDX-License-Identifier: Apache-2.0
 *
 * The journal's files: DIR/journal/NNNNNNNN.log, appended to in turn, read back from any place, deleted when applied.
 * And DIR/reserve, room kept for records so that a full disk does not lose them at once (H1). The journal's thread.
 */
#pragma once

#include "store/apply_priv.h"

enum { SPOOL_FILE_BYTES = 8 << 20, SPOOL_RESERVE_BYTES = 16 << 20 };

struct spool {
    char *folder, *reserve;
    int fd;             /* of the file appended to; -1: none yet */
    int lock;           /* on the folder: ours alone while we live; -1: not held */
    struct place end;   /* where the next line goes */
    int64_t first_file; /* of this run: what is in files before it was written by an earlier one */
    int64_t last_ms;    /* the latest time in the files of earlier runs: its last sign of life */
    uint64_t backlog;   /* bytes that were there at the start */
};

/* EBUSY: another process has it open. */
[[gnu::warn_unused_result]] int spool_open(struct spool *s, const char *dir);
void spool_close(struct spool *s);

/* On disk when it returns 0; else nothing of it is in the file. */
[[gnu::warn_unused_result]] int spool_append(struct spool *s, const char *p, size_t n);

/* The bytes of a file from an offset on; "" when it is not there. g_free. */
char *spool_read(const struct spool *s, struct place from, size_t *ret_n);
/* Deletes files before that one, but for the last of them, which knows when we lived. */
void spool_drop(const struct spool *s, int64_t file);

/* 16 MB, or 5 % of a small disk. 0 when it is there or was made. */
[[gnu::warn_unused_result]] int spool_make_reserve(const struct spool *s);
/* True when there was one to give up. */
bool spool_give_reserve(const struct spool *s);
