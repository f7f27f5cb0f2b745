/* SPDX-License-Identifier: Apache-2.0
 *
 * Calling out: to a registered contact on the flow it came by, or to a peer, whose targets are looked up and tried in
 * turn (RFC 3263).
 */
#include "line/leg_priv.h"

/* A device must give a sign of life within device_reply_ms (SIP-6), and at 10 % loss 999 of 1,000 calls must come
 * through (D6). With T1 three INVITEs fit into 2 s, which is too few; with half of it four do. Registered phones are
 * known to be near enough for that (RFC 3261 17.1.1.1 lets T1 be smaller where the round trip is known). */
enum { DEVICE_REPEAT_MS = 250 };
/* A target that says nothing for so long is passed over while there is another: two are tried before the route is given
 * up (ROUTE-26), each with three INVITEs on UDP. */
enum { TARGET_REPLY_US = 1900000 };

struct leg_outgoing { /* all that a further try needs, copied: the core's pointers are gone by then */
    struct line_leg *leg;
    uint64_t binding; /* of a device; 0: a peer */
    uint64_t lookup;  /* running, or 0 */
    struct sip_targets targets;
    unsigned next;
    struct timer patience; /* for the target that is being tried */
    char *number, *uri;
    struct party from, to, via;
    struct media_desc offer;
    uint8_t max_forwards;
};

void line_outgoing_free(struct line_leg *leg)
{
    struct leg_outgoing *o = leg->outgoing;
    if (!o)
        return;
    if (o->lookup)
        sip_resolve_cancel(leg->line->resolver, o->lookup);
    timer_stop(leg->line->config.timers, &o->patience);
    g_free(o->number);
    g_free(o->uri);
    g_free(o);
    leg->outgoing = NULL;
}

static void put_via(const struct line *l, const struct party *via, struct buf *headers)
{
    char mem[256];
    if (!via->number[0])
        return;
    struct sip_session_identity who = line_identity(l, via, mem, sizeof mem);
    sip_put_name_addr(headers, SIP_H_DIVERSION, who.display, who.uri, VIEW(";reason=unconditional"));
}

struct call_out {
    const struct sip_flow *flow;
    struct view uri, route;
    const struct party *from, *to, *via;
    const struct media_desc *offer;
    uint8_t max_forwards;
    uint16_t repeat_ms; /* 0: as usual */
};

static bool start_session(struct line_leg *leg, const struct call_out *c)
{
    struct line *l = leg->line;
    char from[256], to[256], headers[512];
    struct buf h = buf_on(headers, sizeof headers);
    put_via(l, c->via, &h);
    leg->secret = sip_transport_is_secure(c->flow->transport);
    struct sip_session_identity callee = line_identity(l, c->to, to, sizeof to);
    struct sip_session_invite p = {
        .flow = *c->flow,
        .uri = c->uri,
        .route = c->route,
        .from = line_identity(l, c->from, from, sizeof from),
        .to_display = callee.display,
        .to_uri = callee.uri,
        .sdp = line_leg_write_sdp(leg, c->offer, true),
        .headers = buf_view(&h),
        .max_forwards = c->max_forwards,
        .repeat_ms = c->repeat_ms,
    };
    struct sip_session_timers st = line_session_timers(l);
    leg->session = sip_session_invite(l->endpoint, &p, &st, &line_session_ops, leg);
    return leg->session != NULL;
}

static bool call_binding(struct line_leg *leg, const struct binding *b, const struct leg_dial *d)
{
    struct call_out c = {.flow = &b->flow,
                         .uri = view_of(b->contact),
                         .route = view_of(b->path),
                         .from = &d->from,
                         .to = &d->to,
                         .via = &d->via,
                         .offer = d->offer,
                         .max_forwards = d->max_forwards,
                         .repeat_ms = DEVICE_REPEAT_MS};
    return start_session(leg, &c);
}

static void on_silence(void *arg);

static struct leg_outgoing *outgoing_new(struct line_leg *leg, const struct leg_dial *d)
{
    struct leg_outgoing *o = leg->outgoing = g_new0(struct leg_outgoing, 1);
    *o = (struct leg_outgoing){.leg = leg,
                               .binding = d->binding,
                               .from = d->from,
                               .to = d->to,
                               .via = d->via,
                               .offer = *d->offer,
                               .max_forwards = d->max_forwards};
    timer_init(&o->patience, on_silence, o);
    return o;
}

static void refuse_later(struct line_leg *leg, uint16_t status)
{
    leg->later_status = status;
    timer_start(leg->line->config.timers, &leg->later, 0);
}

static int dial_device(struct line *l, leg_id id, const struct leg_dial *d)
{
    const struct binding *b = bindings_get(l->bindings, d->binding);
    if (!b)
        return EHOSTUNREACH;
    struct line_leg *leg = line_leg_new(l, id);
    leg->user = b->user;
    leg->device = b->device;
    leg->secret = sip_transport_is_secure(b->flow.transport);
    line_leg_configure(leg);
    if (line_leg_is_stuck(leg)) {
        refuse_later(leg, 488);
        return 0;
    }
    if (!call_binding(leg, b, d)) {
        line_leg_free(leg);
        return EHOSTUNREACH;
    }
    if (leg->savp)
        (void)outgoing_new(leg, d);
    return 0;
}

static bool try_target(struct line_leg *leg)
{
    struct leg_outgoing *o = leg->outgoing;
    while (o->next < o->targets.n) {
        const struct sip_target *t = &o->targets.target[o->next++];
        struct sip_flow flow = {.transport = t->transport, .remote = t->address};
        struct call_out c = {.flow = &flow,
                             .uri = view_of(o->uri),
                             .from = &o->from,
                             .to = &o->to,
                             .via = &o->via,
                             .offer = &o->offer,
                             .max_forwards = o->max_forwards};
        if (start_session(leg, &c)) {
            if (o->next < o->targets.n)
                timer_start(leg->line->config.timers, &o->patience, TARGET_REPLY_US);
            return true;
        }
        sip_resolver_mark_dead(leg->line->resolver, t);
    }
    return false;
}

static void on_resolved(void *arg, const struct sip_targets *t)
{
    struct leg_outgoing *o = arg;
    o->lookup = 0;
    o->targets = *t;
    if (try_target(o->leg))
        return;
    refuse_later(o->leg, 503);
}

/* A further try is a new leg under the same id: the former's session has its own end to come to. */
static struct line_leg *pass_on(struct line_leg *leg)
{
    struct line_leg *again = line_leg_new(leg->line, leg->id);
    again->user = leg->user;
    again->device = leg->device;
    again->peer = leg->peer;
    again->srtp = leg->srtp;
    again->plain = leg->plain;
    again->outgoing = leg->outgoing;
    again->outgoing->leg = again;
    timer_stop(leg->line->config.timers, &again->outgoing->patience);
    leg->outgoing = NULL;
    leg->core_done = true;
    return again;
}

static bool try_binding(struct line_leg *leg)
{
    const struct leg_outgoing *o = leg->outgoing;
    const struct binding *b = bindings_get(leg->line->bindings, o->binding);
    struct leg_dial d = {.binding = o->binding,
                         .from = o->from,
                         .to = o->to,
                         .via = o->via,
                         .offer = &o->offer,
                         .max_forwards = o->max_forwards};
    return b && call_binding(leg, b, &d);
}

/* 488 and 606 say that the description does not suit, 415 that it is not understood (RFC 3261 21.4.13, 21.4.26). */
static bool again_plain(struct line_leg *leg, uint16_t status)
{
    if (!leg->savp || (status != 488 && status != 606 && status != 415))
        return false;
    struct line_leg *again = pass_on(leg);
    again->plain = true;
    if (!again->outgoing->binding)
        again->outgoing->next--; /* the same target */
    if (!(again->outgoing->binding ? try_binding(again) : try_target(again)))
        refuse_later(again, status);
    return true;
}

void line_outgoing_heard(struct line_leg *leg)
{
    if (leg->outgoing)
        timer_stop(leg->line->config.timers, &leg->outgoing->patience);
}

static void next_target(struct line_leg *leg, uint16_t status)
{
    struct line_leg *again = pass_on(leg);
    if (!try_target(again))
        refuse_later(again, status);
}

static void on_silence(void *arg)
{
    struct leg_outgoing *o = arg;
    struct line_leg *leg = o->leg;
    sip_resolver_mark_dead(leg->line->resolver, &o->targets.target[o->next - 1]);
    next_target(leg, 408);
    sip_session_end(leg->session, 408, (struct view){0}, (struct view){0});
}

bool line_outgoing_next(struct line_leg *leg, const struct sip_session_ended *e, uint16_t status)
{
    struct leg_outgoing *o = leg->outgoing;
    if (!o)
        return false;
    if (again_plain(leg, status))
        return true;
    /* RFC 3263 4.3: no answer, or 503. Any other answer is the callee's, also a 408. */
    if (o->binding || (e->how == SIP_END_REFUSED && status != 503))
        return false;
    sip_resolver_mark_dead(leg->line->resolver, &o->targets.target[o->next - 1]);
    if (o->next == o->targets.n)
        return false;
    next_target(leg, status);
    return true;
}

char *line_peer_uri(const struct model_peer *p, const char *number)
{
    static const char *const transports[] = {
        [MODEL_UDP] = "", [MODEL_TCP] = ";transport=tcp", [MODEL_TLS] = ";transport=tls"};
    char mem[512];
    struct net_addr a;
    struct buf b = buf_on(mem, sizeof mem - 1);
    buf_add(&b, VIEW("sip:"));
    if (number) {
        sip_escape_user(view_of(number), &b);
        buf_add_char(&b, '@');
    }
    if (net_addr_parse(view_of(p->host), p->port, &a))
        net_addr_write_host(&a, true, &b);
    else
        buf_add_text(&b, p->host);
    if (p->port)
        buf_addf(&b, ":%u", p->port);
    buf_add_text(&b, transports[p->transport]);
    return b.full ? NULL : view_dup(buf_view(&b));
}

static int dial_peer(struct line *l, leg_id id, const struct leg_dial *d)
{
    const struct model_peer *p = model_peer_by_id(l->model, d->peer);
    char *text = p && p->enabled ? line_peer_uri(p, d->number) : NULL;
    struct sip_uri uri;
    if (!text || sip_uri_parse(view_of(text), &uri) != 0) {
        g_free(text);
        return EHOSTUNREACH;
    }
    struct line_leg *leg = line_leg_new(l, id);
    leg->peer = d->peer;
    leg->secret = p->transport == MODEL_TLS;
    line_leg_configure(leg);
    if (line_leg_is_stuck(leg)) {
        g_free(text);
        refuse_later(leg, 488);
        return 0;
    }
    struct leg_outgoing *o = outgoing_new(leg, d);
    o->number = g_strdup(d->number);
    o->uri = text;
    uint64_t lookup = sip_resolve(l->resolver, &uri, on_resolved, o);
    if (lookup)
        o->lookup = lookup;
    return 0;
}

int line_leg_dial(void *arg, leg_id id, const struct leg_dial *d)
{
    struct line *l = arg;
    return d->binding ? dial_device(l, id, d) : dial_peer(l, id, d);
}
