/* SPDX-License-Identifier: Apache-2.0
 *
 * The store's contract, for every driver: schema from nothing and again, the tables' columns, setting up, the snapshot,
 * secrets sealed (SEC-16, E7), private files (K4).
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/migrate_priv.h"
#include "store/store_priv.h"
#include "tests/unit/store/folder.h"

#include "tests/cmocka_all.h"

static const char company[] =
    "{\"version\": 1, \"language\": \"fr\", \"company\": {\"name\": \"Dupont & fils\"},"
    " \"owner\": {\"first_name\": \"Ada\", \"email\": \"ada@example.com\", \"number\": \"100\"},"
    " \"users\": [{\"last_name\": \"Bo\", \"ring_s\": 33, \"devices\": [{\"codecs\": [\"pcma\", \"opus\"]}, {}]}],"
    " \"peers\": [{\"name\": \"north\", \"host\": \"192.0.2.1\", \"transport\": \"tls\", \"prefix\": \"7\"}],"
    " \"denied\": [{\"range\": \"203.0.113.0/24\"}]}";

static struct answers *answers(void)
{
    struct problems *p = problems_new();
    struct answers *a = answers_parse(view_of(company), p);
    assert_non_null(a);
    problems_free(p);
    return a;
}

static struct store *open_in(const char *dir, enum store_how how)
{
    struct store *s = NULL;
    char *problem = NULL;
    if (store_open(dir, how, &s, &problem))
        fail_msg("%s", problem);
    return s;
}

static struct store *set_up_in(const char *dir)
{
    struct store *s = open_in(dir, STORE_MAKE);
    struct answers *a = answers();
    assert_int_equal(store_set_up(s, a, "sept nuages verts"), 0);
    answers_free(a);
    return s;
}

static void what_was_set_up_comes_back_as_a_snapshot(void **state)
{
    struct store *s = set_up_in(*state);
    struct answers *a = answers();
    assert_int_equal(store_set_up(s, a, NULL), EALREADY);
    answers_free(a);
    store_close(s);
    s = open_in(*state, STORE_EXISTING); /* and the schema is not made twice */
    struct model *m = NULL;
    unsigned left_out = 1;
    assert_int_equal(store_load_model(s, &m, &left_out), 0);
    assert_int_equal(left_out, 0);
    assert_int_equal(model_version(m), 1);
    assert_string_equal(model_settings(m)->company, "Dupont & fils");
    assert_int_equal(model_settings(m)->language, MODEL_FR);
    assert_string_equal(model_settings(m)->rtp_external, "9000-10999");
    const struct model_user *bo = model_user_by_number(m, "101");
    assert_non_null(bo);
    assert_string_equal(bo->name, "Bo");
    assert_int_equal(bo->ring_s, 33);
    assert_true(bo->enabled);
    const struct model_device *d = model_device_by_auth_user(m, VIEW("101"));
    assert_ptr_equal(d->user, bo);
    assert_int_equal(d->codecs.n, 2);
    assert_int_equal(d->codecs.codec[0], MODEL_PCMA);
    assert_int_equal(strlen(d->secret), STORE_SECRET_CHARS);
    assert_non_null(model_device_by_auth_user(m, VIEW("101-2")));
    const struct model_peer *const *peers;
    assert_int_equal(model_peers(m, &peers), 1);
    assert_int_equal(peers[0]->transport, MODEL_TLS);
    const struct net_range *denied;
    assert_int_equal(model_denied(m, &denied), 1);
    model_unref(m);
    struct problems *p = problems_new();
    assert_int_equal(store_check(s, p), 0);
    assert_int_equal(problems_count(p), 0);
    problems_free(p);
    store_close(s);
}

static void a_failing_set_up_leaves_nothing(void **state)
{
    struct store *s = open_in(*state, STORE_MAKE);
    struct answers *a = answers();
    json_object_set_new(json_array_get(a->users, 1), "number", json_string("100")); /* taken, found late */
    assert_int_equal(store_set_up(s, a, NULL), EEXIST);
    bool is_set_up = true;
    assert_int_equal(store_is_set_up(s, &is_set_up), 0);
    assert_false(is_set_up);
    answers_free(a);
    store_close(s);
}

static int compare_column(void *arg, const struct db_value *column, size_t n)
{
    const struct field **f = arg;
    assert_int_equal(n, 6);
    assert_string_equal(column[1].p, (*f)->name);
    assert_string_equal(column[2].p, field_sql_type(*f));
    assert_int_equal(column[3].i, (*f)->type != FIELD_ID); /* NOT NULL */
    (*f)++;
    return 0;
}

static void the_schema_is_what_the_field_tables_say(void **state)
{
    struct store *s = open_in(*state, STORE_MAKE);
    for (size_t i = 0; object_all[i]; i++) {
        char *sql = g_strdup_printf("PRAGMA table_info(\"%s\")", object_all[i]->name);
        const struct field *f = object_all[i]->field;
        assert_int_equal(db_query(s->db, sql, NULL, 0, compare_column, &f), 0);
        assert_ptr_equal(f, object_all[i]->field + object_all[i]->n);
        g_free(sql);
    }
    store_close(s);
}

static void opening_says_what_to_do(void **state)
{
    char *problem = NULL;
    struct store *s = NULL;
    assert_int_equal(store_open(*state, STORE_EXISTING, &s, &problem), ENOENT);
    assert_non_null(strstr(problem, "carillon setup"));
    g_free(problem);
    s = open_in(*state, STORE_MAKE);
    assert_int_equal(db_script(s->db, "UPDATE schema_version SET version = 99"), 0);
    store_close(s);
    assert_int_equal(store_open(*state, STORE_EXISTING, &s, &problem), EPROTONOSUPPORT);
    assert_non_null(strstr(problem, "newer"));
    g_free(problem);
    char *key = g_build_filename(*state, "key", NULL);
    assert_int_equal(unlink(key), 0);
    assert_int_equal(store_open(*state, STORE_EXISTING, &s, &problem), ENOKEY);
    assert_int_equal(access(key, F_OK), -1); /* no new one is made */
    g_free(problem);
    assert_true(g_file_set_contents(key, "short", -1, NULL));
    assert_int_equal(store_open(*state, STORE_EXISTING, &s, &problem), EILSEQ);
    g_free(problem);
    g_free(key);
}

static void files_are_private(void **state) /* K4 */
{
    struct store *s = set_up_in(*state);
    static const char *const names[] = {"key", "carillon.db", "carillon.db-wal", "carillon.db-shm"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        char *path = g_build_filename(*state, names[i], NULL);
        struct stat st;
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        g_free(path);
    }
    store_close(s);
    char *made = g_build_filename(*state, "made", NULL);
    s = open_in(made, STORE_MAKE);
    struct stat st;
    assert_int_equal(stat(made, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    store_close(s);
    g_free(made);
}

static void no_secret_stands_in_a_file_in_clear(void **state) /* SEC-16, E7 */
{
    struct store *s = set_up_in(*state);
    struct model *m = NULL;
    assert_int_equal(store_load_model(s, &m, NULL), 0);
    const struct model_device *const *devices;
    size_t n = model_devices(m, &devices);
    assert_int_equal(n, 3);
    for (size_t i = 0; i < n; i++) {
        assert_false(folder_has_text(*state, devices[i]->secret));
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(devices[i]->secret, devices[k]->secret);
    }
    assert_true(folder_has_text(*state, "Dupont & fils")); /* the search finds what is there */
    assert_false(folder_has_text(*state, "sept nuages verts"));
    model_unref(m);
    store_close(s);
}

static void changes_bump_the_version(void **state)
{
    struct store *s = set_up_in(*state), *daemon = open_in(*state, STORE_EXISTING);
    uint64_t before, after;
    struct model *m = NULL, *n = NULL;
    assert_int_equal(store_load_model(daemon, &m, NULL), 0);
    assert_int_equal(store_model_version(daemon, &before), 0);
    assert_int_equal(store_renew_secrets(s, "101"), 0);
    assert_int_equal(store_renew_secrets(s, "999"), ENOENT);
    assert_int_equal(store_enable_user(s, "999", false), ENOENT);
    assert_int_equal(store_model_version(daemon, &after), 0);
    assert_int_equal(after, before + 1);
    assert_int_equal(store_load_model(daemon, &n, NULL), 0);
    assert_string_not_equal(model_device_by_auth_user(m, VIEW("101-2"))->secret,
                            model_device_by_auth_user(n, VIEW("101-2"))->secret);
    assert_string_equal(model_device_by_auth_user(m, VIEW("100"))->secret,
                        model_device_by_auth_user(n, VIEW("100"))->secret);
    model_unref(m);
    model_unref(n);
    store_close(daemon);
    store_close(s);
}

static void what_no_longer_fits_is_named(void **state)
{
    struct store *s = set_up_in(*state);
    assert_int_equal(db_script(s->db, "UPDATE user SET ring_s = 500 WHERE number = '101';"
                                      "UPDATE denied SET range = 'nonsense';"
                                      "UPDATE device SET secret = x'00' WHERE auth_user = '100'"),
                     0);
    struct problems *p = problems_new();
    assert_int_equal(store_check(s, p), 0);
    assert_int_equal(problems_count(p), 3);
    assert_string_equal(problems_get(p, 0)->path, "$.user[2].ring_s");
    assert_string_equal(problems_get(p, 1)->path, "$.device[1].secret");
    assert_string_equal(problems_get(p, 2)->path, "$.denied[1].range");
    problems_free(p);
    struct model *m = NULL;
    unsigned left_out = 0;
    assert_int_equal(store_load_model(s, &m, &left_out), 0);
    assert_int_equal(left_out, 2);
    model_unref(m);
    store_close(s);
}

/* What a driver must do, whichever it is. */
static const struct db_driver *const drivers[] = {&db_sqlite};

static int collect(void *arg, const struct db_value *column, size_t n)
{
    GString *out = arg;
    for (size_t i = 0; i < n; i++) {
        if (column[i].type == DB_INT)
            g_string_append_printf(out, "%lld ", (long long)column[i].i);
        else if (column[i].type == DB_NULL)
            g_string_append(out, "- ");
        else
            g_string_append_printf(out, "%.*s ", (int)column[i].n, (const char *)column[i].p);
    }
    return out->len > 64 ? E2BIG : 0;
}

static void every_driver_keeps_the_contract(void **state)
{
    for (size_t i = 0; i < G_N_ELEMENTS(drivers); i++) {
        char *where = g_strdup_printf("%s/contract-%s", (const char *)*state, drivers[i]->name);
        struct db *a = NULL, *b = NULL;
        assert_int_not_equal(db_open(drivers[i], where, 0, &a), 0); /* what is gone is not made anew, empty */
        assert_true(g_file_set_contents(where, "", 0, NULL));
        assert_int_equal(db_open(drivers[i], where, 0, &a), 0);
        assert_int_equal(db_open(drivers[i], where, 0, &b), 0);
        assert_int_equal(db_script(a, "CREATE TABLE t (k TEXT PRIMARY KEY, i INTEGER, b BLOB)"), 0);
        struct db_value v[] = {db_text("it's; DROP TABLE t"), db_int(INT64_MIN), db_blob("xyz", 3)};
        GString *out = g_string_new(NULL);
        assert_int_equal(db_query(a, "INSERT INTO t VALUES (?, ?, ?)", v, 3, NULL, NULL), 0);
        assert_int_equal(db_query(a, "INSERT INTO t VALUES (?, ?, ?)", v, 3, NULL, NULL), EEXIST);
        assert_int_equal(db_query(b, "SELECT * FROM t", NULL, 0, collect, out), 0);
        assert_string_equal(out->str, "it's; DROP TABLE t -9223372036854775808 xyz ");
        v[2] = (struct db_value){.type = DB_NULL};
        v[0] = db_text("");
        assert_int_equal(db_begin(a), 0);
        assert_int_equal(db_begin(b), EBUSY);
        assert_int_equal(db_query(a, "INSERT INTO t VALUES (?, ?, ?)", v, 3, NULL, NULL), 0);
        db_rollback(a);
        int64_t n = 0;
        assert_int_equal(db_query_int(b, "SELECT count(*) FROM t", 0, &n), 0);
        assert_int_equal(n, 1);
        assert_int_equal(db_query_int(b, "SELECT i FROM t WHERE k = 'x'", 7, &n), 0);
        assert_int_equal(n, 7);
        assert_int_equal(db_begin(b), 0);
        assert_int_equal(db_commit(b), 0);
        assert_int_equal(db_query(a, "SELECT nonsense", NULL, 0, NULL, NULL), EINVAL);
        assert_true(strlen(db_error(a)) > 0);
        g_string_assign(out, "0123456789012345678901234567890123456789012345678901234567890123");
        assert_int_equal(db_query(a, "SELECT * FROM t", NULL, 0, collect, out), E2BIG); /* a row may end it */
        g_string_free(out, TRUE);
        db_close(a);
        db_close(b);
        db_close(NULL);
        g_free(where);
    }
}

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(what_was_set_up_comes_back_as_a_snapshot),
        IN_FOLDER(a_failing_set_up_leaves_nothing),
        IN_FOLDER(the_schema_is_what_the_field_tables_say),
        IN_FOLDER(opening_says_what_to_do),
        IN_FOLDER(files_are_private),
        IN_FOLDER(no_secret_stands_in_a_file_in_clear),
        IN_FOLDER(changes_bump_the_version),
        IN_FOLDER(what_no_longer_fits_is_named),
        IN_FOLDER(every_driver_keeps_the_contract),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
