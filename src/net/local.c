/* SPDX-License-Identifier: Apache-2.0
 *
 * Our address toward a peer: see local_priv.h. A UDP socket that is connected but never written to has it.
 */
#include "net/local_priv.h"

#include "net/sockaddr_priv.h"

#include <unistd.h>

enum { REMEMBERED_US = 10 * 1000000 };

static bool ask_kernel(const struct net_addr *remote, struct net_addr *ret)
{
    struct sockaddr_storage sa;
    struct net_addr to = *remote;
    if (!to.port)
        to.port = 5060; /* any will do */
    socklen_t n = sockaddr_of(&to, &sa);
    int fd = n ? socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
    if (fd < 0)
        return false;
    bool good = connect(fd, (struct sockaddr *)&sa, n) == 0;
    n = sizeof sa;
    good = good && getsockname(fd, (struct sockaddr *)&sa, &n) == 0;
    (void)close(fd);
    if (!good)
        return false;
    *ret = sockaddr_read(&sa);
    ret->port = 0;
    return true;
}

bool local_toward(struct local_cache *c, const struct net_addr *remote, int64_t now_us, struct net_addr *ret)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < sizeof remote->ip; i++)
        h = (h ^ remote->ip[i]) * 16777619u;
    size_t i = h % LOCAL_PLACES;
    if (c->place[i].until_us <= now_us || !net_addr_eq_host(&c->place[i].remote, remote)) {
        struct net_addr local;
        if (!ask_kernel(remote, &local))
            return false;
        c->place[i].remote = *remote;
        c->place[i].local = local;
        c->place[i].until_us = now_us + REMEMBERED_US;
    }
    *ret = c->place[i].local;
    return true;
}
