/* SPDX-License-Identifier: Apache-2.0
 *
 * Headers that only some messages have: Expires and its like, RAck (RFC 3262), Replaces (RFC 3891), Session-Expires
 * (RFC 4028), Reason (RFC 3326), media types. Pure functions.
 */
#include "sip/chars_priv.h"
#include "sip/message.h"
#include "sip/params_priv.h"

bool sip_seconds_parse(struct view value, uint32_t *ret)
{
    struct view rest = view_trim(value);
    struct view digits = view_take(&rest, CH_DIGIT);
    uint32_t seconds;
    if (!view_to_u32(digits, UINT32_MAX, &seconds))
        return false;
    view_skip_blanks(&rest);
    if (rest.n && rest.p[0] == '(') { /* Retry-After may carry a comment (RFC 3261 section 20.33) */
        size_t close = view_find(rest, ')');
        if (close == rest.n)
            return false;
        rest = view_from(rest, close + 1);
    }
    if (!sip_params_valid(rest))
        return false;
    *ret = seconds;
    return true;
}

bool sip_rack_parse(struct view value, struct sip_rack *ret)
{
    struct view rest = view_trim(value);
    struct view number = view_take(&rest, CH_DIGIT);
    struct sip_cseq cseq;
    *ret = (struct sip_rack){0};
    /* RSeq is 1 to 2^32-1 in responses, and one in 2^31 at its start (RFC 3262 section 3). */
    if (!view_to_u32(number, UINT32_MAX, &ret->rseq) || !ret->rseq || !rest.n || !ch_is(rest.p[0], CH_BLANK))
        return false;
    if (!sip_cseq_parse(rest, &cseq))
        return false;
    ret->cseq = cseq.number;
    ret->method = cseq.method;
    return true;
}

bool sip_replaces_parse(struct view value, struct sip_replaces *ret)
{
    struct view rest = view_trim(value);
    *ret = (struct sip_replaces){0};
    size_t end = view_find(rest, ';');
    ret->call_id = view_trim(view_head(rest, end));
    rest = view_from(rest, end);
    if (!ret->call_id.n)
        return false;
    for (size_t i = 0; i < ret->call_id.n; i++)
        if (!ch_is(ret->call_id.p[i], CH_WORD) && ret->call_id.p[i] != '@')
            return false;
    struct param one;
    enum param_step step;
    unsigned n = 0;
    while ((step = param_next(&rest, &one)) == PARAM_ONE) {
        bool to = view_same(one.name, VIEW("to-tag")), from = view_same(one.name, VIEW("from-tag"));
        struct view *tag = to ? &ret->to_tag : &ret->from_tag;
        if (++n > SIP_PARAMS_MAX || ((to || from) && (tag->n || !view_all(one.value, CH_TOKEN))))
            return false;
        if (to || from)
            *tag = one.value;
        else if (view_same(one.name, VIEW("early-only")))
            ret->early_only = true;
    }
    return step == PARAM_END && ret->to_tag.n && ret->from_tag.n; /* both must be there, once */
}

bool sip_session_expires_parse(struct view value, struct sip_session_expires *ret)
{
    struct view who;
    *ret = (struct sip_session_expires){0};
    if (!sip_seconds_parse(value, &ret->seconds))
        return false;
    if (!sip_param_get(view_slice(value, view_find(value, ';'), value.n), VIEW("refresher"), &who))
        return true;
    if (view_same(who, VIEW("uac")))
        ret->refresher = SIP_REFRESHER_UAC;
    else if (view_same(who, VIEW("uas")))
        ret->refresher = SIP_REFRESHER_UAS;
    else
        return false;
    return true;
}

bool sip_reason_parse(struct view value, struct sip_reason *ret)
{
    struct view one, cause;
    *ret = (struct sip_reason){0};
    if (!sip_list_cut(&value, &one))
        return false;
    ret->protocol = view_take(&one, CH_TOKEN);
    if (!ret->protocol.n || !sip_params_valid(one))
        return false;
    if (sip_param_get(one, VIEW("cause"), &cause) && !view_to_u32(cause, 999, &ret->cause))
        return false;
    if (!sip_param_get(one, VIEW("text"), &ret->text))
        ret->text = (struct view){0};
    return true;
}

bool sip_media_type_parse(struct view value, struct sip_media_type *ret)
{
    struct view rest = view_trim(value);
    *ret = (struct sip_media_type){.type = view_take(&rest, CH_TOKEN)};
    if (!ret->type.n || !view_take_char(&rest, '/'))
        return false;
    ret->subtype = view_take(&rest, CH_TOKEN);
    view_skip_blanks(&rest);
    ret->params = rest;
    return ret->subtype.n > 0 && sip_params_valid(rest);
}

bool sip_media_type_is(struct view content_type, const char *type, const char *subtype)
{
    struct sip_media_type m;
    return sip_media_type_parse(content_type, &m) && view_same(m.type, view_of(type)) &&
           view_same(m.subtype, view_of(subtype));
}
