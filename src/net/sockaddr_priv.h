/* SPDX-License-Identifier: Apache-2.0
 *
 * Between net_addr values and the kernel's socket addresses; opening bound sockets. Any thread.
 */
#pragma once

#include "base/net_addr.h"

#include <sys/socket.h>

/* 0 when the address has no family. IPv4 stays IPv4: our IPv6 sockets are IPv6 alone. */
socklen_t sockaddr_of(const struct net_addr *a, struct sockaddr_storage *ret);
/* Family NET_NONE for what is not IP; IPv4-mapped addresses become IPv4. */
struct net_addr sockaddr_read(const struct sockaddr_storage *sa);

/* A non-blocking, close-on-exec socket of that type (SOCK_DGRAM, SOCK_STREAM) bound to the address; 0 or errno. */
[[gnu::warn_unused_result]] int socket_bound(int type, const struct net_addr *address, int *ret_fd);
