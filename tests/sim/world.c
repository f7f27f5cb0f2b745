/* SPDX-License-Identifier: Apache-2.0
 *
 * A company in virtual time: see world.h. Here: the server's side, its journal, running and checking.
 */
#include "tests/sim/world.h"

#include "feature/reception.h"
#include "tests/sim/world_media.h"

#include <stdio.h>
#include <string.h>

enum { FIRST_US = 1000000 };
static const int64_t first_wall_us = 1764000000000000;

static void seeded_fill(void *arg, void *dst, size_t bytes)
{
    uint64_t *s = arg;
    uint8_t *out = dst;
    for (size_t i = 0; i < bytes; i++) {
        *s += 0x9e3779b97f4a7c15ULL; /* splitmix64 */
        uint64_t z = (*s ^ (*s >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        out[i] = (uint8_t)(z >> 33);
    }
}

void world_fault(struct world *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_ptr_array_add(w->faults, g_strdup_vprintf(format, args));
    va_end(args);
}

void world_note(struct world *w, const char *who, const char *way, struct view bytes)
{
    if (!w->keep_ladder)
        return;
    struct view rest = bytes;
    struct view line = view_trim(view_cut(&rest, '\n'));
    g_string_append_printf(w->ladder, "%10.3f  %-10s %s %.*s\n", (double)timers_now_us(w->timers) / 1e6, who, way,
                           VIEW_ARG(line));
}

/* --- the server on the network ---------------------------------------------------------------------------------- */

static int on_send(void *arg, const struct sip_flow *flow, struct view bytes)
{
    struct world *w = arg;
    char to[NET_ADDR_TEXT];
    world_note(w, net_addr_text(&flow->remote, to), "<--", bytes);
    if (flow->transport == SIP_UDP) {
        net_send(w->net, &w->server, &flow->remote, bytes);
        return 0;
    }
    return net_write(w->net, &w->server, flow->connection, bytes) ? 0 : ENOTCONN;
}

static bool on_local(void *arg, enum sip_transport t, const struct net_addr *remote, struct net_addr *ret)
{
    (void)t;
    (void)remote;
    *ret = ((struct world *)arg)->server.address;
    return true;
}

static void on_trust(void *arg, const struct sip_flow *flow)
{
    (void)arg;
    (void)flow;
}

static void on_notice(void *arg, const char *text, const struct net_addr *source, const char *account)
{
    (void)text;
    (void)source;
    (void)account;
    ((struct world *)arg)->notices++;
}

static void on_datagram(void *arg, const struct net_addr *from, char *bytes, size_t n)
{
    struct world *w = arg;
    char text[NET_ADDR_TEXT];
    struct sip_flow flow = {.transport = SIP_UDP, .local = w->server.address, .remote = *from};
    world_note(w, net_addr_text(from, text), "-->", (struct view){bytes, n});
    line_receive(w->line, &flow, bytes, n, false);
}

static struct sip_flow stream_flow(struct world *w, uint64_t connection)
{
    struct net_host *peer = net_peer(w->net, &w->server, connection);
    struct sip_flow flow = {.transport = SIP_TCP, .local = w->server.address, .connection = connection};
    if (peer)
        flow.remote = peer->outside;
    return flow;
}

static void on_stream(void *arg, uint64_t connection, char *bytes, size_t n)
{
    struct world *w = arg;
    char text[NET_ADDR_TEXT];
    struct sip_flow flow = stream_flow(w, connection);
    world_note(w, net_addr_text(&flow.remote, text), "-->", (struct view){bytes, n});
    line_receive(w->line, &flow, bytes, n, false);
}

static void on_cut(void *arg, uint64_t connection)
{
    struct world *w = arg;
    struct sip_flow flow = stream_flow(w, connection);
    line_flow_closed(w->line, &flow);
}

/* --- the journal ------------------------------------------------------------------------------------------------- */

static void on_call_started(void *arg, const struct call_record *r)
{
    struct world *w = arg;
    if (!g_hash_table_add(w->started, g_strdup(r->id.text)))
        world_fault(w, "call %s began twice", r->id.text);
}

static void on_call_ended(void *arg, const struct call_record *r)
{
    struct world *w = arg;
    struct world_record kept = {.reason = r->reason,
                                .answered = r->answered,
                                .segments = r->n_segments,
                                .trace = r->n_trace,
                                .talk_ms = r->talk_ms};
    (void)g_strlcpy(kept.id, r->id.text, sizeof kept.id);
    g_array_append_val(w->records, kept);
    if (!g_hash_table_remove(w->started, r->id.text))
        world_fault(w, "call %s ended twice or never began", r->id.text);
    if (r->ended_ms < r->started_ms || r->length_ms < 0 || r->talk_ms < 0 || r->talk_ms > r->length_ms)
        world_fault(w, "call %s has odd times", r->id.text);
    for (uint32_t i = 0; i < r->n_segments; i++)
        if (!r->segments[i].ended_ms || r->segments[i].ended_ms < r->segments[i].started_ms)
            world_fault(w, "call %s has an open segment", r->id.text);
}

/* --- names ------------------------------------------------------------------------------------------------------- */

struct world_query {
    struct world *world;
    struct sip_resolver *resolver;
    uint64_t query;
    enum sip_dns_type type;
    struct timer timer;
};

static void on_answer_due(void *arg)
{
    struct world_query *q = arg;
    struct sip_dns_record r[2] = {{.type = SIP_DNS_A, .ttl_s = 300}, {.type = SIP_DNS_A, .ttl_s = 300}};
    g_assert_true(net_addr_parse(VIEW(WORLD_TRUNK_A), 0, &r[0].address));
    g_assert_true(net_addr_parse(VIEW(WORLD_TRUNK_B), 0, &r[1].address));
    g_hash_table_remove(q->world->asked, q);
    sip_dns_answer(q->resolver, q->query, r, q->type == SIP_DNS_A ? 2 : 0);
    g_free(q);
}

static void on_ask(void *arg, struct sip_resolver *r, uint64_t query, enum sip_dns_type type, const char *name)
{
    (void)name;
    struct world *w = arg;
    struct world_query *q = g_new0(struct world_query, 1);
    *q = (struct world_query){.world = w, .resolver = r, .query = query, .type = type};
    timer_init(&q->timer, on_answer_due, q);
    timer_start(w->timers, &q->timer, 20000);
    g_hash_table_add(w->asked, q);
}

static void forget_asked(struct world *w)
{
    GHashTableIter at;
    void *key;
    g_hash_table_iter_init(&at, w->asked);
    while (g_hash_table_iter_next(&at, &key, NULL)) {
        timer_stop(w->timers, &((struct world_query *)key)->timer);
        g_free(key);
    }
    g_hash_table_destroy(w->asked);
}

/* --- the company ------------------------------------------------------------------------------------------------- */

static struct model *company(void)
{
    struct model_builder *b = model_builder_new(1);
    struct model_settings s = model_settings_default();
    s.company = "Simulated";
    s.realm = "carillon";
    model_builder_settings(b, &s);
    for (uint32_t i = 0; i < WORLD_USERS; i++) {
        char number[8], name[16], uuid[48];
        (void)snprintf(number, sizeof number, "%u", WORLD_FIRST + i);
        (void)snprintf(name, sizeof name, "User %u", WORLD_FIRST + i);
        (void)snprintf(uuid, sizeof uuid, "00000000-0000-7000-8000-%012u", i);
        struct model_user user = {.id = i + 1,
                                  .uuid = uuid,
                                  .number = number,
                                  .first_name = "User",
                                  .last_name = number,
                                  .name = name,
                                  .email = "",
                                  .enabled = true,
                                  .ring_s = 20,
                                  .max_calls = 8,
                                  .accept_multiple = true};
        model_builder_add_user(b, &user);
        struct model_device device = {.id = i + 101,
                                      .uuid = uuid,
                                      .name = "Phone",
                                      .auth_user = number,
                                      .secret = number,
                                      .codecs = s.codecs,
                                      .enabled = true};
        model_builder_add_device(b, &device, i + 1);
    }
    model_builder_add_peer(b, &(struct model_peer){.id = 1,
                                                   .name = "trunk",
                                                   .host = "trunk.example.com",
                                                   .port = 5060,
                                                   .transport = MODEL_UDP,
                                                   .prefix = "88",
                                                   .enabled = true});
    unsigned left_out;
    return model_builder_finish(b, &left_out);
}

void world_open(struct world *w, uint64_t seed)
{
    *w = (struct world){.seed = seed, .next_port = 9000};
    w->entropy = (struct entropy){seeded_fill, &w->seed};
    w->timers = timers_new(FIRST_US, first_wall_us);
    w->net = net_new(w->timers, &w->entropy);
    w->model = company();
    w->media = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    w->started = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    w->records = g_array_new(FALSE, FALSE, sizeof(struct world_record));
    w->faults = g_ptr_array_new_with_free_func(g_free);
    w->ladder = g_string_new(NULL);
    w->server = (struct net_host){.arg = w, .datagram = on_datagram, .stream = on_stream, .cut = on_cut};
    g_assert_true(net_addr_parse(VIEW("192.0.2.1"), 5060, &w->server.address));
    w->server.outside = w->server.address;
    net_add(w->net, &w->server);
    w->asked = g_hash_table_new(NULL, NULL);
    struct line_config lc = {
        .timers = w->timers, .entropy = &w->entropy, .dns = {w, on_ask}, .server_name = "Carillon/sim"};
    struct line_ports lp = {w, on_send, on_local, on_trust, on_notice};
    w->line = line_new(&lc, &lp, w->model);
    struct call_core_config cc = {
        .timers = w->timers,
        .entropy = w->entropy,
        .legs = line_leg_port(w->line),
        .media = world_media_port(w),
        .location = line_location_port(w->line),
        .journal = {w, on_call_started, on_call_ended},
        .model = w->model,
        .entry = reception_enter,
    };
    w->core = call_core_new(&cc);
    line_set_core(w->line, w->core);
}

static void expect_none(struct world *w, const char *what, size_t n)
{
    if (n)
        world_fault(w, "left behind: %zu %s", n, what);
}

void world_close(struct world *w)
{
    struct line_counts lines = line_counts(w->line);
    struct call_counts calls = call_core_counts(w->core);
    expect_none(w, "SIP legs", lines.legs);
    expect_none(w, "SIP transactions", lines.transactions);
    expect_none(w, "SIP sessions", lines.sessions);
    expect_none(w, "legs of the core", calls.legs);
    expect_none(w, "calls", calls.calls);
    expect_none(w, "controllers", calls.controllers);
    expect_none(w, "media sessions", g_hash_table_size(w->media));
    expect_none(w, "calls without an end in the journal", g_hash_table_size(w->started));
    call_core_free(w->core);
    line_free(w->line);
    net_free(w->net);
    forget_asked(w);
    expect_none(w, "timers", timers_count(w->timers));
    model_unref(w->model);
    timers_free(w->timers);
    g_hash_table_destroy(w->media);
    g_hash_table_destroy(w->started);
    g_array_unref(w->records);
}

void world_run(struct world *w, int64_t us)
{
    int64_t until = timers_now_us(w->timers) + us;
    int64_t wall = timers_wall_us(w->timers) - timers_now_us(w->timers);
    while (timers_next_us(w->timers) <= until) {
        int64_t at = timers_next_us(w->timers);
        timers_set_now(w->timers, at, at + wall);
        timers_fire(w->timers);
    }
    timers_set_now(w->timers, until, until + wall);
}

bool world_until(struct world *w, bool (*done)(void *arg), void *arg, int64_t most_us)
{
    for (int64_t spent = 0; spent < most_us; spent += 1000) {
        if (done(arg))
            return true;
        world_run(w, 1000);
    }
    return done(arg);
}

void world_check(struct world *w)
{
    GString *why = g_string_new(NULL);
    if (!call_core_check(w->core, why))
        world_fault(w, "core: %s", why->str);
    g_string_free(why, TRUE);
    world_media_check(w);
}

const struct world_record *world_last_record(const struct world *w)
{
    return w->records->len ? &g_array_index(w->records, struct world_record, w->records->len - 1) : NULL;
}
