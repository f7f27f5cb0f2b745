/* SPDX-License-Identifier: Apache-2.0
 *
 * What only the whole of an answers file shows: values that are taken, numbers that fit the plan, the owner's password;
 * and the numbers and login names that the file leaves to us. Pure; one thread.
 */
#include "model/answers_priv.h"

struct user_path {
    struct problem_path list, user;
};

/* The path of a user by his place in a->users: the owner, or $.users[i]. Storage is the caller's. */
static const struct problem_path *user_path(struct user_path *p, const struct problem_path *root, size_t place)
{
    p->list = (struct problem_path){root, place == 0 ? "owner" : "users", 0};
    if (place == 0)
        return &p->list;
    p->user = (struct problem_path){&p->list, NULL, place - 1};
    return &p->user;
}

static const char *text_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));
    return text ? text : "";
}

/* Values of the unique fields of one kind seen so far, as "field value" in small letters. */
static void check_unique(GHashTable *seen, const struct object *o, const json_t *row, const struct problem_path *at,
                         struct problems *out)
{
    for (size_t i = 0; i < o->n; i++) {
        const struct field *f = &o->field[i];
        const char *value = text_of(row, f->name);
        if (!f->unique || !*value)
            continue;
        char *folded = g_utf8_casefold(value, -1), *key = g_strconcat(f->name, " ", folded, NULL);
        struct problem_path here = {at, f->name, 0};
        if (!g_hash_table_add(seen, key))
            problems_add(out, PROBLEM_TAKEN, &here, value);
        g_free(folded);
    }
}

static GHashTable *seen_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static void check_list(const struct object *o, const json_t *list, const struct problem_path *at, struct problems *out)
{
    GHashTable *seen = seen_new();
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct problem_path here = {at, NULL, i};
        check_unique(seen, o, json_array_get(list, i), &here, out);
    }
    g_hash_table_destroy(seen);
}

static void check_numbers(struct answers *a, GHashTable *users, GHashTable *devices, const struct problem_path *root,
                          struct problems *out)
{
    size_t length = (size_t)json_integer_value(json_object_get(a->setting, "extension_length"));
    for (size_t i = 0; i < json_array_size(a->users); i++) {
        struct user_path path;
        const struct problem_path *at = user_path(&path, root, i);
        const json_t *user = json_array_get(a->users, i), *list = json_object_get(user, "devices");
        const char *number = text_of(user, "number");
        struct problem_path number_at = {at, "number", 0}, devices_at = {at, "devices", 0};
        if (*number && strlen(number) != length) {
            char like[8] = "";
            (void)g_snprintf(like, sizeof like, "%.*s", (int)length, "100000");
            problems_add(out, PROBLEM_FORM, &number_at, like);
        }
        check_unique(users, &object_user, user, at, out);
        for (size_t k = 0; k < json_array_size(list); k++) {
            struct problem_path here = {&devices_at, NULL, k};
            check_unique(devices, &object_device, json_array_get(list, k), &here, out);
        }
    }
}

static bool is_taken(GHashTable *seen, const char *field, const char *value)
{
    char *key = g_strconcat(field, " ", value, NULL);
    bool taken = !g_hash_table_add(seen, key);
    return taken;
}

/* The lowest free number from *next on; false when the plan is used up. */
static bool give_number(json_t *user, GHashTable *taken, uint32_t *next, uint32_t end)
{
    for (; *next < end; (*next)++) {
        char number[12];
        (void)g_snprintf(number, sizeof number, "%u", *next);
        if (!is_taken(taken, "number", number)) {
            json_object_set_new(user, "number", json_string(number));
            return true;
        }
    }
    return false;
}

/* Login names: the number, and number-2 and so on for further telephones. */
static void give_logins(const json_t *user, GHashTable *taken)
{
    const json_t *list = json_object_get(user, "devices");
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *device = json_array_get(list, i);
        if (*text_of(device, "auth_user"))
            continue;
        char login[24];
        (void)g_snprintf(login, sizeof login, "%s", text_of(user, "number"));
        for (unsigned n = 2; is_taken(taken, "auth_user", login); n++)
            (void)g_snprintf(login, sizeof login, "%s-%u", text_of(user, "number"), n);
        json_object_set_new(device, "auth_user", json_string(login));
    }
}

static void give_all(struct answers *a, GHashTable *users, GHashTable *devices, const struct problem_path *root,
                     struct problems *out)
{
    uint32_t end = 1, length = (uint32_t)json_integer_value(json_object_get(a->setting, "extension_length"));
    uint32_t next = (uint32_t)json_integer_value(json_object_get(a->setting, "first_extension"));
    for (uint32_t i = 0; i < length; i++)
        end *= 10;
    struct problem_path numbering = {root, "numbering", 0}, first = {&numbering, "first_extension", 0};
    char bound[12];
    (void)g_snprintf(bound, sizeof bound, "%u", next < end / 10 ? end / 10 : end - 1);
    if (next < end / 10 || next >= end) {
        problems_add(out, next < end / 10 ? PROBLEM_TOO_SMALL : PROBLEM_TOO_LARGE, &first, bound);
        return;
    }
    for (size_t i = 0; i < json_array_size(a->users); i++) {
        json_t *user = json_array_get(a->users, i);
        struct user_path path;
        struct problem_path at = {user_path(&path, root, i), "number", 0};
        if (!*text_of(user, "number") && !give_number(user, users, &next, end)) {
            problems_add(out, PROBLEM_TOO_LARGE, &at, bound);
            return;
        }
        give_logins(user, devices);
    }
}

void answers_number(struct answers *a, const struct problem_path *root, struct problems *out)
{
    struct problem_path peers = {root, "peers", 0}, denied = {root, "denied", 0};
    check_list(&object_peer, a->peers, &peers, out);
    check_list(&object_denied, a->denied, &denied, out);
    GHashTable *users = seen_new(), *devices = seen_new();
    check_numbers(a, users, devices, root, out);
    if (problems_count(out) == 0)
        give_all(a, users, devices, root, out);
    g_hash_table_destroy(users);
    g_hash_table_destroy(devices);
}

static bool holds(const char *folded_password, const char *word)
{
    enum { TOO_SHORT_TO_COUNT = 3 };
    if (g_utf8_strlen(word, -1) < TOO_SHORT_TO_COUNT)
        return false;
    char *folded = g_utf8_casefold(word, -1);
    bool found = strstr(folded_password, folded) != NULL;
    g_free(folded);
    return found;
}

/* Runs and repeats: fewer than five different characters, or each the next of the one before. */
static bool is_plain(const char *password)
{
    char seen[256] = {0};
    unsigned different = 0, steps = 0;
    for (const unsigned char *p = (const unsigned char *)password; *p; p++) {
        different += seen[*p] == 0;
        seen[*p] = 1;
        steps += p[1] == p[0] + 1;
    }
    return different < 5 || steps + 2 >= strlen(password);
}

bool answers_check_password(const struct answers *a, const char *password, const struct problem_path *at,
                            struct problems *out)
{
    static const struct field rule = {"password", FIELD_SECRET, .min = 12, .max = 128};
    static const char *const words[] = {"first_name", "last_name", "number"};
    json_t *value = json_string(password);
    bool good = value && field_check(&rule, value, at, out);
    json_decref(value);
    if (!good)
        return false;
    const json_t *owner = json_array_get(a->users, 0);
    char *folded = g_utf8_casefold(password, -1);
    const char *found = is_plain(password) ? "aaaa, 1234" : NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(words) && !found; i++)
        found = holds(folded, text_of(owner, words[i])) ? words[i] : NULL;
    if (!found && holds(folded, text_of(a->setting, "company")))
        found = "company";
    g_free(folded);
    if (found)
        problems_add(out, PROBLEM_WEAK, at, found);
    return !found;
}
