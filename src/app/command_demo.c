/* SPDX-License-Identifier: Apache-2.0
 *
 * carillon demo: a company to try things with, made through the same answers file as any other; its secrets are random
 * like those of any other. The main thread.
 */
#include <errno.h>

#include "app/command.h"

static const char company[] =
    "{\"version\": 1, \"language\": \"fr\", \"time_zone\": \"Europe/Paris\", \"country\": \"FR\","
    " \"company\": {\"name\": \"Atelier Carillon\"},"
    " \"owner\": {\"number\": \"100\", \"first_name\": \"Amélie\", \"last_name\": \"Laurent\"},"
    " \"users\": ["
    "  {\"number\": \"101\", \"first_name\": \"Hugo\", \"last_name\": \"Marchand\"},"
    "  {\"number\": \"102\", \"first_name\": \"Grace\", \"last_name\": \"Bennett\", \"language\": \"en\"},"
    "  {\"number\": \"103\", \"first_name\": \"Léa\", \"last_name\": \"Fontaine\"},"
    "  {\"number\": \"104\", \"first_name\": \"Oliver\", \"last_name\": \"Hughes\", \"language\": \"en\"}]}";

static int set_up(struct store *s)
{
    struct problems *p = problems_new();
    struct answers *a = answers_parse(view_of(company), p);
    command_problems("demo", p);
    int r = a ? store_set_up(s, a, NULL) : EINVAL;
    answers_free(a);
    problems_free(p);
    if (r == EALREADY)
        return COMMAND_DONE;
    return r ? command_store_failed(s, r) : command_print_accounts(s, NULL);
}

int command_demo(int argc, char **argv)
{
    const char *data = NULL;
    const struct command_option options[] = {{"data", &data, NULL}};
    const struct command_line line = {"usage: carillon demo --data DIR\n\n"
                                      "Sets up a small company with extensions 100 to 104 and prints their SIP\n"
                                      "passwords. Does nothing when DIR is set up already.\n",
                                      options, G_N_ELEMENTS(options), NULL};
    int status = command_options(&line, argc, argv);
    if (status >= 0)
        return status;
    struct store *s = command_store(data, STORE_MAKE);
    if (!s)
        return data ? COMMAND_FAILED : COMMAND_WRONG;
    status = set_up(s);
    store_close(s);
    return status;
}
