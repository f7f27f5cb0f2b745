/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line: one file a command, one line each in main.c. A command gets its own name as argv[0], prints what
 * was asked for on standard output and one line that says what to do on standard error, and returns the exit status.
 */
#pragma once

#include "store/store.h"

enum { COMMAND_DONE = 0, COMMAND_FAILED = 1, COMMAND_WRONG = 2 /* usage or file */, COMMAND_SET_UP_ALREADY = 3 };

int command_accounts(int argc, char **argv);
int command_calls(int argc, char **argv);
int command_config(int argc, char **argv);
int command_demo(int argc, char **argv);
int command_serve(int argc, char **argv);
int command_setup(int argc, char **argv);
int command_user(int argc, char **argv);

/* An option of a command: "--name VALUE", or a flag without value. */
struct command_option {
    const char *name;
    const char **value; /* NULL: a flag */
    bool *flag;
};
struct command_line {
    const char *usage;
    const struct command_option *option; /* at most 12 */
    size_t n;
    const char **word; /* the one word that is no option; NULL: none is taken */
};
/* Reads all options; --help prints the usage. Returns -1 to go on, else the exit status. */
int command_options(const struct command_line *line, int argc, char **argv);

/* "carillon: …" and the line's end on standard error; returns status. */
[[gnu::format(printf, 2, 3)]] int command_fail(int status, const char *format, ...);
/* The store of --data, or NULL after saying what is wrong. */
struct store *command_store(const char *data, enum store_how how);
/* Says why a store function failed; COMMAND_FAILED. */
int command_store_failed(const struct store *s, int err);
/* Prints the problems, a line each, behind the name of what has them. */
void command_problems(const char *what, const struct problems *p);
/* Blanks that fill text up to a column of that many characters: printf pads by bytes. */
int command_pad(const char *text, int width);
/* Prints extensions with their SIP credentials; number NULL: all. Returns the exit status. */
int command_print_accounts(struct store *s, const char *number);
