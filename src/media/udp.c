/* SPDX-License-Identifier: Apache-2.0
 *
 * UDP sockets: see udp_priv.h.
 */
#include "media/udp_priv.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>
#include <unistd.h>

union sock_addr {
    struct sockaddr any;
    struct sockaddr_in ip4;
    struct sockaddr_in6 ip6;
};

enum { DRAIN_MAX = 1024, TRAFFIC_CLASS = 0xb8 /* expedited forwarding, RFC 4594 4.1 */ };

static socklen_t to_kernel(const struct net_addr *a, union sock_addr *ret)
{
    memset(ret, 0, sizeof *ret);
    if (a->family == NET_IP6) {
        ret->ip6.sin6_family = AF_INET6;
        ret->ip6.sin6_port = htons(a->port);
        memcpy(&ret->ip6.sin6_addr, a->ip, 16);
        return sizeof ret->ip6;
    }
    ret->ip4.sin_family = AF_INET;
    ret->ip4.sin_port = htons(a->port);
    memcpy(&ret->ip4.sin_addr, a->ip, 4);
    return sizeof ret->ip4;
}

static void from_kernel(const union sock_addr *s, struct net_addr *ret)
{
    *ret = (struct net_addr){0};
    if (s->any.sa_family == AF_INET6) {
        ret->family = NET_IP6;
        ret->port = ntohs(s->ip6.sin6_port);
        memcpy(ret->ip, &s->ip6.sin6_addr, 16);
    } else if (s->any.sa_family == AF_INET) {
        ret->family = NET_IP4;
        ret->port = ntohs(s->ip4.sin_port);
        memcpy(ret->ip, &s->ip4.sin_addr, 4);
    }
}

static int new_socket(uint8_t family, int *ret_fd)
{
    if (family != NET_IP4 && family != NET_IP6)
        return EAFNOSUPPORT;
    int fd = socket(family == NET_IP6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    *ret_fd = fd;
    return 0;
}

static int local_outward(struct net_addr *ret)
{
    /* Documentation addresses (RFC 5737, 3849): nobody's, so that only the default route leads there. On a machine
     * without one a name can only be of the machine itself. */
    static const char *const far[] = {"192.0.2.1", "2001:db8::1", "127.0.0.1"};
    int e = EAFNOSUPPORT;
    for (size_t i = 0; e && i < sizeof far / sizeof far[0]; i++) {
        struct net_addr to;
        if (net_addr_parse(view_of(far[i]), 0, &to))
            e = udp_local_toward(&to, ret);
    }
    return e;
}

int udp_local_toward(const struct net_addr *peer, struct net_addr *ret)
{
    if (peer->family == NET_NONE)
        return local_outward(ret);
    int fd = -1, e = new_socket(peer->family, &fd);
    if (e)
        return e;
    struct net_addr to = *peer;
    if (!to.port)
        to.port = 5060; /* any will do: nothing is sent */
    union sock_addr s = {0};
    socklen_t bytes = sizeof s;
    if (!udp_connect(fd, &to) || getsockname(fd, &s.any, &bytes) < 0)
        e = EAFNOSUPPORT;
    else
        from_kernel(&s, ret);
    ret->port = 0;
    close(fd);
    return e;
}

int udp_open(const struct net_addr *local, int *ret_fd)
{
    int fd = -1, e = new_socket(local->family, &fd);
    if (e)
        return e;
    int on = 1, class = TRAFFIC_CLASS;
    if (local->family == NET_IP6) {
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &class, sizeof class);
    } else {
        (void)setsockopt(fd, IPPROTO_IP, IP_TOS, &class, sizeof class);
    }
    union sock_addr s = {0};
    socklen_t bytes = to_kernel(local, &s);
    if (bind(fd, &s.any, bytes) < 0) {
        e = errno;
        close(fd);
        return e;
    }
    *ret_fd = fd;
    return 0;
}

bool udp_connect(int fd, const struct net_addr *peer)
{
    union sock_addr s = {.any.sa_family = AF_UNSPEC};
    socklen_t bytes = peer ? to_kernel(peer, &s) : sizeof s.any;
    return connect(fd, &s.any, bytes) == 0;
}

ssize_t udp_receive(int fd, void *dst, size_t cap, struct net_addr *from)
{
    if (!from)
        return recv(fd, dst, cap, MSG_TRUNC);
    union sock_addr s = {.any.sa_family = AF_UNSPEC};
    socklen_t bytes = sizeof s;
    ssize_t n = recvfrom(fd, dst, cap, MSG_TRUNC, &s.any, &bytes);
    if (n >= 0)
        from_kernel(&s, from);
    return n;
}

bool media_udp_send(int fd, const void *packet, size_t bytes, const struct net_addr *to)
{
    if (!to)
        return send(fd, packet, bytes, MSG_NOSIGNAL) >= 0;
    union sock_addr s = {0};
    socklen_t n = to_kernel(to, &s);
    return sendto(fd, packet, bytes, MSG_NOSIGNAL, &s.any, n) >= 0;
}

void udp_drain(int fd)
{
    char one;
    for (int i = 0; i < DRAIN_MAX; i++)
        if (recv(fd, &one, 1, MSG_DONTWAIT) < 0)
            return;
}
