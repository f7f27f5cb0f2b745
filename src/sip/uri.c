/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading SIP, SIPS and tel URIs (RFC 3261 section 19.1, RFC 3966): see uri.h. Comparison is in uri_compare.c.
 */
#include "sip/uri.h"

#include "sip/chars_priv.h"

#include <errno.h>

static bool escapes_sound(struct view v)
{
    size_t at = view_find(v, '%');
    while (at < v.n) {
        if (v.n - at < 3 || !ch_is(v.p[at + 1], CH_HEX) || !ch_is(v.p[at + 2], CH_HEX))
            return false;
        v = view_from(v, at + 3);
        at = view_find(v, '%');
    }
    return true;
}

static bool user_read(struct view info, struct sip_uri *u)
{
    size_t colon = view_find(info, ':');
    u->user = view_head(info, colon);
    if (colon < info.n)
        u->password = view_from(info, colon + 1);
    /* An empty password is allowed, an empty user is not. */
    return view_all(u->user, CH_USER) && (!u->password.n || view_all(u->password, CH_USER)) && escapes_sound(info);
}

/* Blanks, which header parameters may have around ';' and '=', have no place in a URI. */
static bool tail_read(struct view tail, struct sip_uri *u)
{
    size_t question = view_find(tail, '?');
    u->params = view_head(tail, question);
    if (question < tail.n) {
        u->headers = view_from(tail, question + 1);
        if (!u->headers.n)
            return false;
    }
    return (!tail.n || view_all(tail, CH_URI)) && escapes_sound(tail) && sip_params_valid(u->params);
}

/* host[:port][;params][?headers]; the user part may hold ';' and '?' too, so '@' is looked for first. */
static int sip_read(struct view rest, struct sip_uri *u)
{
    size_t at = view_find(rest, '@');
    if (at < rest.n) {
        if (!user_read(view_head(rest, at), u))
            return EINVAL;
        rest = view_from(rest, at + 1);
    }
    size_t end = 0;
    while (end < rest.n && rest.p[end] != ';' && rest.p[end] != '?')
        end++;
    if (!hostport_split(view_head(rest, end), &u->host, &u->port) || !tail_read(view_from(rest, end), u))
        return EINVAL;
    return 0;
}

/* "+1-201-555-0123" or, with a phone-context, "863-1234", "*21#" (RFC 3966 section 3). */
static int tel_read(struct view rest, struct sip_uri *u)
{
    size_t end = view_find(rest, ';');
    struct view number = view_head(rest, end);
    bool digits = false;
    u->user = number;
    if (number.n && number.p[0] == '+') {
        number = view_from(number, 1);
        if (!view_all(number, CH_PHONE))
            return EINVAL;
    }
    for (size_t i = 0; i < number.n; i++) {
        bool digit = ch_is(number.p[i], CH_HEX) || number.p[i] == '*' || number.p[i] == '#';
        if (!digit && !ch_is(number.p[i], CH_PHONE))
            return EINVAL;
        digits = digits || digit;
    }
    struct view params = view_from(rest, end);
    if (view_find(params, '?') < params.n)
        return EINVAL;
    return digits && tail_read(params, u) ? 0 : EINVAL;
}

static bool is_scheme_mark(char c)
{
    return c == '+' || c == '-' || c == '.';
}

int sip_uri_parse(struct view text, struct sip_uri *ret)
{
    size_t colon = 0;
    *ret = (struct sip_uri){.text = text, .scheme = SIP_SCHEME_OTHER};
    while (colon < text.n && (ch_is(text.p[colon], CH_ALPHA | CH_DIGIT) || is_scheme_mark(text.p[colon])))
        colon++;
    if (colon == 0 || colon >= text.n || text.p[colon] != ':' || !ch_is(text.p[0], CH_ALPHA))
        return EINVAL;
    struct view scheme = view_head(text, colon), rest = view_from(text, colon + 1);
    int result;
    if (view_same(scheme, VIEW("sip")) || view_same(scheme, VIEW("sips"))) {
        ret->scheme = scheme.n == 3 ? SIP_SCHEME_SIP : SIP_SCHEME_SIPS;
        result = sip_read(rest, ret);
    } else if (view_same(scheme, VIEW("tel"))) {
        ret->scheme = SIP_SCHEME_TEL;
        result = tel_read(rest, ret);
    } else {
        result = view_all(rest, CH_URI) ? EPROTONOSUPPORT : EINVAL;
    }
    if (result == EINVAL)
        *ret = (struct sip_uri){.text = text, .scheme = SIP_SCHEME_OTHER};
    return result;
}

bool sip_uri_transport(const struct sip_uri *u, enum sip_transport *ret)
{
    struct view name;
    if (!sip_param_get(u->params, VIEW("transport"), &name)) {
        *ret = u->scheme == SIP_SCHEME_SIPS ? SIP_TLS : SIP_UDP;
        return true;
    }
    if (!sip_transport_parse(name, ret))
        return false;
    if (u->scheme == SIP_SCHEME_SIPS) { /* RFC 3261 section 26.2.2: sips with tcp means TLS, with ws WSS (RFC 7118) */
        if (*ret == SIP_TCP || *ret == SIP_UDP)
            *ret = SIP_TLS;
        else if (*ret == SIP_WS)
            *ret = SIP_WSS;
    }
    return true;
}

static unsigned hex_value(char c)
{
    return ch_is(c, CH_DIGIT) ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
}

bool sip_unescape(struct view v, struct buf *dst)
{
    while (v.n) {
        size_t plain = view_find(v, '%');
        buf_add(dst, view_head(v, plain));
        v = view_from(v, plain);
        if (!v.n)
            break;
        if (v.n < 3 || !ch_is(v.p[1], CH_HEX) || !ch_is(v.p[2], CH_HEX))
            return false;
        buf_add_char(dst, (char)(hex_value(v.p[1]) << 4 | hex_value(v.p[2])));
        v = view_from(v, 3);
    }
    return !dst->full;
}

void sip_escape_user(struct view v, struct buf *dst)
{
    for (size_t i = 0; i < v.n; i++) {
        /* What parts of a URI end at, though the grammar allows it in the user part, is escaped as well: other systems'
         * parsers stumble over it (RFC 4475 sections 3.1.1.2 and 3.1.1.9). */
        if (ch_is(v.p[i], CH_USER) && !strchr("%#;?/,", v.p[i]))
            buf_add_char(dst, v.p[i]);
        else
            buf_addf(dst, "%%%02X", (unsigned)(uint8_t)v.p[i]);
    }
}
