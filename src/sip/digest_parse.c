/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading Authorization and WWW-Authenticate headers of the Digest scheme (RFC 7616 sections 3.3 and 3.4) as views.
 * Pure functions.
 */
#include "sip/chars_priv.h"
#include "sip/digest_priv.h"
#include "sip/params_priv.h"

/* One parameter name and where its value goes. Each may stand once: two would let one reader see the one, another the
 * other. */
struct slot {
    const char *name;
    struct view *value;
    bool seen;
};

static struct slot *slot_of(struct slot *slots, size_t n, struct view name)
{
    for (size_t i = 0; i < n; i++)
        if (view_same(name, view_of(slots[i].name)))
            return &slots[i];
    return NULL;
}

/* "Digest name=value, name="value", …". */
static bool slots_fill(struct view value, struct slot *slots, size_t n)
{
    struct view rest = view_trim(value), scheme = view_take(&rest, CH_TOKEN);
    if (!view_same(scheme, VIEW("Digest")) || !rest.n || !ch_is(rest.p[0], CH_BLANK))
        return false;
    view_skip_blanks(&rest);
    for (unsigned count = 0;; count++) {
        struct param one;
        if (count == SIP_PARAMS_MAX || !param_body(&rest, &one) || !one.has_value)
            return false;
        struct slot *s = slot_of(slots, n, one.name);
        if (s && s->seen)
            return false;
        if (s) {
            s->seen = true;
            *s->value = one.value;
        }
        view_skip_blanks(&rest);
        if (!rest.n)
            return true;
        if (!view_take_char(&rest, ','))
            return false;
    }
}

/* nc is exactly eight hex digits (RFC 7616 section 3.4), and counts from 1. */
static bool nc_read(struct view text, uint32_t *ret)
{
    uint32_t nc = 0;
    if (text.n != 8 || !view_all(text, CH_HEX))
        return false;
    for (size_t i = 0; i < text.n; i++)
        nc = nc << 4 | (uint32_t)g_ascii_xdigit_value(text.p[i]);
    *ret = nc;
    return nc != 0;
}

bool digest_credentials_parse(struct view value, struct digest_credentials *ret)
{
    struct digest_credentials c = {.algorithm = DIGEST_MD5, .known_algorithm = true};
    struct view algorithm = {0};
    struct slot slots[] = {
        {"username", &c.username, false}, {"realm", &c.realm, false},       {"nonce", &c.nonce, false},
        {"uri", &c.uri, false},           {"response", &c.response, false}, {"cnonce", &c.cnonce, false},
        {"opaque", &c.opaque, false},     {"qop", &c.qop, false},           {"nc", &c.nc_text, false},
        {"algorithm", &algorithm, false},
    };
    *ret = (struct digest_credentials){0};
    if (!slots_fill(value, slots, G_N_ELEMENTS(slots)))
        return false;
    for (unsigned i = 0; i < 5; i++) /* username to response must be there */
        if (!slots[i].seen)
            return false;
    if (!c.response.n || !c.nonce.n || !c.uri.n || (c.nc_text.n && !nc_read(c.nc_text, &c.nc)))
        return false;
    if (c.qop.n && (!c.nc || !c.cnonce.n))
        return false;
    if (algorithm.n)
        c.known_algorithm = digest_algorithm_parse(algorithm, &c.algorithm);
    *ret = c;
    return true;
}

bool digest_challenge_parse(struct view value, struct digest_challenge *ret)
{
    struct digest_challenge c = {.algorithm = DIGEST_MD5, .known_algorithm = true};
    struct view algorithm = {0}, stale = {0}, qop = {0};
    struct slot slots[] = {
        {"realm", &c.realm, false}, {"nonce", &c.nonce, false},       {"opaque", &c.opaque, false},
        {"stale", &stale, false},   {"algorithm", &algorithm, false}, {"qop", &qop, false},
    };
    *ret = (struct digest_challenge){0};
    if (!slots_fill(value, slots, G_N_ELEMENTS(slots)) || !slots[0].seen || !c.nonce.n)
        return false;
    if (algorithm.n)
        c.known_algorithm = digest_algorithm_parse(algorithm, &c.algorithm);
    c.stale = view_same(stale, VIEW("true"));
    struct view one;
    while (sip_list_cut(&qop, &one))
        c.qop_auth = c.qop_auth || view_same(one, VIEW("auth"));
    *ret = c;
    return true;
}
