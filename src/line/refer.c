/* SPDX-License-Identifier: Apache-2.0
 *
 * REFER: what it asks for and whether its sender may (SIP-16), and REFER outside of the call's dialog (RFC 3515, 4538):
 * a phone names the call that it means by Target-Dialog, or has only one. What follows is the same transfer as inside;
 * its progress goes out by NOTIFY in the dialog that the REFER made.
 */
#include "line/leg_priv.h"

/* The leg named by ?Replaces= in Refer-To: it must be of the same user (SIP-16). */
static uint16_t find_replaced(struct line_leg *leg, struct view value, leg_id *ret)
{
    struct sip_replaces replaces;
    if (!sip_replaces_parse(value, &replaces))
        return 400;
    struct line_leg *other = sip_session_find(leg->line->endpoint, &replaces);
    if (!other || other->core_done || other == leg)
        return 481;
    if (!leg->user || other->user != leg->user)
        return 403;
    *ret = other->id;
    return 202;
}

uint16_t line_refer_check(struct line_leg *leg, const struct sip_session_refer *r, struct line_refer *ret)
{
    struct buf b = buf_on(ret->number, sizeof ret->number - 1);
    ret->replaces = 0;
    if (leg->core_done)
        return 481;
    if (!leg->user)
        return 403; /* an outside party cannot transfer (CALL-27) */
    if (r->refer_to.uri.scheme == SIP_SCHEME_OTHER || !r->refer_to.uri.user.n)
        return r->replaces.n ? 400 : 404;
    if (!sip_unescape(r->refer_to.uri.user, &b) || memchr(ret->number, '\0', b.n))
        return 404;
    ret->number[b.n] = '\0';
    return r->replaces.n ? find_replaced(leg, r->replaces, &ret->replaces) : 202;
}

/* --- outside of the dialog ---------------------------------------------------------------------------------------- */

struct refer_watch { /* the subscription that the REFER made, until its final NOTIFY */
    struct line *line;
    struct sip_flow flow;
    char *target;  /* the phone's Contact */
    char *headers; /* From, To, Call-ID as lines, seen from us */
    char *route;   /* Record-Route of the REFER; NULL: none */
    uint32_t cseq;
};

void line_refer_watch_free(struct refer_watch *w)
{
    if (!w)
        return;
    g_free(w->target);
    g_free(w->headers);
    g_free(w->route);
    g_free(w);
}

/* The parameter of Target-Dialog, or of an older phone's orientation of it. */
static struct line_leg *by_target_dialog(struct line *l, struct view value)
{
    struct view rest = value, local, remote;
    struct view call_id = view_trim(view_cut(&rest, ';'));
    struct view params = view_slice(value, view_find(value, ';'), value.n);
    if (!sip_param_get(params, VIEW("local-tag"), &local) || !sip_param_get(params, VIEW("remote-tag"), &remote))
        return NULL;
    /* The tags are the recipient's view (RFC 4538 section 7): local is ours. */
    return sip_session_find(l->endpoint,
                            &(struct sip_replaces){.call_id = call_id, .to_tag = local, .from_tag = remote});
}

/* The one call that this device talks in; NULL when there is none or more than one. */
static struct line_leg *only_call_of(struct line *l, uint32_t device)
{
    GHashTableIter at;
    void *value;
    struct line_leg *found = NULL;
    g_hash_table_iter_init(&at, l->legs);
    while (g_hash_table_iter_next(&at, NULL, &value)) {
        struct line_leg *leg = value;
        if (leg->device != device || leg->core_done || !leg->session ||
            sip_session_state(leg->session) != SIP_SESSION_UP)
            continue;
        if (found)
            return NULL;
        found = leg;
    }
    return found;
}

static struct line_leg *find_leg(struct line *l, const struct sip_msg *m, const struct model_device *device)
{
    struct view target = sip_msg_value(m, SIP_H_TARGET_DIALOG);
    struct line_leg *leg = target.n ? by_target_dialog(l, target) : only_call_of(l, device->id);
    return leg && !leg->core_done && leg->session && leg->user == device->user->id ? leg : NULL;
}

static struct refer_watch *watch_new(struct line *l, struct sip_server *txn, const struct sip_msg *m)
{
    struct sip_name_addr contact;
    char text[2048], tags[2][160];
    struct buf b = buf_on(text, sizeof text), from = buf_on(tags[0], sizeof tags[0]),
               to = buf_on(tags[1], sizeof tags[1]);
    buf_addf(&from, ";tag=%.*s", VIEW_ARG(sip_server_to_tag(txn)));
    buf_addf(&to, ";tag=%.*s", VIEW_ARG(m->from_tag));
    sip_put_name_addr(&b, SIP_H_FROM, (struct view){0}, m->to.uri.text, buf_view(&from));
    sip_put_name_addr(&b, SIP_H_TO, (struct view){0}, m->from.uri.text, buf_view(&to));
    sip_put(&b, SIP_H_CALL_ID, m->call_id);
    if (b.full || from.full || to.full || !sip_name_addr_parse(sip_msg_value(m, SIP_H_CONTACT), &contact))
        return NULL;
    struct refer_watch *w = g_new0(struct refer_watch, 1);
    *w = (struct refer_watch){.line = l,
                              .flow = *sip_server_flow(txn),
                              .target = view_dup(contact.uri.text),
                              .headers = view_dup(buf_view(&b))};
    struct view route = sip_msg_value(m, SIP_H_RECORD_ROUTE);
    if (route.n)
        w->route = view_dup(route);
    return w;
}

/* Nobody waits for more than that it was sent: a phone that is gone has no call to come back to. */
static void on_notify_answer(void *arg, struct sip_client *t, const struct sip_msg *m, const struct sip_flow *flow)
{
    (void)arg, (void)t, (void)m, (void)flow;
}

static void on_notify_failed(void *arg, struct sip_client *t, enum sip_client_failure why)
{
    (void)arg, (void)t, (void)why;
}

static void notify(struct refer_watch *w, uint16_t status)
{
    static const struct sip_client_ops ops = {.response = on_notify_answer, .failed = on_notify_failed};
    char text[4096], frag[128];
    struct buf b = buf_on(text, sizeof text), body = buf_on(frag, sizeof frag);
    buf_add_text(&b, w->headers);
    sip_putf(&b, SIP_H_CSEQ, "%u NOTIFY", ++w->cseq);
    if (w->route)
        sip_put(&b, SIP_H_ROUTE, view_of(w->route));
    buf_add(&b, VIEW("Contact: "));
    (void)sip_endpoint_contact(w->line->endpoint, &w->flow, (struct view){0}, &b);
    buf_add(&b, VIEW("\r\nEvent: refer\r\n"));
    sip_put(&b, SIP_H_SUBSCRIPTION_STATE,
            status >= 200 ? VIEW("terminated;reason=noresource") : VIEW("active;expires=180"));
    sip_put_status_line(&body, status, (struct view){0});
    struct sip_request r = {.method = SIP_NOTIFY,
                            .uri = view_of(w->target),
                            .headers = buf_view(&b),
                            .content_type = VIEW("message/sipfrag;version=2.0"),
                            .body = buf_view(&body)};
    if (!b.full)
        (void)sip_client_start(w->line->endpoint, &w->flow, &r, &ops, NULL);
}

bool line_refer_progress(struct line_leg *leg, uint16_t status)
{
    if (!leg->refer)
        return false;
    notify(leg->refer, status);
    if (status >= 200) {
        line_refer_watch_free(leg->refer);
        leg->refer = NULL;
    }
    return true;
}

/* Takes the leg's REFER over; the answer's status. */
static uint16_t take(struct line_leg *leg, struct sip_server *txn, const struct sip_msg *m, struct line_refer *ret)
{
    struct sip_session_refer r;
    char mem[1024];
    struct buf replaces = buf_on(mem, sizeof mem);
    if (leg->refer)
        return 491;
    if (!sip_refer_read(m, &r, &replaces))
        return 400;
    uint16_t status = line_refer_check(leg, &r, ret);
    if (status == 202)
        leg->refer = watch_new(leg->line, txn, m);
    return status == 202 && !leg->refer ? 400 : status;
}

void line_refer(struct line *l, struct sip_server *txn, const struct sip_msg *m, const struct model_device *device)
{
    struct line_leg *leg = find_leg(l, m, device);
    struct line_refer asked;
    char mem[256];
    struct buf contact = buf_on(mem, sizeof mem);
    uint16_t status = leg ? take(leg, txn, m, &asked) : 481;
    if (status != 202) {
        line_answer(txn, status);
        return;
    }
    buf_add(&contact, VIEW("Contact: "));
    (void)sip_endpoint_contact(l->endpoint, sip_server_flow(txn), (struct view){0}, &contact);
    buf_add(&contact, VIEW("\r\n"));
    line_answer_with(txn, 202, buf_view(&contact));
    line_leg_tell(leg, &(struct leg_event){.kind = LEG_REFERRED, .refer = {asked.number, asked.replaces}});
}
