/* SPDX-License-Identifier: Apache-2.0
 *
 * Which address of ours the kernel would use toward a peer: asked once for each peer, then remembered for 10 s in fixed
 * memory (addresses of a server come and go, NET-4). Signalling thread.
 */
#pragma once

#include "base/net_addr.h"

enum { LOCAL_PLACES = 256 };

struct local_cache {
    struct {
        struct net_addr remote, local;
        int64_t until_us;
    } place[LOCAL_PLACES];
};

/* False: no route. ret->port is 0. */
bool local_toward(struct local_cache *c, const struct net_addr *remote, int64_t now_us, struct net_addr *ret);
