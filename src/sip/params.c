/* SPDX-License-Identifier: Apache-2.0
 *
 * Parameter lists of headers and URIs: ";name=value;name" (RFC 3261 section 25.1, generic-param). Pure functions.
 */
#include "sip/params_priv.h"

#include "sip/chars_priv.h"
#include "sip/uri.h"

/* Parameter names are tokens; URIs also allow brackets and such in them, which nobody uses but the grammar has. */
static struct view take_name(struct view *rest)
{
    size_t n = 0;
    while (n < rest->n && rest->p[n] != '=' && rest->p[n] != '?' && ch_is(rest->p[n], CH_PARAM))
        n++;
    struct view name = view_head(*rest, n);
    *rest = view_from(*rest, n);
    return name;
}

bool param_body(struct view *rest, struct param *ret)
{
    ret->name = take_name(rest);
    ret->value = (struct view){0};
    if (!ret->name.n)
        return false;
    struct view ahead = *rest;
    ret->has_value = view_take_char(&ahead, '=');
    if (!ret->has_value)
        return true;
    *rest = ahead;
    size_t quoted = view_quoted_span(ahead);
    if (quoted) {
        ret->value = view_slice(ahead, 1, quoted - 1);
        *rest = view_from(ahead, quoted);
        return true;
    }
    ret->value = view_take(rest, CH_PARAM);
    return ret->value.n > 0;
}

enum param_step param_next(struct view *rest, struct param *ret)
{
    view_skip_blanks(rest);
    if (!rest->n)
        return PARAM_END;
    const char *start = rest->p;
    if (!view_take_char(rest, ';') || !param_body(rest, ret))
        return PARAM_BAD;
    ret->text = (struct view){start, (size_t)(rest->p - start)};
    view_skip_blanks(rest);
    return PARAM_ONE;
}

bool sip_param_get(struct view params, struct view name, struct view *value)
{
    struct param one;
    while (param_next(&params, &one) == PARAM_ONE) {
        if (view_same(one.name, name)) {
            *value = one.value;
            return true;
        }
    }
    return false;
}

bool sip_params_valid(struct view params)
{
    struct param one;
    enum param_step step;
    unsigned n = 0;
    while ((step = param_next(&params, &one)) == PARAM_ONE)
        if (++n > SIP_PARAMS_MAX)
            return false;
    return step == PARAM_END;
}
