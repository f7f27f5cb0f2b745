/* SPDX-License-Identifier: Apache-2.0
 *
 * Going over a ";a=b;c" list once, for what reads several parameters. Private to sip.
 */
#pragma once

#include "base/view.h"

enum { SIP_PARAMS_MAX = 32 };

struct param {
    struct view name;
    struct view value; /* quotes taken off, escapes still in */
    struct view text;  /* the whole, from its semicolon */
    bool has_value;    /* an '=' stands there */
};

enum param_step { PARAM_END, PARAM_ONE, PARAM_BAD };

/* Takes the next ";name[=value]" off *rest; blanks may stand around ';' and '='. */
enum param_step param_next(struct view *rest, struct param *ret);
/* What follows the ';': "name[=value]", for lists that another separator cuts (digest). */
bool param_body(struct view *rest, struct param *ret);
