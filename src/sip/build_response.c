/* SPDX-License-Identifier: Apache-2.0
 *
 * The head of a response (RFC 3261 section 8.2.6), also to requests that could be read only in part: what was there is
 * sent back octet by octet, what was not is not made up. Pure functions.
 */
#include "sip/build.h"

#include "sip/chars_priv.h"
#include "sip/params_priv.h"
#include "sip/values_priv.h"

/* A value of the request as it came. It holds no line end, and NUL at most as RFC 3261's quoted-pair (fields.c). */
static void put_back(struct buf *b, enum sip_header id, struct view value)
{
    buf_add_text(b, sip_header_name(id));
    buf_add(b, VIEW(": "));
    buf_add(b, value);
    buf_add(b, VIEW("\r\n"));
}

static void put_back_all(struct buf *b, const struct sip_msg *request, enum sip_header id)
{
    for (unsigned i = 0; i < request->n_fields; i++)
        if (request->fields[i].id == id)
            put_back(b, id, request->fields[i].value);
}

static void put_back_first(struct buf *b, const struct sip_msg *request, enum sip_header id)
{
    const struct sip_field *f = sip_msg_field(request, id);
    if (f)
        put_back(b, id, f->value);
}

/* The parameters of the topmost Via with our `received` and `rport` instead of what stood there. */
static void put_via_params(struct buf *b, const struct sip_via *via, const struct net_addr *source)
{
    struct view rest = via->params;
    struct param one;
    struct net_addr sent_by;
    while (param_next(&rest, &one) == PARAM_ONE)
        if (!view_same(one.name, VIEW("received")) && !view_same(one.name, VIEW("rport")))
            buf_add(b, one.text);
    /* Always with rport (RFC 3581 section 4), else when sent-by is not where it came from (RFC 3261 section 18.2.1). */
    if (via->rport || !net_addr_parse(via->host, 0, &sent_by) || !net_addr_eq_host(&sent_by, source)) {
        buf_add(b, VIEW(";received="));
        net_addr_write_host(source, false, b);
    }
    if (via->rport) {
        buf_add(b, VIEW(";rport="));
        buf_add_u64(b, source->port);
    }
}

static void put_vias(struct buf *b, const struct sip_msg *request, const struct net_addr *source)
{
    bool topmost = true;
    for (unsigned i = 0; i < request->n_fields; i++) {
        const struct sip_field *f = &request->fields[i];
        if (f->id != SIP_H_VIA)
            continue;
        struct view rest = f->value, top;
        struct sip_via via;
        if (topmost && source && sip_list_cut(&rest, &top) && via_read(top, &via) == VIA_GOOD) {
            size_t head = via.params.n ? (size_t)(via.params.p - top.p) : top.n;
            buf_add(b, VIEW("Via: "));
            buf_add(b, view_trim(view_head(top, head)));
            put_via_params(b, &via, source);
            if (rest.n) {
                buf_add(b, VIEW(", "));
                buf_add(b, view_trim(rest));
            }
            buf_add(b, VIEW("\r\n"));
        } else {
            put_back(b, SIP_H_VIA, f->value);
        }
        topmost = false;
    }
}

static void put_to(struct buf *b, const struct sip_msg *request, struct view to_tag)
{
    const struct sip_field *to = sip_msg_field(request, SIP_H_TO);
    struct view old;
    if (!to)
        return;
    bool tagged = !request->to.uri.text.n || sip_param_get(request->to.params, VIEW("tag"), &old);
    if (tagged || !to_tag.n) {
        put_back(b, SIP_H_TO, to->value);
        return;
    }
    buf_add(b, VIEW("To: "));
    buf_add(b, to->value);
    buf_add(b, VIEW(";tag="));
    if (!view_all(to_tag, CH_TOKEN))
        b->full = true;
    buf_add(b, to_tag);
    buf_add(b, VIEW("\r\n"));
}

void sip_put_response_head(struct buf *b, const struct sip_msg *request, unsigned status, struct view reason,
                           struct view to_tag, const struct net_addr *source)
{
    sip_put_status_line(b, status, reason);
    put_vias(b, request, source);
    put_back_first(b, request, SIP_H_FROM);
    put_to(b, request, to_tag);
    put_back_first(b, request, SIP_H_CALL_ID);
    put_back_first(b, request, SIP_H_CSEQ);
    if (status < 300)
        put_back_all(b, request, SIP_H_RECORD_ROUTE);
}
