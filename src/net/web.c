/* SPDX-License-Identifier: Apache-2.0
 *
 * The web thread: see web_priv.h. One turn:
 *
 *     lws_service (poll, callbacks) -> orders of the signalling thread -> connections that want more -> (again)
 *     every 0.5 s: the sweep closes what stands still for too long (D4)
 */
#include "net/conn_priv.h"
#include "net/tls_priv.h"
#include "sys/clock.h"
#include "sys/log.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

enum {
    SWEEP_US = 500 * 1000,
    QUIT_US = 500 * 1000,
    QUIT_STEP_US = 10 * 1000,
    MAX_CONNECTIONS = 20000,
    MAX_PER_ADDRESS = 200,
    SERVICE_BYTES = 16384,
};

/* ---- orders ---- */

void web_order(struct web *w, struct order *o)
{
    o->next = NULL;
    (void)pthread_mutex_lock(&w->orders_lock);
    if (w->orders_last)
        w->orders_last->next = o;
    else
        w->orders_first = o;
    w->orders_last = o;
    bool wake = !w->woken;
    w->woken = true;
    (void)pthread_mutex_unlock(&w->orders_lock);
    if (wake)
        lws_cancel_service(w->lws);
}

static struct order *orders_take(struct web *w)
{
    (void)pthread_mutex_lock(&w->orders_lock);
    struct order *first = w->orders_first;
    w->orders_first = w->orders_last = NULL;
    w->woken = false;
    (void)pthread_mutex_unlock(&w->orders_lock);
    return first;
}

static void open_conn(struct web *w, const struct order *o)
{
    struct conn *c = conn_new(w, o->flow.transport, o->link);
    c->flow = o->flow;
    c->outgoing = c->trusted = c->told = true;
    (void)raw_connect(c);
}

static void reload(struct web *w, struct order *o)
{
    SSL_CTX_free(w->tls_server);
    w->tls_server = o->tls;
    o->tls = NULL;
    if (w->tls_https)
        tls_copy_certificate(w->tls_https, w->tls_server);
}

static void quit(struct web *w)
{
    w->quit = true;
    accept_stop(w);
    for (GList *at = w->conns.head; at; at = at->next) {
        struct conn *c = at->data;
        if (c->state == CONN_OPEN || c->state == CONN_CLOSING)
            conn_close(c);
        else
            conn_kill(c);
    }
}

/* Takes o over. */
static void obey(struct web *w, struct order *o)
{
    struct conn *c = o->link ? g_hash_table_lookup(w->by_id, &o->link->id) : NULL;
    switch (o->kind) {
    case ORDER_OPEN:
        open_conn(w, o);
        break;
    case ORDER_SEND:
        if (c) {
            conn_write(c, o);
            return;
        }
        break;
    case ORDER_TRUST:
        if (c)
            conn_trust(c);
        break;
    case ORDER_CLOSE:
        if (c)
            conn_close(c);
        break;
    case ORDER_RESUME:
        if (c && !c->dead)
            conn_pause(c, false);
        break;
    case ORDER_RELOAD:
        reload(w, o);
        break;
    case ORDER_DENY:
        net_set_free(w->denied);
        w->denied = g_steal_pointer(&o->set);
        break;
    case ORDER_QUIT:
        quit(w);
        break;
    }
    order_free(o);
}

static void obey_all(struct web *w)
{
    for (struct order *o = orders_take(w); o;) {
        struct order *next = o->next;
        obey(w, o);
        o = next;
    }
}

/* ---- turns ---- */

static void look_again(struct web *w)
{
    for (guint n = w->again.length; n; n--) {
        struct conn *c = g_queue_pop_head(&w->again);
        c->in_again = false;
        if (c->dead)
            continue;
        if (c->flow.transport == SIP_TCP || c->flow.transport == SIP_TLS) {
            raw_again(c);
        } else {
            c->wants_read = c->wants_write = false;
            lws_callback_on_writable(c->wsi);
        }
    }
    if (w->again.length)
        lws_cancel_service(w->lws); /* only a look, then again */
}

static bool is_overdue(const struct conn *c, int64_t now_us)
{
    int64_t age_us = now_us - c->since_us;
    switch (c->state) {
    case CONN_CONNECTING:
        return age_us >= CONN_CONNECT_US;
    case CONN_HANDSHAKE:
        return age_us >= (c->outgoing ? CONN_CONNECT_US : c->web->setup_us);
    case CONN_CLOSING:
        return age_us >= CONN_CLOSING_US;
    case CONN_OPEN:
        break;
    }
    if (atomic_load(&c->link->paused))
        return false; /* it is we who do not read */
    if (c->half_since_us && now_us - c->half_since_us >= c->web->setup_us)
        return true;
    return !c->trusted && age_us >= c->web->idle_us;
}

/* After thousands of connections have come and gone their memory lies between what others hold: 20 kB each, for good,
 * unless the system is given it back (D4). */
static void give_back_memory(struct web *w)
{
    w->most_conns = MAX(w->most_conns, w->conns.length);
    if (w->most_conns < CONN_MANY || w->conns.length > w->most_conns / 4)
        return;
    w->most_conns = w->conns.length;
    (void)malloc_trim(0);
}

static void on_tick(lws_sorted_usec_list_t *sul)
{
    struct web *w = lws_container_of(sul, struct web, tick);
    w->now_us = clock_monotonic_us();
    w->strangers_said = 0;
    for (GList *at = w->conns.head; at; at = at->next) {
        struct conn *c = at->data;
        if (!c->dead && is_overdue(c, w->now_us))
            conn_kill(c);
        else
            conn_wake(c);
    }
    give_back_memory(w);
    lws_sul_schedule(w->lws, 0, &w->tick, on_tick, w->quit ? QUIT_STEP_US : SWEEP_US);
}

static void *run(void *arg)
{
    struct web *w = arg;
    int64_t quit_at_us = INT64_MAX;
    (void)pthread_setname_np(pthread_self(), "web");
    w->now_us = clock_monotonic_us();
    accept_start(w);
    lws_sul_schedule(w->lws, 0, &w->tick, on_tick, SWEEP_US);
    while (w->now_us < quit_at_us && !(w->quit && w->conns.length == 0)) {
        (void)lws_service(w->lws, 0);
        w->now_us = clock_monotonic_us();
        obey_all(w);
        look_again(w);
        if (w->quit && quit_at_us == INT64_MAX) {
            quit_at_us = w->now_us + QUIT_US;
            lws_sul_schedule(w->lws, 0, &w->tick, on_tick, QUIT_STEP_US);
        }
    }
    lws_sul_cancel(&w->tick);
    return NULL; /* the context is destroyed by web_close: web_order may still be waking it */
}

/* ---- opening and closing ---- */

static int vhost_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    if (reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS) {
        struct web *w = lws_context_user(lws_get_context(wsi));
        w->tls_https = user;
        tls_restrict(w->tls_https);
        return 0;
    }
    return http_callback(wsi, reason, user, in, len);
}

static void on_lws_log(int level, const char *line)
{
    (void)level;
    log_limited(LOG_DEBUG, "web", "%.*s", (int)strcspn(line, "\n"), line);
}

static bool make_lws(struct web *w, const struct transport_config *c)
{
    static const struct lws_protocols protocols[] = {{.name = "http", .callback = vhost_callback},
                                                     {.name = "sip", .callback = websocket_callback},
                                                     {.name = "raw", .callback = raw_callback},
                                                     {.name = "accept", .callback = accept_callback},
                                                     {.name = NULL}};
    struct lws_context_creation_info info = {.port = CONTEXT_PORT_NO_LISTEN_SERVER,
                                             .protocols = protocols,
                                             .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                                                        LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
                                                        LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS,
                                             .user = w,
                                             .gid = (gid_t)-1,
                                             .uid = (uid_t)-1,
                                             .timeout_secs = CONN_SETUP_MS / 1000,
                                             .pt_serv_buf_size = SERVICE_BYTES,
                                             .server_string = "Carillon",
                                             .alpn = "http/1.1",
                                             .vhost_name = "carillon"};
    lws_set_log_level(LLL_ERR | LLL_WARN, on_lws_log);
    w->lws = lws_create_context(&info);
    if (!w->lws)
        return false;
    if (w->has_https) {
        info.ssl_cert_filepath = c->cert_file;
        info.ssl_private_key_filepath = c->key_file;
    }
    w->vhost = lws_create_vhost(w->lws, &info);
    return w->vhost != NULL;
}

static int listen_all(struct web *w, const struct transport_config *c, const struct transport_listen **ret_failed)
{
    bool secure = false;
    for (size_t i = 0; i < c->n_listen; i++) {
        const struct transport_listen *l = &c->listen[i];
        *ret_failed = l;
        int e = l->transport == SIP_UDP ? 0 : accept_open(w, l);
        if (e)
            return e;
        if (sip_transport_is_secure(l->transport) && !secure) {
            secure = true;
            w->tls_server = tls_server_new(c->cert_file, c->key_file);
            if (!w->tls_server)
                return EBADF;
        }
        w->has_https |= l->transport == SIP_WSS;
    }
    *ret_failed = NULL;
    w->tls_client = tls_client_new();
    return w->tls_client && make_lws(w, c) ? 0 : ENOMEM;
}

static struct web *web_new(const struct transport_config *c, const struct web_host *host)
{
    struct web *w = g_new0(struct web, 1);
    w->host = *host;
    w->denied = net_set_new(c->denied, c->n_denied);
    w->origins = g_strdupv((char **)c->origins);
    w->max_connections = c->max_connections ? c->max_connections : MAX_CONNECTIONS;
    w->max_per_address = c->max_per_address ? c->max_per_address : MAX_PER_ADDRESS;
    w->setup_us = (int64_t)(c->setup_ms ? c->setup_ms : CONN_SETUP_MS) * 1000;
    w->idle_us = (int64_t)(c->idle_ms ? c->idle_ms : CONN_IDLE_MS) * 1000;
    w->listeners = g_ptr_array_new_with_free_func(g_free);
    w->by_id = g_hash_table_new(g_int64_hash, g_int64_equal);
    w->per_source = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    g_queue_init(&w->conns);
    g_queue_init(&w->strangers);
    g_queue_init(&w->again);
    w->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    (void)pthread_mutex_init(&w->orders_lock, NULL);
    return w;
}

int web_open(struct web **ret, const struct transport_config *c, const struct web_host *host,
             const struct transport_listen **ret_failed)
{
    struct web *w = web_new(c, host);
    int e = listen_all(w, c, ret_failed);
    if (!e)
        e = pthread_create(&w->thread, NULL, run, w);
    w->thread_runs = e == 0;
    if (e) {
        web_close(w);
        return e;
    }
    *ret = w;
    return 0;
}

void web_close(struct web *w)
{
    if (!w)
        return;
    if (w->thread_runs) {
        web_order(w, order_new(ORDER_QUIT, NULL, (struct view){0}));
        (void)pthread_join(w->thread, NULL);
    } else {
        accept_stop(w);
    }
    if (w->lws)
        lws_context_destroy(w->lws); /* what is still open ends by WSI_DESTROY */
    for (struct order *o = orders_take(w); o;) {
        struct order *next = o->next;
        order_free(o);
        o = next;
    }
    g_ptr_array_free(w->listeners, TRUE);
    g_hash_table_destroy(w->by_id);
    g_hash_table_destroy(w->per_source);
    SSL_CTX_free(w->tls_server);
    SSL_CTX_free(w->tls_client);
    (void)close(w->spare_fd);
    (void)pthread_mutex_destroy(&w->orders_lock);
    g_strfreev(w->origins);
    net_set_free(w->denied);
    g_free(w);
}

void web_bytes_handled(struct web *w, size_t n)
{
    (void)atomic_fetch_sub(&w->in_bytes, n);
}

void web_count(const struct web *w, struct transport_stats *add)
{
    add->dropped += atomic_load(&w->dropped);
    add->connections += atomic_load(&w->n_connections);
}
