/* SPDX-License-Identifier: Apache-2.0
 *
 * Dialogs: see dialog.h. The route set is kept as the value that our Route line will have, already in its order.
 */
#include "sip/dialog.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

enum { ROUTES_MAX = 32 };

int sip_dialog_init(struct sip_dialog *d, const struct view part[SIP_DIALOG_PARTS])
{
    size_t total = 0;
    for (unsigned i = 0; i < SIP_DIALOG_PARTS; i++)
        total += part[i].n;
    if (total > SIP_DIALOG_BYTES_MAX)
        return EMSGSIZE;
    char *text = g_malloc(total + 1);
    size_t at = 0;
    for (unsigned i = 0; i < SIP_DIALOG_PARTS; i++) {
        if (part[i].n)
            memcpy(text + at, part[i].p, part[i].n);
        at += part[i].n;
        d->end[i] = (uint16_t)at;
    }
    g_free(d->text); /* last: the parts may lie in it */
    d->text = text;
    return 0;
}

void sip_dialog_release(struct sip_dialog *d)
{
    g_free(d->text);
    *d = (struct sip_dialog){0};
}

struct view sip_dialog_get(const struct sip_dialog *d, enum sip_dialog_part which)
{
    if (!d->text)
        return (struct view){0};
    size_t from = which ? d->end[which - 1] : 0;
    return (struct view){d->text + from, d->end[which] - from};
}

static void get_all(const struct sip_dialog *d, struct view part[SIP_DIALOG_PARTS])
{
    for (unsigned i = 0; i < SIP_DIALOG_PARTS; i++)
        part[i] = sip_dialog_get(d, i);
}

[[gnu::warn_unused_result]] static int sip_dialog_set(struct sip_dialog *d, enum sip_dialog_part which, struct view v)
{
    struct view part[SIP_DIALOG_PARTS];
    get_all(d, part);
    if (view_eq(part[which], v))
        return 0;
    part[which] = v;
    return sip_dialog_init(d, part);
}

/* The URI of the first Contact; false when there is none that a request could be sent to. */
static bool contact_of(const struct sip_msg *m, struct view *ret)
{
    struct sip_list at = {0};
    struct view value;
    struct sip_name_addr contact;
    if (!sip_msg_next_value(m, SIP_H_CONTACT, &at, &value) || !sip_name_addr_parse(value, &contact))
        return false;
    if (contact.uri.scheme != SIP_SCHEME_SIP && contact.uri.scheme != SIP_SCHEME_SIPS)
        return false;
    *ret = contact.uri.text;
    return true;
}

/* Record-Route as our Route: in order of the message for a request's receiver, turned round for its sender. */
static bool routes_of(const struct sip_msg *m, bool reverse, struct buf *out)
{
    struct view route[ROUTES_MAX], value;
    struct sip_list at = {0};
    size_t n = 0;
    while (sip_msg_next_value(m, SIP_H_RECORD_ROUTE, &at, &value)) {
        if (n == ROUTES_MAX)
            return false;
        route[n++] = value;
    }
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_add(out, VIEW(", "));
        buf_add(out, route[reverse ? n - 1 - i : i]);
    }
    return !out->full;
}

/* "<uri>": what stands in From and To of requests inside the dialog. */
static struct view bracketed(struct buf *b, struct view uri)
{
    size_t from = b->n;
    buf_add_char(b, '<');
    buf_add(b, uri);
    buf_add_char(b, '>');
    return (struct view){b->p + from, b->n - from};
}

int sip_dialog_of_request(struct sip_dialog *d, const struct sip_msg *m, struct view local_tag)
{
    char routes_mem[SIP_DIALOG_BYTES_MAX], names_mem[SIP_DIALOG_BYTES_MAX];
    struct buf routes = buf_on(routes_mem, sizeof routes_mem), names = buf_on(names_mem, sizeof names_mem);
    struct view part[SIP_DIALOG_PARTS] = {
        [SIP_DIALOG_CALL_ID] = m->call_id,
        [SIP_DIALOG_LOCAL_TAG] = local_tag,
        [SIP_DIALOG_REMOTE_TAG] = m->from_tag,
        [SIP_DIALOG_LOCAL] = bracketed(&names, m->to.uri.text),
        [SIP_DIALOG_REMOTE] = bracketed(&names, m->from.uri.text),
    };
    if (!contact_of(m, &part[SIP_DIALOG_TARGET]))
        return EBADMSG;
    if (!routes_of(m, false, &routes) || names.full)
        return EMSGSIZE;
    part[SIP_DIALOG_ROUTES] = buf_view(&routes);
    int error = sip_dialog_init(d, part);
    if (!error)
        d->remote_cseq = m->cseq.number;
    return error;
}

int sip_dialog_of_response(struct sip_dialog *d, const struct sip_dialog *asked, const struct sip_msg *m)
{
    char routes_mem[SIP_DIALOG_BYTES_MAX];
    struct buf routes = buf_on(routes_mem, sizeof routes_mem);
    struct view part[SIP_DIALOG_PARTS];
    get_all(asked, part);
    part[SIP_DIALOG_REMOTE_TAG] = m->to_tag;
    contact_of(m, &part[SIP_DIALOG_TARGET]); /* without one, the URI that was asked stays the best guess */
    if (!routes_of(m, true, &routes))
        return EMSGSIZE;
    part[SIP_DIALOG_ROUTES] = buf_view(&routes);
    return sip_dialog_init(d, part);
}

void sip_dialog_refresh(struct sip_dialog *d, const struct sip_msg *m)
{
    struct view target;
    if (contact_of(m, &target) && sip_dialog_set(d, SIP_DIALOG_TARGET, target))
        return; /* too long: the old one still names the peer */
}

bool sip_dialog_in_order(struct sip_dialog *d, const struct sip_msg *m)
{
    if (m->cseq.number <= d->remote_cseq && d->remote_cseq)
        return false;
    d->remote_cseq = m->cseq.number;
    return true;
}

/* The first route if it lacks "lr": a strict router of RFC 2543 (RFC 3261 12.2.1.1). */
static bool strict_router(const struct sip_dialog *d, struct view *uri, struct view *others)
{
    struct view rest = sip_dialog_get(d, SIP_DIALOG_ROUTES), first, value;
    struct sip_name_addr route;
    if (!sip_list_cut(&rest, &first) || !sip_name_addr_parse(first, &route))
        return false;
    if (sip_param_get(route.uri.params, VIEW("lr"), &value))
        return false;
    *uri = route.uri.text;
    *others = rest;
    return true;
}

struct view sip_dialog_uri(const struct sip_dialog *d)
{
    struct view uri, others;
    return strict_router(d, &uri, &others) ? uri : sip_dialog_get(d, SIP_DIALOG_TARGET);
}

static void put_routes(const struct sip_dialog *d, struct buf *b)
{
    struct view routes = sip_dialog_get(d, SIP_DIALOG_ROUTES), uri, others;
    if (!routes.n)
        return;
    if (!strict_router(d, &uri, &others)) {
        sip_put(b, SIP_H_ROUTE, routes);
        return;
    }
    others = view_trim(others);
    if (others.n)
        sip_put(b, SIP_H_ROUTE, others);
    sip_put_name_addr(b, SIP_H_ROUTE, (struct view){0}, sip_dialog_get(d, SIP_DIALOG_TARGET), (struct view){0});
}

static void put_party(struct buf *b, enum sip_header id, struct view name, struct view tag)
{
    if (tag.n)
        sip_putf(b, id, "%.*s;tag=%.*s", VIEW_ARG(name), VIEW_ARG(tag));
    else
        sip_put(b, id, name);
}

void sip_dialog_put(const struct sip_dialog *d, struct buf *b, enum sip_method m, uint32_t cseq)
{
    put_routes(d, b);
    put_party(b, SIP_H_FROM, sip_dialog_get(d, SIP_DIALOG_LOCAL), sip_dialog_get(d, SIP_DIALOG_LOCAL_TAG));
    put_party(b, SIP_H_TO, sip_dialog_get(d, SIP_DIALOG_REMOTE), sip_dialog_get(d, SIP_DIALOG_REMOTE_TAG));
    sip_put(b, SIP_H_CALL_ID, sip_dialog_get(d, SIP_DIALOG_CALL_ID));
    sip_putf(b, SIP_H_CSEQ, "%u %s", cseq, sip_method_name(m));
}
