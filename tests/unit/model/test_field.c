/* SPDX-License-Identifier: Apache-2.0
 *
 * Field tables: every field of every object at its limits and one beyond (USER-2), forms, defaults, who may see and
 * write, problems in both languages.
 */
#include "model/object.h"

#include "tests/cmocka_all.h"

static bool good(const struct field *f, json_t *value, enum problem_code *ret)
{
    struct problems *p = problems_new();
    bool ok = field_check(f, value, NULL, p);
    assert_int_equal(problems_count(p), ok ? 0 : 1);
    if (!ok && ret)
        *ret = problems_get(p, 0)->code;
    problems_free(p);
    json_decref(value);
    return ok;
}

/* A text of n characters in the form of f. */
static json_t *text_of(const struct field *f, int64_t n)
{
    GString *s = g_string_new(NULL);
    for (int64_t i = 0; i < n; i++)
        g_string_append(s, f->type == FIELD_TEXT                                ? "é"
                           : f->type == FIELD_DIGITS || f->type == FIELD_PREFIX ? "7"
                                                                                : "x");
    if (f->type == FIELD_EMAIL && n >= 3)
        s->str[1] = '@';
    for (int64_t i = 50; f->type == FIELD_HOST && i < n - 1; i += 50)
        s->str[i] = '.';
    json_t *v = json_string(s->str);
    g_string_free(s, TRUE);
    return v;
}

static void check_limits_int(const struct field *f)
{
    enum problem_code code;
    assert_true(good(f, json_integer(f->min), NULL));
    assert_true(good(f, json_integer(f->max), NULL));
    assert_false(good(f, json_integer(f->max + 1), &code));
    assert_int_equal(code, PROBLEM_TOO_LARGE);
    if (f->or_zero && f->min == 1) {
        assert_true(good(f, json_integer(0), NULL));
        assert_false(good(f, json_integer(-1), &code));
    } else {
        assert_false(good(f, json_integer(f->min - 1), &code));
    }
    assert_int_equal(code, PROBLEM_TOO_SMALL);
    assert_false(good(f, json_string("1"), &code));
    assert_int_equal(code, PROBLEM_TYPE);
    assert_false(good(f, json_real(1.5), &code));
}

static void check_limits_text(const struct field *f)
{
    enum problem_code code;
    assert_true(good(f, text_of(f, f->max), NULL));
    assert_false(good(f, text_of(f, f->max + 1), &code));
    assert_int_equal(code, PROBLEM_TOO_LONG);
    if (f->min > 0) {
        assert_true(good(f, text_of(f, f->min), NULL));
        assert_int_equal(good(f, text_of(f, f->min - 1), &code), f->or_zero && f->min == 1);
    }
    assert_int_equal(good(f, json_string(""), NULL), f->or_zero || f->min == 0);
    assert_false(good(f, json_integer(1), &code));
    assert_int_equal(code, PROBLEM_TYPE);
    json_t *control = text_of(f, f->max);
    char *with = g_strdup(json_string_value(control));
    with[0] = '\n';
    if (f->type != FIELD_TEXT) {
        assert_false(good(f, json_string(with), &code));
        assert_int_equal(code, PROBLEM_FORM);
    }
    g_free(with);
    json_decref(control);
}

static bool has_only_examples(enum field_type t)
{
    return t == FIELD_ZONE || t == FIELD_COUNTRY || t == FIELD_PORTS || t == FIELD_RANGE;
}

static void every_field_at_its_limits(void **state)
{
    (void)state;
    unsigned checked = 0;
    for (size_t k = 0; object_all[k]; k++) {
        for (size_t i = 0; i < object_all[k]->n; i++, checked++) {
            const struct field *f = &object_all[k]->field[i];
            if (f->type == FIELD_INT)
                check_limits_int(f);
            else if (f->type >= FIELD_TEXT && !has_only_examples(f->type))
                check_limits_text(f);
            else if (f->type == FIELD_BOOL)
                assert_false(good(f, json_integer(1), NULL));
            else if (f->type == FIELD_WORD)
                assert_false(good(f, json_string("elsewhere"), NULL));
            else if (f->type == FIELD_ID || f->type == FIELD_UUID)
                assert_false(good(f, json_integer(1), NULL));
            json_t *fallback = field_default(f);
            if (fallback)
                assert_true(good(f, fallback, NULL));
        }
    }
    print_message("%u fields\n", checked);
}

static bool form(enum field_type type, const char *text)
{
    struct field f = {"f", type, .min = 1, .max = 253};
    return good(&f, json_string(text), NULL);
}

static void forms(void **state)
{
    (void)state;
    static const struct {
        enum field_type type;
        const char *good[6], *bad[12];
    } table[] = {
        {FIELD_HOST,
         {"a", "sip.example.com", "192.0.2.1", "2001:db8::1", "x-1.fr"},
         {"-a", "a-", "a..b", ".a", "a.", "192.0.2.300", "a_b", "a b", "a/b", "é.fr"}},
        {FIELD_EMAIL, {"a@b", "a.b+c@example.com"}, {"a", "@b", "a@", "a@b@c", "a b@c", "a@.b", "a@b.", "<a@b>"}},
        {FIELD_ZONE,
         {"UTC", "Europe/Paris", "America/Port-au-Prince"},
         {"Europe/Pariss", "../../etc/passwd", "/etc/passwd", "+02:00", "Europe//Paris", "Europe/../UTC"}},
        {FIELD_COUNTRY, {"FR", "GB"}, {"fr", "F", "FRA", "F1"}},
        {FIELD_PORTS,
         {"9000-10999", "9000-9019", "65516-65535"},
         {"9000-9018", "9001-9040", "9000", "9000-", "-9000", "9040-9000", "9000-65536", "1000-1100", "9000-9 40"}},
        {FIELD_RANGE, {"10.0.0.0/8", "192.0.2.1", "2001:db8::/32"}, {"10.0.0.0/33", "x", "10.0.0"}},
        {FIELD_PREFIX, {"0", "+33", "*9#"}, {"a", "0 1", "(0)"}},
        {FIELD_LOGIN, {"100", "a-b_c.D"}, {"a b", "a@b", "é"}},
        {FIELD_TEXT,
         {"Noël & fils", "日本"},
         {"a\nb", "\x7f",
          "a\xc2\x85"
          "b"}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        for (size_t k = 0; k < 6 && table[i].good[k]; k++) {
            if (!form(table[i].type, table[i].good[k]))
                fail_msg("refused: %s", table[i].good[k]);
        }
        for (size_t k = 0; k < 12 && table[i].bad[k]; k++) {
            if (form(table[i].type, table[i].bad[k]))
                fail_msg("accepted: %s", table[i].bad[k]);
        }
    }
    struct field f = {"f", FIELD_TEXT, .min = 1, .max = 10};
    assert_false(good(&f, json_stringn("a\0b", 3), NULL));
}

static void codecs(void **state)
{
    (void)state;
    struct field f = {"codecs", FIELD_CODECS};
    enum problem_code code;
    assert_true(good(&f, json_pack("[s,s]", "pcma", "opus"), NULL));
    assert_false(good(&f, json_pack("[s,s]", "pcma", "pcma"), &code));
    assert_int_equal(code, PROBLEM_TAKEN);
    assert_false(good(&f, json_pack("[s]", "g729"), &code));
    assert_int_equal(code, PROBLEM_NOT_ONE_OF);
    assert_false(good(&f, json_pack("[s,s,s,s,s]", "opus", "g722", "pcma", "pcmu", "opus"), &code));
    assert_int_equal(code, PROBLEM_TOO_MANY);
    assert_false(good(&f, json_array(), NULL));
    assert_false(good(&f, json_pack("[i]", 1), NULL));
    struct model_codecs c = field_codecs("pcma,g729,opus");
    assert_int_equal(c.n, 2);
    assert_int_equal(c.codec[0], MODEL_PCMA);
    assert_int_equal(c.codec[1], MODEL_OPUS);
}

static void whole_objects(void **state)
{
    (void)state;
    struct problems *p = problems_new();
    struct problem_path root = {NULL, NULL, 0};
    struct object_check c = {&root, FIELD_ADMIN, NULL, p};
    json_t *in = json_pack("{s:s, s:i}", "number", "100", "ring_s", 30);
    json_t *whole = object_check(&object_user, in, &c);
    assert_non_null(whole);
    assert_int_equal(json_integer_value(json_object_get(whole, "max_calls")), 8);
    assert_int_equal(json_integer_value(json_object_get(whole, "ring_s")), 30);
    json_decref(whole);
    c.who = FIELD_SELF; /* may set how long it rings, not the number */
    assert_null(object_check(&object_user, in, &c));
    assert_int_equal(problems_count(p), 1);
    assert_string_equal(problems_get(p, 0)->path, "$.number");
    assert_int_equal(problems_get(p, 0)->code, PROBLEM_NOT_WRITABLE);
    json_decref(in);
    c.who = FIELD_ADMIN;
    in = json_pack("{s:s, s:i}", "secret", "chosen-by-somebody-0123456789", "colour", 1); /* SEC-3: never chosen */
    assert_null(object_check(&object_device, in, &c));
    assert_int_equal(problems_count(p), 3);
    json_decref(in);
    in = json_object();
    assert_null(object_check(&object_peer, in, &c));
    assert_int_equal(problems_get(p, 3)->code, PROBLEM_MISSING);
    json_decref(in);
    problems_free(p);
}

static void json_never_holds_a_secret(void **state) /* SEC-16, E7 */
{
    (void)state;
    struct device_row row = {.device = {.id = 1, .auth_user = "100", .secret = "seeded-secret", .enabled = true}};
    row.device.codecs = field_codecs("pcmu");
    for (enum field_who who = FIELD_SYSTEM; who <= FIELD_EVERYBODY; who++) {
        json_t *out = object_json(&object_device, &row, who);
        char *text = json_dumps(out, 0);
        assert_null(strstr(text, "seeded-secret"));
        assert_null(strstr(text, "secret"));
        assert_int_equal(strstr(text, "\"100\"") != NULL, who <= FIELD_SELF);
        assert_int_equal(strstr(text, "pcmu") != NULL, who <= FIELD_ADMIN);
        free(text);
        json_decref(out);
    }
}

static void problems_speak_both_languages(void **state)
{
    (void)state;
    struct problems *p = problems_new();
    struct problem_path root = {NULL, NULL, 0}, list = {&root, "users", 0}, at = {&list, NULL, 3},
                        key = {&at, "ring\ts", 0};
    for (enum problem_code c = 0; c < PROBLEM_CODES; c++) {
        problems_add(p, c, &key, "%s");
        assert_non_null(problem_code_name(c));
        char *en = problem_text(problems_get(p, c), MODEL_EN), *fr = problem_text(problems_get(p, c), MODEL_FR);
        assert_string_not_equal(en, fr);
        assert_true(g_utf8_validate(fr, -1, NULL));
        g_free(en);
        g_free(fr);
    }
    assert_string_equal(problems_get(p, 0)->path, "$.users[3].ring?s");
    for (int i = 0; i < PROBLEMS_MAX; i++)
        problems_add(p, PROBLEM_TYPE, NULL, NULL);
    assert_int_equal(problems_count(p), PROBLEMS_MAX + PROBLEM_CODES);
    assert_null(problems_get(p, PROBLEMS_MAX));
    json_t *all = problems_json(p, MODEL_FR);
    assert_int_equal(json_array_size(all), PROBLEMS_MAX);
    json_decref(all);
    problems_free(p);
}

static void sql_names_only_what_the_table_says(void **state)
{
    (void)state;
    char *sql = object_sql_insert(&object_denied);
    assert_string_equal(sql,
                        "INSERT INTO \"denied\" (\"uuid\", \"range\", \"note\") VALUES (?, ?, ?) RETURNING \"id\"");
    g_free(sql);
    sql = object_sql_select(&object_denied);
    assert_string_equal(sql, "SELECT \"id\", \"uuid\", \"range\", \"note\" FROM \"denied\" ORDER BY \"id\"");
    g_free(sql);
    sql = object_sql_update(&object_denied);
    assert_string_equal(sql, "UPDATE \"denied\" SET \"uuid\" = ?, \"range\" = ?, \"note\" = ? WHERE \"id\" = ?");
    g_free(sql);
}

static void settings_default_is_the_tables(void **state)
{
    (void)state;
    struct setting_row row = {.id = 0}, table = {.id = 0};
    row.settings = model_settings_default();
    for (size_t i = 0; i < object_setting.n; i++) {
        const struct field *f = &object_setting.field[i];
        if (!f->fallback || strcmp(f->name, "country") == 0)
            continue;
        if (strcmp(field_sql_type(f), "INTEGER") == 0) {
            assert_int_equal(field_get_int(f, &row), g_ascii_strtoll(f->fallback, NULL, 10));
            continue;
        }
        field_set_text(f, &table, f->fallback);
        if (f->type == FIELD_CODECS)
            assert_memory_equal(&row.settings.codecs, &table.settings.codecs, sizeof table.settings.codecs);
        else
            assert_string_equal(field_get_text(f, &row), field_get_text(f, &table));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_at_its_limits),
        cmocka_unit_test(forms),
        cmocka_unit_test(codecs),
        cmocka_unit_test(whole_objects),
        cmocka_unit_test(json_never_holds_a_secret),
        cmocka_unit_test(problems_speak_both_languages),
        cmocka_unit_test(sql_names_only_what_the_table_says),
        cmocka_unit_test(settings_default_is_the_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
