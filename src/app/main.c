/* SPDX-License-Identifier: Apache-2.0
 *
 * carillon: finds the command and runs it. The main thread.
 */
#include <locale.h>
#include <sys/stat.h>

#include "app/command.h"

static const struct {
    const char *name, *what;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"serve", "run the phone system", command_serve},
    {"setup", "first set-up from an answers file", command_setup},
    {"demo", "set up a company to try things with", command_demo},
    {"accounts", "show extensions and their SIP credentials", command_accounts},
    {"user", "add, list, disable extensions; new SIP passwords", command_user},
    {"calls", "list call records", command_calls},
    {"config", "check what was set up", command_config},
};

static int help(FILE *to, int status)
{
    (void)fputs("usage: carillon COMMAND [OPTIONS]\n\n", to);
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        (void)fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].what);
    (void)fputs("\n'carillon COMMAND --help' says more. --data DIR names the folder that holds everything.\n", to);
    return status;
}

int main(int argc, char **argv)
{
    (void)setlocale(LC_CTYPE, ""); /* only for how text is shown; numbers and sorting stay those of C */
    (void)umask(077);              /* nothing that we make is for others (K4) */
    if (argc < 2)
        return help(stderr, COMMAND_WRONG);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return help(stdout, COMMAND_DONE);
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    }
    return command_fail(COMMAND_WRONG, "there is no command '%s': see carillon --help", argv[1]);
}
