/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls of model phones: see phone.h. Every call has its own RTP address, by which the model media engine knows it.
 */
#include "sip/build.h"
#include "sip/sdp.h"
#include "tests/sim/phone_priv.h"

#include <stdio.h>
#include <string.h>

static const enum codec usual_voices[] = {CODEC_PCMA, CODEC_PCMU};
static const struct sip_session_ops session_ops;
static const struct sip_session_timers session_timers = {1800, 90};

static struct phone_call *call_new(struct phone *p, bool incoming)
{
    static unsigned port;
    struct phone_call *c = g_new0(struct phone_call, 1);
    c->phone = p;
    c->incoming = incoming;
    c->state = incoming ? PHONE_IS_RINGING : PHONE_CALLING;
    c->rtp = p->host.outside;
    c->rtp.port = (uint16_t)(30000 + port++ % 30000);
    c->sdp.id = port;
    memcpy(c->voices, usual_voices, sizeof usual_voices);
    c->n_voices = G_N_ELEMENTS(usual_voices);
    g_ptr_array_add(p->calls, c);
    return c;
}

void phone_call_free(struct phone_call *c)
{
    timer_stop(c->phone->world->timers, &c->answer);
    sip_endpoint_remove_dialog(c->phone->endpoint, c->refer_entry);
    g_free(c->sdp.local);
    g_free(c->sdp.offer);
    g_free(c);
}

struct phone_call *phone_last(struct phone *p)
{
    return p->calls->len ? p->calls->pdata[p->calls->len - 1] : NULL;
}

/* --- SDP --------------------------------------------------------------------------------------------------------- */

static uint8_t usual_pt(enum codec c)
{
    return c == CODEC_OPUS ? 111 : codec_static_pt(c);
}

static struct media_desc describe(const struct phone_call *c)
{
    struct media_desc d = {.present = true, .dir = c->holds ? MEDIA_SEND : MEDIA_BOTH, .rtp = c->rtp, .rtcp = c->rtp};
    d.rtcp.port++;
    for (unsigned i = 0; i < c->n_voices; i++)
        media_desc_add(&d, c->voices[i], usual_pt(c->voices[i]));
    media_desc_add(&d, CODEC_EVENT8, 101);
    return d;
}

static struct view keep_local(struct phone_call *c, const struct buf *b)
{
    g_free(c->sdp.local);
    c->sdp.local = view_dup(buf_view(b));
    return view_of(c->sdp.local);
}

static struct view write_offer(struct phone_call *c)
{
    char mem[2048];
    struct buf b = buf_on(mem, sizeof mem);
    struct media_desc d = describe(c);
    struct sdp_origin o = {c->sdp.id, ++c->sdp.version};
    sdp_write_offer(&b, &d, &o, view_of(c->sdp.local));
    return keep_local(c, &b);
}

/* The answer to the remote offer that was just read: its first codec that we have too; empty when there is none. */
static struct view write_answer(struct phone_call *c)
{
    char mem[2048];
    struct buf b = buf_on(mem, sizeof mem);
    struct media_desc d = describe(c), common = media_desc_common(&c->remote, c->voices, c->n_voices);
    enum codec voice = media_desc_voice(&common);
    if (voice == CODEC_NONE || !media_desc_choose(&c->remote, voice, &d))
        return (struct view){0};
    d.dir &= (uint8_t)media_dir_reverse((enum media_dir)c->remote.dir);
    struct sdp_origin o = {c->sdp.id, ++c->sdp.version};
    sdp_write_answer(&b, &d, &o, view_of(c->sdp.offer));
    return keep_local(c, &b);
}

static bool read_remote(struct phone_call *c, struct view sdp, bool is_offer)
{
    struct sdp_fault fault;
    if (sdp_read(sdp, &c->remote, &fault) != 0) {
        world_fault(c->phone->world, "phone %s: the server's SDP is broken: %s", c->phone->number, fault.text);
        return false;
    }
    if (is_offer) {
        g_free(c->sdp.offer);
        c->sdp.offer = view_dup(sdp);
    }
    return true;
}

/* --- events ------------------------------------------------------------------------------------------------------ */

static void read_party(struct phone_call *c, const struct sip_msg *m)
{
    struct sip_name_addr who = m->from;
    struct view value = sip_msg_value(m, SIP_H_P_ASSERTED_IDENTITY);
    if (value.n && !sip_name_addr_parse(value, &who))
        world_fault(c->phone->world, "phone %s: broken P-Asserted-Identity", c->phone->number);
    if (value.n || m->is_request)
        (void)view_copy(who.uri.user, c->party, sizeof c->party);
}

static void on_progress(void *user, const struct sip_msg *m, struct view sdp)
{
    struct phone_call *c = user;
    if (m->status == 180)
        c->state = PHONE_HEARS_RINGING;
    if (sdp.n && read_remote(c, sdp, false))
        c->early = true;
}

static void on_answered(void *user, const struct sip_msg *m, struct view sdp)
{
    struct phone_call *c = user;
    c->state = PHONE_TALKS;
    read_party(c, m);
    if (sdp.n && read_remote(c, sdp, c->late_offer) && c->late_offer)
        sip_session_answer_offer(c->session, write_answer(c));
}

static void on_confirmed(void *user, struct view sdp)
{
    (void)user;
    (void)sdp;
}

static void on_offered(void *user, const struct sip_msg *m, struct view sdp)
{
    struct phone_call *c = user;
    read_party(c, m);
    if (!sdp.n) {
        sip_session_answer_offer(c->session, write_offer(c));
        return;
    }
    if (!read_remote(c, sdp, true))
        return;
    struct view answer = write_answer(c);
    if (answer.n)
        sip_session_answer_offer(c->session, answer);
    else
        sip_session_refuse_offer(c->session, 488);
}

static void on_identified(void *user, const struct sip_msg *m)
{
    read_party(user, m);
}

static void on_offer_answered(void *user, struct view sdp)
{
    struct phone_call *c = user;
    c->wire_hold = c->holds;
    (void)read_remote(c, sdp, false);
}

static void on_offer_refused(void *user, uint16_t status)
{
    struct phone_call *c = user;
    (void)status;
    c->holds = c->wire_hold;
}

static uint16_t on_info(void *user, const struct sip_msg *m)
{
    struct phone_call *c = user;
    const char *at = g_strstr_len(m->body.p, (gssize)m->body.n, "Signal=");
    size_t n = strlen(c->digits);
    if (at && n + 1 < sizeof c->digits)
        c->digits[n] = at[7];
    return 200;
}

static uint16_t on_referred(void *user, const struct sip_session_refer *r)
{
    (void)user;
    (void)r;
    return 603;
}

static void on_refer_notified(void *user, uint16_t status)
{
    struct phone_call *c = user;
    c->refer_status = status;
}

static void on_ended(void *user, const struct sip_session_ended *e)
{
    struct phone_call *c = user;
    c->state = PHONE_ENDED;
    c->status = e->status;
    (void)view_copy(e->reason, c->reason, sizeof c->reason);
    timer_stop(c->phone->world->timers, &c->answer);
}

static void on_over(void *user)
{
    struct phone_call *c = user;
    c->session = NULL;
    c->state = PHONE_ENDED;
}

static const struct sip_session_ops session_ops = {
    .progress = on_progress,
    .answered = on_answered,
    .confirmed = on_confirmed,
    .offered = on_offered,
    .identified = on_identified,
    .offer_answered = on_offer_answered,
    .offer_refused = on_offer_refused,
    .info = on_info,
    .referred = on_referred,
    .refer_notified = on_refer_notified,
    .ended = on_ended,
    .over = on_over,
};

/* --- deeds ------------------------------------------------------------------------------------------------------- */

static void on_answer_due(void *arg)
{
    phone_answer(arg);
}

void phone_call_comes(struct phone *p, struct sip_server *txn)
{
    struct phone_call *c = call_new(p, true);
    struct view sdp;
    timer_init(&c->answer, on_answer_due, c);
    read_party(c, sip_server_request(txn));
    c->session = sip_session_take(txn, view_of(p->number), &session_timers, &session_ops, c, &sdp);
    if (!c->session || !sdp.n || !read_remote(c, sdp, true)) {
        world_fault(p->world, "phone %s: an INVITE of the server cannot be taken", p->number);
        return;
    }
    switch (p->manner) {
    case PHONE_ANSWERS:
        timer_start(p->world->timers, &c->answer, G_USEC_PER_SEC);
        sip_session_progress(c->session, 180, (struct view){0}, (struct view){0});
        return;
    case PHONE_RINGS:
        sip_session_progress(c->session, 180, (struct view){0}, (struct view){0});
        return;
    case PHONE_BUSY:
        phone_refuse(c, 486);
        return;
    case PHONE_DECLINES:
        phone_refuse(c, 603);
        return;
    case PHONE_IS_DEAF:
        return;
    }
}

struct phone_call *phone_dial_with(struct phone *p, const char *number, const enum codec *voices, unsigned n, bool late)
{
    struct phone_call *c = call_new(p, false);
    char uri[64], own[64];
    timer_init(&c->answer, on_answer_due, c);
    memcpy(c->voices, voices, n * sizeof *voices);
    c->n_voices = n;
    c->late_offer = late;
    (void)snprintf(uri, sizeof uri, "sip:%s@192.0.2.1", number);
    (void)snprintf(own, sizeof own, "sip:%s@carillon", p->number);
    struct sip_session_credentials credentials = {view_of(p->number), {0}, view_of(p->number)};
    struct sip_session_invite i = {.flow = p->flow,
                                   .uri = view_of(uri),
                                   .from = {.uri = view_of(own)},
                                   .to_uri = view_of(uri),
                                   .sdp = late ? (struct view){0} : write_offer(c),
                                   .credentials = &credentials};
    c->session = sip_session_invite(p->endpoint, &i, &session_timers, &session_ops, c);
    return c;
}

struct phone_call *phone_dial(struct phone *p, const char *number)
{
    return phone_dial_with(p, number, usual_voices, G_N_ELEMENTS(usual_voices), false);
}

void phone_answer(struct phone_call *c)
{
    if (!c->session || c->state != PHONE_IS_RINGING)
        return;
    struct view answer = write_answer(c);
    if (!answer.n) {
        phone_refuse(c, 488);
        return;
    }
    c->state = PHONE_TALKS;
    sip_session_accept(c->session, answer);
}

void phone_refuse(struct phone_call *c, uint16_t status)
{
    if (!c->session || c->state != PHONE_IS_RINGING)
        return;
    c->state = PHONE_ENDED;
    timer_stop(c->phone->world->timers, &c->answer);
    sip_session_end(c->session, status, (struct view){0}, (struct view){0});
}

void phone_hang_up(struct phone_call *c)
{
    if (!c->session || c->state == PHONE_ENDED)
        return;
    c->state = PHONE_ENDED;
    timer_stop(c->phone->world->timers, &c->answer);
    sip_session_end(c->session, 480, (struct view){0}, (struct view){0});
}

bool phone_hold(struct phone_call *c, bool on)
{
    if (c->state != PHONE_TALKS || !c->session || !sip_session_can_offer(c->session))
        return false;
    c->holds = on;
    return sip_session_offer(c->session, write_offer(c)) == 0;
}

bool phone_offer_codec(struct phone_call *c, enum codec voice)
{
    if (c->state != PHONE_TALKS || !c->session || !sip_session_can_offer(c->session))
        return false;
    c->voices[0] = voice;
    c->n_voices = 1;
    return sip_session_offer(c->session, write_offer(c)) == 0;
}

void phone_refer(struct phone_call *c, const char *number)
{
    char target[64];
    (void)snprintf(target, sizeof target, "<sip:%s@192.0.2.1>", number);
    if (c->session && c->state == PHONE_TALKS)
        sip_session_refer(c->session, view_of(target));
}

void phone_refer_to_call(struct phone_call *c, struct phone_call *other)
{
    char target[512];
    if (!c->session || c->state != PHONE_TALKS || !other->session)
        return;
    (void)snprintf(target, sizeof target, "<sip:x@192.0.2.1?Replaces=%.*s%%3Bto-tag%%3D%.*s%%3Bfrom-tag%%3D%.*s>",
                   VIEW_ARG(sip_session_call_id(other->session)), VIEW_ARG(sip_session_remote_tag(other->session)),
                   VIEW_ARG(sip_session_local_tag(other->session)));
    sip_session_refer(c->session, view_of(target));
}

void phone_key(struct phone_call *c, char digit)
{
    char body[48];
    (void)snprintf(body, sizeof body, "Signal=%c\r\nDuration=160\r\n", digit);
    if (c->session && c->state == PHONE_TALKS)
        sip_session_info(c->session, VIEW("application/dtmf-relay"), view_of(body));
}

enum world_hears phone_hears_what(struct phone_call *c)
{
    struct net_addr party;
    return c->state == PHONE_ENDED ? HEARS_NOTHING : world_hears(c->phone->world, &c->rtp, &party);
}

bool phone_hears(struct phone_call *c, struct phone_call *other)
{
    struct net_addr party;
    return c->state == PHONE_TALKS && world_hears(c->phone->world, &c->rtp, &party) == HEARS_PARTY &&
           net_addr_eq(&party, &other->rtp);
}
