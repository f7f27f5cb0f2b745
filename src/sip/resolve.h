/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding a SIP server (RFC 3263): NAPTR, SRV, A/AAAA, with failover, through a DNS port; pure, in the time of
 * `struct timers`. Times to live are honoured; dead targets rest 60 s.
 */
#pragma once

#include "base/entropy.h"
#include "base/timers.h"
#include "sip/uri.h"

enum sip_dns_type { SIP_DNS_A, SIP_DNS_AAAA, SIP_DNS_SRV, SIP_DNS_NAPTR };

struct sip_dns_record {
    enum sip_dns_type type;
    uint32_t ttl_s;
    struct net_addr address;         /* A, AAAA; port 0 */
    uint16_t priority, weight, port; /* SRV; NAPTR: order in priority, preference in weight */
    const char *name;                /* SRV target, NAPTR replacement; zero-ended, lives during the call */
    const char *service;             /* NAPTR: "SIP+D2U", "SIP+D2T", "SIPS+D2T", "SIP+D2W", … */
};

struct sip_resolver;

/* The port: asks one question. The answer comes later (never inside ask) by sip_dns_answer with the same query number,
 * also when it failed (n = 0). */
struct sip_dns_port {
    void *arg;
    void (*ask)(void *arg, struct sip_resolver *r, uint64_t query, enum sip_dns_type type, const char *name);
};
void sip_dns_answer(struct sip_resolver *r, uint64_t query, const struct sip_dns_record *records, size_t n);

enum { SIP_TARGETS_MAX = 8 };
struct sip_target {
    enum sip_transport transport;
    struct net_addr address; /* with port */
};
struct sip_targets {
    struct sip_target target[SIP_TARGETS_MAX]; /* in the order to try; resting ones last */
    unsigned n;                                /* 0: nothing found */
};

struct sip_resolver *sip_resolver_new(struct timers *ts, const struct entropy *entropy, struct sip_dns_port port);
void sip_resolver_free(struct sip_resolver *r); /* pending lookups are dropped without a call */

/* Finds the targets of a URI. A numeric host answers at once (inside this call); else `done` comes later. Cached
 * answers may also come at once. Returns an id for sip_resolve_cancel, 0 when done has been called. At most 1,000
 * lookups at once and 4,096 cached names; beyond it: done with n = 0. */
uint64_t sip_resolve(struct sip_resolver *r, const struct sip_uri *uri,
                     void (*done)(void *arg, const struct sip_targets *t), void *arg);
void sip_resolve_cancel(struct sip_resolver *r, uint64_t id);
/* No answer, refused, or 503: let this one rest for 60 s. */
void sip_resolver_mark_dead(struct sip_resolver *r, const struct sip_target *t);
