/* SPDX-License-Identifier: Apache-2.0
 *
 * Links and orders: see link_priv.h. Any thread. Counted here and not by GLib, so that the thread sanitizer sees it.
 */
#include "net/link_priv.h"

#include <glib.h>
#include <openssl/ssl.h>

struct link *link_new(void)
{
    static _Atomic uint64_t last_id;
    struct link *l = g_new0(struct link, 1);
    l->id = atomic_fetch_add_explicit(&last_id, 1, memory_order_relaxed) + 1;
    atomic_init(&l->refs, 1);
    return l;
}

struct link *link_ref(struct link *l)
{
    (void)atomic_fetch_add_explicit(&l->refs, 1, memory_order_relaxed);
    return l;
}

void link_unref(struct link *l)
{
    if (l && atomic_fetch_sub_explicit(&l->refs, 1, memory_order_acq_rel) == 1)
        g_free(l);
}

struct order *order_new(enum order_kind kind, struct link *link_or_null, struct view bytes)
{
    struct order *o = g_malloc(sizeof *o + bytes.n);
    *o = (struct order){.kind = kind, .link = link_or_null ? link_ref(link_or_null) : NULL, .n = bytes.n};
    if (bytes.n)
        memcpy(o->bytes, bytes.p, bytes.n);
    return o;
}

void order_free(struct order *o)
{
    if (!o)
        return;
    link_unref(o->link);
    SSL_CTX_free(o->tls);
    net_set_free(o->set);
    g_free(o);
}
