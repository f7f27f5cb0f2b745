/* SPDX-License-Identifier: Apache-2.0
 *
 * The UDP sockets of sessions, and addresses as the kernel has them. Non-blocking; errors of a single packet are
 * nobody's news. Any thread.
 */
#pragma once

#include "base/net_addr.h"

#include <sys/socket.h>

/* The local address from which the kernel would reach `peer`; port 0. A peer without address (given by name, not asked
 * for yet): the one by which it goes out. 0 or errno. */
[[gnu::warn_unused_result]] int udp_local_toward(const struct net_addr *peer, struct net_addr *ret);
/* A socket bound to exactly `local`. 0 or errno. */
[[gnu::warn_unused_result]] int udp_open(const struct net_addr *local, int *ret_fd);
/* From now on the kernel takes packets from `peer` only; NULL: from anyone again. False: it would not. */
bool udp_connect(int fd, const struct net_addr *peer);
/* Bytes (may be more than cap: then it was cut), or -1. from may be NULL. */
ssize_t udp_receive(int fd, void *dst, size_t cap, struct net_addr *from);
/* to NULL: the socket is connected. False: not sent. */
bool media_udp_send(int fd, const void *packet, size_t bytes, const struct net_addr *to);
/* Throws away what waits. */
void udp_drain(int fd);
