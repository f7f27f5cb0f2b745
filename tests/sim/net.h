/* SPDX-License-Identifier: Apache-2.0
 *
 * The simulated network: datagrams with delay, loss, duplication and reordering, streams that keep order and can be
 * cut, and address translators, all in virtual time and by one seed.
 */
#pragma once

#include "base/entropy.h"
#include "base/timers.h"
#include "sip/flow.h"

struct net;

struct net_weather {              /* for datagrams, each way */
    unsigned delay_us, jitter_us; /* jitter reorders */
    unsigned loss_permille, duplicate_permille;
};

/* A host's network card. */
struct net_host {
    struct net_addr address; /* its own, private behind a translator */
    struct net_addr outside; /* as others see it; the same without a translator */
    bool translated;
    int64_t door_until_us; /* translated: datagrams from outside pass until then */
    bool unplugged;
    void *arg;
    void (*datagram)(void *arg, const struct net_addr *from, char *bytes, size_t n);
    void (*stream)(void *arg, uint64_t connection, char *bytes, size_t n);
    void (*cut)(void *arg, uint64_t connection);
};

struct net *net_new(struct timers *ts, const struct entropy *e);
void net_free(struct net *net); /* what is under way is lost */
void net_set_weather(struct net *net, const struct net_weather *w);
void net_add(struct net *net, struct net_host *host);
void net_send(struct net *net, struct net_host *from, const struct net_addr *to, struct view bytes);
/* A stream between two hosts; both know it by the id. */
uint64_t net_connect(struct net *net, struct net_host *a, struct net_host *b);
bool net_write(struct net *net, struct net_host *from, uint64_t connection, struct view bytes);
struct net_host *net_peer(struct net *net, struct net_host *one, uint64_t connection);
void net_cut(struct net *net, uint64_t connection); /* both hear of it, later */
/* The translator forgets: the host has another outside port from now on. */
void net_rebind(struct net *net, struct net_host *host);
size_t net_under_way(const struct net *net);
