/* SPDX-License-Identifier: Apache-2.0
 *
 * carillon config check: everything in the database against the rules of this version. The main thread.
 */
#include "app/command.h"

static int check(struct store *s, const char *data)
{
    struct problems *p = problems_new();
    struct model *m = NULL;
    unsigned left_out = 0, found = 0;
    int r = store_check(s, p);
    if (r == 0)
        r = store_load_model(s, &m, &left_out);
    if (r == 0) {
        command_problems(data, p);
        found = problems_count(p);
    }
    problems_free(p);
    model_unref(m);
    if (r)
        return command_store_failed(s, r);
    if (found || left_out)
        return command_fail(COMMAND_FAILED, "%u problems, %u rows are left out: correct what is named above", found,
                            left_out);
    (void)puts("no problems");
    return COMMAND_DONE;
}

int command_config(int argc, char **argv)
{
    const char *data = NULL, *word = NULL;
    const struct command_option options[] = {{"data", &data, NULL}};
    const struct command_line line = {"usage: carillon config check --data DIR\n\n"
                                      "Checks everything that was set up and names what is wrong. Changes nothing.\n"
                                      "Exit status: 1 when something is wrong.\n",
                                      options, G_N_ELEMENTS(options), &word};
    int status = command_options(&line, argc, argv);
    if (status >= 0)
        return status;
    if (!word || strcmp(word, "check") != 0)
        return command_fail(COMMAND_WRONG, "'check' is needed: see carillon config --help");
    struct store *s = command_store(data, STORE_EXISTING);
    if (!s)
        return data ? COMMAND_FAILED : COMMAND_WRONG;
    status = check(s, data);
    store_close(s);
    return status;
}
