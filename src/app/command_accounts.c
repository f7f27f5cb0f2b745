/* SPDX-License-Identifier: Apache-2.0
 *
 * carillon accounts: SIP credentials, for whoever may read the data folder. The main thread.
 */
#include "app/command.h"

int command_accounts(int argc, char **argv)
{
    const char *data = NULL;
    const struct command_option options[] = {{"data", &data, NULL}};
    const struct command_line line = {
        "usage: carillon accounts --data DIR\n\n"
        "Prints every extension with its SIP user names and passwords, a line for each telephone.\n",
        options, G_N_ELEMENTS(options), NULL};
    int status = command_options(&line, argc, argv);
    if (status >= 0)
        return status;
    struct store *s = command_store(data, STORE_EXISTING);
    if (!s)
        return data ? COMMAND_FAILED : COMMAND_WRONG;
    status = command_print_accounts(s, NULL);
    store_close(s);
    return status;
}
