/* SPDX-License-Identifier: Apache-2.0
 *
 * Field tables: one row says all about one field of one kind of object. Checking, defaults, JSON, SQL and the snapshot
 * follow from it, so that a field is added by one line here and one migration (docs/field-tables.md). Constant data;
 * any thread.
 */
#pragma once

#include "model/problem.h"

enum field_type {
    FIELD_ID,        /* row id, made by the database */
    FIELD_UUID,      /* made by the system */
    FIELD_REFERENCE, /* id of a row of `of` */
    FIELD_BOOL,
    FIELD_INT,    /* min to max, and 0 where `or_zero` */
    FIELD_WORD,   /* one of `words`; in the snapshot its place among them */
    FIELD_CODECS, /* array of codec words, best first; comma-separated in SQL */
    FIELD_TEXT,   /* min to max characters, none of them a control character; so are all that follow */
    FIELD_DIGITS, /* 0-9 */
    FIELD_PREFIX, /* 0-9 + * # */
    FIELD_LOGIN,  /* letters, digits, - _ . */
    FIELD_EMAIL,
    FIELD_HOST,    /* name or address */
    FIELD_ZONE,    /* of the tz database */
    FIELD_COUNTRY, /* ISO 3166-1, two capitals */
    FIELD_PORTS,   /* "9000-10999": even start, 20 ports at least (NET-3) */
    FIELD_RANGE,   /* address or net */
    FIELD_SECRET,  /* sealed at rest, never given back (SEC-16) */
    FIELD_TYPES
};

/* Who may see or change it: each includes those before. The rights table (USER-14) refines this. */
enum field_who { FIELD_SYSTEM, FIELD_ADMIN, FIELD_MANAGER, FIELD_SELF, FIELD_EVERYBODY };

struct object;
struct field {
    const char *name; /* in JSON and SQL */
    enum field_type type;
    int64_t min, max;
    const char *fallback;     /* the default as text; NULL: must be given */
    const char *const *words; /* FIELD_WORD, ended by NULL */
    const struct object *of;  /* FIELD_REFERENCE */
    bool or_zero;             /* 0, or empty text, is allowed beside min to max */
    bool unique;              /* among the rows of its kind; empty text does not count */
    enum field_who see, write;
    size_t offset, size; /* its member in the row struct */
};

/* For `offset, size` in a table. */
#define FIELD_AT(type, member) .offset = offsetof(type, member), .size = sizeof(((type *)0)->member)

struct object {
    const char *name; /* of the kind and its SQL table */
    const struct field *field;
    size_t n;
    size_t row_size; /* of the row struct that the members are in */
};

/* Checks one value. True when it is good; else a problem is added at `at`. */
bool field_check(const struct field *f, const json_t *value, const struct problem_path *at, struct problems *out);
/* The default as JSON (new reference); NULL when there is none. */
json_t *field_default(const struct field *f);
const char *field_sql_type(const struct field *f); /* "INTEGER", "TEXT" or "BLOB" */

/* "9000-10999" in its parts; false when it is not that. */
bool field_ports(const char *text, uint16_t *ret_first, uint16_t *ret_last);

/* Into and out of the member of a row. Text is not copied. */
void field_set_int(const struct field *f, void *row, int64_t value);
void field_set_text(const struct field *f, void *row, const char *text); /* words and codecs become their numbers */
int64_t field_get_int(const struct field *f, const void *row);
const char *field_get_text(const struct field *f, const void *row); /* "" for NULL */

/* A text of SQL or JSON into the snapshot: the place of a word; -1 when it is not one of them. */
int field_word(const struct field *f, const char *word);
/* "opus,pcma" -> codecs, unknown ones are skipped. */
struct model_codecs field_codecs(const char *comma_separated);
extern const char *const field_codec_words[]; /* by enum model_codec, ended by NULL */
