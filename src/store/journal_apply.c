/* SPDX-License-Identifier: Apache-2.0
 *
 * From the journal into the database: at once while it is there, else later out of the files. The place reached is part
 * of each transaction, so nothing is left out and, after a kill between file and database, nothing is doubled. The
 * journal's thread.
 */
#include <errno.h>

#include "store/journal_priv.h"
#include "sys/clock.h"
#include "sys/log.h"

void journal_forget_done(struct journal *j)
{
    for (struct fact *next; j->done; j->done = next) {
        next = j->done->next;
        g_free(j->done);
    }
    j->done_tail = &j->done;
    j->n_done = 0;
}

void journal_fall_behind(struct journal *j)
{
    j->behind = true;
    j->at.retry_us = clock_monotonic_us() + JOURNAL_RETRY_US;
    journal_forget_done(j);
}

static void database_away(struct journal *j)
{
    journal_fall_behind(j);
    journal_alarm(j, JOURNAL_DATABASE_AWAY, true);
}

static int apply_done(struct journal *j)
{
    int r = db_begin(j->db);
    if (r)
        return r;
    for (struct fact *f = j->done; f && r == 0; f = f->next)
        r = apply_fact(j->db, f, j->scratch);
    if (r == 0)
        r = apply_place(j->db, j->spool.end);
    if (r == 0)
        return db_commit(j->db);
    db_rollback(j->db);
    return r;
}

static void applied_up_to(struct journal *j, struct place at)
{
    if (at.file != j->applied_to.file)
        spool_drop(&j->spool, at.file);
    j->applied_to = at;
}

void journal_apply(struct journal *j)
{
    if (!j->done)
        return;
    if (apply_done(j) != 0) {
        database_away(j);
        return;
    }
    journal_forget_done(j);
    j->backlog = 0;
    applied_up_to(j, j->spool.end);
}

/* Up to JOURNAL_BATCH_MAX lines of a file in one transaction; *rest and j->applied_to step on. */
static int replay_batch(struct journal *j, struct view *rest)
{
    int r = db_begin(j->db);
    if (r)
        return r;
    struct view at = *rest, json;
    size_t line;
    for (unsigned i = 0; i < JOURNAL_BATCH_MAX && r == 0 && (line = fact_line(at, &json)) > 0; i++) {
        struct fact *f = fact_read(json);
        if (f)
            r = apply_fact(j->db, f, j->scratch);
        g_free(f);
        at = view_slice(at, line, at.n);
    }
    struct place reached = {j->applied_to.file, j->applied_to.offset + (int64_t)(rest->n - at.n)};
    if (r == 0)
        r = apply_place(j->db, reached);
    if (r == 0)
        r = db_commit(j->db);
    else
        db_rollback(j->db);
    if (r == 0) {
        j->applied_to = reached;
        *rest = at;
    }
    return r;
}

/* All whole lines of the file at j->applied_to. A damaged line is passed over; one cut short by a crash ends the file.
 */
static int replay_file(struct journal *j)
{
    size_t n;
    char *bytes = spool_read(&j->spool, j->applied_to, &n);
    struct view rest = {bytes, n}, json;
    int r = 0;
    while (r == 0) {
        while (r == 0 && fact_line(rest, &json) > 0)
            r = replay_batch(j, &rest);
        size_t end = view_find(rest, '\n');
        if (r || end == rest.n)
            break;
        rest = view_slice(rest, end + 1, rest.n);
        j->applied_to.offset += (int64_t)end + 1;
        log_line(LOG_ERROR, "journal", "a damaged line in file %lld is passed over", (long long)j->applied_to.file);
    }
    g_free(bytes);
    return r;
}

/* Everything of earlier runs is in: what is still open there was lost. */
static int close_lost(struct journal *j)
{
    int r = db_begin(j->db);
    if (r)
        return r;
    struct place next = {j->spool.first_file, 0};
    r = apply_lost(j->db, j->spool.last_ms);
    if (r == 0)
        r = apply_place(j->db, next);
    if (r == 0)
        r = db_commit(j->db);
    else
        db_rollback(j->db);
    if (r == 0) {
        j->applied_to = next;
        j->recovered = true;
    }
    return r;
}

static int catch_up(struct journal *j)
{
    int r = 0;
    if (!j->db) {
        r = db_open(&db_sqlite, j->database, JOURNAL_BUSY_MS, &j->db);
        if (r == 0)
            r = apply_place_read(j->db, &j->applied_to);
        if (r) {
            db_close(j->db);
            j->db = NULL;
        }
    }
    while (r == 0) {
        if (!j->recovered && j->applied_to.file >= j->spool.first_file)
            r = close_lost(j);
        if (r == 0)
            r = replay_file(j);
        if (r || j->applied_to.file >= j->spool.end.file)
            break;
        j->applied_to = (struct place){j->applied_to.file + 1, 0};
    }
    return r;
}

void journal_catch_up(struct journal *j)
{
    if (j->saving) {
        j->at.retry_us = clock_monotonic_us() + JOURNAL_RETRY_US;
        return;
    }
    if (catch_up(j) != 0) {
        database_away(j);
        return;
    }
    j->behind = false;
    j->backlog = 0;
    spool_drop(&j->spool, j->applied_to.file);
    journal_alarm(j, JOURNAL_DATABASE_AWAY, false);
}

void journal_apply_bindings(struct journal *j)
{
    int r = j->db ? db_begin(j->db) : ENODATA;
    if (r == 0) {
        GHashTableIter all;
        void *change;
        g_hash_table_iter_init(&all, j->bindings);
        while (r == 0 && g_hash_table_iter_next(&all, NULL, &change)) {
            const struct binding_change *c = change;
            r = c->gone ? apply_binding_gone(j->db, c->row.device, c->row.key) : apply_binding(j->db, &c->row);
        }
        if (r == 0)
            r = db_commit(j->db);
        else
            db_rollback(j->db);
    }
    if (r == 0)
        g_hash_table_remove_all(j->bindings);
    else
        j->at.bindings_us = clock_monotonic_us() + JOURNAL_RETRY_US;
}
