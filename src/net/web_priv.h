/* SPDX-License-Identifier: Apache-2.0
 *
 * The web thread: one libwebsockets context that waits for every stream's socket. This part of it is called by the
 * signalling thread. Owned by streams.
 */
#pragma once

#include "net/link_priv.h"

struct web;

struct web_host {
    void *arg;
    /* Web thread: posts news; copies bytes. */
    void (*tell)(void *arg, enum news_kind kind, struct link *link, const struct sip_flow *flow, struct view bytes);
};

[[gnu::warn_unused_result]] int web_open(struct web **ret, const struct transport_config *c,
                                         const struct web_host *host, const struct transport_listen **ret_failed);
/* Flushes for at most 500 ms, then ends the thread. Takes NULL. */
void web_close(struct web *w);
/* Takes the order over. Any thread. */
void web_order(struct web *w, struct order *o);
/* The signalling thread is through with so many bytes of news. */
void web_bytes_handled(struct web *w, size_t n);
void web_count(const struct web *w, struct transport_stats *add);
