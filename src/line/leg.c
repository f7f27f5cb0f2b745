/* SPDX-License-Identifier: Apache-2.0
 *
 * SIP legs: their table, their SDP, and what the call core asks of them (struct leg_port). See leg_priv.h.
 */
#include "line/leg_priv.h"

#include <string.h>

enum { GRACE_US = 30 * G_USEC_PER_SEC };

static void on_grace_over(void *arg)
{
    struct line_leg *leg = arg;
    struct leg_event ev = {.kind = LEG_HUNG_UP, .lost = LEG_LOST_SIGNALLING};
    line_leg_tell_last(leg, &ev);
    sip_session_end(leg->session, 408, VIEW("SIP;cause=408;text=\"Connection lost\""), (struct view){0});
}

static void on_later(void *arg)
{
    struct line_leg *leg = arg;
    struct leg_event ev = {.kind = LEG_REFUSED, .status = leg->later_status};
    line_leg_tell_last(leg, &ev);
    line_leg_free(leg); /* there was never a session */
}

struct line_leg *line_leg_new(struct line *l, uint64_t id)
{
    struct line_leg *leg = g_new0(struct line_leg, 1);
    leg->id = id;
    leg->line = l;
    leg->origin = (struct sdp_origin){entropy_u64(l->config.entropy) >> 2, 0};
    timer_init(&leg->grace, on_grace_over, leg);
    timer_init(&leg->later, on_later, leg);
    if (id)
        g_hash_table_replace(l->legs, &leg->id, leg); /* the key lies in the leg: it changes with it */
    return leg;
}

void line_leg_free(struct line_leg *leg)
{
    struct line *l = leg->line;
    if (g_hash_table_lookup(l->legs, &leg->id) == leg)
        g_hash_table_remove(l->legs, &leg->id);
    timer_stop(l->config.timers, &leg->grace);
    timer_stop(l->config.timers, &leg->later);
    g_free(leg->lost_instance);
    line_outgoing_free(leg);
    line_refer_watch_free(leg->refer);
    line_leg_release_sdp(leg);
    g_free(leg);
}

void line_leg_name(struct line_leg *leg, uint64_t id)
{
    leg->id = id;
    g_hash_table_replace(leg->line->legs, &leg->id, leg);
}

/* The leg while the core may speak of it. */
static struct line_leg *leg_get(struct line *l, uint64_t id)
{
    struct line_leg *leg = g_hash_table_lookup(l->legs, &id);
    return leg && !leg->core_done ? leg : NULL;
}

void line_leg_tell(struct line_leg *leg, const struct leg_event *ev)
{
    if (!leg->core_done && leg->id)
        call_leg_event(leg->line->core, leg->id, ev);
}

void line_leg_tell_last(struct line_leg *leg, const struct leg_event *ev)
{
    bool told = leg->core_done;
    leg->core_done = true;
    timer_stop(leg->line->config.timers, &leg->grace);
    line_outgoing_free(leg); /* nothing further is tried */
    if (!told && leg->id)
        call_leg_event(leg->line->core, leg->id, ev);
}

struct sip_session_timers line_session_timers(const struct line *l)
{
    const struct model_settings *s = model_settings(l->model);
    return (struct sip_session_timers){s->session_expires_s, s->min_se_s};
}

struct sip_session_identity line_identity(const struct line *l, const struct party *p, char *mem, size_t cap)
{
    struct buf b = buf_on(mem, cap);
    const char *host = model_settings(l->model)->host;
    buf_add(&b, VIEW("sip:"));
    sip_escape_user(p->number[0] ? view_of(p->number) : VIEW("anonymous"), &b);
    buf_add_char(&b, '@');
    buf_add_text(&b, host && *host ? host : model_settings(l->model)->realm);
    return (struct sip_session_identity){
        .display = view_of(p->name), .uri = buf_view(&b), .withheld = p->withheld || !p->number[0]};
}

/* --- what the core asks ----------------------------------------------------------------------------------------- */

/* The leg that the core speaks of, once it is on the wire: one whose target is still looked up hears nothing. */
static struct line_leg *on_wire(void *arg, leg_id id)
{
    struct line_leg *leg = leg_get(arg, id);
    return leg && leg->session ? leg : NULL;
}

static void port_ring(void *arg, leg_id id)
{
    struct line_leg *leg = on_wire(arg, id);
    if (leg)
        sip_session_progress(leg->session, 180, (struct view){0}, (struct view){0});
}

static void port_progress(void *arg, leg_id id, const struct media_desc *d)
{
    struct line_leg *leg = on_wire(arg, id);
    if (leg)
        sip_session_progress(leg->session, 183, line_leg_write_sdp(leg, d, false), (struct view){0});
}

static void port_answer(void *arg, leg_id id, const struct media_desc *d)
{
    struct line_leg *leg = on_wire(arg, id);
    if (!leg)
        return;
    sip_session_accept(leg->session, line_leg_write_sdp(leg, d, false));
    line_leg_offer_done(leg);
}

static struct view hang_up_reason(const struct hang_up *h)
{
    switch (h->how) {
    case HANG_UP_ELSEWHERE:
        return VIEW("SIP;cause=200;text=\"Call completed elsewhere\"");
    case HANG_UP_DECLINED:
        return VIEW("SIP;cause=603;text=\"Declined on another device\"");
    case HANG_UP_TRANSFERRED:
        return VIEW("SIP;cause=200;text=\"Call transferred\"");
    case HANG_UP_MEDIA:
        return VIEW("SIP;cause=503;text=\"Media timeout\"");
    case HANG_UP_SHUTDOWN:
        return VIEW("SIP;cause=503;text=\"Service ends\"");
    case HANG_UP_NORMAL:
    case HANG_UP_REFUSE:
        return (struct view){0};
    }
    return (struct view){0};
}

static uint16_t hang_up_status(const struct hang_up *h)
{
    if (h->how == HANG_UP_REFUSE && h->status >= 300)
        return h->status;
    return h->how == HANG_UP_SHUTDOWN ? 503 : 480;
}

static void port_hang_up(void *arg, leg_id id, const struct hang_up *h)
{
    struct line *l = arg;
    struct line_leg *leg = leg_get(l, id);
    char headers[160];
    struct buf b = buf_on(headers, sizeof headers);
    if (!leg)
        return;
    leg->core_done = true;
    timer_stop(l->config.timers, &leg->grace);
    line_outgoing_free(leg);
    if (!leg->session) { /* not on the wire: still looking for its target */
        line_leg_free(leg);
        return;
    }
    if (h->how == HANG_UP_REFUSE && h->retry_after_s)
        sip_putf(&b, SIP_H_RETRY_AFTER, "%u", h->retry_after_s);
    if (h->how == HANG_UP_REFUSE && h->text)
        sip_putf(&b, SIP_H_REASON, "SIP;cause=%u;text=\"%s\"", h->status, h->text);
    sip_session_end(leg->session, hang_up_status(h), hang_up_reason(h), buf_view(&b));
}

static int port_offer(void *arg, leg_id id, const struct media_desc *d)
{
    struct line_leg *leg = on_wire(arg, id);
    if (!leg)
        return ENOTCONN;
    if (!sip_session_can_offer(leg->session) || line_leg_is_stuck(leg))
        return EBUSY;
    return sip_session_offer(leg->session, line_leg_write_sdp(leg, d, true));
}

static void port_answer_offer(void *arg, leg_id id, const struct media_desc *d)
{
    struct line_leg *leg = on_wire(arg, id);
    if (!leg)
        return;
    sip_session_answer_offer(leg->session, line_leg_write_sdp(leg, d, !leg->offer_sdp));
    line_leg_offer_done(leg);
}

static void port_refuse_offer(void *arg, leg_id id, uint16_t status)
{
    struct line_leg *leg = on_wire(arg, id);
    if (!leg)
        return;
    sip_session_refuse_offer(leg->session, status);
    line_leg_offer_done(leg);
}

static void port_identify(void *arg, leg_id id, const struct party *who)
{
    struct line_leg *leg = on_wire(arg, id);
    char mem[256];
    if (!leg)
        return;
    struct sip_session_identity identity = line_identity(leg->line, who, mem, sizeof mem);
    sip_session_identify(leg->session, &identity);
}

static void port_send_dtmf(void *arg, leg_id id, char digit, uint16_t ms)
{
    struct line_leg *leg = on_wire(arg, id);
    char mem[64];
    struct buf b = buf_on(mem, sizeof mem);
    if (!leg)
        return;
    buf_addf(&b, "Signal=%c\r\nDuration=%u\r\n", digit, ms);
    sip_session_info(leg->session, VIEW("application/dtmf-relay"), buf_view(&b));
}

static void port_refer_progress(void *arg, leg_id id, uint16_t status)
{
    struct line_leg *leg = on_wire(arg, id);
    if (leg && leg->session && !line_refer_progress(leg, status))
        sip_session_refer_progress(leg->session, status);
}

struct leg_port line_leg_port(struct line *l)
{
    return (struct leg_port){
        .arg = l,
        .dial = line_leg_dial,
        .ring = port_ring,
        .progress = port_progress,
        .answer = port_answer,
        .hang_up = port_hang_up,
        .offer = port_offer,
        .answer_offer = port_answer_offer,
        .refuse_offer = port_refuse_offer,
        .identify = port_identify,
        .send_dtmf = port_send_dtmf,
        .refer_progress = port_refer_progress,
    };
}

/* --- connections that go and come ------------------------------------------------------------------------------- */

/* The instance names a phone (RFC 5626 4.1); one that has none is known by its address alone. */
static bool is_phone_of(const struct line_leg *leg, const struct binding *b, const char *instance)
{
    if (leg->device != b->device || strcmp(instance, b->instance) != 0)
        return false;
    return instance[0] || net_addr_eq_host(&sip_session_flow(leg->session)->remote, &b->flow.remote);
}

void line_legs_lost(struct line *l, const struct binding *b)
{
    GHashTableIter at;
    void *value;
    g_hash_table_iter_init(&at, l->legs);
    while (g_hash_table_iter_next(&at, NULL, &value)) {
        struct line_leg *leg = value;
        if (leg->core_done || leg->device != b->device || !leg->session ||
            sip_session_state(leg->session) != SIP_SESSION_UP || !sip_flow_eq(sip_session_flow(leg->session), &b->flow))
            continue;
        g_free(leg->lost_instance);
        leg->lost_instance = g_strdup(b->instance);
        timer_start(l->config.timers, &leg->grace, GRACE_US);
    }
}

void line_legs_move(struct line *l, const struct binding *now, const struct sip_flow *before)
{
    GHashTableIter at;
    void *value;
    g_hash_table_iter_init(&at, l->legs);
    while (g_hash_table_iter_next(&at, NULL, &value)) {
        struct line_leg *leg = value;
        if (leg->core_done || !leg->session)
            continue;
        bool lost = timer_runs(&leg->grace) && is_phone_of(leg, now, leg->lost_instance);
        bool moved =
            before && sip_flow_eq(sip_session_flow(leg->session), before) && is_phone_of(leg, now, now->instance);
        if (!lost && !moved)
            continue;
        timer_stop(l->config.timers, &leg->grace);
        sip_session_move(leg->session, &now->flow);
    }
}
