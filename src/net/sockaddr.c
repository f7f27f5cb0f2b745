/* SPDX-License-Identifier: Apache-2.0
 *
 * Socket addresses: see sockaddr_priv.h.
 */
#include "net/sockaddr_priv.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

socklen_t sockaddr_of(const struct net_addr *a, struct sockaddr_storage *ret)
{
    memset(ret, 0, sizeof *ret);
    if (a->family == NET_IP4) {
        struct sockaddr_in *in = (struct sockaddr_in *)ret;
        in->sin_family = AF_INET;
        in->sin_port = htons(a->port);
        memcpy(&in->sin_addr, a->ip, 4);
        return sizeof *in;
    }
    if (a->family == NET_IP6) {
        struct sockaddr_in6 *in = (struct sockaddr_in6 *)ret;
        in->sin6_family = AF_INET6;
        in->sin6_port = htons(a->port);
        memcpy(&in->sin6_addr, a->ip, 16);
        return sizeof *in;
    }
    return 0;
}

struct net_addr sockaddr_read(const struct sockaddr_storage *sa)
{
    struct net_addr a = {0};
    if (sa->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)sa;
        a.family = NET_IP4;
        a.port = ntohs(in->sin_port);
        memcpy(a.ip, &in->sin_addr, 4);
    } else if (sa->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)sa;
        bool mapped = IN6_IS_ADDR_V4MAPPED(&in->sin6_addr);
        a.family = mapped ? NET_IP4 : NET_IP6;
        a.port = ntohs(in->sin6_port);
        memcpy(a.ip, in->sin6_addr.s6_addr + (mapped ? 12 : 0), mapped ? 4 : 16);
    }
    return a;
}

static int set_int(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value);
}

int socket_bound(int type, const struct net_addr *address, int *ret_fd)
{
    struct sockaddr_storage sa;
    socklen_t n = sockaddr_of(address, &sa);
    if (!n)
        return EAFNOSUPPORT;
    int fd = socket(sa.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    bool good = true;
    if (type == SOCK_STREAM) /* a restart must not wait for old connections to be forgotten */
        good = set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1) == 0;
    if (address->family == NET_IP6)
        good = good && set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) == 0;
    if (!good || bind(fd, (struct sockaddr *)&sa, n) < 0) {
        int e = errno;
        (void)close(fd);
        return e;
    }
    *ret_fd = fd;
    return 0;
}
