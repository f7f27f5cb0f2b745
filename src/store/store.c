/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening a data folder and reading what was set up: see store.h. The thread of the store.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/files_priv.h"
#include "store/migrate_priv.h"
#include "store/store_priv.h"

enum { BUSY_MS = 5000 };

char *store_database_path(const char *dir)
{
    return g_build_filename(dir, "carillon.db", NULL);
}

/* SQLite would make the file for everybody to read; its companions take over the mode. */
static int make_private(const char *path, enum store_how how)
{
    if (how == STORE_EXISTING)
        return access(path, R_OK | W_OK) < 0 ? errno : 0;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno;
    int r = fchmod(fd, 0600) < 0 ? errno : 0;
    close(fd);
    return r;
}

static int open_parts(struct store *s, enum store_how how)
{
    char *database = store_database_path(s->dir), *key = g_build_filename(s->dir, "key", NULL);
    int r = how == STORE_MAKE ? folder_make(s->dir) : 0;
    bool fresh = access(database, F_OK) < 0;
    if (r == ENOENT)
        r = ENOTDIR; /* ENOENT is the word for "not set up" */
    if (r == 0 && how == STORE_EXISTING && fresh)
        r = errno;
    /* A database whose key is gone gets no new one: its secrets could never be read again, and nobody would know why.
     */
    if (r == 0)
        r = seal_open(&s->seal, key, fresh);
    if (r == ENOENT && !fresh)
        r = ENOKEY;
    if (r == 0)
        r = make_private(database, how);
    if (r == 0)
        r = db_open(&db_sqlite, database, BUSY_MS, &s->db);
    if (r == 0)
        r = migrate(s->db);
    g_free(database);
    g_free(key);
    return r;
}

int store_open(const char *dir, enum store_how how, struct store **ret, char **ret_problem)
{
    struct store *s = g_new0(struct store, 1);
    s->dir = g_strdup(dir);
    int r = open_parts(s, how);
    if (r == 0) {
        *ret = s;
        return 0;
    }
    if (ret_problem)
        *ret_problem = store_problem(s, r);
    store_close(s);
    return r;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    db_close(s->db);
    seal_release(&s->seal);
    g_free(s->dir);
    g_free(s);
}

char *store_problem(const struct store *s, int err)
{
    switch (err) {
    case ENOENT:
        return g_strdup_printf("%s is not set up: run 'carillon setup --data %s --answers FILE' first", s->dir, s->dir);
    case ENOTDIR:
        return g_strdup_printf(
            "%s: this is no folder, or the folder above it is missing: name another, or make that one", s->dir);
    case EACCES:
    case EPERM:
        return g_strdup_printf("%s cannot be read or written by this user: run as its owner, see 'ls -ld %s'", s->dir,
                               s->dir);
    case EROFS:
        return g_strdup_printf("%s cannot be written: it is read-only", s->dir);
    case ENOKEY:
        return g_strdup_printf(
            "%s/key is missing: bring it back from the backup, the secrets cannot be read without it", s->dir);
    case EPROTONOSUPPORT:
        return g_strdup_printf("%s was written by a newer version of carillon: install that version", s->dir);
    case EILSEQ:
        return g_strdup_printf("%s/key or %s/carillon.db is damaged: bring both back from the backup", s->dir, s->dir);
    case EBUSY:
        return g_strdup_printf("%s/carillon.db is locked by another program: end that one, or try again", s->dir);
    case ENOSPC:
        return g_strdup_printf("the disk of %s is full: make room and try again", s->dir);
    case EEXIST:
        return g_strdup("that number, mail address or login is taken: choose another");
    default:
        return g_strdup_printf("%s: %s%s%s", s->dir, g_strerror(err), s->db ? ": " : "", s->db ? db_error(s->db) : "");
    }
}

int store_model_version(struct store *s, uint64_t *ret)
{
    int64_t version = 0;
    int r = db_query_int(s->db, "SELECT \"value\" FROM \"meta\" WHERE \"key\" = 'model_version'", 0, &version);
    *ret = (uint64_t)version;
    return r;
}

int store_bump(struct store *s)
{
    return db_query(s->db, "UPDATE \"meta\" SET \"value\" = \"value\" + 1 WHERE \"key\" = 'model_version'", NULL, 0,
                    NULL, NULL);
}

int store_is_set_up(struct store *s, bool *ret)
{
    int64_t n = 0;
    int r = db_query_int(s->db, "SELECT count(*) FROM \"setting\"", 0, &n);
    *ret = n > 0;
    return r;
}

struct loading {
    struct model_builder *b;
    unsigned unreadable;
};

static int load_row(void *arg, const struct object *o, const void *row)
{
    struct loading *l = arg;
    if (o == &object_setting) {
        model_builder_settings(l->b, &((const struct setting_row *)row)->settings);
    } else if (o == &object_user) {
        model_builder_add_user(l->b, &((const struct user_row *)row)->user);
    } else if (o == &object_device) {
        const struct device_row *d = row;
        if (d->device.secret) /* else it was sealed with another key */
            model_builder_add_device(l->b, &d->device, d->user_id);
        else
            l->unreadable++;
    } else if (o == &object_peer) {
        model_builder_add_peer(l->b, &((const struct peer_row *)row)->peer);
    } else {
        struct net_range r;
        if (net_range_parse(view_of(((const struct denied_row *)row)->range), &r))
            model_builder_add_denied(l->b, &r);
        else
            l->unreadable++;
    }
    return 0;
}

int store_load_model(struct store *s, struct model **ret, unsigned *ret_left_out)
{
    uint64_t version = 0;
    /* One transaction, so that the version and all rows are of one moment. */
    int r = db_script(s->db, "BEGIN");
    if (r)
        return r;
    r = store_model_version(s, &version);
    struct loading l = {model_builder_new(version), 0};
    for (size_t i = 0; object_all[i] && r == 0; i++)
        r = row_all(s, object_all[i], load_row, &l);
    db_rollback(s->db);
    unsigned left_out = 0;
    struct model *m = model_builder_finish(l.b, &left_out);
    if (ret_left_out)
        *ret_left_out = left_out + l.unreadable;
    if (r)
        model_unref(m);
    else
        *ret = m;
    return r;
}
