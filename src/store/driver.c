/* SPDX-License-Identifier: Apache-2.0
 *
 * What is the same for every database: see driver.h. The thread of the connection.
 */
#include "store/driver.h"

#include <string.h>

struct db_value db_int(int64_t i)
{
    return (struct db_value){.type = DB_INT, .i = i};
}

struct db_value db_text(const char *zero_ended)
{
    if (!zero_ended)
        zero_ended = "";
    return (struct db_value){.type = DB_TEXT, .p = zero_ended, .n = strlen(zero_ended)};
}

struct db_value db_blob(const void *p, size_t n)
{
    return (struct db_value){.type = DB_BLOB, .p = p, .n = n};
}

int db_open(const struct db_driver *driver, const char *where, unsigned busy_ms, struct db **ret)
{
    return driver->open(where, busy_ms, ret);
}

void db_close(struct db *db)
{
    if (db)
        db->driver->close(db);
}

int db_query(struct db *db, const char *sql, const struct db_value *in, size_t n, db_row row, void *arg)
{
    return db->driver->query(db, sql, in, n, row, arg);
}

int db_script(struct db *db, const char *sql)
{
    return db->driver->script(db, sql);
}

int db_begin(struct db *db)
{
    return db->driver->begin(db);
}

int db_commit(struct db *db)
{
    int r = db_query(db, "COMMIT", NULL, 0, NULL, NULL);
    if (r)
        db_rollback(db);
    return r;
}

void db_rollback(struct db *db)
{
    /* Fails when the database has rolled back by itself (full disk): that is what was wanted. */
    int r = db_query(db, "ROLLBACK", NULL, 0, NULL, NULL);
    (void)r;
}

static int first_int(void *arg, const struct db_value *column, size_t n)
{
    if (n > 0 && column[0].type == DB_INT)
        *(int64_t *)arg = column[0].i;
    return 0;
}

int db_query_int(struct db *db, const char *sql, int64_t fallback, int64_t *ret)
{
    *ret = fallback;
    return db_query(db, sql, NULL, 0, first_int, ret);
}

const char *db_error(struct db *db)
{
    return db->driver->error(db);
}
