/* SPDX-License-Identifier: Apache-2.0
 *
 * carillon setup: the unattended first set-up (NET-8, docs/setup.md). All is checked before anything is written. The
 * main thread.
 */
#include <errno.h>
#include <sodium.h>

#include "app/command.h"

static const char usage[] =
    "usage: carillon setup --data DIR --answers FILE\n\n"
    "Sets up a new system from an answers file (JSON, docs/setup.md) and prints the extensions with their SIP\n"
    "passwords. DIR is made if it is not there.\n"
    "Exit status: 2 when the file has problems (nothing is done, each problem is printed with its place), 3 when DIR\n"
    "is set up already.\n";

/* A whole file, bounded; NULL after saying why not. g_free. */
static char *read_file(const char *path, size_t max, size_t *ret_n)
{
    FILE *f = fopen(path, "re");
    if (!f) {
        (void)command_fail(COMMAND_WRONG, "%s: %s: name a file that can be read", path, g_strerror(errno));
        return NULL;
    }
    char *text = g_malloc(max + 2);
    *ret_n = fread(text, 1, max + 1, f);
    bool good = !ferror(f);
    (void)fclose(f);
    if (!good || *ret_n > max) {
        (void)command_fail(COMMAND_WRONG, "%s: %s", path,
                           good ? "too long to be what is wanted here" : "cannot be read");
        g_free(text);
        return NULL;
    }
    text[*ret_n] = '\0';
    return text;
}

static struct answers *read_answers(const char *path)
{
    size_t n;
    char *text = read_file(path, ANSWERS_BYTES_MAX, &n);
    if (!text)
        return NULL;
    struct problems *p = problems_new();
    struct answers *a = answers_parse((struct view){text, n}, p);
    command_problems(path, p);
    problems_free(p);
    sodium_memzero(text, n);
    g_free(text);
    return a;
}

/* The password out of owner.password_file, into the answers; false after saying what is wrong with it. */
static bool read_password(struct answers *a, const char *answers_path)
{
    enum { PASSWORD_BYTES_MAX = 1024 };
    if (!a->owner_password_file)
        return true;
    size_t n;
    char *text = read_file(a->owner_password_file, PASSWORD_BYTES_MAX, &n);
    if (!text)
        return false;
    text[strcspn(text, "\r\n")] = '\0';
    struct problem_path root = {NULL, NULL, 0}, owner = {&root, "owner", 0}, at = {&owner, "password_file", 0};
    struct problems *p = problems_new();
    bool good = g_utf8_validate(text, -1, NULL) && answers_check_password(a, text, &at, p);
    if (!good && problems_count(p) == 0)
        problems_add(p, PROBLEM_FORM, &at, "UTF-8");
    command_problems(answers_path, p);
    problems_free(p);
    a->owner_password = text;
    return good;
}

static int set_up(const char *data, const struct answers *a)
{
    struct store *s = command_store(data, STORE_MAKE);
    if (!s)
        return COMMAND_FAILED;
    int r = store_set_up(s, a, a->owner_password), status;
    if (r == EALREADY)
        status = command_fail(COMMAND_SET_UP_ALREADY, "%s is set up already: use another folder", data);
    else
        status = r ? command_store_failed(s, r) : command_print_accounts(s, NULL);
    store_close(s);
    return status;
}

int command_setup(int argc, char **argv)
{
    const char *data = NULL, *file = NULL;
    const struct command_option options[] = {{"data", &data, NULL}, {"answers", &file, NULL}};
    const struct command_line line = {usage, options, G_N_ELEMENTS(options), NULL};
    int status = command_options(&line, argc, argv);
    if (status >= 0)
        return status;
    if (!data || !file)
        return command_fail(COMMAND_WRONG, "--data DIR and --answers FILE are needed: see --help");
    struct answers *a = read_answers(file);
    status = COMMAND_WRONG;
    if (a && read_password(a, file))
        status = set_up(data, a);
    answers_free(a);
    return status;
}
