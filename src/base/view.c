/* SPDX-License-Identifier: Apache-2.0
 *
 * Views: see view.h. Pure functions.
 */
#include "base/view.h"

#include <glib.h>
#include <string.h>

struct view view_of(const char *zero_ended)
{
    return (struct view){zero_ended, zero_ended ? strlen(zero_ended) : 0};
}

bool view_eq(struct view a, struct view b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool view_eq_nocase(struct view a, struct view b)
{
    return a.n == b.n && (a.n == 0 || g_ascii_strncasecmp(a.p, b.p, a.n) == 0);
}

bool view_starts(struct view v, struct view prefix)
{
    return v.n >= prefix.n && view_eq(view_slice(v, 0, prefix.n), prefix);
}

bool view_starts_nocase(struct view v, struct view prefix)
{
    return v.n >= prefix.n && view_eq_nocase(view_slice(v, 0, prefix.n), prefix);
}

size_t view_find(struct view v, char c)
{
    const char *at = v.n ? memchr(v.p, c, v.n) : NULL;
    return at ? (size_t)(at - v.p) : v.n;
}

struct view view_slice(struct view v, size_t from, size_t to)
{
    if (to > v.n)
        to = v.n;
    if (from >= to)
        return (struct view){v.p, 0};
    return (struct view){v.p + from, to - from};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct view view_trim(struct view v)
{
    while (v.n && is_blank(v.p[0])) {
        v.p++;
        v.n--;
    }
    while (v.n && is_blank(v.p[v.n - 1]))
        v.n--;
    return v;
}

struct view view_cut(struct view *rest, char sep)
{
    size_t at = view_find(*rest, sep);
    struct view head = view_slice(*rest, 0, at);
    *rest = view_slice(*rest, at + 1, rest->n);
    return head;
}

bool view_to_u64(struct view v, uint64_t max, uint64_t *ret)
{
    uint64_t sum = 0;
    if (v.n == 0)
        return false;
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] < '0' || v.p[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(v.p[i] - '0');
        if (sum > (max - digit) / 10 || digit > max)
            return false;
        sum = sum * 10 + digit;
    }
    *ret = sum;
    return true;
}

bool view_to_u32(struct view v, uint32_t max, uint32_t *ret)
{
    uint64_t wide;
    if (!view_to_u64(v, max, &wide))
        return false;
    *ret = (uint32_t)wide;
    return true;
}

char *view_dup(struct view v)
{
    char *copy = g_malloc(v.n + 1);
    if (v.n)
        memcpy(copy, v.p, v.n);
    copy[v.n] = '\0';
    return copy;
}

bool view_copy(struct view v, char *dst, size_t cap)
{
    if (cap == 0)
        return false;
    size_t n = v.n < cap ? v.n : cap - 1;
    if (n)
        memcpy(dst, v.p, n);
    dst[n] = '\0';
    return n == v.n;
}

unsigned view_hash(const void *view)
{
    const struct view *v = view;
    uint32_t h = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < v->n; i++)
        h = (h ^ (uint8_t)v->p[i]) * 16777619u;
    return h;
}

int view_hash_eq(const void *a, const void *b)
{
    return view_eq(*(const struct view *)a, *(const struct view *)b);
}
