/* SPDX-License-Identifier: Apache-2.0
 *
 * carillon user: adds, lists, turns off and on extensions, gives new SIP passwords. A running daemon takes changes over
 * by itself. The main thread.
 */
#include <errno.h>

#include "app/command.h"
#include "model/numbering.h"

static const char usage[] =
    "usage: carillon user add     --data DIR [--number N] [--first-name A] [--last-name B] [--email E]\n"
    "                             [--language en|fr]\n"
    "       carillon user list    --data DIR\n"
    "       carillon user passwd  --data DIR --number N\n"
    "       carillon user disable --data DIR --number N\n"
    "       carillon user enable  --data DIR --number N\n\n"
    "add      a new extension with one telephone; prints its SIP password. Without --number it gets the next free\n"
    "         number. One of --first-name, --last-name and --email is needed.\n"
    "list     every extension: number, name, whether it is disabled, mail address.\n"
    "passwd   new SIP passwords for all telephones of an extension; the old ones are refused at once.\n"
    "disable  the extension can neither call nor be called, its telephones are signed out; nothing is deleted.\n"
    "enable   back in service, with the same passwords.\n\n"
    "A running system takes each change over within two seconds.\n";

struct user_options {
    const char *data, *number, *first_name, *last_name, *email, *language;
};

static void set_text(json_t *to, const char *key, const char *value)
{
    if (value)
        json_object_set_new(to, key, json_string(value)); /* not UTF-8: left out, and then found missing */
}

/* A field's path "$.first_name" as the option that it came by. */
static void print_problems(const struct problems *p)
{
    const struct problem *one;
    for (unsigned i = 0; (one = problems_get(p, i)); i++) {
        char *text = problem_text(one, MODEL_EN), *option = g_strdelimit(g_strdup(one->path), "_", '-');
        (void)command_fail(COMMAND_WRONG, "--%s: %s", g_str_has_prefix(option, "$.") ? option + 2 : option, text);
        g_free(option);
        g_free(text);
    }
}

static json_t *checked_user(const struct user_options *o, const struct model *m)
{
    char number[NUMBERING_NUMBER_BYTES] = "";
    unsigned length = model_settings(m)->extension_length;
    if (!o->number && !numbering_next(m, number)) {
        (void)command_fail(COMMAND_FAILED, "no number is free: choose one with --number");
        return NULL;
    }
    if (o->number && strlen(o->number) != length) {
        (void)command_fail(COMMAND_WRONG, "--number %s: extensions here have %u digits", o->number, length);
        return NULL;
    }
    json_t *in = json_object();
    set_text(in, "number", o->number ? o->number : number);
    set_text(in, "first_name", o->first_name);
    set_text(in, "last_name", o->last_name);
    set_text(in, "email", o->email);
    set_text(in, "language", o->language ? o->language : model_settings(m)->language == MODEL_FR ? "fr" : "en");
    struct problems *p = problems_new();
    struct problem_path root = {NULL, NULL, 0};
    struct object_check c = {&root, FIELD_ADMIN, NULL, p};
    json_t *whole = object_check(&object_user, in, &c);
    print_problems(p);
    problems_free(p);
    json_decref(in);
    return whole;
}

static json_t *default_device(const struct model *m, const char *number)
{
    char login[NUMBERING_LOGIN_BYTES];
    numbering_login(m, number, login);
    json_t *in = json_pack("{s:s}", "auth_user", login);
    struct problems *p = problems_new();
    struct object_check c = {NULL, FIELD_ADMIN, NULL, p};
    json_t *whole = object_check(&object_device, in, &c);
    problems_free(p);
    json_decref(in);
    return whole;
}

static int add(struct store *s, const struct user_options *o)
{
    if (!o->first_name && !o->last_name && !o->email)
        return command_fail(COMMAND_WRONG, "--first-name, --last-name or --email is needed: see --help");
    struct model *m = NULL;
    int r = store_load_model(s, &m, NULL);
    if (r)
        return command_store_failed(s, r);
    int status = COMMAND_WRONG;
    json_t *user = checked_user(o, m);
    if (user) {
        char *number = g_strdup(json_string_value(json_object_get(user, "number")));
        json_object_set_new(user, "devices", json_pack("[o]", default_device(m, number)));
        r = store_add_user(s, user);
        status = r ? command_store_failed(s, r) : command_print_accounts(s, number);
        g_free(number);
    }
    json_decref(user);
    model_unref(m);
    return status;
}

static int list(struct store *s, const struct user_options *o)
{
    (void)o;
    struct model *m = NULL;
    int r = store_load_model(s, &m, NULL);
    if (r)
        return command_store_failed(s, r);
    const struct model_user *const *users;
    size_t n = model_users(m, &users);
    for (size_t i = 0; i < n; i++)
        (void)printf("%-6s  %s%*s  %-8s  %s\n", users[i]->number, users[i]->name, command_pad(users[i]->name, 24), "",
                     users[i]->enabled ? "" : "disabled", users[i]->email);
    model_unref(m);
    return COMMAND_DONE;
}

static int passwd(struct store *s, const struct user_options *o)
{
    if (!o->number)
        return command_fail(COMMAND_WRONG, "--number N is needed: see --help");
    int r = store_renew_secrets(s, o->number);
    if (r == ENOENT)
        return command_fail(COMMAND_FAILED, "extension %s has no telephone or does not exist: see carillon user list",
                            o->number);
    return r ? command_store_failed(s, r) : command_print_accounts(s, o->number);
}

static int set_enabled(struct store *s, const struct user_options *o, bool enabled)
{
    if (!o->number)
        return command_fail(COMMAND_WRONG, "--number N is needed: see --help");
    int r = store_enable_user(s, o->number, enabled);
    if (r == ENOENT)
        return command_fail(COMMAND_FAILED, "there is no extension %s: see carillon user list", o->number);
    return r ? command_store_failed(s, r) : COMMAND_DONE;
}

static int disable(struct store *s, const struct user_options *o)
{
    return set_enabled(s, o, false);
}

static int enable(struct store *s, const struct user_options *o)
{
    return set_enabled(s, o, true);
}

static int (*action_of(const char *word))(struct store *s, const struct user_options *o)
{
    static const struct {
        const char *word;
        int (*run)(struct store *s, const struct user_options *o);
    } actions[] = {{"add", add}, {"list", list}, {"passwd", passwd}, {"disable", disable}, {"enable", enable}};
    for (size_t i = 0; word && i < G_N_ELEMENTS(actions); i++) {
        if (strcmp(word, actions[i].word) == 0)
            return actions[i].run;
    }
    return NULL;
}

int command_user(int argc, char **argv)
{
    struct user_options o = {.data = NULL};
    const char *word = NULL;
    const struct command_option options[] = {
        {"data", &o.data, NULL},           {"number", &o.number, NULL}, {"first-name", &o.first_name, NULL},
        {"last-name", &o.last_name, NULL}, {"email", &o.email, NULL},   {"language", &o.language, NULL},
    };
    const struct command_line line = {usage, options, G_N_ELEMENTS(options), &word};
    int status = command_options(&line, argc, argv);
    if (status >= 0)
        return status;
    int (*run)(struct store * s, const struct user_options *o) = action_of(word);
    if (!run)
        return command_fail(COMMAND_WRONG, "add, list, passwd, disable or enable is needed: see carillon user --help");
    struct store *s = command_store(o.data, STORE_EXISTING);
    if (!s)
        return o.data ? COMMAND_FAILED : COMMAND_WRONG;
    status = run(s, &o);
    store_close(s);
    return status;
}
