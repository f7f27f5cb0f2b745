/* SPDX-License-Identifier: Apache-2.0
 *
 * The journal: facts leave the signalling thread, are on disk soon after, and end in the database (C1, C3, H1, H3).
 *
 *   signalling ── copy ──> queue ──> writer thread ── append, one fdatasync a batch ──> DIR/journal/NNNNNNNN.log
 *                                          └── one transaction a batch, with the place reached ──> carillon.db
 *
 * While the database is away the files grow (the spool, up to a limit) and are read back when it returns. At the start
 * what was not applied is applied, then calls that a crash left open are closed as lost_in_crash with the time of the
 * last sign of life. Applying a fact twice changes nothing.
 *
 * The ports may be called by one thread, the rest by any.
 */
#pragma once

#include "call/ports.h"
#include "model/binding_row.h"

struct journal;

struct journal_options {
    const char *dir;    /* the data folder; its store was opened before, so the schema is there */
    unsigned gather_ms; /* how long facts are gathered for one fdatasync; 0: 50 */
    uint64_t
        spool_max_bytes; /* of facts not yet in the database; 0: 512 MB, about 250,000 calls. Past it they are lost */
};
[[gnu::warn_unused_result]] int journal_open(const struct journal_options *o, struct journal **ret);
/* Writes and applies what is left (waits up to 5 s for the database), ends the thread. Takes NULL. */
void journal_close(struct journal *j);

struct journal_port journal_port(struct journal *j);
struct binding_port journal_binding_port(struct journal *j);

/* Waits until all facts given so far are on disk; ETIMEDOUT. */
[[gnu::warn_unused_result]] int journal_flush(struct journal *j, unsigned timeout_ms);
/* Waits until they and the bindings are in the database too; ETIMEDOUT. */
[[gnu::warn_unused_result]] int journal_settle(struct journal *j, unsigned timeout_ms);

/* What is wrong now, as bits; also logged when it begins and ends. Any thread. */
enum journal_alarm {
    JOURNAL_DATABASE_AWAY = 1, /* facts are spooled */
    JOURNAL_DISK_FULL = 2,     /* the reserve was given up, or not even that was enough */
    JOURNAL_FACTS_LOST = 4,    /* spool or queue was full; stays until restart */
};
unsigned journal_alarms(const struct journal *j);
/* CPU time of the writer thread so far, for the bench. */
int64_t journal_cpu_us(const struct journal *j);
