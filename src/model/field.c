/* SPDX-License-Identifier: Apache-2.0
 *
 * Checking one value against its row of the table, and its default: see field.h. Pure; any thread.
 */
#include "model/field_priv.h"

const char *const field_codec_words[] = {"opus", "g722", "pcma", "pcmu", NULL}; /* by enum model_codec */

static bool problem(struct problems *out, enum problem_code code, const struct problem_path *at, const char *detail)
{
    problems_add(out, code, at, detail);
    return false;
}

static bool problem_bound(struct problems *out, enum problem_code code, const struct problem_path *at, int64_t bound)
{
    char text[24];
    (void)g_snprintf(text, sizeof text, "%lld", (long long)bound);
    return problem(out, code, at, text);
}

static int word_place(const char *const *words, const char *word)
{
    for (int i = 0; words[i]; i++) {
        if (strcmp(words[i], word) == 0)
            return i;
    }
    return -1;
}

static bool problem_words(struct problems *out, const struct problem_path *at, const char *const *words)
{
    char *all = g_strjoinv(", ", (char **)words);
    problem(out, PROBLEM_NOT_ONE_OF, at, all);
    g_free(all);
    return false;
}

static bool check_int(const struct field *f, const json_t *v, const struct problem_path *at, struct problems *out)
{
    if (!json_is_integer(v))
        return problem(out, PROBLEM_TYPE, at, "123");
    int64_t i = json_integer_value(v);
    if (i == 0 && f->or_zero)
        return true;
    if (i < f->min)
        return problem_bound(out, PROBLEM_TOO_SMALL, at, f->min);
    if (i > f->max)
        return problem_bound(out, PROBLEM_TOO_LARGE, at, f->max);
    return true;
}

static bool check_word(const struct field *f, const json_t *v, const struct problem_path *at, struct problems *out)
{
    if (!json_is_string(v))
        return problem(out, PROBLEM_TYPE, at, "\"text\"");
    if (word_place(f->words, json_string_value(v)) < 0)
        return problem_words(out, at, f->words);
    return true;
}

static bool check_codecs(const json_t *v, const struct problem_path *at, struct problems *out)
{
    if (!json_is_array(v) || json_array_size(v) == 0)
        return problem(out, PROBLEM_TYPE, at, "[\"opus\", \"pcma\"]");
    if (json_array_size(v) > MODEL_CODECS)
        return problem_bound(out, PROBLEM_TOO_MANY, at, MODEL_CODECS);
    bool seen[MODEL_CODECS] = {false};
    for (size_t i = 0; i < json_array_size(v); i++) {
        struct problem_path here = {at, NULL, i};
        const char *word = json_string_value(json_array_get(v, i));
        int place = word ? word_place(field_codec_words, word) : -1;
        if (place < 0)
            return problem_words(out, &here, field_codec_words);
        if (seen[place])
            return problem(out, PROBLEM_TAKEN, &here, word);
        seen[place] = true;
    }
    return true;
}

static bool has_control(const char *text)
{
    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029)
            return true;
    }
    return false;
}

static bool check_text(const struct field *f, const json_t *v, const struct problem_path *at, struct problems *out)
{
    if (!json_is_string(v))
        return problem(out, PROBLEM_TYPE, at, "\"text\"");
    const char *text = json_string_value(v);
    const struct field_form *form = field_form(f->type);
    int64_t n = g_utf8_strlen(text, -1);
    if (n == 0 && f->or_zero)
        return true;
    if (n < f->min)
        return problem_bound(out, PROBLEM_TOO_SHORT, at, f->min);
    if (n > f->max)
        return problem_bound(out, PROBLEM_TOO_LONG, at, f->max);
    if (strlen(text) != json_string_length(v) || has_control(text))
        return problem(out, PROBLEM_FORM, at, *form->like ? form->like : "\"text\"");
    if (n > 0 && !form->is(text))
        return problem(out, PROBLEM_FORM, at, form->like);
    return true;
}

bool field_check(const struct field *f, const json_t *value, const struct problem_path *at, struct problems *out)
{
    switch (f->type) {
    case FIELD_ID:
    case FIELD_UUID:
        return problem(out, PROBLEM_NOT_WRITABLE, at, NULL);
    case FIELD_REFERENCE:
        if (json_is_integer(value) && json_integer_value(value) > 0 && json_integer_value(value) <= UINT32_MAX)
            return true;
        return problem(out, PROBLEM_TYPE, at, "123");
    case FIELD_BOOL:
        return json_is_boolean(value) || problem(out, PROBLEM_TYPE, at, "true, false");
    case FIELD_INT:
        return check_int(f, value, at, out);
    case FIELD_WORD:
        return check_word(f, value, at, out);
    case FIELD_CODECS:
        return check_codecs(value, at, out);
    case FIELD_TEXT:
    case FIELD_DIGITS:
    case FIELD_PREFIX:
    case FIELD_LOGIN:
    case FIELD_EMAIL:
    case FIELD_HOST:
    case FIELD_ZONE:
    case FIELD_COUNTRY:
    case FIELD_PORTS:
    case FIELD_RANGE:
    case FIELD_SECRET:
    case FIELD_TYPES:
        break;
    }
    return check_text(f, value, at, out);
}

static json_t *codecs_json(const char *comma_separated)
{
    json_t *list = json_array();
    struct model_codecs c = field_codecs(comma_separated);
    for (size_t i = 0; i < c.n; i++)
        json_array_append_new(list, json_string(field_codec_words[c.codec[i]]));
    return list;
}

json_t *field_default(const struct field *f)
{
    if (!f->fallback)
        return NULL;
    if (f->type == FIELD_BOOL)
        return json_boolean(strcmp(f->fallback, "true") == 0);
    if (f->type == FIELD_INT)
        return json_integer(g_ascii_strtoll(f->fallback, NULL, 10));
    if (f->type == FIELD_CODECS)
        return codecs_json(f->fallback);
    return json_string(f->fallback);
}

const char *field_sql_type(const struct field *f)
{
    if (f->type <= FIELD_INT && f->type != FIELD_UUID)
        return "INTEGER";
    return f->type == FIELD_SECRET ? "BLOB" : "TEXT";
}

int field_word(const struct field *f, const char *word)
{
    return word_place(f->words, word);
}

struct model_codecs field_codecs(const char *comma_separated)
{
    struct model_codecs c = {.n = 0};
    struct view rest = view_of(comma_separated);
    while (rest.n && c.n < MODEL_CODECS) {
        struct view one = view_cut(&rest, ',');
        for (uint8_t i = 0; i < MODEL_CODECS; i++) {
            if (view_eq(one, view_of(field_codec_words[i])))
                c.codec[c.n++] = i;
        }
    }
    return c;
}
