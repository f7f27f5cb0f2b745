/* SPDX-License-Identifier: Apache-2.0
 *
 * The answers file of an unattended set-up (NET-8, docs/setup.md): text in, everything checked, whole rows out. What
 * the file leaves open (numbers, login names, one telephone a user) is filled in here; secrets and ids are the store's.
 * Pure.
 */
#pragma once

#include "model/object.h"

enum { ANSWERS_BYTES_MAX = 16 << 20, ANSWERS_USERS_MAX = 10000, ANSWERS_LIST_MAX = 10000, ANSWERS_DEVICES_MAX = 20 };

struct answers {
    json_t *setting; /* one object of object_setting */
    json_t *users;   /* array of object_user; each has "devices", an array of object_device. The first is the owner */
    json_t *peers;   /* array of object_peer */
    json_t *denied;  /* array of object_denied */
    char *owner_password;      /* NULL: not given */
    char *owner_password_file; /* NULL: not given; path as written */
};

/* NULL after adding problems, all that there are (up to PROBLEMS_MAX). */
struct answers *answers_parse(struct view text, struct problems *out);
void answers_free(struct answers *a);

/* The rules of SEC-3 for a password of the owner, also when it comes out of a file. `at`: where it was given. */
bool answers_check_password(const struct answers *a, const char *password, const struct problem_path *at,
                            struct problems *out);
