/* SPDX-License-Identifier: Apache-2.0
 *
 * SIP over WebSocket (RFC 7118) on the HTTPS port, by libwebsockets. Web thread. One WebSocket message is one SIP
 * message, text or binary, its fragments joined here up to the limit (A6). A page of another site must not speak for
 * the user who reads it: the Origin is our own host, a listed one, or absent (not a browser).
 */
#include "net/conn_priv.h"

#include <ctype.h>
#include <unistd.h>

_Static_assert(ORDER_HEADROOM >= LWS_PRE, "libwebsockets writes frame headers before the bytes");

enum { HEADER_BYTES = 512 };

bool websocket_adopt(struct conn *c, int fd)
{
    struct web *w = c->web;
    uint64_t id = c->link->id;
    lws_adoption_type type = LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP;
    if (c->flow.transport == SIP_WSS)
        type |= LWS_ADOPT_ALLOW_SSL;
    conn_set_state(c, CONN_HANDSHAKE);
    struct lws *wsi = lws_adopt_descriptor_vhost_via_info(
        &(lws_adopt_desc_t){.vh = w->vhost, .type = type, .fd = {.sockfd = fd}, .opaque = c});
    c = g_hash_table_lookup(w->by_id, &id); /* it may be gone by now */
    if (wsi && c)
        c->wsi = wsi;
    else if (c)
        conn_free(c);
    return wsi != NULL;
}

/* ---- the handshake ---- */

static bool header_copy(struct lws *wsi, enum lws_token_indexes which, char dst[HEADER_BYTES])
{
    int n = lws_hdr_copy(wsi, dst, HEADER_BYTES, which);
    if (n < 0)
        dst[0] = '\0';
    return n >= 0;
}

/* "host[:port]" without the port; brackets of IPv6 stay. */
static struct view host_of(struct view authority)
{
    size_t n = authority.n;
    while (n && isdigit((unsigned char)authority.p[n - 1]))
        n--;
    return n && n < authority.n && authority.p[n - 1] == ':' ? view_slice(authority, 0, n - 1) : authority;
}

static struct view without_default_port(struct view authority, bool secure)
{
    struct view port = secure ? VIEW(":443") : VIEW(":80");
    if (authority.n > port.n && view_eq(view_slice(authority, authority.n - port.n, authority.n), port))
        return view_slice(authority, 0, authority.n - port.n);
    return authority;
}

static bool origin_allowed(const struct web *w, struct view origin, struct view host)
{
    bool secure = view_starts_nocase(origin, VIEW("https://"));
    if (!secure && !view_starts_nocase(origin, VIEW("http://")))
        return false; /* "null" and schemes that are no web page's */
    struct view authority = view_slice(origin, secure ? 8 : 7, origin.n);
    if (authority.n == 0)
        return false;
    if (view_eq_nocase(without_default_port(authority, secure), without_default_port(host, secure)))
        return true;
    for (char **one = w->origins; one && *one; one++)
        if (view_eq_nocase(authority, view_of(*one)) || view_eq_nocase(host_of(authority), view_of(*one)))
            return true;
    return false;
}

static bool offers_sip(struct view list)
{
    while (list.n)
        if (view_eq_nocase(view_trim(view_cut(&list, ',')), VIEW("sip")))
            return true;
    return false;
}

/* The status to refuse with; 0: may become a WebSocket. */
static unsigned upgrade_status(struct lws *wsi, const struct conn *c)
{
    char path[HEADER_BYTES], origin[HEADER_BYTES], host[HEADER_BYTES], protocols[HEADER_BYTES];
    if (!header_copy(wsi, WSI_TOKEN_GET_URI, path) || strcmp(path, "/sip") != 0)
        return HTTP_STATUS_NOT_FOUND;
    if (!header_copy(wsi, WSI_TOKEN_HOST, host) || !header_copy(wsi, WSI_TOKEN_ORIGIN, origin))
        return HTTP_STATUS_BAD_REQUEST;
    if (origin[0] && !origin_allowed(c->web, view_of(origin), view_of(host)))
        return HTTP_STATUS_FORBIDDEN;
    if (!header_copy(wsi, WSI_TOKEN_PROTOCOL, protocols) || !offers_sip(view_of(protocols)))
        return HTTP_STATUS_BAD_REQUEST;
    return 0;
}

static int confirm_upgrade(struct lws *wsi, const struct conn *c, const char *to)
{
    unsigned status = g_ascii_strcasecmp(to, "websocket") == 0 ? upgrade_status(wsi, c) : HTTP_STATUS_BAD_REQUEST;
    if (!status)
        return 0;
    return lws_return_http_status(wsi, status, NULL) ? -1 : 1;
}

/* Until the web server is built: one line at "/", else 404. */
static int serve_page(struct lws *wsi, const char *path)
{
    static const char page[] = "Carillon\n";
    unsigned char bytes[LWS_PRE + 1024], *at = bytes + LWS_PRE, *start = at, *end = bytes + sizeof bytes - 1;
    if (strcmp(path, "/") != 0)
        return lws_return_http_status(wsi, HTTP_STATUS_NOT_FOUND, NULL) || lws_http_transaction_completed(wsi);
    if (lws_add_http_common_headers(wsi, HTTP_STATUS_OK, "text/plain", sizeof page - 1, &at, end) ||
        lws_finalize_write_http_header(wsi, start, &at, end))
        return 1;
    memcpy(start, page, sizeof page - 1);
    if (lws_write(wsi, start, sizeof page - 1, LWS_WRITE_HTTP_FINAL) < 0)
        return 1;
    return lws_http_transaction_completed(wsi);
}

int http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    struct conn *c = wsi ? lws_get_opaque_user_data(wsi) : NULL;
    switch ((int)reason) { /* of the hundred reasons a few matter here */
    case LWS_CALLBACK_WSI_DESTROY:
        if (c)
            conn_free(c);
        return 0;
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return c ? confirm_upgrade(wsi, c, in) : -1;
    case LWS_CALLBACK_HTTP:
        if (c && c->state == CONN_HANDSHAKE)
            conn_set_state(c, CONN_OPEN);
        return c ? serve_page(wsi, in) : -1;
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return -1; /* a WebSocket is spoken only with the sub-protocol */
    default:
        return lws_callback_http_dummy(wsi, reason, user, in, len);
    }
}

/* ---- messages ---- */

static bool is_only_line_ends(struct view v)
{
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] != '\r' && v.p[i] != '\n')
            return false;
    return true;
}

static void whole_message(struct conn *c)
{
    struct view v = {c->in, c->in_n};
    if (view_eq(v, VIEW("\r\n\r\n"))) {
        conn_write_own(c, VIEW("\r\n"));
    } else if (!is_only_line_ends(v)) {
        c->since_us = c->web->now_us;
        conn_tell(c, NEWS_MESSAGE, v);
    }
    conn_consume(c, c->in_n);
    c->half_since_us = 0;
}

static int received(struct lws *wsi, struct conn *c, const char *bytes, size_t n)
{
    if (c->state != CONN_OPEN)
        return 0;
    if (c->in_n + n > CONN_MESSAGE_BYTES_MAX) {
        lws_close_reason(wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, NULL, 0);
        return -1;
    }
    if (!conn_reserve(c, n))
        return -1;
    if (n)
        memcpy(c->in + c->in_n, bytes, n);
    c->in_n += n;
    if (!c->half_since_us)
        c->half_since_us = c->web->now_us;
    if (lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0)
        whole_message(c);
    return 0;
}

static int write_one(struct lws *wsi, struct conn *c)
{
    struct order *o = g_queue_peek_head(&c->out);
    if (!o)
        return c->finishing ? -1 : 0;
    bool text = g_utf8_validate_len(o->bytes, o->n, NULL); /* SIP bodies may hold anything (RFC 7118 section 5) */
    if (lws_write(wsi, (unsigned char *)o->bytes, o->n, text ? LWS_WRITE_TEXT : LWS_WRITE_BINARY) < (int)o->n)
        return -1;
    conn_written(c);
    if (!g_queue_is_empty(&c->out))
        lws_callback_on_writable(wsi);
    return 0;
}

int websocket_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    (void)user;
    struct conn *c = wsi ? lws_get_opaque_user_data(wsi) : NULL;
    if (!c || c->dead)
        return 0;
    switch ((int)reason) {
    case LWS_CALLBACK_ESTABLISHED:
        conn_set_state(c, CONN_OPEN);
        return 0;
    case LWS_CALLBACK_RECEIVE:
        return received(wsi, c, in, len);
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return write_one(wsi, c);
    default:
        return 0;
    }
}
