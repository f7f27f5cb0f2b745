/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the resolver share: cached answers, lookups under way, resting targets. Signalling thread. Private
 * to sip.
 */
#pragma once

#include <glib.h>

#include "base/slots.h"
#include "sip/resolve.h"

enum {
    LOOKUPS_MAX = 1000,
    CACHED_NAMES_MAX = 4096,
    QUESTIONS_MAX = 64,  /* of one lookup: what a hostile zone may make us ask */
    RECORDS_MAX = 32,    /* kept of one answer */
    SRV_PER_SERVICE = 8, /* the best by priority */
    RESTING_MAX = 1000,
    DNS_NAME_BYTES = 256,
};

struct cached {
    char *key;      /* type and name in lower case */
    uint64_t query; /* 0: answered */
    int64_t answered_us, expires_us;
    enum sip_dns_type type;
    struct sip_dns_record *records; /* strings are ours */
    size_t n;
    GHashTable *waiting; /* ids of lookups */
    GList *age;          /* in sip_resolver.answered; NULL while asked */
};

struct lookup {
    struct sip_resolver *resolver;
    uint64_t id;
    struct timer patience;
    int64_t started_us;
    unsigned questions;
    bool late; /* patience is at its end: what is unknown counts as not there */
    bool secure, transport_given;
    enum sip_transport transport;
    uint16_t port;
    char host[DNS_NAME_BYTES];
    void (*done)(void *arg, const struct sip_targets *t);
    void *arg;
};

struct sip_resolver {
    struct timers *timers;
    const struct entropy *entropy;
    struct sip_dns_port port;
    struct slots *lookups;
    GHashTable *cache;   /* key -> struct cached, owned */
    GHashTable *queries; /* number -> struct cached */
    GQueue answered;     /* struct cached, oldest first */
    GHashTable *resting; /* struct resting, owned */
    uint64_t last_query;
};

/* resolve_cache.c */
void sip_cache_init(struct sip_resolver *r);
void sip_cache_release(struct sip_resolver *r);
/* Forgets the oldest answers beyond the limit: not while a lookup looks at them. */
void sip_cache_trim(struct sip_resolver *r);
/* The answer to a question, or NULL: it is being asked, and the lookup will be tried again. */
const struct cached *sip_cache_get(struct lookup *l, enum sip_dns_type type, const char *name);

/* resolve_order.c */
/* Puts the first n SRV records in the order to try (RFC 2782), drawing by weight. */
void sip_srv_order(const struct sip_dns_record **srv, size_t n, const struct entropy *e);
void sip_resting_init(struct sip_resolver *r);
/* Moves the resting ones to the end. */
void sip_resting_last(const struct sip_resolver *r, struct sip_targets *t);

/* resolve.c */
void sip_lookup_try(struct sip_resolver *r, uint64_t id);
