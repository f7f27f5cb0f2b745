/* SPDX-License-Identifier: Apache-2.0
 *
 * What commands share: see command.h. The main thread.
 */
#include "app/command.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>

enum { OPTIONS_MAX = 12 };

int command_fail(int status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = g_strdup_vprintf(format, args);
    va_end(args);
    (void)fprintf(stderr, "carillon: %s\n", text);
    g_free(text);
    return status;
}

static int take_words(const struct command_line *line, int argc, char **argv)
{
    int left = argc - optind;
    if (left > (line->word ? 1 : 0))
        return command_fail(COMMAND_WRONG, "'%s' is not expected: see --help", argv[argc - 1]);
    if (left == 1)
        *line->word = argv[optind];
    return -1;
}

int command_options(const struct command_line *line, int argc, char **argv)
{
    struct option table[OPTIONS_MAX + 2] = {{"help", no_argument, NULL, 'h'}};
    g_assert(line->n <= OPTIONS_MAX);
    for (size_t i = 0; i < line->n; i++)
        table[i + 1] =
            (struct option){line->option[i].name, line->option[i].value ? required_argument : no_argument, NULL, 0};
    optind = 1;
    opterr = 0;
    int place = 0;
    for (int c; (c = getopt_long(argc, argv, ":h", table, &place)) != -1;) {
        if (c == 'h') {
            (void)fputs(line->usage, stdout);
            return COMMAND_DONE;
        }
        if (c != 0)
            return command_fail(COMMAND_WRONG, c == ':' ? "%s needs a value: see --help" : "%s is unknown: see --help",
                                argv[optind - 1]);
        const struct command_option *o = &line->option[place - 1];
        if (o->value)
            *o->value = optarg;
        else
            *o->flag = true;
    }
    return take_words(line, argc, argv);
}

struct store *command_store(const char *data, enum store_how how)
{
    if (!data) {
        (void)command_fail(COMMAND_WRONG, "--data DIR is needed: see --help");
        return NULL;
    }
    struct store *s = NULL;
    char *problem = NULL;
    if (store_open(data, how, &s, &problem) != 0) {
        (void)command_fail(COMMAND_FAILED, "%s", problem);
        g_free(problem);
        return NULL;
    }
    return s;
}

int command_store_failed(const struct store *s, int err)
{
    char *problem = store_problem(s, err);
    (void)command_fail(COMMAND_FAILED, "%s", problem);
    g_free(problem);
    return COMMAND_FAILED;
}

void command_problems(const char *what, const struct problems *p)
{
    const struct problem *one;
    for (unsigned i = 0; (one = problems_get(p, i)); i++) {
        char *text = problem_text(one, MODEL_EN);
        (void)fprintf(stderr, "%s: %s: %s\n", what, one->path, text);
        g_free(text);
    }
    if (p->more)
        (void)fprintf(stderr, "%s: … and %u more\n", what, p->more);
}

int command_pad(const char *text, int width)
{
    return MAX(width - (int)g_utf8_strlen(text, -1), 0);
}

int command_print_accounts(struct store *s, const char *number)
{
    struct model *m = NULL;
    unsigned left_out = 0;
    int r = store_load_model(s, &m, &left_out);
    if (r)
        return command_store_failed(s, r);
    const struct model_device *const *devices;
    size_t n = model_devices(m, &devices);
    (void)printf("%-9s  %-24s  %-12s  %s\n", "extension", "name", "SIP user", "SIP password");
    for (size_t i = 0; i < n; i++) {
        const struct model_user *u = devices[i]->user;
        if (!number || strcmp(number, u->number) == 0)
            (void)printf("%-9s  %s%*s  %-12s  %s\n", u->number, u->name, command_pad(u->name, 24), "",
                         devices[i]->auth_user, devices[i]->secret);
    }
    model_unref(m);
    if (left_out && !number)
        return command_fail(COMMAND_FAILED,
                            "rows that cannot be read and are left out: %u; see 'carillon config check'", left_out);
    return COMMAND_DONE;
}
