/* SPDX-License-Identifier: Apache-2.0
 *
 * The data folder: what the administrator set up, and call records, in DIR/carillon.db; the key of its secrets in
 * DIR/key. One struct store is one connection and belongs to one thread; several processes and threads may each have
 * their own. Errors are errno as in driver.h; store_problem says them to a person.
 */
#pragma once

#include <jansson.h>

#include "model/answers.h"
#include "model/snapshot.h"

struct store;

enum store_how { STORE_EXISTING /* ENOENT when it is not there */, STORE_MAKE };
/* Opens, and brings an older schema up to date. On failure *ret_problem is a sentence that says what to do; g_free. */
[[gnu::warn_unused_result]] int store_open(const char *dir, enum store_how how, struct store **ret, char **ret_problem);
void store_close(struct store *s);                   /* takes NULL */
char *store_problem(const struct store *s, int err); /* g_free */

/* Goes up with every change of what was set up, by whichever process; cheap enough to ask each second. */
[[gnu::warn_unused_result]] int store_model_version(struct store *s, uint64_t *ret);
/* All that was set up. Rows that do not fit are left out and counted (config check names them). */
[[gnu::warn_unused_result]] int store_load_model(struct store *s, struct model **ret, unsigned *ret_left_out);
[[gnu::warn_unused_result]] int store_is_set_up(struct store *s, bool *ret);

/* Everything in one transaction. EALREADY: it is set up. password: the owner's, or NULL. */
[[gnu::warn_unused_result]] int store_set_up(struct store *s, const struct answers *a, const char *password);

/* A checked row of object_user with "devices", its number and login names as in answers; each device gets a new secret.
 * EEXIST: number, mail address or login is taken. */
[[gnu::warn_unused_result]] int store_add_user(struct store *s, const json_t *user);
/* New secrets for all devices of a user. ENOENT: there is no such number. */
[[gnu::warn_unused_result]] int store_renew_secrets(struct store *s, const char *number);
/* A user who is off can neither sign in nor be called. ENOENT: there is no such number. */
[[gnu::warn_unused_result]] int store_enable_user(struct store *s, const char *number, bool enabled);

/* Every row of every kind against its field table; problems are at "$.user[2].number" (row id in brackets). */
[[gnu::warn_unused_result]] int store_check(struct store *s, struct problems *out);

/* The newest calls as an array of objects {id, started_ms, …, segments, trace}; json_decref. */
[[gnu::warn_unused_result]] int store_calls(struct store *s, unsigned limit, json_t **ret);

enum { STORE_SECRET_CHARS = 26 }; /* 130 bits (SEC-3) */
