/* SPDX-License-Identifier: Apache-2.0
 *
 * The database as this system needs it, small enough that PostgreSQL fits behind it too: a connection belongs to one
 * thread. SQL is written with `?` for every value and never made of text from outside; statements are prepared once a
 * connection and kept. Every function gives 0 or an errno: EBUSY (locked, try again), ENOSPC, EEXIST (a unique value is
 * taken), EROFS, EIO, EILSEQ (not a database or damaged), EINVAL (our own SQL is wrong).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum db_type { DB_NULL, DB_INT, DB_TEXT, DB_BLOB };
struct db_value {
    enum db_type type;
    int64_t i;
    const void *p; /* TEXT and BLOB; a TEXT that was read ends in zero */
    size_t n;
};
struct db_value db_int(int64_t i);
struct db_value db_text(const char *zero_ended);
struct db_value db_blob(const void *p, size_t n);

/* Called for each row; the values last for the call. Anything but 0 ends the query and is its result. */
typedef int (*db_row)(void *arg, const struct db_value *column, size_t n);

struct db;
struct db_driver {
    const char *name;
    /* `where`: a file, or what the driver takes. Waits up to busy_ms for a lock before EBUSY. */
    int (*open)(const char *where, unsigned busy_ms, struct db **ret);
    void (*close)(struct db *db);
    int (*query)(struct db *db, const char *sql, const struct db_value *in, size_t n, db_row row, void *arg);
    int (*script)(struct db *db, const char *sql); /* several statements without values */
    int (*begin)(struct db *db);                   /* for writing: the lock is taken here, not at the first write */
    const char *(*error)(struct db *db);           /* what was wrong last, for the log */
};
struct db {
    const struct db_driver *driver;
};

extern const struct db_driver db_sqlite;

[[gnu::warn_unused_result]] int db_open(const struct db_driver *driver, const char *where, unsigned busy_ms,
                                        struct db **ret);
void db_close(struct db *db); /* takes NULL */
/* row may be NULL. */
[[gnu::warn_unused_result]] int db_query(struct db *db, const char *sql, const struct db_value *in, size_t n,
                                         db_row row, void *arg);
[[gnu::warn_unused_result]] int db_script(struct db *db, const char *sql);
[[gnu::warn_unused_result]] int db_begin(struct db *db);
[[gnu::warn_unused_result]] int db_commit(struct db *db); /* on disk when it returns 0; rolled back otherwise */
void db_rollback(struct db *db);
/* The first integer of the first row; fallback when there is none. */
[[gnu::warn_unused_result]] int db_query_int(struct db *db, const char *sql, int64_t fallback, int64_t *ret);
const char *db_error(struct db *db);
