/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding a SIP server (RFC 3263 section 4). Signalling thread.
 *
 * A lookup has no state but its question: it walks the whole way each time, from the cache, asks whatever is missing
 * (all of one step at once), and is tried again at each answer until nothing is missing.
 *
 *   numeric ───────────────────────────────────────────────────────────────────> target
 *   port given ──────────────────────────────────────────────> A, AAAA ────────> targets
 *   transport given ─────────────────> SRV ──> A, AAAA of each ────────────────> targets
 *   neither ─────────> NAPTR ────────> SRV ──> A, AAAA of each ────────────────> targets
 */
#include "sip/resolve.h"

#include <string.h>

#include "sip/resolve_priv.h"

enum { PATIENCE_US = 3000000, SERVICES_MAX = 5, HOSTS_MAX = SERVICES_MAX * SRV_PER_SERVICE };

struct service {
    enum sip_transport transport;
    const struct cached *srv;
};

struct host {
    enum sip_transport transport;
    uint16_t port;
    const char *name;
};

struct walk {
    struct lookup *lookup;
    bool missing; /* something is being asked */
    struct service services[SERVICES_MAX];
    unsigned n_services;
    struct host hosts[HOSTS_MAX];
    unsigned n_hosts;
};

struct sip_resolver *sip_resolver_new(struct timers *ts, const struct entropy *entropy, struct sip_dns_port port)
{
    struct sip_resolver *r = g_new0(struct sip_resolver, 1);
    r->timers = ts;
    r->entropy = entropy;
    r->port = port;
    r->lookups = slots_new();
    sip_cache_init(r);
    sip_resting_init(r);
    return r;
}

static void lookup_free(struct lookup *l)
{
    timer_stop(l->resolver->timers, &l->patience);
    slots_remove(l->resolver->lookups, l->id);
    g_free(l);
}

void sip_resolver_free(struct sip_resolver *r)
{
    if (!r)
        return;
    size_t at = 0;
    for (struct lookup *l; (l = slots_next(r->lookups, &at));)
        lookup_free(l);
    slots_free(r->lookups);
    sip_cache_release(r);
    g_hash_table_destroy(r->resting);
    g_free(r);
}

/* The answer, if it is known; else it is being asked, and the walk will be gone again. */
static const struct cached *known(struct walk *w, enum sip_dns_type type, const char *name)
{
    static const struct cached nothing;
    const struct cached *c = sip_cache_get(w->lookup, type, name);
    w->missing |= !c;
    return c ? c : &nothing;
}

/* --- which services (4.1) -------------------------------------------------------------------------------------- */

static void add_service(struct walk *w, enum sip_transport transport, const char *name)
{
    if (w->n_services < SERVICES_MAX && strlen(name) < DNS_NAME_BYTES)
        w->services[w->n_services++] = (struct service){transport, known(w, SIP_DNS_SRV, name)};
}

static void add_usual_service(struct walk *w, enum sip_transport transport)
{
    static const char *const prefix[SIP_TRANSPORTS] = {"_sip._udp.", "_sip._tcp.", "_sips._tcp.", NULL, NULL};
    char name[DNS_NAME_BYTES + 16];
    if (!prefix[transport]) /* RFC 7118 knows WebSocket by NAPTR only */
        return;
    g_snprintf(name, sizeof name, "%s%s", prefix[transport], w->lookup->host);
    add_service(w, transport, name);
}

static bool naptr_transport(const char *service, enum sip_transport *ret)
{
    static const struct {
        const char *service;
        enum sip_transport transport;
    } table[] = {
        {"SIP+D2U", SIP_UDP}, {"SIP+D2T", SIP_TCP}, {"SIPS+D2T", SIP_TLS}, {"SIP+D2W", SIP_WS}, {"SIPS+D2W", SIP_WSS}};
    for (unsigned i = 0; i < G_N_ELEMENTS(table); i++) {
        if (g_ascii_strcasecmp(service, table[i].service) == 0) {
            *ret = table[i].transport;
            return true;
        }
    }
    return false;
}

static int by_order_and_preference(const void *a, const void *b)
{
    const struct sip_dns_record *x = *(const struct sip_dns_record *const *)a,
                                *y = *(const struct sip_dns_record *const *)b;
    return x->priority != y->priority ? x->priority - y->priority : x->weight - y->weight;
}

static void services_by_naptr(struct walk *w, const struct cached *naptr)
{
    const struct sip_dns_record *sorted[RECORDS_MAX];
    enum sip_transport transport;
    for (size_t i = 0; i < naptr->n; i++)
        sorted[i] = &naptr->records[i];
    if (naptr->n)
        qsort(sorted, naptr->n, sizeof *sorted, by_order_and_preference);
    for (size_t i = 0; i < naptr->n; i++) {
        if (!naptr_transport(sorted[i]->service, &transport))
            continue;
        if (!w->lookup->secure || sip_transport_is_secure(transport))
            add_service(w, transport, sorted[i]->name);
    }
}

static void find_services(struct walk *w)
{
    struct lookup *l = w->lookup;
    if (l->transport_given) {
        add_usual_service(w, l->transport);
        return;
    }
    const struct cached *naptr = known(w, SIP_DNS_NAPTR, l->host);
    if (w->missing)
        return;
    services_by_naptr(w, naptr);
    if (w->n_services)
        return;
    if (!l->secure) {
        add_usual_service(w, SIP_UDP);
        add_usual_service(w, SIP_TCP);
    }
    add_usual_service(w, SIP_TLS);
}

/* --- which hosts (4.2) ----------------------------------------------------------------------------------------- */

static void add_host(struct walk *w, enum sip_transport transport, const char *name, uint16_t port)
{
    if (w->n_hosts < HOSTS_MAX)
        w->hosts[w->n_hosts++] = (struct host){transport, port, name};
}

/* The records of an answer, the best by priority, ordered and drawn. */
static void hosts_by_srv(struct walk *w, const struct service *s)
{
    const struct cached *answer = s->srv;
    const struct sip_dns_record *srv[RECORDS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < answer->n; i++)
        if (answer->records[i].name[0] && strcmp(answer->records[i].name, ".") != 0) /* ".": not offered here */
            srv[n++] = &answer->records[i];
    if (n)
        qsort(srv, n, sizeof *srv, by_order_and_preference);
    n = MIN(n, (size_t)SRV_PER_SERVICE);
    sip_srv_order(srv, n, w->lookup->resolver->entropy);
    for (size_t i = 0; i < n; i++)
        add_host(w, s->transport, srv[i]->name, srv[i]->port);
}

static void find_hosts(struct walk *w)
{
    struct lookup *l = w->lookup;
    bool offered = false;
    if (!l->port)
        find_services(w);
    if (w->missing)
        return;
    for (unsigned i = 0; i < w->n_services; i++) {
        offered |= w->services[i].srv->n > 0;
        hosts_by_srv(w, &w->services[i]);
    }
    if (!offered)
        add_host(w, l->transport, l->host, l->port ? l->port : sip_transport_port(l->transport));
}

static void add_targets(struct sip_targets *t, const struct host *h, const struct cached *answer)
{
    for (size_t i = 0; i < answer->n && t->n < SIP_TARGETS_MAX; i++) {
        struct sip_target *one = &t->target[t->n++];
        *one = (struct sip_target){h->transport, answer->records[i].address};
        one->address.port = h->port;
    }
}

/* False: something is still being asked. */
static bool find_targets(struct lookup *l, struct sip_targets *t)
{
    struct walk w = {.lookup = l};
    const struct cached *v4[HOSTS_MAX], *v6[HOSTS_MAX];
    find_hosts(&w);
    for (unsigned i = 0; i < w.n_hosts; i++) {
        v4[i] = known(&w, SIP_DNS_A, w.hosts[i].name);
        v6[i] = known(&w, SIP_DNS_AAAA, w.hosts[i].name);
    }
    if (w.missing)
        return false;
    for (unsigned i = 0; i < w.n_hosts; i++) {
        add_targets(t, &w.hosts[i], v4[i]);
        add_targets(t, &w.hosts[i], v6[i]);
    }
    return true;
}

/* --- lookups --------------------------------------------------------------------------------------------------- */

static bool try(struct lookup *l)
{
    struct sip_resolver *r = l->resolver;
    struct sip_targets t = {.n = 0};
    sip_cache_trim(r);
    if (!find_targets(l, &t))
        return false;
    sip_resting_last(r, &t);
    void (*done)(void *arg, const struct sip_targets *t) = l->done;
    void *arg = l->arg;
    lookup_free(l);
    done(arg, &t);
    return true;
}

void sip_lookup_try(struct sip_resolver *r, uint64_t id)
{
    struct lookup *l = slots_get(r->lookups, id);
    if (l)
        (void)try(l);
}

static void impatient(void *arg)
{
    struct lookup *l = arg;
    l->late = true;
    (void)try(l);
}

/* The host to look for: maddr, when there is one (4). */
static struct view target_host(const struct sip_uri *uri)
{
    struct view maddr;
    return sip_param_get(uri->params, VIEW("maddr"), &maddr) && maddr.n ? maddr : uri->host;
}

static uint64_t finish(const struct sip_targets *t, void (*done)(void *arg, const struct sip_targets *t), void *arg)
{
    done(arg, t);
    return 0;
}

uint64_t sip_resolve(struct sip_resolver *r, const struct sip_uri *uri,
                     void (*done)(void *arg, const struct sip_targets *t), void *arg)
{
    struct sip_targets t = {.n = 0};
    enum sip_transport transport;
    struct view host = target_host(uri), given;
    bool sip = uri->scheme == SIP_SCHEME_SIP || uri->scheme == SIP_SCHEME_SIPS;
    if (!sip || !host.n || host.n >= DNS_NAME_BYTES || !sip_uri_transport(uri, &transport))
        return finish(&t, done, arg);
    uint16_t port = uri->port ? uri->port : sip_transport_port(transport);
    if (net_addr_parse(host, port, &t.target[0].address)) {
        t.target[0].transport = transport;
        t.n = 1;
        return finish(&t, done, arg);
    }
    if (slots_count(r->lookups) >= LOOKUPS_MAX || memchr(host.p, '\0', host.n))
        return finish(&t, done, arg);
    struct lookup *l = g_new0(struct lookup, 1);
    *l = (struct lookup){.resolver = r,
                         .started_us = timers_now_us(r->timers),
                         .transport = transport,
                         .port = uri->port,
                         .secure = uri->scheme == SIP_SCHEME_SIPS,
                         .done = done,
                         .arg = arg};
    l->transport_given = sip_param_get(uri->params, VIEW("transport"), &given);
    (void)view_copy(host, l->host, sizeof l->host);
    l->id = slots_add(r->lookups, l);
    timer_init(&l->patience, impatient, l);
    timer_start(r->timers, &l->patience, PATIENCE_US);
    uint64_t id = l->id;
    return try(l) ? 0 : id;
}

void sip_resolve_cancel(struct sip_resolver *r, uint64_t id)
{
    struct lookup *l = slots_get(r->lookups, id);
    if (l)
        lookup_free(l);
}
