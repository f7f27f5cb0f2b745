/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts of reading an answers file, shared by the files of this folder.
 */
#pragma once

#include "model/answers.h"

/* Fills in numbers and login names where they are empty, after checking that the given ones are free and fit. */
void answers_number(struct answers *a, const struct problem_path *root, struct problems *out);
