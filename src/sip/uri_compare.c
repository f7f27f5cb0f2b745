/* SPDX-License-Identifier: Apache-2.0
 *
 * Are two URIs the same (RFC 3261 section 19.1.4, RFC 3966 section 4)? Parameters number 32 at most and headers are
 * bounded likewise, so the work is bounded. Pure functions.
 */
#include "sip/uri.h"

#include "sip/chars_priv.h"
#include "sip/params_priv.h"

/* One octet, escape undone; %XX of what is a reserved character stays apart from the plain one. */
struct octet {
    uint8_t value;
    bool escaped_reserved;
};

static struct octet octet_take(struct view *v)
{
    static const char hex[] = "0123456789abcdef";
    struct octet o = {(uint8_t)v->p[0], false};
    size_t used = 1;
    if (o.value == '%' && v->n >= 3 && ch_is(v->p[1], CH_HEX) && ch_is(v->p[2], CH_HEX)) {
        const char *high = strchr(hex, g_ascii_tolower(v->p[1])), *low = strchr(hex, g_ascii_tolower(v->p[2]));
        o.value = (uint8_t)((high - hex) << 4 | (low - hex));
        o.escaped_reserved = o.value != 0 && strchr(";/?:@&=+$,[]%", o.value) != NULL;
        used = 3;
    }
    *v = view_from(*v, used);
    return o;
}

static bool escaped_eq(struct view a, struct view b, bool nocase)
{
    while (a.n && b.n) {
        struct octet x = octet_take(&a), y = octet_take(&b);
        if (nocase) {
            x.value = (uint8_t)g_ascii_tolower((char)x.value);
            y.value = (uint8_t)g_ascii_tolower((char)y.value);
        }
        if (x.value != y.value || x.escaped_reserved != y.escaped_reserved)
            return false;
    }
    return !a.n && !b.n;
}

static bool host_eq(struct view a, struct view b)
{
    struct net_addr x, y;
    if (a.n && b.n && a.p[0] == '[' && b.p[0] == '[' && net_addr_parse(a, 0, &x) && net_addr_parse(b, 0, &y))
        return net_addr_eq_host(&x, &y); /* two spellings of one IPv6 address (RFC 5954 section 4.1) */
    return view_same(a, b);
}

static bool param_find(struct view params, struct view name, struct param *ret)
{
    while (param_next(&params, ret) == PARAM_ONE)
        if (escaped_eq(ret->name, name, true))
            return true;
    return false;
}

/* Parameters that make a difference even when only one of the two has them. */
static bool param_counts_alone(struct view name)
{
    static const char *const counts[] = {"user", "ttl", "method", "maddr", "transport"};
    for (unsigned i = 0; i < G_N_ELEMENTS(counts); i++)
        if (escaped_eq(name, view_of(counts[i]), true))
            return true;
    return false;
}

static bool params_agree(struct view a, struct view b, bool all_count)
{
    struct param one, other;
    while (param_next(&a, &one) == PARAM_ONE) {
        if (param_find(b, one.name, &other)) {
            if (!escaped_eq(one.value, other.value, true))
                return false;
        } else if (all_count || param_counts_alone(one.name)) {
            return false;
        }
    }
    return true;
}

enum { URI_HEADERS_COMPARED = 32 };

/* Each header of a is in b: order does not count, absence does. */
static bool headers_in(struct view a, struct view b)
{
    for (unsigned n = 0; a.n; n++) {
        struct view one = view_cut(&a, '&'), rest = b;
        bool found = false;
        if (n == URI_HEADERS_COMPARED)
            return false;
        for (unsigned k = 0; rest.n && !found && k < URI_HEADERS_COMPARED; k++) {
            struct view other = view_cut(&rest, '&'), x = one, y = other;
            struct view name = view_cut(&x, '='), other_name = view_cut(&y, '=');
            found = escaped_eq(name, other_name, true) && escaped_eq(x, y, false);
        }
        if (!found)
            return false;
    }
    return true;
}

/* Digits alone count; hex letters without case. */
static bool number_eq(struct view a, struct view b)
{
    size_t i = 0, k = 0;
    for (;;) {
        while (i < a.n && strchr("-.()", a.p[i]))
            i++;
        while (k < b.n && strchr("-.()", b.p[k]))
            k++;
        if (i == a.n || k == b.n)
            return i == a.n && k == b.n;
        if (g_ascii_tolower(a.p[i++]) != g_ascii_tolower(b.p[k++]))
            return false;
    }
}

bool sip_uri_eq(const struct sip_uri *a, const struct sip_uri *b)
{
    if (a->scheme != b->scheme)
        return false;
    if (view_eq(a->text, b->text)) /* also what the rules below would not say of doubled parameters */
        return true;
    if (a->scheme == SIP_SCHEME_OTHER)
        return false;
    if (a->scheme == SIP_SCHEME_TEL)
        return number_eq(a->user, b->user) && params_agree(a->params, b->params, true) &&
               params_agree(b->params, a->params, true);
    return a->port == b->port && escaped_eq(a->user, b->user, false) && escaped_eq(a->password, b->password, false) &&
           host_eq(a->host, b->host) && params_agree(a->params, b->params, false) &&
           params_agree(b->params, a->params, false) && headers_in(a->headers, b->headers) &&
           headers_in(b->headers, a->headers);
}
