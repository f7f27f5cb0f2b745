/* SPDX-License-Identifier: Apache-2.0
 *
 * The DNS port of sip/resolve.h on real resolvers (c-ares) inside the signalling thread's loop: random ids and ports,
 * answers checked (F7); nothing blocks.
 */
#pragma once

#include "sip/resolve.h"
#include "sys/loop.h"

struct dns;
[[gnu::warn_unused_result]] int dns_open(struct dns **ret, struct loop *loop, const char *servers_or_null);
void dns_close(struct dns *d);
/* The port to give to sip_resolver. */
struct sip_dns_port dns_port(struct dns *d);
