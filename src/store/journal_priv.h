/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the journal. What is between the ports' thread and the writer is under `lock`; the rest is the writer's
 * alone.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "store/journal.h"
#include "store/spool_priv.h"

enum {
    JOURNAL_QUEUE_MAX = 20000,     /* facts waiting for the disk; about 60 MB */
    JOURNAL_BATCH_MAX = 1000,      /* facts of one write and one transaction */
    JOURNAL_ALIVE_US = 4000000,    /* sign of life while calls run: the end of lost ones is known within 5 s (C3) */
    JOURNAL_RETRY_US = 500000,     /* database or disk, when they failed */
    JOURNAL_BINDINGS_US = 1000000, /* registrations are gathered that long */
    JOURNAL_RESERVE_US = 2000000,  /* between tries to make a reserve anew */
    JOURNAL_APPLY_US = 500000,     /* facts on disk are gathered that long for one transaction */
    JOURNAL_BUSY_MS = 100,         /* for a lock; the next facts wait meanwhile */
};

struct binding_change {
    struct binding_change *next;
    bool gone;
    char *name; /* "device key": a later change of the same takes its place */
    struct binding_row row;
};

struct journal {
    pthread_t thread;
    atomic_uint alarms;

    pthread_mutex_t lock;
    pthread_cond_t wake, reached;
    struct fact *head, **tail;
    struct binding_change *change, **change_tail;
    unsigned queued;                  /* facts in the queue and with the writer, not yet on disk */
    uint64_t given, written, applied; /* facts */
    uint64_t changes_given, changes_applied;
    bool hurry, stop;

    /* the writer's */
    struct fact *held, **held_tail; /* taken, not on disk yet */
    struct fact *done;              /* on disk, not in the database yet, oldest first; empty while behind */
    struct fact **done_tail;
    unsigned n_done;
    struct spool spool;
    struct db *db; /* NULL: not open */
    char *database;
    GString *bytes, *scratch;
    GHashTable *open;     /* ids of running calls */
    GHashTable *bindings; /* name -> binding_change, not in the database yet */
    uint64_t changes_taken;
    struct place applied_to;
    uint64_t backlog; /* bytes on disk and not applied */
    bool behind;      /* the database has not all that is on disk; facts go there through the files */
    bool saving;      /* the disk is full: what room there is, is for the files, not the database */
    bool recovered;   /* calls of an earlier run are closed */
    struct {          /* monotonic: the last line; the earliest next try or turn of the others */
        int64_t line_us, retry_us, disk_retry_us, apply_us, bindings_us, reserve_us;
    } at;
    unsigned gather_ms;
    uint64_t spool_max;
};

void *journal_run(void *journal);
/* Reads back what is on disk and not applied; then `behind` is false, if the database is there. */
void journal_catch_up(struct journal *j);
/* Applies what is done; on failure it comes back through the files. */
void journal_apply(struct journal *j);
void journal_forget_done(struct journal *j);
/* From now on facts go to the database through the files. */
void journal_fall_behind(struct journal *j);
void journal_apply_bindings(struct journal *j);
void journal_alarm(struct journal *j, enum journal_alarm a, bool on);
