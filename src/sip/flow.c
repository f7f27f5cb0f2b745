/* SPDX-License-Identifier: Apache-2.0
 *
 * Flows and transport names: see flow.h. Pure values.
 */
#include "sip/flow.h"

static const char *const names[SIP_TRANSPORTS] = {"UDP", "TCP", "TLS", "WS", "WSS"};

const char *sip_transport_name(enum sip_transport t)
{
    return names[t];
}

bool sip_transport_parse(struct view name, enum sip_transport *ret)
{
    for (unsigned t = 0; t < SIP_TRANSPORTS; t++) {
        if (view_eq_nocase(name, view_of(names[t]))) {
            *ret = (enum sip_transport)t;
            return true;
        }
    }
    return false;
}

uint16_t sip_transport_port(enum sip_transport t)
{
    return sip_transport_is_secure(t) ? 5061 : 5060;
}

bool sip_flow_eq(const struct sip_flow *a, const struct sip_flow *b)
{
    if (a->transport != b->transport || a->connection != b->connection)
        return false;
    return a->connection != 0 || (net_addr_eq(&a->local, &b->local) && net_addr_eq(&a->remote, &b->remote));
}
