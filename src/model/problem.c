/* SPDX-License-Identifier: Apache-2.0
 *
 * Problems and their sentences: see problem.h. Pure; one thread.
 */
#include "model/problem.h"

/* "%s" is the detail. */
static const struct {
    const char *name, *en, *fr;
} codes[PROBLEM_CODES] = {
    [PROBLEM_SYNTAX] = {"syntax", "this is not JSON: %s", "ce n'est pas du JSON : %s"},
    [PROBLEM_UNKNOWN_KEY] = {"unknown_key", "there is no such key: look at its spelling, or leave it out",
                             "cette clé n'existe pas : vérifiez l'orthographe, ou retirez-la"},
    [PROBLEM_UNSUPPORTED] = {"unsupported", "this version cannot do this yet: leave it out",
                             "pas encore possible dans cette version : retirez-la"},
    [PROBLEM_MISSING] = {"missing", "this is needed and missing", "valeur obligatoire, absente"},
    [PROBLEM_TYPE] = {"type", "the wrong kind of value: write for example %s",
                      "mauvais type de valeur : écrivez par exemple %s"},
    [PROBLEM_TOO_SMALL] = {"too_small", "must be at least %s", "doit valoir au moins %s"},
    [PROBLEM_TOO_LARGE] = {"too_large", "must be at most %s", "doit valoir au plus %s"},
    [PROBLEM_TOO_SHORT] = {"too_short", "too short: at least %s characters", "trop court : au moins %s caractères"},
    [PROBLEM_TOO_LONG] = {"too_long", "too long: at most %s characters", "trop long : au plus %s caractères"},
    [PROBLEM_NOT_ONE_OF] = {"not_one_of", "must be one of: %s", "valeurs possibles : %s"},
    [PROBLEM_FORM] = {"form", "write it like this: %s", "à écrire ainsi : %s"},
    [PROBLEM_TAKEN] = {"taken", "\"%s\" is taken already: choose another",
                       "« %s » est déjà pris : choisissez-en un autre"},
    [PROBLEM_NO_SUCH] = {"no_such", "there is no \"%s\"", "« %s » n'existe pas"},
    [PROBLEM_NOT_WRITABLE] = {"not_writable", "the system sets this itself", "valeur fixée par le système"},
    [PROBLEM_TOO_MANY] = {"too_many", "too many: at most %s", "trop d'éléments : au plus %s"},
    [PROBLEM_WEAK] = {"weak", "easily guessed (%s): choose another",
                      "trop facile à deviner (%s) : choisissez-en un autre"},
    [PROBLEM_EXCLUDES] = {"excludes", "give only one of: %s", "donnez une seule de ces clés : %s"},
};

static void problem_release(void *problem)
{
    struct problem *p = problem;
    g_free(p->path);
    g_free(p->detail);
}

struct problems *problems_new(void)
{
    struct problems *p = g_new0(struct problems, 1);
    p->list = g_array_new(FALSE, FALSE, sizeof(struct problem));
    g_array_set_clear_func(p->list, problem_release);
    return p;
}

void problems_free(struct problems *p)
{
    if (!p)
        return;
    g_array_free(p->list, TRUE);
    g_free(p);
}

/* Keys may be anything that a stranger wrote: what is not a plain name is shown bounded, with the odd bytes replaced.
 */
static void write_key(GString *out, const char *key)
{
    enum { SHOWN = 64 };
    g_string_append_c(out, '.');
    size_t n = 0;
    for (const char *p = key; *p && n < SHOWN; p = g_utf8_next_char(p), n++) {
        gunichar c = g_utf8_get_char(p);
        g_string_append_unichar(out, c < 0x20 || c == 0x7f ? '?' : c);
    }
}

static void write_path(GString *out, const struct problem_path *at)
{
    if (!at || !at->up) {
        g_string_append_c(out, '$');
        return;
    }
    write_path(out, at->up);
    if (at->key)
        write_key(out, at->key);
    else
        g_string_append_printf(out, "[%zu]", at->index);
}

void problems_add(struct problems *p, enum problem_code code, const struct problem_path *at, const char *detail)
{
    if (p->list->len == PROBLEMS_MAX) {
        p->more++;
        return;
    }
    GString *path = g_string_new(NULL);
    write_path(path, at);
    struct problem one = {code, g_string_free(path, FALSE), g_strdup(detail ? detail : "")};
    g_array_append_val(p->list, one);
}

unsigned problems_count(const struct problems *p)
{
    return p->list->len + p->more;
}

const struct problem *problems_get(const struct problems *p, unsigned i)
{
    return i < p->list->len ? &g_array_index(p->list, struct problem, i) : NULL;
}

const char *problem_code_name(enum problem_code c)
{
    return codes[c].name;
}

char *problem_text(const struct problem *p, enum model_language language)
{
    const char *form = language == MODEL_FR ? codes[p->code].fr : codes[p->code].en;
    const char *gap = strstr(form, "%s");
    if (!gap)
        return g_strdup(form);
    GString *text = g_string_new_len(form, gap - form);
    g_string_append(text, p->detail);
    g_string_append(text, gap + 2);
    return g_string_free(text, FALSE);
}

json_t *problems_json(const struct problems *p, enum model_language language)
{
    json_t *all = json_array();
    for (unsigned i = 0; i < p->list->len; i++) {
        const struct problem *one = problems_get(p, i);
        char *text = problem_text(one, language);
        json_array_append_new(all, json_pack("{s:s, s:s, s:s}", "path", one->path, "code", problem_code_name(one->code),
                                             "message", text));
        g_free(text);
    }
    return all;
}
