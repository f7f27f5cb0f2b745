/* SPDX-License-Identifier: Apache-2.0
 *
 * Bringing a database up to this program's schema: see migrate_priv.h. The thread of the connection.
 */
#include "store/migrate_priv.h"

#include <errno.h>

static int step(struct db *db, const struct migration *m)
{
    int r = db_begin(db);
    if (r)
        return r;
    int64_t now = 0;
    r = db_query_int(db, "SELECT \"version\" FROM \"schema_version\"", 0, &now);
    if (r == 0 && now >= m->version) { /* another process was faster */
        db_rollback(db);
        return 0;
    }
    struct db_value version = db_int(m->version);
    if (r == 0)
        r = db_script(db, m->sql);
    if (r == 0)
        r = db_query(db, "UPDATE \"schema_version\" SET \"version\" = ?", &version, 1, NULL, NULL);
    if (r)
        db_rollback(db);
    return r ? r : db_commit(db);
}

int migrate(struct db *db)
{
    int r =
        db_script(db, "CREATE TABLE IF NOT EXISTS \"schema_version\" (\"version\" INTEGER NOT NULL);"
                      "INSERT INTO \"schema_version\" SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM \"schema_version\")");
    int64_t version = 0;
    if (r == 0)
        r = db_query_int(db, "SELECT \"version\" FROM \"schema_version\"", 0, &version);
    if (r)
        return r;
    if (version > migrations_n)
        return EPROTONOSUPPORT;
    for (unsigned i = (unsigned)version; i < migrations_n && r == 0; i++)
        r = step(db, &migrations[i]);
    return r;
}
