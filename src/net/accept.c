/* SPDX-License-Identifier: Apache-2.0
 *
 * Listening sockets of streams: see conn_priv.h. Bound on the signalling thread, so that a port in use is told at once;
 * accepting is the web thread's. Strangers are counted before a byte of theirs is read (D4).
 */
#include "net/conn_priv.h"
#include "net/sockaddr_priv.h"
#include "sys/log.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { BACKLOG = 4096, ACCEPTS_PER_TURN = 64 }; /* the kernel takes at most net.core.somaxconn */

int accept_open(struct web *w, const struct transport_listen *l)
{
    int fd;
    int e = socket_bound(SOCK_STREAM, &l->address, &fd);
    if (e)
        return e;
    if (listen(fd, BACKLOG) < 0) {
        e = errno;
        (void)close(fd);
        return e;
    }
    struct listener *one = g_new0(struct listener, 1);
    *one = (struct listener){w, *l, fd, NULL};
    g_ptr_array_add(w->listeners, one);
    return 0;
}

void accept_start(struct web *w)
{
    for (guint i = 0; i < w->listeners->len; i++) {
        struct listener *l = g_ptr_array_index(w->listeners, i);
        l->wsi = lws_adopt_descriptor_vhost_via_info(&(lws_adopt_desc_t){
            .vh = w->vhost, .type = LWS_ADOPT_RAW_FILE_DESC, .fd = {.filefd = l->fd}, .vh_prot_name = "accept"});
        if (!l->wsi)
            log_line(LOG_ERROR, "net", "a listening socket could not be watched");
    }
}

void accept_stop(struct web *w)
{
    for (guint i = 0; i < w->listeners->len; i++) {
        struct listener *l = g_ptr_array_index(w->listeners, i);
        if (l->wsi)
            lws_set_timeout(l->wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_ASYNC);
        else
            (void)close(l->fd);
        l->wsi = NULL;
    }
    g_ptr_array_set_size(w->listeners, 0);
}

/* Makes room by closing who has been a stranger for longest; false: there is none. */
static bool drop_oldest_stranger(struct web *w)
{
    struct conn *c = g_queue_peek_head(&w->strangers);
    if (!c)
        return false;
    (void)atomic_fetch_add(&w->dropped, 1);
    conn_kill(c); /* takes it off the list of strangers at once */
    return true;
}

static bool admits(struct web *w, const struct net_addr *source)
{
    uint64_t key = net_addr_source_key(source);
    if (w->quit || net_set_has(w->denied, source))
        return false;
    if (GPOINTER_TO_UINT(g_hash_table_lookup(w->per_source, &key)) >= w->max_per_address) {
        log_limited(LOG_NOTICE, "net", "too many connections of unknown devices from one address");
        return false;
    }
    return w->conns.length < w->max_connections || drop_oldest_stranger(w);
}

static void take(struct listener *l, int fd, const struct net_addr *source)
{
    struct web *w = l->web;
    struct sockaddr_storage sa;
    socklen_t n = sizeof sa;
    if (!admits(w, source)) {
        (void)atomic_fetch_add(&w->dropped, 1);
        (void)close(fd);
        return;
    }
    struct conn *c = conn_new(w, l->listen.transport, NULL);
    c->flow.remote = *source;
    c->flow.local = l->listen.address;
    if (getsockname(fd, (struct sockaddr *)&sa, &n) == 0)
        c->flow.local = sockaddr_read(&sa);
    conn_count_stranger(c);
    if (l->listen.transport == SIP_WS || l->listen.transport == SIP_WSS)
        (void)websocket_adopt(c, fd);
    else
        (void)raw_adopt(c, fd);
}

/* No descriptor is left: one who waits is taken and closed with the spare one, else the socket would stay ready. */
static void refuse_one(struct listener *l)
{
    struct web *w = l->web;
    (void)close(w->spare_fd);
    int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        (void)close(fd);
    w->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    (void)atomic_fetch_add(&w->dropped, 1);
    (void)drop_oldest_stranger(w);
}

static void accept_all(struct listener *l)
{
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        struct sockaddr_storage sa;
        socklen_t n = sizeof sa;
        int fd = accept4(l->fd, (struct sockaddr *)&sa, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            struct net_addr source = sockaddr_read(&sa);
            take(l, fd, &source);
        } else if (errno == EMFILE || errno == ENFILE) {
            refuse_one(l);
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return;
        }
    }
}

int accept_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    (void)user, (void)in, (void)len;
    if (reason != LWS_CALLBACK_RAW_RX_FILE)
        return 0;
    struct web *w = lws_context_user(lws_get_context(wsi));
    for (guint i = 0; i < w->listeners->len; i++) {
        struct listener *l = g_ptr_array_index(w->listeners, i);
        if (l->wsi == wsi)
            accept_all(l);
    }
    return 0;
}
