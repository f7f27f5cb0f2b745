/* SPDX-License-Identifier: Apache-2.0
 *
 * SIP over TCP and TLS: bytes in and out of sockets. Web thread. libwebsockets only says when a socket is ready ("raw
 * file"); TLS is spoken here, because its own raw sockets take a client's ALPN for a change of protocol, and cannot
 * tell a handshake in progress from an open connection.
 */
#include "net/conn_priv.h"
#include "net/sockaddr_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <unistd.h>

enum { READ_BYTES = 16384, READS_PER_TURN = 8 };

enum outcome { OUTCOME_DONE, OUTCOME_BLOCKED, OUTCOME_FAILED };

static bool is_tls(const struct conn *c)
{
    return c->flow.transport == SIP_TLS;
}

static void set_options(int fd)
{
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

/* libwebsockets may have freed c already, or not even begun: only the id tells. */
static bool give_up(struct web *w, uint64_t id, int fd)
{
    struct conn *c = g_hash_table_lookup(w->by_id, &id);
    if (c) {
        (void)close(fd);
        conn_free(c);
    }
    return false;
}

static bool prepare_tls(struct conn *c)
{
    SSL_CTX *ctx = c->outgoing ? c->web->tls_client : c->web->tls_server;
    c->ssl = ctx ? SSL_new(ctx) : NULL;
    if (!c->ssl || SSL_set_fd(c->ssl, c->fd) != 1)
        return false;
    if (c->outgoing)
        SSL_set_connect_state(c->ssl);
    else
        SSL_set_accept_state(c->ssl);
    return true;
}

bool raw_adopt(struct conn *c, int fd)
{
    struct web *w = c->web;
    uint64_t id = c->link->id;
    c->fd = fd;
    set_options(fd);
    if (is_tls(c) && !prepare_tls(c))
        return give_up(w, id, fd);
    if (!c->outgoing)
        conn_set_state(c, is_tls(c) ? CONN_HANDSHAKE : CONN_OPEN);
    struct lws *wsi = lws_adopt_descriptor_vhost_via_info(&(lws_adopt_desc_t){
        .vh = w->vhost, .type = LWS_ADOPT_RAW_FILE_DESC, .fd = {.filefd = fd}, .vh_prot_name = "raw", .opaque = c});
    if (!wsi)
        return give_up(w, id, fd);
    c->wsi = wsi;
    return true;
}

bool raw_connect(struct conn *c)
{
    struct net_addr from = {.family = c->flow.remote.family};
    struct sockaddr_storage sa;
    int fd;
    if (c->flow.local.family == from.family)
        memcpy(from.ip, c->flow.local.ip, sizeof from.ip);
    int e = socket_bound(SOCK_STREAM, &from, &fd);
    if (e) { /* not an address of ours (any more): any will do */
        memset(from.ip, 0, sizeof from.ip);
        e = socket_bound(SOCK_STREAM, &from, &fd);
    }
    if (e) {
        conn_free(c);
        return false;
    }
    socklen_t n = sockaddr_of(&c->flow.remote, &sa);
    if (connect(fd, (struct sockaddr *)&sa, n) < 0 && errno != EINPROGRESS) {
        (void)close(fd);
        conn_free(c);
        return false;
    }
    if (!raw_adopt(c, fd))
        return false;
    lws_callback_on_writable(c->wsi);
    return true;
}

/* ---- opening ---- */

static void opened(struct conn *c)
{
    conn_set_state(c, CONN_OPEN);
    if (c->outgoing)
        conn_tell(c, NEWS_OPENED, (struct view){0});
    if (!g_queue_is_empty(&c->out) || is_tls(c))
        conn_again(c, true, true);
}

static enum outcome handshake(struct conn *c)
{
    int r = SSL_do_handshake(c->ssl);
    if (r == 1) {
        opened(c);
        return OUTCOME_DONE;
    }
    int e = SSL_get_error(c->ssl, r);
    ERR_clear_error();
    if (e == SSL_ERROR_WANT_READ)
        return OUTCOME_DONE;
    return e == SSL_ERROR_WANT_WRITE ? OUTCOME_BLOCKED : OUTCOME_FAILED;
}

static enum outcome connected(struct conn *c)
{
    int e = 0;
    struct sockaddr_storage sa;
    socklen_t n = sizeof e;
    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &e, &n) < 0 || e)
        return OUTCOME_FAILED;
    n = sizeof sa;
    if (getpeername(c->fd, (struct sockaddr *)&sa, &n) < 0)
        return OUTCOME_BLOCKED; /* not yet */
    n = sizeof sa;
    if (getsockname(c->fd, (struct sockaddr *)&sa, &n) == 0)
        c->flow.local = sockaddr_read(&sa);
    if (!is_tls(c)) {
        opened(c);
        return OUTCOME_DONE;
    }
    conn_set_state(c, CONN_HANDSHAKE);
    return handshake(c);
}

/* ---- bytes ---- */

static enum outcome read_some(struct conn *c, char *dst, size_t cap, size_t *ret)
{
    *ret = 0;
    if (!c->ssl) {
        ssize_t n = recv(c->fd, dst, cap, 0);
        if (n > 0) {
            *ret = (size_t)n;
            return OUTCOME_DONE;
        }
        return n < 0 && (errno == EAGAIN || errno == EINTR) ? OUTCOME_BLOCKED : OUTCOME_FAILED;
    }
    int n = SSL_read(c->ssl, dst, (int)cap);
    if (n > 0) {
        *ret = (size_t)n;
        return OUTCOME_DONE;
    }
    int e = SSL_get_error(c->ssl, n);
    ERR_clear_error();
    return e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE ? OUTCOME_BLOCKED : OUTCOME_FAILED;
}

static enum outcome write_some(struct conn *c, const char *from, size_t n, size_t *ret)
{
    *ret = 0;
    if (!c->ssl) {
        ssize_t r = send(c->fd, from, n, MSG_NOSIGNAL);
        if (r >= 0) {
            *ret = (size_t)r;
            return OUTCOME_DONE;
        }
        return errno == EAGAIN || errno == EINTR ? OUTCOME_BLOCKED : OUTCOME_FAILED;
    }
    int r = SSL_write(c->ssl, from, (int)n);
    if (r > 0) {
        *ret = (size_t)r;
        return OUTCOME_DONE;
    }
    int e = SSL_get_error(c->ssl, r);
    ERR_clear_error();
    return e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE ? OUTCOME_BLOCKED : OUTCOME_FAILED;
}

static enum outcome read_all(struct conn *c)
{
    for (int i = 0; i < READS_PER_TURN; i++) {
        size_t n, room = MIN(READ_BYTES, CONN_IN_BYTES - c->in_n);
        if (c->resting || atomic_load(&c->link->paused))
            return OUTCOME_DONE;
        if (!conn_reserve(c, MIN(room, MAX(2048, c->in_n))))
            return OUTCOME_FAILED;
        enum outcome o = read_some(c, c->in + c->in_n, c->in_cap - c->in_n, &n);
        c->in_n += n;
        if (o != OUTCOME_DONE) {
            conn_consume(c, 0); /* gives back an empty buffer */
            return o == OUTCOME_BLOCKED ? OUTCOME_DONE : o;
        }
        if (c->state == CONN_OPEN)
            conn_cut(c);
        else
            conn_consume(c, c->in_n); /* closing: nobody listens any more */
    }
    conn_again(c, true, false); /* the others first */
    return OUTCOME_DONE;
}

static enum outcome write_all(struct conn *c)
{
    struct order *o;
    while ((o = g_queue_peek_head(&c->out)) && !c->dead) {
        size_t n;
        enum outcome r = o->at < o->n ? write_some(c, o->bytes + o->at, o->n - o->at, &n) : OUTCOME_DONE;
        if (r != OUTCOME_DONE)
            return r;
        if (o->at < o->n)
            o->at += n;
        if (o->at == o->n)
            conn_written(c);
    }
    return OUTCOME_DONE;
}

static enum outcome readable(struct conn *c)
{
    switch (c->state) {
    case CONN_CONNECTING:
        break;
    case CONN_HANDSHAKE:
        return handshake(c);
    case CONN_OPEN:
    case CONN_CLOSING:
        return read_all(c);
    }
    return OUTCOME_DONE;
}

static enum outcome writable(struct conn *c)
{
    switch (c->state) {
    case CONN_CONNECTING:
        return connected(c);
    case CONN_HANDSHAKE:
        return handshake(c);
    case CONN_OPEN:
    case CONN_CLOSING:
        break;
    }
    return write_all(c);
}

void raw_again(struct conn *c)
{
    bool read = c->wants_read, write = c->wants_write;
    c->wants_read = c->wants_write = false;
    enum outcome o = read ? readable(c) : OUTCOME_DONE;
    if (o == OUTCOME_DONE && write && !c->dead)
        o = writable(c);
    if (o == OUTCOME_FAILED)
        conn_kill(c);
    else if (o == OUTCOME_BLOCKED && !c->dead)
        lws_callback_on_writable(c->wsi);
}

int raw_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    (void)user, (void)in, (void)len;
    struct conn *c = lws_get_opaque_user_data(wsi);
    enum outcome o = OUTCOME_DONE;
    if (!c || c->dead)
        return 0;
    if (reason == LWS_CALLBACK_RAW_RX_FILE)
        o = readable(c);
    else if (reason == LWS_CALLBACK_RAW_WRITEABLE_FILE)
        o = writable(c);
    else if (reason == LWS_CALLBACK_RAW_CLOSE_FILE && c->ssl && c->state != CONN_HANDSHAKE)
        (void)SSL_shutdown(c->ssl);
    if (o == OUTCOME_BLOCKED) /* here libwebsockets would forget a wish to write as soon as we return */
        conn_again(c, false, true);
    return o == OUTCOME_FAILED ? -1 : 0;
}
