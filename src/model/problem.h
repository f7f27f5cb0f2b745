/* SPDX-License-Identifier: Apache-2.0
 *
 * What is wrong with something that a person or program gave us: where (JSON path), a fixed code, and a sentence in
 * French or English. A list of problems is bounded: past the limit they are only counted. One thread.
 */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "model/snapshot.h"

enum problem_code {
    PROBLEM_SYNTAX, /* not JSON; detail: what the reader says */
    PROBLEM_UNKNOWN_KEY,
    PROBLEM_UNSUPPORTED, /* a key that this version does not know yet */
    PROBLEM_MISSING,
    PROBLEM_TYPE,      /* detail: the type that is wanted */
    PROBLEM_TOO_SMALL, /* detail: the bound, as for the next three */
    PROBLEM_TOO_LARGE,
    PROBLEM_TOO_SHORT,
    PROBLEM_TOO_LONG,
    PROBLEM_NOT_ONE_OF, /* detail: the words */
    PROBLEM_FORM,       /* detail: the form that is wanted */
    PROBLEM_TAKEN,      /* detail: the value */
    PROBLEM_NO_SUCH,    /* a reference to nothing; detail: the value */
    PROBLEM_NOT_WRITABLE,
    PROBLEM_TOO_MANY,
    PROBLEM_WEAK,     /* a password that is easily guessed */
    PROBLEM_EXCLUDES, /* only one of several keys may be given; detail: the keys */
    PROBLEM_CODES
};

struct problem {
    enum problem_code code;
    char *path; /* "$.users[3].number" */
    char *detail;
};

enum { PROBLEMS_MAX = 100 };
struct problems {
    GArray *list;  /* struct problem */
    unsigned more; /* beyond PROBLEMS_MAX */
};

/* Where we are in a document: a chain on the stack, the root has up == NULL. */
struct problem_path {
    const struct problem_path *up;
    const char *key; /* NULL: index */
    size_t index;
};

struct problems *problems_new(void);
void problems_free(struct problems *p);
/* detail may be NULL. */
void problems_add(struct problems *p, enum problem_code code, const struct problem_path *at, const char *detail);
unsigned problems_count(const struct problems *p); /* with those beyond the limit */
const struct problem *problems_get(const struct problems *p, unsigned i);

const char *problem_code_name(enum problem_code c); /* "too_long" */
/* The sentence; g_free. */
char *problem_text(const struct problem *p, enum model_language language);
/* {"path", "code", "message"} of each; json_decref. */
json_t *problems_json(const struct problems *p, enum model_language language);
