/* SPDX-License-Identifier: Apache-2.0
 *
 * The character classes of SIP's grammar (RFC 3261 section 25.1) as one table, and small scanners over views.
 * Any thread; no state.
 */
#pragma once

#include "base/view.h"

enum {
    CH_ALPHA = 1,
    CH_DIGIT = 2,
    CH_HEX = 4,
    CH_TOKEN = 8,   /* token */
    CH_USER = 16,   /* userinfo before ':', escapes apart; '#' is tolerated, as phones send it */
    CH_HOST = 32,   /* names and IPv4 addresses; '_' is tolerated */
    CH_PARAM = 64,  /* what an unquoted parameter value may hold; wider than the grammar (RFC 5118 section 4.5) */
    CH_WORD = 128,  /* word, of which a Call-ID is made */
    CH_URI = 256,   /* anything that may stand in a URI at all */
    CH_BLANK = 512, /* SP, HTAB */
    CH_PHONE = 1024 /* digits and visual separators of RFC 3966 */
};

extern const uint16_t sip_chars[256];

static inline bool ch_is(char c, unsigned classes)
{
    return (sip_chars[(uint8_t)c] & classes) != 0;
}

/* How many of the first characters are of these classes. */
static inline size_t view_span(struct view v, unsigned classes)
{
    size_t i = 0;
    while (i < v.n && ch_is(v.p[i], classes))
        i++;
    return i;
}

/* Not empty, and all of these classes. */
static inline bool view_all(struct view v, unsigned classes)
{
    return v.n > 0 && view_span(v, classes) == v.n;
}

/* What is behind the first bytes; an empty view may have no address, and nothing may be added to that. */
static inline struct view view_from(struct view v, size_t from)
{
    return (struct view){from ? v.p + from : v.p, v.n - from};
}

static inline struct view view_head(struct view v, size_t n)
{
    return (struct view){v.p, n};
}

/* Steps over SP and HTAB. */
static inline void view_skip_blanks(struct view *v)
{
    while (v->n && (v->p[0] == ' ' || v->p[0] == '\t')) {
        v->p++;
        v->n--;
    }
}

/* Takes the token (or what else the classes say) at the head off *v; empty when there is none. */
static inline struct view view_take(struct view *v, unsigned classes)
{
    size_t n = view_span(*v, classes);
    struct view head = {v->p, n};
    *v = view_from(*v, n);
    return head;
}

/* Takes c off the head, with blanks around it; false when something else stands there. */
static inline bool view_take_char(struct view *v, char c)
{
    view_skip_blanks(v);
    if (!v->n || v->p[0] != c)
        return false;
    v->p++;
    v->n--;
    view_skip_blanks(v);
    return true;
}

/* ASCII without case; quicker than GLib's for the short names that headers are made of. */
static inline bool view_same(struct view a, struct view b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++) {
        char x = a.p[i], y = b.p[i];
        if (x != y && !((x ^ y) == 0x20 && ch_is(x, CH_ALPHA)))
            return false;
    }
    return true;
}

/* Length of the quoted string at the head with both quotes, escapes respected; 0 when it does not end or begin. */
size_t view_quoted_span(struct view v);
/* A host: a name, an IPv4 address, or an IPv6 reference with its brackets (three colons tolerated, RFC 5118 4.10). */
bool host_valid(struct view host);
/* Splits "host[:port]"; false when either is malformed. The port is 0 when none is given. */
[[gnu::warn_unused_result]] bool hostport_split(struct view text, struct view *host, uint16_t *port);
