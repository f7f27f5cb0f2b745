/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts of reading an answers file, shared by the files of this folder.
 */
#pragma once

#include "model/answers.h"

/* Fills in numbers and login names where they are empty, after checking that the given ones are free and fit. */
void answers_number(struct answers *a, const struct problem_path *root, struct problems *out);
/* The path of a user by his place in a->users: the owner, or $.users[i]. Storage is the caller's. */
struct answers_user_path {
    struct problem_path list, user;
};
const struct problem_path *answers_user_path(struct answers_user_path *p, const struct problem_path *root,
                                             size_t place);
