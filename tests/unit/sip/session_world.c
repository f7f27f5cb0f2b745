/* SPDX-License-Identifier: Apache-2.0
 *
 * The world of the session tests: see session_world.h. One thread, virtual time.
 */
#include "tests/unit/sip/session_world.h"

#include <stdio.h>
#include <string.h>

enum { NOTHING_LEFT_US = 110 * 1000000, TEXTS = 4 };

struct packet {
    struct timer timer;
    struct world *w;
    unsigned to;
    size_t n;
    char bytes[];
};

unsigned world_seed_told;

struct view no_text(void)
{
    return (struct view){0};
}

struct view sdp_named(const char *name)
{
    static char texts[TEXTS][256];
    static unsigned at;
    char *text = texts[at++ % TEXTS];
    (void)g_snprintf(text, sizeof texts[0],
                     "v=0\r\no=- %u 1 IN IP4 192.0.2.1\r\ns=%s\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
                     "m=audio 4000 RTP/AVP 8\r\n",
                     at, name);
    return view_of(text);
}

/* The name in an SDP's s= line, "-" for none. */
static char *name_of(struct view sdp)
{
    while (sdp.n) {
        struct view line = view_trim(view_cut(&sdp, '\n'));
        if (view_starts(line, VIEW("s=")))
            return view_dup(view_slice(line, 2, line.n));
    }
    return g_strdup("-");
}

/* --- chance and time ---------------------------------------------------------------------------------------------- */

static uint64_t next_chance(struct world *w)
{
    w->seed ^= w->seed << 13;
    w->seed ^= w->seed >> 7;
    w->seed ^= w->seed << 17;
    return w->seed;
}

static void fill(void *arg, void *dst, size_t bytes)
{
    unsigned char *p = dst;
    for (size_t i = 0; i < bytes; i++)
        p[i] = (unsigned char)(next_chance(arg) >> 24);
}

uint32_t world_dice(struct world *w, uint32_t below)
{
    return (uint32_t)(next_chance(w) >> 20) % below;
}

void world_run(struct world *w, int64_t us)
{
    int64_t end = timers_now_us(w->clock) + us;
    while (timers_next_us(w->clock) <= end) {
        timers_set_now(w->clock, timers_next_us(w->clock), 0);
        timers_fire(w->clock);
    }
    timers_set_now(w->clock, end, 0);
}

/* --- the wire ----------------------------------------------------------------------------------------------------- */

static void packet_free(struct packet *p)
{
    p->w->packets = g_slist_remove(p->w->packets, p);
    timer_stop(p->w->clock, &p->timer);
    g_free(p);
}

static void arrives(void *arg)
{
    struct packet *p = arg;
    struct world *w = p->w;
    struct side *to = &w->side[p->to], *from = &w->side[!p->to];
    struct sip_flow flow = {.transport = SIP_UDP, .local = to->addr, .remote = from->addr};
    if (to->by_hand)
        g_ptr_array_add(w->in, g_strndup(p->bytes, p->n));
    else
        sip_endpoint_receive(to->ep, &flow, p->bytes, p->n, false);
    packet_free(p);
}

static void put_on_wire(struct world *w, unsigned to, struct view bytes)
{
    struct packet *p = g_malloc0(sizeof *p + bytes.n);
    p->w = w;
    p->to = to;
    p->n = bytes.n;
    memcpy(p->bytes, bytes.p, bytes.n);
    if (w->mangle)
        w->mangle(w->mangle_arg, p->bytes, &p->n);
    timer_init(&p->timer, arrives, p);
    timer_start(w->clock, &p->timer, w->delay_us + (w->jitter_us ? world_dice(w, (uint32_t)w->jitter_us) : 0));
    w->packets = g_slist_prepend(w->packets, p);
}

static bool dropped(struct world *w, unsigned from, struct view bytes)
{
    struct arena arena;
    struct sip_msg m;
    struct sip_fault fault;
    if (w->quiet)
        return false;
    char *copy = g_memdup2(bytes.p, bytes.n);
    arena_init(&arena, 1 << 20);
    bool drop = false;
    if (sip_msg_parse(&m, &arena, copy, bytes.n, false, &fault) == 0) {
        const char *way = from == SIDE_A ? "A>B" : "B>A";
        drop = w->drop && w->drop(w, from, &m);
        struct view text = m.is_request ? m.method_text : m.cseq.method_text;
        g_ptr_array_add(w->trace, m.is_request ? g_strdup_printf("%s %.*s%s", way, VIEW_ARG(text), drop ? " lost" : "")
                                               : g_strdup_printf("%s %d %.*s%s", way, m.status, VIEW_ARG(text),
                                                                 drop ? " lost" : ""));
    } else {
        g_error("not a message (%s): %.*s", fault.text, VIEW_ARG(bytes));
    }
    arena_release(&arena);
    g_free(copy);
    return drop;
}

static int port_send(void *arg, const struct sip_flow *flow, struct view bytes)
{
    struct side *from = arg;
    struct world *w = from->w;
    unsigned to = !from->number;
    if (!net_addr_eq_host(&flow->remote, &w->side[to].addr))
        return 0; /* to nobody */
    if (dropped(w, from->number, bytes) || world_dice(w, 100) < w->loss)
        return 0;
    put_on_wire(w, to, bytes);
    if (w->twice && world_dice(w, 100) < w->twice)
        put_on_wire(w, to, bytes);
    return 0;
}

static bool port_local(void *arg, enum sip_transport t, const struct net_addr *remote, struct net_addr *ret)
{
    struct side *side = arg;
    (void)remote;
    *ret = side->addr;
    return t == SIP_UDP;
}

static void port_request(void *arg, struct sip_server *txn, const struct sip_msg *m, const struct sip_flow *flow)
{
    struct side *side = arg;
    struct view sdp;
    (void)flow;
    if (m->method != SIP_INVITE || side->refuses) {
        sip_server_respond(txn, &(struct sip_response){.status = m->method == SIP_INVITE ? 480 : 405});
        return;
    }
    struct party *p = party_new(side->w, side->number);
    p->s = sip_session_take(txn, VIEW("callee"), &side->timers, &party_ops, p, &sdp);
    char *name = name_of(sdp);
    g_string_append_printf(p->log, p->s ? "came:%s " : "refused:%s ", name);
    g_free(name);
    side->came = p;
    if (p->hook)
        p->hook(p, "came");
}

/* --- life --------------------------------------------------------------------------------------------------------- */

static void side_open(struct world *w, unsigned number)
{
    struct side *side = &w->side[number];
    side->w = w;
    side->number = number;
    side->timers = (struct sip_session_timers){1800, 90};
    struct sip_endpoint_config c = {
        .timers = w->clock, .entropy = &w->entropy, .supported = VIEW("100rel, timer, replaces, norefersub")};
    struct sip_endpoint_ports ports = {.arg = side, .send = port_send, .local = port_local, .request = port_request};
    if (!net_addr_parse(number == SIDE_A ? VIEW("192.0.2.1") : VIEW("192.0.2.2"), 5060, &side->addr))
        g_error("no address");
    side->ep = sip_endpoint_new(&c, &ports);
}

struct world *world_new(uint64_t seed)
{
    struct world *w = g_new0(struct world, 1);
    w->seed = seed * 0x9e3779b97f4a7c15u + 88172645463325252u;
    w->clock = timers_new(1000000, 0);
    w->entropy = (struct entropy){fill, w};
    w->trace = g_ptr_array_new_with_free_func(g_free);
    w->in = g_ptr_array_new_with_free_func(g_free);
    w->delay_us = 10000;
    side_open(w, SIDE_A);
    side_open(w, SIDE_B);
    return w;
}

void world_free(struct world *w)
{
    for (unsigned i = 0; i < SIDES; i++) {
        sip_sessions_drop(w->side[i].ep);
        sip_endpoint_free(w->side[i].ep);
    }
    while (w->packets)
        packet_free(w->packets->data);
    while (w->parties) {
        struct party *p = w->parties;
        w->parties = p->next;
        g_string_free(p->log, TRUE);
        g_free(p);
    }
    g_ptr_array_unref(w->trace);
    g_ptr_array_unref(w->in);
    timers_free(w->clock);
    g_free(w);
}

unsigned world_count(const struct world *w, const char *line)
{
    unsigned n = 0;
    for (unsigned i = 0; i < w->trace->len; i++)
        n += strcmp(w->trace->pdata[i], line) == 0;
    return n;
}

void world_print(const struct world *w)
{
    (void)fprintf(stderr, "seed %u\n", world_seed_told);
    for (unsigned i = 0; i < w->trace->len; i++)
        (void)fprintf(stderr, "  %s\n", (char *)w->trace->pdata[i]);
    for (struct party *p = w->parties; p; p = p->next)
        (void)fprintf(stderr, "  %c: %s\n", 'A' + p->side, p->log->str);
}

void world_assert_empty(struct world *w)
{
    world_run(w, NOTHING_LEFT_US);
    for (unsigned i = 0; i < SIDES; i++) {
        if (sip_session_count(w->side[i].ep) || sip_endpoint_transactions(w->side[i].ep)) {
            world_print(w);
            g_error("side %c: %zu sessions, %zu transactions left", 'A' + i, sip_session_count(w->side[i].ep),
                    sip_endpoint_transactions(w->side[i].ep));
        }
    }
    if (timers_count(w->clock))
        g_error("seed %u: %zu timers left", world_seed_told, timers_count(w->clock));
    for (struct party *p = w->parties; p; p = p->next) {
        if (p->told_over > 1 || p->told_ended > 1 || p->s)
            g_error("seed %u: %c: %s", world_seed_told, 'A' + p->side, p->log->str);
    }
}

/* --- parties ------------------------------------------------------------------------------------------------------ */

struct party *party_new(struct world *w, unsigned side)
{
    struct party *p = g_new0(struct party, 1);
    p->w = w;
    p->side = side;
    p->log = g_string_new("");
    p->answer = side == SIDE_A ? "a" : "b";
    p->refer_status = 202;
    p->info_status = 200;
    p->next = w->parties;
    w->parties = p;
    return p;
}

bool party_heard(const struct party *p, const char *word)
{
    char *whole = g_strconcat(" ", p->log->str, NULL), *looked = g_strconcat(" ", word, " ", NULL);
    bool found = strstr(whole, looked) != NULL;
    g_free(whole);
    g_free(looked);
    return found;
}

static void told(struct party *p, const char *event, int status, struct view sdp)
{
    char *name = name_of(sdp);
    if (!p->s)
        g_error("event %s after over", event);
    g_string_append(p->log, event);
    if (status)
        g_string_append_printf(p->log, ":%d", status);
    if (strcmp(name, "-") != 0)
        g_string_append_printf(p->log, "/%s", name);
    g_string_append_c(p->log, ' ');
    g_free(name);
    if (p->hook)
        p->hook(p, event);
}

static void answer_if_wished(struct party *p)
{
    p->owes_answer = true;
    if (p->auto_answer) {
        p->owes_answer = false;
        sip_session_answer_offer(p->s, sdp_named(p->answer));
    }
}

static void on_progress(void *user, const struct sip_msg *m, struct view sdp)
{
    told(user, "progress", m->status, sdp);
}

static void on_answered(void *user, const struct sip_msg *m, struct view sdp)
{
    told(user, "answered", m->status == 200 ? 0 : m->status, sdp);
}

static void on_confirmed(void *user, struct view sdp)
{
    told(user, "confirmed", 0, sdp);
}

static void on_offered(void *user, const struct sip_msg *m, struct view sdp)
{
    (void)m;
    told(user, "offered", 0, sdp);
    answer_if_wished(user);
}

static void on_offer_answered(void *user, struct view sdp)
{
    told(user, "offer_answered", 0, sdp);
}

static void on_offer_refused(void *user, uint16_t status)
{
    told(user, "offer_refused", status, no_text());
}

static uint16_t on_info(void *user, const struct sip_msg *m)
{
    struct party *p = user;
    g_string_append_printf(p->log, "[%.*s]", VIEW_ARG(m->body));
    told(p, "info", 0, no_text());
    return p->info_status;
}

static uint16_t on_referred(void *user, const struct sip_session_refer *r)
{
    struct party *p = user;
    g_string_append_printf(p->log, "[%.*s|%.*s|%.*s]", VIEW_ARG(r->refer_to.uri.user), VIEW_ARG(r->replaces),
                           VIEW_ARG(r->referred_by));
    told(p, "referred", 0, no_text());
    return p->refer_status;
}

static void on_refer_notified(void *user, uint16_t status)
{
    told(user, "notified", status, no_text());
}

static void on_ended(void *user, const struct sip_session_ended *e)
{
    static const char *const how[] = {"bye",       "cancelled", "refused", "timeout",
                                      "transport", "no_ack",    "expired", "gone"};
    struct party *p = user;
    p->told_ended++;
    if (e->reason.n)
        g_string_append_printf(p->log, "[%.*s]", VIEW_ARG(e->reason));
    char *event = g_strconcat("ended:", how[e->how], NULL);
    told(p, event, e->status, no_text());
    g_free(event);
}

static void on_over(void *user)
{
    struct party *p = user;
    p->told_over++;
    told(p, "over", 0, no_text());
    p->s = NULL;
}

const struct sip_session_ops party_ops = {
    .progress = on_progress,
    .answered = on_answered,
    .confirmed = on_confirmed,
    .offered = on_offered,
    .offer_answered = on_offer_answered,
    .offer_refused = on_offer_refused,
    .info = on_info,
    .referred = on_referred,
    .refer_notified = on_refer_notified,
    .ended = on_ended,
    .over = on_over,
};

struct party *party_call_as(struct world *w, unsigned from, const char *sdp, struct sip_session_invite *invite)
{
    struct side *me = &w->side[from], *other = &w->side[!from];
    struct party *p = party_new(w, from);
    invite->flow = (struct sip_flow){.transport = SIP_UDP, .local = me->addr, .remote = other->addr};
    invite->uri = from == SIDE_A ? VIEW("sip:bob@192.0.2.2") : VIEW("sip:alice@192.0.2.1");
    if (!invite->from.uri.n)
        invite->from.uri = VIEW("sip:100@pbx.example");
    invite->sdp = sdp ? sdp_named(sdp) : no_text();
    p->s = sip_session_invite(me->ep, invite, &me->timers, &party_ops, p);
    return p;
}

struct party *party_call(struct world *w, unsigned from, const char *sdp)
{
    return party_call_as(w, from, sdp, &(struct sip_session_invite){0});
}

void world_connect(struct world *w, struct party **a, struct party **b)
{
    *a = party_call(w, SIDE_A, "a1");
    world_run(w, 100000);
    *b = w->side[SIDE_B].came;
    sip_session_accept((*b)->s, sdp_named("b1"));
    world_run(w, 1000000);
}

/* --- by hand ------------------------------------------------------------------------------------------------------ */

const char *hand_got(const struct world *w, const char *start)
{
    for (unsigned i = w->in->len; i-- > 0;) {
        if (g_str_has_prefix(w->in->pdata[i], start))
            return w->in->pdata[i];
    }
    return NULL;
}

void hand_send(struct world *w, unsigned side, const char *bytes)
{
    put_on_wire(w, !side, view_of(bytes));
}

void hand_answer(struct world *w, const char *request, uint16_t status, const char *tag, const char *lines,
                 struct view sdp)
{
    unsigned side = w->side[SIDE_B].by_hand ? SIDE_B : SIDE_A;
    struct arena arena;
    struct sip_msg m;
    struct sip_fault fault;
    char out[8192], *copy = g_strdup(request);
    struct buf b = buf_on(out, sizeof out - 1);
    arena_init(&arena, 1 << 20);
    if (sip_msg_parse(&m, &arena, copy, strlen(copy), false, &fault))
        g_error("not a request: %s", request);
    sip_put_response_head(&b, &m, status, no_text(), view_of(tag), &w->side[!side].addr);
    buf_add_text(&b, lines);
    sip_put_body(&b, sdp.n ? VIEW("application/sdp") : no_text(), sdp);
    out[b.n] = '\0';
    hand_send(w, side, out);
    arena_release(&arena);
    g_free(copy);
}

char *header_of(const char *message, const char *name)
{
    char *start = g_strconcat("\r\n", name, ": ", NULL);
    const char *at = strstr(message, start), *end = at ? strstr(at + 2, "\r\n") : NULL;
    char *value = end ? g_strndup(at + strlen(start), (size_t)(end - at) - strlen(start)) : NULL;
    g_free(start);
    return value;
}
