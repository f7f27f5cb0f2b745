/* SPDX-License-Identifier: Apache-2.0
 *
 * The resolver against a hostile zone: the input says which names are asked for, what records come back, when, and
 * which lookups are given up. Every lookup ends within its patience, once; no more than 64 questions each.
 */
#include "tests/fuzz/fuzz.h"

#include "sip/resolve.h"

enum { LOOKUPS = 8, STEPS_MAX = 300, QUERIES = 4096 };

struct play {
    const uint8_t *at, *end;
    struct timers *ts;
    struct entropy entropy;
    uint64_t seed;
    struct sip_resolver *r;
    struct one {
        uint64_t id;
        bool open;
    } lookups[LOOKUPS];
    uint64_t queries[QUERIES];
    unsigned asked, answered, started;
};

static uint8_t next(struct play *p)
{
    return p->at < p->end ? *p->at++ : 0;
}

static void fill(void *arg, void *dst, size_t n)
{
    struct play *p = arg;
    uint8_t *to = dst;
    for (size_t i = 0; i < n; i++) {
        p->seed = p->seed * 6364136223846793005u + 1442695040888963407u;
        to[i] = (uint8_t)(p->seed >> 33);
    }
}

static void ask(void *arg, struct sip_resolver *r, uint64_t query, enum sip_dns_type type, const char *name)
{
    struct play *p = arg;
    (void)r;
    (void)type;
    MUST(strlen(name) < 256);
    p->queries[p->asked++ % QUERIES] = query;
    MUST(p->asked <= p->started * 64);
}

static void done(void *arg, const struct sip_targets *t)
{
    struct one *one = arg;
    MUST(one->open);
    one->open = false;
    MUST(t->n <= SIP_TARGETS_MAX);
    for (unsigned i = 0; i < t->n; i++)
        MUST(t->target[i].address.family != NET_NONE && t->target[i].transport < SIP_TRANSPORTS);
}

static void step_resolve(struct play *p)
{
    static const char *const uris[] = {"sip:a.x",       "sips:a.x", "sip:b.x:5070",          "sip:a.x;transport=tcp",
                                       "sip:192.0.2.1", "sip:c.x",  "sip:a.x;transport=wss", "sip:d.x;maddr=b.x"};
    struct one *one = &p->lookups[next(p) % LOOKUPS];
    struct sip_uri uri;
    if (one->open || sip_uri_parse(view_of(uris[next(p) % G_N_ELEMENTS(uris)]), &uri) != 0)
        return;
    one->open = true;
    p->started++;
    one->id = sip_resolve(p->r, &uri, done, one);
    MUST(one->open == (one->id != 0));
}

static void step_answer(struct play *p)
{
    static const char *const names[] = {"a.x", "b.x", "c.x", "", ".", "_sip._udp.a.x", "_sips._tcp.b.x", "A.X"};
    static const char *const services[] = {"SIP+D2U", "sips+d2t", "SIP+D2W", "E2U+sip", ""};
    struct sip_dns_record records[40];
    uint8_t which = next(p), n = next(p) % 41;
    for (unsigned i = 0; i < n; i++) {
        uint8_t type = next(p), value = next(p), name = next(p);
        records[i] = (struct sip_dns_record){.type = (enum sip_dns_type)(type % 4),
                                             .ttl_s = type & 128 ? 0 : (uint32_t)value * 1000,
                                             .priority = value % 4,
                                             .weight = value / 4,
                                             .port = value,
                                             .name = names[name % G_N_ELEMENTS(names)],
                                             .service = services[value % G_N_ELEMENTS(services)]};
        if (type % 4 == SIP_DNS_A || type % 4 == SIP_DNS_AAAA)
            records[i].address = (struct net_addr){{192, 0, 2, value}, 0, type % 4 == SIP_DNS_A ? NET_IP4 : NET_IP6};
    }
    if (p->answered < p->asked && which < 250)
        sip_dns_answer(p->r, p->queries[p->answered++ % QUERIES], records, n);
    else
        sip_dns_answer(p->r, which, records, n); /* of long ago, or never asked */
}

static void step_cancel(struct play *p)
{
    struct one *one = &p->lookups[next(p) % LOOKUPS];
    sip_resolve_cancel(p->r, one->id);
    one->open = false;
}

static void pass(struct play *p, int64_t us)
{
    timers_set_now(p->ts, timers_now_us(p->ts) + us, 0);
    timers_fire(p->ts);
}

static void step(struct play *p)
{
    uint8_t what = next(p);
    if (what < 100) {
        step_answer(p);
    } else if (what < 200) {
        step_resolve(p);
    } else if (what < 220) {
        step_cancel(p);
    } else if (what < 240) {
        struct sip_target t = {SIP_UDP, {{192, 0, 2, next(p)}, next(p), NET_IP4}};
        sip_resolver_mark_dead(p->r, &t);
    } else {
        pass(p, (int64_t)next(p) * 100000);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct play *p = g_new0(struct play, 1);
    p->at = data;
    p->end = data + size;
    p->ts = timers_new(0, 0);
    p->entropy = (struct entropy){fill, p};
    p->r = sip_resolver_new(p->ts, &p->entropy, (struct sip_dns_port){p, ask});
    for (unsigned i = 0; i < STEPS_MAX && p->at < p->end; i++)
        step(p);
    pass(p, 3000000);
    for (unsigned i = 0; i < LOOKUPS; i++)
        MUST(!p->lookups[i].open);
    MUST(timers_count(p->ts) == 0);
    sip_resolver_free(p->r);
    timers_free(p->ts);
    g_free(p);
    return 0;
}
