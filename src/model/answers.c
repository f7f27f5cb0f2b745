/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading an answers file: see answers.h. First the shape (JSON), then each value against its field table, then what
 * only the whole shows (answers_number.c). Pure; one thread.
 */
#include "model/answers_priv.h"

/* Where a setting stands in the file. */
static const struct {
    const char *section, *key, *field; /* section NULL: at the top */
} setting_places[] = {
    {NULL, "language", "language"},
    {NULL, "time_zone", "time_zone"},
    {NULL, "country", "country"},
    {"company", "name", "company"},
    {"network", "host", "host"},
    {"network", "public_ip", "public_ip"},
    {"network", "sip_port", "sip_port"},
    {"network", "sips_port", "sips_port"},
    {"network", "rtp_external", "rtp_external"},
    {"network", "rtp_internal", "rtp_internal"},
    {"numbering", "extension_length", "extension_length"},
    {"numbering", "first_extension", "first_extension"},
};

/* Keys of NET-8 whose feature is not there yet: said plainly instead of being ignored. */
static const struct {
    const char *section, *key;
} unsupported[] = {
    {NULL, "certificate"},
    {NULL, "mail"},
    {NULL, "departments"},
    {NULL, "hours"},
    {NULL, "holidays"},
    {NULL, "phones"},
    {NULL, "trunks"},
    {NULL, "dids"},
    {NULL, "inbound"},
    {NULL, "outbound"},
    {NULL, "allowed_countries"},
    {NULL, "ip_allow"},
    {NULL, "ip_deny"},
    {NULL, "security"},
    {NULL, "restore"},
    {"network", "https_ports"},
    {"network", "setup_port"},
    {"network", "tunnel_port"},
    {"network", "inside_networks"},
    {"numbering", "operator"},
    {"numbering", "voicemail"},
    {"numbering", "conference"},
    {"numbering", "emergency"},
};

static const char *const sections[] = {"company", "network", "numbering", NULL};
static const char *const others[] = {"version", "owner", "users", "peers", "denied", NULL};

static bool is_one_of(const char *const *words, const char *word)
{
    for (size_t i = 0; words[i]; i++) {
        if (strcmp(words[i], word) == 0)
            return true;
    }
    return false;
}

static void read_setting(struct answers *a, const char *section, const struct problem_path *at, const json_t *value,
                         struct problems *out)
{
    for (size_t i = 0; i < G_N_ELEMENTS(setting_places); i++) {
        if (g_strcmp0(setting_places[i].section, section) != 0 || strcmp(setting_places[i].key, at->key) != 0)
            continue;
        const struct field *f = object_field(&object_setting, setting_places[i].field);
        if (field_check(f, value, at, out))
            json_object_set(a->setting, f->name, (json_t *)value);
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(unsupported); i++) {
        if (g_strcmp0(unsupported[i].section, section) == 0 && strcmp(unsupported[i].key, at->key) == 0) {
            problems_add(out, PROBLEM_UNSUPPORTED, at, NULL);
            return;
        }
    }
    problems_add(out, PROBLEM_UNKNOWN_KEY, at, NULL);
}

static void read_section(struct answers *a, const struct problem_path *at, const json_t *section, struct problems *out)
{
    if (!json_is_object(section)) {
        problems_add(out, PROBLEM_TYPE, at, "{…}");
        return;
    }
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)section, key, value)
    {
        struct problem_path here = {at, key, 0};
        read_setting(a, at->key, &here, value, out);
    }
}

/* Numbers of another length than usual begin at 10…0 when nothing else is said. */
static void fit_first_extension(struct answers *a)
{
    const json_t *length = json_object_get(a->setting, "extension_length");
    if (!length || json_object_get(a->setting, "first_extension"))
        return;
    json_int_t first = 1;
    for (json_int_t i = 1; i < json_integer_value(length); i++)
        first *= 10;
    json_object_set_new(a->setting, "first_extension", json_integer(first));
}

static void read_settings(struct answers *a, const json_t *top, const struct problem_path *root, struct problems *out)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)top, key, value)
    {
        struct problem_path here = {root, key, 0};
        if (is_one_of(sections, key))
            read_section(a, &here, value, out);
        else if (!is_one_of(others, key))
            read_setting(a, NULL, &here, value, out);
    }
    fit_first_extension(a);
    for (size_t i = 0; i < object_setting.n; i++) {
        const struct field *f = &object_setting.field[i];
        if (f->fallback && !json_object_get(a->setting, f->name))
            json_object_set_new(a->setting, f->name, field_default(f));
    }
}

/* A user can be told from others by a name or a mail address (USER-1). */
static void check_named(const json_t *user, const struct problem_path *at, struct problems *out)
{
    static const char *const any[] = {"first_name", "last_name", "email"};
    for (size_t i = 0; i < G_N_ELEMENTS(any); i++) {
        const char *text = json_string_value(json_object_get(user, any[i]));
        if (text && *text)
            return;
    }
    struct problem_path here = {at, "last_name", 0};
    problems_add(out, PROBLEM_MISSING, &here, NULL);
}

static const json_t *list_of(const json_t *in, const struct problem_path *at, size_t max, struct problems *out)
{
    if (in && !json_is_array(in)) {
        problems_add(out, PROBLEM_TYPE, at, "[…]");
        return NULL;
    }
    if (json_array_size(in) > max) {
        char text[16];
        (void)g_snprintf(text, sizeof text, "%zu", max);
        problems_add(out, PROBLEM_TOO_MANY, at, text);
        return NULL;
    }
    return in;
}

/* Checked rows of one kind; a row with a problem is left out, the problem stands in `out`. */
static void read_list(const struct object *o, const json_t *in, const struct problem_path *at, json_t *to,
                      struct problems *out)
{
    in = list_of(in, at, o == &object_device ? ANSWERS_DEVICES_MAX : ANSWERS_LIST_MAX, out);
    for (size_t i = 0; i < json_array_size(in); i++) {
        struct problem_path here = {at, NULL, i};
        struct object_check c = {&here, FIELD_ADMIN, NULL, out};
        json_t *whole = object_check(o, json_array_get(in, i), &c);
        if (whole)
            json_array_append_new(to, whole);
    }
}

static void read_user(struct answers *a, const json_t *in, const struct problem_path *at, bool owner,
                      struct problems *out)
{
    static const char *const owner_aside[] = {"password", "password_file", "invite", "devices", "system_role", NULL};
    static const char *const user_aside[] = {"devices", NULL};
    struct object_check c = {at, FIELD_ADMIN, owner ? owner_aside : user_aside, out};
    json_t *whole = object_check(&object_user, in, &c);
    if (!whole)
        return;
    check_named(whole, at, out);
    if (!json_object_get(in, "language"))
        json_object_set(whole, "language", json_object_get(a->setting, "language"));
    if (owner)
        json_object_set_new(whole, "system_role", json_string("system_owner"));
    json_t *devices = json_array(), *given = json_object_get(in, "devices");
    struct problem_path here = {at, "devices", 0};
    if (given) {
        read_list(&object_device, given, &here, devices, out);
    } else {
        json_t *one = json_pack("[{}]");
        read_list(&object_device, one, &here, devices, out);
        json_decref(one);
    }
    json_object_set_new(whole, "devices", devices);
    json_array_append_new(a->users, whole);
}

static char *owner_text(const json_t *owner, const char *key, const struct problem_path *at, struct problems *out)
{
    const json_t *v = json_object_get(owner, key);
    struct problem_path here = {at, key, 0};
    if (v && !json_is_string(v))
        problems_add(out, PROBLEM_TYPE, &here, "\"text\"");
    return g_strdup(json_string_value(v));
}

static void read_owner(struct answers *a, const json_t *owner, const struct problem_path *root, struct problems *out)
{
    struct problem_path at = {root, "owner", 0};
    if (!owner) {
        problems_add(out, PROBLEM_MISSING, &at, NULL);
        return;
    }
    read_user(a, owner, &at, true, out);
    const json_t *invite = json_object_get(owner, "invite");
    struct problem_path invite_at = {&at, "invite", 0}, password_at = {&at, "password", 0};
    if (invite && !json_is_boolean(invite))
        problems_add(out, PROBLEM_TYPE, &invite_at, "true, false");
    a->owner_password = owner_text(owner, "password", &at, out);
    a->owner_password_file = owner_text(owner, "password_file", &at, out);
    if (!!a->owner_password + !!a->owner_password_file + json_is_true(invite) > 1)
        problems_add(out, PROBLEM_EXCLUDES, &at, "password, password_file, invite");
    if (a->owner_password && json_array_size(a->users))
        (void)answers_check_password(a, a->owner_password, &password_at, out);
}

static void read_version(const json_t *version, const struct problem_path *root, struct problems *out)
{
    struct problem_path at = {root, "version", 0};
    if (!version)
        problems_add(out, PROBLEM_MISSING, &at, NULL);
    else if (!json_is_integer(version) || json_integer_value(version) != 1)
        problems_add(out, PROBLEM_NOT_ONE_OF, &at, "1");
}

static void read_top(struct answers *a, const json_t *top, struct problems *out)
{
    struct problem_path root = {NULL, NULL, 0};
    struct problem_path users = {&root, "users", 0}, peers = {&root, "peers", 0}, denied = {&root, "denied", 0};
    if (!json_is_object(top)) {
        problems_add(out, PROBLEM_TYPE, &root, "{…}");
        return;
    }
    read_version(json_object_get(top, "version"), &root, out);
    read_settings(a, top, &root, out);
    read_owner(a, json_object_get(top, "owner"), &root, out);
    const json_t *list = list_of(json_object_get(top, "users"), &users, ANSWERS_USERS_MAX, out);
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct problem_path here = {&users, NULL, i};
        read_user(a, json_array_get(list, i), &here, false, out);
    }
    read_list(&object_peer, json_object_get(top, "peers"), &peers, a->peers, out);
    read_list(&object_denied, json_object_get(top, "denied"), &denied, a->denied, out);
    /* Places in the lists are those of the file only while no row was left out. */
    if (problems_count(out) == 0)
        answers_number(a, &root, out);
}

struct answers *answers_parse(struct view text, struct problems *out)
{
    struct problem_path root = {NULL, NULL, 0};
    json_error_t error = {.text = "the file is too long"};
    json_t *top = text.n <= ANSWERS_BYTES_MAX ? json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &error) : NULL;
    if (!top) {
        char *detail = g_strdup_printf("line %d: %s", error.line, error.text);
        problems_add(out, PROBLEM_SYNTAX, &root, detail);
        g_free(detail);
        return NULL;
    }
    struct answers *a = g_new0(struct answers, 1);
    a->setting = json_object();
    a->users = json_array();
    a->peers = json_array();
    a->denied = json_array();
    read_top(a, top, out);
    json_decref(top);
    if (problems_count(out) == 0)
        return a;
    answers_free(a);
    return NULL;
}

void answers_free(struct answers *a)
{
    if (!a)
        return;
    json_decref(a->setting);
    json_decref(a->users);
    json_decref(a->peers);
    json_decref(a->denied);
    g_free(a->owner_password);
    g_free(a->owner_password_file);
    g_free(a);
}
