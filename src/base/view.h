/* SPDX-License-Identifier: Apache-2.0
 *
 * A view: length-counted text inside somebody else's buffer. Everything that comes from the network is handled as
 * views; none is assumed to end in zero. A view owns nothing and lives as long as the buffer it points into.
 * Any thread; no state.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct view {
    const char *p; /* may be NULL when n is 0 */
    size_t n;      /* bytes */
};

/* A view of a string literal. */
#define VIEW(lit) ((struct view){"" lit, sizeof(lit) - 1})
/* For printf: "%.*s", VIEW_ARG(v). */
#define VIEW_ARG(v) ((int)(v).n), ((v).p ? (v).p : "")

struct view view_of(const char *zero_ended); /* NULL gives an empty view */

bool view_eq(struct view a, struct view b);
bool view_eq_nocase(struct view a, struct view b); /* ASCII only */
bool view_starts(struct view v, struct view prefix);
bool view_starts_nocase(struct view v, struct view prefix);

/* First position of c, or v.n when absent. */
size_t view_find(struct view v, char c);
/* Bytes [from, to), clamped to the view. */
struct view view_slice(struct view v, size_t from, size_t to);
/* Without SP, TAB, CR and LF at both ends. */
struct view view_trim(struct view v);
/* Takes off what stands before the first sep and steps rest behind it; all that is left when sep is absent. */
struct view view_cut(struct view *rest, char sep);

/* Decimal digits only, no sign or blank, at most max: false otherwise, and *ret is then untouched. */
[[gnu::warn_unused_result]] bool view_to_u64(struct view v, uint64_t max, uint64_t *ret);
[[gnu::warn_unused_result]] bool view_to_u32(struct view v, uint32_t max, uint32_t *ret);

/* A zero-ended copy; the caller frees it with g_free. Bytes of value 0 inside are kept. */
char *view_dup(struct view v);
/* Copies into dst of cap bytes and ends it with zero; false when it did not fit (dst is then cut and zero-ended). */
bool view_copy(struct view v, char *dst, size_t cap);

/* For GHashTable with `struct view *` keys: exact, and ASCII case-insensitive. */
unsigned view_hash(const void *view);
int view_hash_eq(const void *a, const void *b);
