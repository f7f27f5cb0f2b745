/* SPDX-License-Identifier: Apache-2.0
 *
 * One connection on the web thread: see conn_priv.h. Here is what raw streams and WebSockets have in common: the limits
 * of strangers (D4), the input buffer with its cutting into messages, the output queue.
 */
#include "net/conn_priv.h"

#include "sip/message.h"

enum { IN_BYTES_FIRST = 2048 };

struct conn *conn_new(struct web *w, enum sip_transport t, struct link *link_or_null)
{
    struct conn *c = g_new0(struct conn, 1);
    c->web = w;
    c->fd = -1;
    c->link = link_or_null ? link_ref(link_or_null) : link_new();
    c->flow.transport = t;
    c->flow.connection = c->link->id;
    c->since_us = w->now_us;
    c->stranger.data = c->all.data = c;
    g_queue_init(&c->out);
    g_hash_table_insert(w->by_id, &c->link->id, c);
    g_queue_push_tail_link(&w->conns, &c->all);
    (void)atomic_fetch_add(&w->n_connections, 1);
    return c;
}

static void uncount_stranger(struct conn *c)
{
    if (!c->counted)
        return;
    c->counted = false;
    g_queue_unlink(&c->web->strangers, &c->stranger);
    uint64_t key = net_addr_source_key(&c->flow.remote);
    guint n = GPOINTER_TO_UINT(g_hash_table_lookup(c->web->per_source, &key));
    if (n > 1)
        g_hash_table_insert(c->web->per_source, g_memdup2(&key, sizeof key), GUINT_TO_POINTER(n - 1));
    else
        (void)g_hash_table_remove(c->web->per_source, &key);
}

void conn_count_stranger(struct conn *c)
{
    uint64_t key = net_addr_source_key(&c->flow.remote);
    guint n = GPOINTER_TO_UINT(g_hash_table_lookup(c->web->per_source, &key));
    g_hash_table_insert(c->web->per_source, g_memdup2(&key, sizeof key), GUINT_TO_POINTER(n + 1));
    g_queue_push_tail_link(&c->web->strangers, &c->stranger);
    c->counted = true;
}

void conn_trust(struct conn *c)
{
    uncount_stranger(c);
    c->trusted = true;
    conn_wake(c);
}

void conn_free(struct conn *c)
{
    struct web *w = c->web;
    uncount_stranger(c);
    if (c->told)
        conn_tell(c, NEWS_CLOSED, (struct view){0});
    if (c->in_again)
        (void)g_queue_remove(&w->again, c);
    conn_consume(c, c->in_n);
    for (struct order *o; (o = g_queue_pop_head(&c->out));)
        order_free(o);
    (void)g_hash_table_remove(w->by_id, &c->link->id);
    g_queue_unlink(&w->conns, &c->all);
    SSL_free(c->ssl);
    link_unref(c->link);
    g_free(c);
    (void)atomic_fetch_sub(&w->n_connections, 1);
}

void conn_kill(struct conn *c)
{
    if (c->dead)
        return;
    c->dead = true;
    uncount_stranger(c);
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_ASYNC);
}

void conn_set_state(struct conn *c, enum conn_state s)
{
    c->state = s;
    c->since_us = c->web->now_us;
}

/* ---- input ---- */

bool conn_reserve(struct conn *c, size_t more)
{
    if (c->in_n + more <= c->in_cap)
        return true;
    if (c->in_n + more > CONN_IN_BYTES)
        return false;
    size_t cap = MAX(c->in_cap, IN_BYTES_FIRST);
    while (cap < c->in_n + more)
        cap *= 2;
    cap = MIN(cap, CONN_IN_BYTES);
    size_t grows = cap - c->in_cap;
    if (!c->trusted && atomic_load(&c->web->in_bytes) + grows > IN_BYTES_MAX)
        return false;
    (void)atomic_fetch_add(&c->web->in_bytes, grows);
    c->in = g_realloc(c->in, cap);
    c->in_cap = cap;
    return true;
}

void conn_consume(struct conn *c, size_t taken)
{
    c->in_n -= taken;
    if (c->in_n) {
        memmove(c->in, c->in + taken, c->in_n);
        return;
    }
    (void)atomic_fetch_sub(&c->web->in_bytes, c->in_cap);
    g_free(c->in);
    c->in = NULL;
    c->in_cap = 0;
}

void conn_wake(struct conn *c)
{
    c->said = 0;
    if (!c->resting)
        return;
    c->resting = false;
    if (!c->dead && !atomic_load(&c->link->paused)) {
        lws_rx_flow_control(c->wsi, 1);
        conn_again(c, true, false);
    }
}

/* What a stranger sends beyond its share waits in its socket: nothing is lost, and the signalling thread has time for
 * those whom we know (D2). */
static void count_message(struct conn *c)
{
    struct web *w = c->web;
    if (c->trusted)
        return;
    c->said++;
    w->strangers_said++;
    if (!c->resting && (c->said >= CONN_STRANGER_SAYS || w->strangers_said >= CONN_STRANGERS_SAY)) {
        c->resting = true;
        lws_rx_flow_control(c->wsi, 0);
    }
}

void conn_tell(struct conn *c, enum news_kind kind, struct view bytes)
{
    if (kind == NEWS_MESSAGE)
        count_message(c);
    if (kind != NEWS_CLOSED)
        c->told = true;
    if (bytes.n) {
        (void)atomic_fetch_add(&c->web->in_bytes, bytes.n);
        size_t waiting = atomic_fetch_add(&c->link->in_waiting, bytes.n) + bytes.n;
        if (waiting > LINK_IN_BYTES_HIGH && !atomic_load(&c->link->paused))
            conn_pause(c, true);
    }
    c->web->host.tell(c->web->host.arg, kind, c->link, &c->flow, bytes);
}

void conn_pause(struct conn *c, bool pause)
{
    if (!pause) {
        if (c->resting)
            return;
        lws_rx_flow_control(c->wsi, 1);
        conn_again(c, true, false); /* TLS may hold bytes that the socket does not show */
        return;
    }
    atomic_store(&c->link->paused, true);
    lws_rx_flow_control(c->wsi, 0);
    /* It may have been handled just before it could see `paused`. */
    if (atomic_load(&c->link->in_waiting) <= LINK_IN_BYTES_LOW && atomic_exchange(&c->link->paused, false))
        conn_pause(c, false);
}

/* One step; false: nothing more can be taken. *at moves on. */
static bool cut_one(struct conn *c, size_t *at)
{
    struct view rest = {c->in + *at, c->in_n - *at};
    size_t n;
    switch (sip_stream_cut(rest, &n)) {
    case SIP_STREAM_MORE:
        return false;
    case SIP_STREAM_MESSAGE:
        c->since_us = c->web->now_us;
        conn_tell(c, NEWS_MESSAGE, view_slice(rest, 0, n));
        break;
    case SIP_STREAM_PING: /* RFC 5626 section 4.4.1 */
        conn_write_own(c, VIEW("\r\n"));
        break;
    case SIP_STREAM_BLANK:
        break;
    case SIP_STREAM_BROKEN:
        conn_tell(c, NEWS_BROKEN, view_slice(rest, 0, n));
        conn_set_state(c, CONN_CLOSING); /* the signalling thread may answer, and then closes it */
        *at = c->in_n;
        return false;
    }
    *at += n;
    c->half_since_us = 0;
    return true;
}

void conn_cut(struct conn *c)
{
    size_t at = 0;
    while (c->state == CONN_OPEN && at < c->in_n && cut_one(c, &at))
        continue;
    conn_consume(c, c->state == CONN_OPEN ? at : c->in_n);
    if (!c->in_n)
        c->half_since_us = 0;
    else if (!c->half_since_us)
        c->half_since_us = c->web->now_us;
}

/* ---- output ---- */

void conn_again(struct conn *c, bool read, bool write)
{
    c->wants_read |= read;
    c->wants_write |= write;
    if (c->in_again)
        return;
    c->in_again = true;
    g_queue_push_tail(&c->web->again, c);
}

void conn_write(struct conn *c, struct order *o)
{
    if (c->dead) {
        order_free(o);
        return;
    }
    g_queue_push_tail(&c->out, o);
    if (c->state == CONN_OPEN || c->state == CONN_CLOSING)
        conn_again(c, false, true);
}

void conn_write_own(struct conn *c, struct view bytes)
{
    size_t waiting = atomic_load(&c->link->out_waiting);
    if (waiting > LINK_OUT_BYTES_MAX - bytes.n)
        return;
    (void)atomic_fetch_add(&c->link->out_waiting, bytes.n);
    conn_write(c, order_new(ORDER_SEND, c->link, bytes));
}

void conn_written(struct conn *c)
{
    struct order *o = g_queue_pop_head(&c->out);
    (void)atomic_fetch_sub(&c->link->out_waiting, o->n);
    order_free(o);
    if (c->finishing && g_queue_is_empty(&c->out))
        conn_kill(c);
}

void conn_close(struct conn *c)
{
    if (c->dead)
        return;
    conn_set_state(c, CONN_CLOSING);
    c->finishing = true;
    if (g_queue_is_empty(&c->out))
        conn_kill(c);
}
