/* SPDX-License-Identifier: Apache-2.0
 *
 * The forms of text fields, shared by the files of this folder.
 */
#pragma once

#include "model/field.h"

struct field_form {
    bool (*is)(const char *text); /* text is not empty and has no control character */
    const char *like;             /* an example, for the problem */
};

/* NULL: not a text. */
const struct field_form *field_form(enum field_type type);
