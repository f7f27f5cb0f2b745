/* SPDX-License-Identifier: Apache-2.0
 *
 * SQLite behind driver.h: write-ahead log, so that reading never waits for writing; synchronous FULL, so that what was
 * committed survives a power loss. The thread of the connection.
 */
#include <errno.h>
#include <glib.h>
#include <sqlite3.h>

#include "store/driver.h"

enum { COLUMNS_MAX = 64 };

struct db_of_sqlite {
    struct db db;
    sqlite3 *handle;
    GHashTable *statements; /* SQL -> sqlite3_stmt */
};

static struct db_of_sqlite *of(struct db *db)
{
    return (struct db_of_sqlite *)db;
}

static int errno_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return 0;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return EBUSY;
    case SQLITE_FULL:
        return ENOSPC;
    case SQLITE_CONSTRAINT:
        return EEXIST;
    case SQLITE_READONLY:
        return EROFS;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return EILSEQ;
    case SQLITE_ERROR:
    case SQLITE_RANGE:
    case SQLITE_MISUSE:
        return EINVAL;
    default:
        return EIO;
    }
}

/* Statements are long and differ near their ends: to hash all of each would cost more than to run the short ones. */
static unsigned sql_hash(const void *sql)
{
    enum { END = 24 };
    const char *text = sql;
    size_t n = strlen(text);
    unsigned h = (unsigned)n;
    for (size_t i = n > END ? n - END : 0; i < n; i++)
        h = h * 33 + (unsigned char)text[i];
    return h;
}

static void statement_free(void *statement)
{
    sqlite3_finalize(statement);
}

static void sqlite_close(struct db *db)
{
    g_hash_table_destroy(of(db)->statements);
    sqlite3_close(of(db)->handle);
    g_free(db);
}

static int sqlite_open(const char *where, unsigned busy_ms, struct db **ret)
{
    struct db_of_sqlite *s = g_new0(struct db_of_sqlite, 1);
    s->db.driver = &db_sqlite;
    s->statements = g_hash_table_new_full(sql_hash, g_str_equal, g_free, statement_free);
    /* Not CREATE: a database that is gone must not come back as an empty one. store.c makes the file. */
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    int r = errno_of(sqlite3_open_v2(where, &s->handle, flags, NULL));
    if (r == 0) {
        sqlite3_busy_timeout(s->handle, (int)busy_ms);
        r = db_script(&s->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                              "PRAGMA trusted_schema = OFF");
    }
    if (r)
        sqlite_close(&s->db);
    else
        *ret = &s->db;
    return r;
}

static int prepare(struct db_of_sqlite *s, const char *sql, sqlite3_stmt **ret)
{
    *ret = g_hash_table_lookup(s->statements, sql);
    if (*ret)
        return 0;
    int r = errno_of(sqlite3_prepare_v3(s->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL));
    if (r == 0)
        g_hash_table_insert(s->statements, g_strdup(sql), *ret);
    return r;
}

static int bind(sqlite3_stmt *st, int at, const struct db_value *v)
{
    switch (v->type) {
    case DB_NULL:
        return sqlite3_bind_null(st, at);
    case DB_INT:
        return sqlite3_bind_int64(st, at, v->i);
    case DB_TEXT:
        return sqlite3_bind_text64(st, at, v->p, v->n, SQLITE_STATIC, SQLITE_UTF8);
    case DB_BLOB:
        return sqlite3_bind_blob64(st, at, v->p, v->n, SQLITE_STATIC);
    }
    return SQLITE_MISUSE;
}

static struct db_value column_of(sqlite3_stmt *st, int at)
{
    switch (sqlite3_column_type(st, at)) {
    case SQLITE_INTEGER:
        return db_int(sqlite3_column_int64(st, at));
    case SQLITE_NULL:
        return (struct db_value){.type = DB_NULL};
    case SQLITE_BLOB: {
        const void *p = sqlite3_column_blob(st, at);
        return db_blob(p, (size_t)sqlite3_column_bytes(st, at));
    }
    default: {
        const void *p = sqlite3_column_text(st, at);
        return (struct db_value){.type = DB_TEXT, .p = p, .n = (size_t)sqlite3_column_bytes(st, at)};
    }
    }
}

static int give_row(sqlite3_stmt *st, db_row row, void *arg)
{
    struct db_value column[COLUMNS_MAX];
    int n = MIN(sqlite3_column_count(st), COLUMNS_MAX);
    for (int i = 0; i < n; i++)
        column[i] = column_of(st, i);
    return row ? row(arg, column, (size_t)n) : 0;
}

static int sqlite_query(struct db *db, const char *sql, const struct db_value *in, size_t n, db_row row, void *arg)
{
    sqlite3_stmt *st;
    int r = prepare(of(db), sql, &st);
    if (r)
        return r;
    for (size_t i = 0; i < n && r == 0; i++)
        r = errno_of(bind(st, (int)i + 1, &in[i]));
    while (r == 0) {
        int step = sqlite3_step(st);
        if (step != SQLITE_ROW) {
            r = errno_of(step);
            break;
        }
        r = give_row(st, row, arg);
    }
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
    return r;
}

static int sqlite_script(struct db *db, const char *sql)
{
    return errno_of(sqlite3_exec(of(db)->handle, sql, NULL, NULL, NULL));
}

static int sqlite_begin(struct db *db)
{
    return sqlite_query(db, "BEGIN IMMEDIATE", NULL, 0, NULL, NULL);
}

static const char *sqlite_error(struct db *db)
{
    return sqlite3_errmsg(of(db)->handle);
}

const struct db_driver db_sqlite = {
    .name = "sqlite",
    .open = sqlite_open,
    .close = sqlite_close,
    .query = sqlite_query,
    .script = sqlite_script,
    .begin = sqlite_begin,
    .error = sqlite_error,
};
