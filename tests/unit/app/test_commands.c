/* SPDX-License-Identifier: Apache-2.0
 *
 * The commands as a person runs them: exit status, what they print, and that nothing is done when something is wrong
 * (NET-8). The program's path is the first argument.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <jansson.h>

#include "tests/unit/store/folder.h"

#include "tests/cmocka_all.h"

static const char *carillon;

struct outcome {
    int status;
    char *out, *err;
};

/* Runs "carillon WORDS"; words are split at blanks, "@" in front stands for the test's folder. */
static struct outcome run(const char *folder, const char *words)
{
    char **part = g_strsplit(words, " ", -1);
    GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(argv, g_strdup(carillon));
    for (size_t i = 0; part[i]; i++) {
        bool in_folder = g_str_has_prefix(part[i], "@/");
        g_ptr_array_add(argv, in_folder ? g_strconcat(folder, part[i] + 1, NULL) : g_strdup(part[i]));
    }
    g_ptr_array_add(argv, NULL);
    struct outcome o = {.status = -1};
    int wait_status = 0;
    assert_true(g_spawn_sync(NULL, (char **)argv->pdata, NULL, G_SPAWN_DEFAULT, NULL, NULL, &o.out, &o.err,
                             &wait_status, NULL));
    o.status = wait_status >> 8;
    g_ptr_array_free(argv, TRUE);
    g_strfreev(part);
    return o;
}

static void expect(const char *folder, const char *words, int status, const char *out, const char *err)
{
    struct outcome o = run(folder, words);
    if (o.status != status || (out && !strstr(o.out, out)) || (err && !strstr(o.err, err)))
        fail_msg("%s\nstatus %d\n%s\n%s", words, o.status, o.out, o.err);
    if (status == 1 || status == 2)
        assert_true(strlen(o.err) > 0);
    g_free(o.out);
    g_free(o.err);
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char *path = g_build_filename(folder, name, NULL);
    assert_true(g_file_set_contents(path, text, -1, NULL));
    g_free(path);
}

static bool exists(const char *folder, const char *name)
{
    char *path = g_build_filename(folder, name, NULL);
    bool there = g_file_test(path, G_FILE_TEST_EXISTS);
    g_free(path);
    return there;
}

static void every_command_answers_help(void **state)
{
    static const char *const commands[] = {"setup", "demo", "accounts", "user", "calls", "config"};
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        char *words = g_strconcat(commands[i], " --help", NULL);
        expect(*state, words, 0, "usage: carillon", NULL);
        g_free(words);
        words = g_strconcat(commands[i], " --nonsense", NULL);
        expect(*state, words, 2, NULL, "--help");
        g_free(words);
        expect(*state, commands[i], 2, NULL, "needed");
    }
    expect(*state, "--help", 0, "setup", NULL);
    expect(*state, "dance", 2, NULL, "dance");
}

static void broken_answers_do_nothing(void **state)
{
    write_file(*state, "a.json",
               "{\"version\": 1, \"owner\": {\"first_name\": \"Ada\"}, \"users\": [{\"ring_s\": 4}]}");
    expect(*state, "setup --data @/d --answers @/a.json", 2, NULL, "$.users[0].ring_s: must be at least 5");
    assert_false(exists(*state, "d"));
    expect(*state, "setup --data @/d --answers @/none.json", 2, NULL, "none.json");
    write_file(*state, "a.json",
               "{\"version\": 1, \"owner\": {\"first_name\": \"Ada\", \"password_file\": \"/nonexistent\"}}");
    expect(*state, "setup --data @/d --answers @/a.json", 2, NULL, "/nonexistent");
    assert_false(exists(*state, "d"));
}

static void set_up_once(void **state)
{
    write_file(*state, "a.json",
               "{\"version\": 1, \"owner\": {\"first_name\": \"Ada\"}, \"users\": [{\"last_name\": \"Bo\"}]}");
    expect(*state, "setup --data @/d --answers @/a.json", 0, "101", NULL);
    struct outcome first = run(*state, "accounts --data @/d");
    expect(*state, "setup --data @/d --answers @/a.json", 3, NULL, "already");
    expect(*state, "demo --data @/d", 0, NULL, NULL);
    struct outcome second = run(*state, "accounts --data @/d");
    assert_string_equal(first.out, second.out);
    g_free(first.out);
    g_free(first.err);
    g_free(second.out);
    g_free(second.err);
}

static void users_come_and_get_new_secrets(void **state)
{
    expect(*state, "demo --data @/d", 0, "104", NULL);
    expect(*state, "user add --data @/d --first-name Zo --email zo@example.com", 0, "105", NULL);
    expect(*state, "user add --data @/d --first-name Zo --number 105", 1, NULL, "taken");
    expect(*state, "user add --data @/d --first-name Zo --number 1055", 2, NULL, "3 digits");
    expect(*state, "user add --data @/d --first-name Zo --language de", 2, NULL, "--language: must be one of: en, fr");
    expect(*state, "user add --data @/d", 2, NULL, "needed");
    expect(*state, "user list --data @/d", 0, "zo@example.com", NULL);
    struct outcome before = run(*state, "accounts --data @/d");
    expect(*state, "user passwd --data @/d --number 105", 0, "105", NULL);
    expect(*state, "user passwd --data @/d --number 999", 1, NULL, "999");
    expect(*state, "user disable --data @/d --number 105", 0, NULL, NULL);
    expect(*state, "user list --data @/d", 0, "disabled", NULL);
    expect(*state, "user enable --data @/d --number 105", 0, NULL, NULL);
    expect(*state, "user disable --data @/d --number 999", 1, NULL, "999");
    expect(*state, "user disable --data @/d", 2, NULL, "--number");
    struct outcome after = run(*state, "accounts --data @/d");
    assert_string_not_equal(before.out, after.out);
    expect(*state, "config check --data @/d", 0, "no problems", NULL);
    g_free(before.out);
    g_free(before.err);
    g_free(after.out);
    g_free(after.err);
}

static void calls_are_listed(void **state)
{
    expect(*state, "demo --data @/d", 0, NULL, NULL);
    struct outcome o = run(*state, "calls list --data @/d --json");
    json_t *calls = json_loads(o.out, 0, NULL);
    assert_true(json_is_array(calls));
    json_decref(calls);
    g_free(o.out);
    g_free(o.err);
    expect(*state, "calls list --data @/d --limit 0", 2, NULL, "--limit");
    expect(*state, "calls list --data @/d --limit 100001", 2, NULL, "--limit");
    expect(*state, "calls list --data @/none", 1, NULL, "carillon setup");
}

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)

int main(int argc, char **argv)
{
    carillon = argc > 1 ? argv[1] : "";
    const struct CMUnitTest tests[] = {
        IN_FOLDER(every_command_answers_help),     IN_FOLDER(broken_answers_do_nothing), IN_FOLDER(set_up_once),
        IN_FOLDER(users_come_and_get_new_secrets), IN_FOLDER(calls_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
