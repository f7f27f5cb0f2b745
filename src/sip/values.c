/* SPDX-License-Identifier: Apache-2.0
 *
 * The headers that every message has, read out of their values: name-addr, Via, CSeq (RFC 3261 section 20). Others are
 * in values_more.c. Pure functions.
 */
#include "sip/chars_priv.h"
#include "sip/message.h"
#include "sip/values_priv.h"

#include <errno.h>

/* Unquoted display names should be tokens. Phones also put brackets and UTF-8 there; what would make the value mean
 * something else (RFC 4475 section 3.1.2.15) is refused. */
static bool display_valid(struct view display)
{
    for (size_t i = 0; i < display.n; i++)
        if ((uint8_t)display.p[i] < ' ' ? display.p[i] != '\t' : strchr(",;:\"<>@\\\x7f", display.p[i]) != NULL)
            return false;
    return true;
}

static bool uri_usable(struct view text, struct sip_uri *uri)
{
    int err = sip_uri_parse(text, uri);
    return err == 0 || err == EPROTONOSUPPORT;
}

/* addr-spec: parameters behind it are the header's, and a '?' must not be there (RFC 3261 section 20). */
static bool addr_spec_read(struct view value, struct sip_name_addr *ret)
{
    size_t end = view_find(value, ';');
    struct view uri = view_trim(view_head(value, end));
    ret->params = view_from(value, end);
    if (view_find(uri, '?') < uri.n || view_find(uri, ',') < uri.n)
        return false;
    return uri_usable(uri, &ret->uri) && sip_params_valid(ret->params);
}

bool sip_name_addr_parse(struct view value, struct sip_name_addr *ret)
{
    *ret = (struct sip_name_addr){0};
    size_t open;
    if (value.n && value.p[0] == '"') {
        size_t quoted = view_quoted_span(value);
        if (!quoted)
            return false;
        ret->display = view_slice(value, 1, quoted - 1);
        struct view rest = view_from(value, quoted);
        view_skip_blanks(&rest);
        open = (size_t)(rest.p - value.p);
        if (!rest.n || rest.p[0] != '<')
            return false;
    } else {
        open = view_find(value, '<');
        if (open == value.n)
            return addr_spec_read(value, ret);
        ret->display = view_trim(view_head(value, open));
        if (!display_valid(ret->display))
            return false;
    }
    struct view rest = view_from(value, open + 1);
    size_t close = view_find(rest, '>');
    if (close == rest.n || !uri_usable(view_head(rest, close), &ret->uri))
        return false;
    ret->params = view_trim(view_from(rest, close + 1));
    return sip_params_valid(ret->params);
}

static bool via_params_read(struct sip_via *via)
{
    struct view rest = via->params;
    struct param one;
    enum param_step step;
    unsigned n = 0;
    bool branch = false;
    while ((step = param_next(&rest, &one)) == PARAM_ONE) {
        if (++n > SIP_PARAMS_MAX)
            return false;
        if (view_same(one.name, VIEW("branch"))) {
            if (branch)
                return false;
            branch = true;
            via->branch = one.value;
        } else if (view_same(one.name, VIEW("rport"))) {
            via->rport = true;
        }
    }
    /* The magic cookie alone names no transaction (RFC 4475 section 3.2.1). */
    return step == PARAM_END && !view_eq_nocase(via->branch, VIEW("z9hG4bK"));
}

/* host [COLON port]; blanks may stand around that colon (RFC 3261 section 20.42 shows it). */
static bool sent_by_read(struct view text, struct sip_via *ret)
{
    size_t n = text.n && text.p[0] == '[' ? view_find(text, ']') + 1 : view_span(text, CH_HOST);
    uint32_t port = 0;
    ret->host = view_slice(text, 0, n);
    if (!host_valid(ret->host))
        return false;
    struct view rest = view_from(text, ret->host.n);
    if (!rest.n)
        return true;
    if (!view_take_char(&rest, ':') || !view_to_u32(rest, 65535, &port) || !port)
        return false;
    ret->port = (uint16_t)port;
    return true;
}

enum via_read via_read(struct view value, struct sip_via *ret)
{
    *ret = (struct sip_via){0};
    struct view rest = value;
    if (!view_take(&rest, CH_TOKEN).n || !view_take_char(&rest, '/') || !view_take(&rest, CH_TOKEN).n ||
        !view_take_char(&rest, '/'))
        return VIA_BAD;
    struct view transport = view_take(&rest, CH_TOKEN);
    struct view before = rest;
    view_skip_blanks(&rest);
    if (!transport.n || rest.p == before.p)
        return VIA_BAD;
    size_t end = view_find(rest, ';');
    if (!sent_by_read(view_trim(view_head(rest, end)), ret))
        return VIA_BAD;
    ret->known_transport = sip_transport_parse(transport, &ret->transport);
    ret->params = view_trim(view_from(rest, end));
    return via_params_read(ret) ? VIA_GOOD : VIA_BAD_PARAMS;
}

bool sip_via_parse(struct view value, struct sip_via *ret)
{
    return via_read(value, ret) == VIA_GOOD;
}

bool sip_cseq_parse(struct view value, struct sip_cseq *ret)
{
    struct view rest = view_trim(value);
    struct view number = view_take(&rest, CH_DIGIT);
    *ret = (struct sip_cseq){0};
    /* Below 2^31 (RFC 3261 section 8.1.1.5). */
    if (!view_to_u32(number, INT32_MAX, &ret->number) || !rest.n || !ch_is(rest.p[0], CH_BLANK))
        return false;
    view_skip_blanks(&rest);
    if (!view_all(rest, CH_TOKEN))
        return false;
    ret->method_text = rest;
    ret->method = sip_method_of(rest);
    return true;
}
