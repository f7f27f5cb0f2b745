/* SPDX-License-Identifier: Apache-2.0
 *
 * Streams are not here yet: opening one says so.
 */
#include "net/streams_priv.h"

#include <errno.h>

int streams_open(struct streams **ret, struct loop *signalling, const struct transport_config *c,
                 const struct transport_events *ev, const struct transport_listen **ret_failed)
{
    (void)ret, (void)signalling, (void)c, (void)ev, (void)ret_failed;
    return EPROTONOSUPPORT;
}

void streams_close(struct streams *s)
{
    (void)s;
}

int streams_send(struct streams *s, const struct sip_flow *flow, struct view bytes)
{
    (void)s, (void)flow, (void)bytes;
    return EPROTONOSUPPORT;
}

void streams_trust(struct streams *s, uint64_t connection)
{
    (void)s, (void)connection;
}

void streams_disconnect(struct streams *s, uint64_t connection)
{
    (void)s, (void)connection;
}

int streams_reload_certificate(struct streams *s)
{
    (void)s;
    return EPROTONOSUPPORT;
}

void streams_count(const struct streams *s, struct transport_stats *add)
{
    (void)s, (void)add;
}
