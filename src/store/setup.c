/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing what was set up: see store.h. Every function is one transaction that also bumps the model's version. The
 * thread of the store.
 */
#include <errno.h>
#include <sodium.h>

#include "store/store_priv.h"

static int insert_list(struct store *s, const struct object *o, const json_t *list)
{
    int r = 0;
    for (size_t i = 0; i < json_array_size(list) && r == 0; i++)
        r = row_insert(s, o, json_array_get(list, i), 0, NULL);
    return r;
}

static int insert_user(struct store *s, const json_t *user, int64_t *ret_id)
{
    int r = row_insert(s, &object_user, user, 0, ret_id);
    const json_t *devices = json_object_get(user, "devices");
    for (size_t i = 0; i < json_array_size(devices) && r == 0; i++)
        r = row_insert(s, &object_device, json_array_get(devices, i), *ret_id, NULL);
    return r;
}

static int set_password(struct store *s, int64_t user, const char *password)
{
    char hash[crypto_pwhash_STRBYTES];
    if (crypto_pwhash_str(hash, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                          crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
        return ENOMEM;
    struct db_value v[] = {db_int(user), db_text(hash)};
    return db_query(s->db, "INSERT INTO \"sign_in\" (\"user_id\", \"password_hash\") VALUES (?, ?)", v, 2, NULL, NULL);
}

static int insert_all(struct store *s, const struct answers *a, const char *password)
{
    bool is_set_up = false;
    int r = store_is_set_up(s, &is_set_up);
    if (r || is_set_up)
        return r ? r : EALREADY;
    r = row_insert(s, &object_setting, a->setting, 0, NULL);
    for (size_t i = 0; i < json_array_size(a->users) && r == 0; i++) {
        int64_t id = 0;
        r = insert_user(s, json_array_get(a->users, i), &id);
        if (r == 0 && i == 0 && password)
            r = set_password(s, id, password);
    }
    if (r == 0)
        r = insert_list(s, &object_peer, a->peers);
    if (r == 0)
        r = insert_list(s, &object_denied, a->denied);
    return r;
}

/* Ends a transaction that changed what was set up. */
static int finish(struct store *s, int r)
{
    if (r == 0)
        r = store_bump(s);
    if (r == 0)
        return db_commit(s->db);
    db_rollback(s->db);
    return r;
}

int store_set_up(struct store *s, const struct answers *a, const char *password)
{
    int r = db_begin(s->db);
    return r ? r : finish(s, insert_all(s, a, password));
}

int store_add_user(struct store *s, const json_t *user)
{
    int r = db_begin(s->db);
    int64_t id = 0;
    return r ? r : finish(s, insert_user(s, user, &id));
}

static int take_id(void *arg, const struct db_value *column, size_t n)
{
    if (n > 0)
        g_array_append_val((GArray *)arg, column[0].i);
    return 0;
}

static int renew(struct store *s, const char *number)
{
    GArray *devices = g_array_new(FALSE, FALSE, sizeof(int64_t));
    struct db_value who = db_text(number);
    int r =
        db_query(s->db,
                 "SELECT \"device\".\"id\" FROM \"device\" JOIN \"user\" ON \"user\".\"id\" = \"device\".\"user_id\" "
                 "WHERE \"user\".\"number\" = ?",
                 &who, 1, take_id, devices);
    if (r == 0 && devices->len == 0)
        r = ENOENT;
    for (unsigned i = 0; i < devices->len && r == 0; i++) {
        void *sealed = row_new_secret(s);
        struct db_value v[] = {db_blob(sealed, SEAL_EXTRA_BYTES + STORE_SECRET_CHARS),
                               db_int(g_array_index(devices, int64_t, i))};
        r = db_query(s->db, "UPDATE \"device\" SET \"secret\" = ? WHERE \"id\" = ?", v, 2, NULL, NULL);
        g_free(sealed);
    }
    g_array_free(devices, TRUE);
    return r;
}

int store_renew_secrets(struct store *s, const char *number)
{
    int r = db_begin(s->db);
    return r ? r : finish(s, renew(s, number));
}

static int enable(struct store *s, const char *number, bool enabled)
{
    GArray *users = g_array_new(FALSE, FALSE, sizeof(int64_t));
    struct db_value v[] = {db_int(enabled), db_text(number)};
    int r = db_query(s->db, "UPDATE \"user\" SET \"enabled\" = ? WHERE \"number\" = ? RETURNING \"id\"", v, 2, take_id,
                     users);
    if (r == 0 && users->len == 0)
        r = ENOENT;
    g_array_free(users, TRUE);
    return r;
}

int store_enable_user(struct store *s, const char *number, bool enabled)
{
    int r = db_begin(s->db);
    return r ? r : finish(s, enable(s, number, enabled));
}
