/* SPDX-License-Identifier: Apache-2.0
 *
 * REFER inside the dialog (RFC 3515, 3892, 4488): asked by the peer, and its NOTIFYs with message/sipfrag, one on its
 * way at a time so that they come in order; and NOTIFYs for a REFER of ours.
 */
#include "sip/session_priv.h"

#include <glib.h>

enum { REPLACES_MAX = 1024, SUBSCRIPTION_S = 180 };

/* --- the peer refers us ------------------------------------------------------------------------------------------- */

/* The value of ?Replaces= in a Refer-To URI, unescaped; false if it can't be read. */
static bool replaces_of(struct view headers, struct buf *out)
{
    if (headers.n && headers.p[0] == '?')
        headers = view_slice(headers, 1, headers.n);
    while (headers.n) {
        struct view value = view_cut(&headers, '&');
        struct view name = view_cut(&value, '=');
        if (view_eq_nocase(name, VIEW("Replaces")))
            return sip_unescape(value, out) && view_find(buf_view(out), '\0') == out->n &&
                   view_find(buf_view(out), '\r') == out->n && view_find(buf_view(out), '\n') == out->n;
    }
    return true;
}

/* Exactly one Refer-To with a URI (RFC 3515 2.4.2). */
static bool refer_to_of(const struct sip_msg *m, struct sip_name_addr *ret)
{
    unsigned n = 0;
    for (unsigned i = 0; i < m->n_fields; i++)
        n += m->fields[i].id == SIP_H_REFER_TO;
    return n == 1 && sip_name_addr_parse(sip_msg_value(m, SIP_H_REFER_TO), ret);
}

bool sip_refer_read(const struct sip_msg *m, struct sip_session_refer *ret, struct buf *replaces)
{
    *ret = (struct sip_session_refer){.msg = m, .referred_by = sip_msg_value(m, SIP_H_REFERRED_BY)};
    if (!refer_to_of(m, &ret->refer_to) || !replaces_of(ret->refer_to.uri.headers, replaces))
        return false;
    ret->replaces = buf_view(replaces);
    return true;
}

static void respond_refer(struct sip_session *s, struct sip_server *txn, uint16_t status, bool silent)
{
    char mem[SESSION_HEAD_MAX / 8];
    struct buf b = buf_on(mem, sizeof mem);
    if (status < 300)
        head_contact(s, &b);
    if (status < 300 && silent)
        sip_put(&b, SIP_H_REFER_SUB, VIEW("false"));
    session_respond(s, txn, b.full ? 500 : status, b.full ? (struct view){0} : buf_view(&b));
}

static void send_notify(struct sip_session *s, uint16_t status);

void refer_request(struct sip_session *s, struct sip_server *txn, const struct sip_msg *m)
{
    char mem[REPLACES_MAX];
    struct buf replaces = buf_on(mem, sizeof mem);
    struct sip_session_refer r;
    if (!sip_refer_read(m, &r, &replaces)) {
        sip_server_respond(txn, &(struct sip_response){.status = 400, .reason = VIEW("Bad Refer-To")});
        return;
    }
    if (s->refer.active) {
        session_respond(s, txn, 491, (struct view){0}); /* one transfer of a call at a time */
        return;
    }
    bool silent = view_starts_nocase(sip_msg_value(m, SIP_H_REFER_SUB), VIEW("false"));
    s->refer.cseq = m->cseq.number;
    /* Progress that is told from inside `referred` waits behind the 202 and the first NOTIFY. */
    s->refer.active = s->refer.busy = true;
    s->refer.final = false;
    uint16_t status = s->ops->referred ? s->ops->referred(s->user, &r) : 603;
    if (status < 200 || status > 699)
        status = 500;
    if (status < 300)
        status = silent ? 200 : 202;
    respond_refer(s, txn, status, silent);
    s->refer.busy = false;
    if (status != 202 || s->state == SIP_SESSION_ENDED || !session_dialog(s)) {
        s->refer.active = false;
        s->refer.next = 0;
        return;
    }
    s->refer.count++;
    send_notify(s, 100); /* at once, whatever comes of it (RFC 3515 2.4.4) */
}

static void send_notify(struct sip_session *s, uint16_t status)
{
    char mem[128], frag[128];
    struct buf b = buf_on(mem, sizeof mem), body = buf_on(frag, sizeof frag);
    if (s->refer.count > 1)
        sip_putf(&b, SIP_H_EVENT, "refer;id=%u", s->refer.cseq);
    else
        sip_put(&b, SIP_H_EVENT, VIEW("refer"));
    if (status >= 200)
        sip_put(&b, SIP_H_SUBSCRIPTION_STATE, VIEW("terminated;reason=noresource"));
    else
        sip_putf(&b, SIP_H_SUBSCRIPTION_STATE, "active;expires=%u", (unsigned)SUBSCRIPTION_S);
    sip_put_status_line(&body, status, (struct view){0});
    struct sip_op *op = op_new(s, OP_NOTIFY);
    op_say(op, buf_view(&b), VIEW("message/sipfrag;version=2.0"), buf_view(&body));
    s->refer.busy = true;
    op_send(op, session_dialog(s));
}

void sip_session_refer_progress(struct sip_session *s, uint16_t status)
{
    if (!s->refer.active || s->refer.final || s->state == SIP_SESSION_ENDED || !session_dialog(s))
        return;
    s->refer.final = status >= 200;
    if (s->refer.busy) {
        s->refer.next = status; /* only the newest matters */
        return;
    }
    send_notify(s, status);
}

void refer_flush(struct sip_session *s)
{
    if (!s->refer.next)
        return;
    uint16_t status = s->refer.next;
    s->refer.next = 0;
    send_notify(s, status);
}

void refer_notify_done(struct sip_session *s, bool alive)
{
    s->refer.busy = false;
    if (!alive) {
        s->refer.active = false; /* nobody listens */
        s->refer.next = 0;
    } else if (s->refer.next && s->state != SIP_SESSION_ENDED) {
        refer_flush(s);
    } else if (s->refer.final) {
        s->refer.active = false;
    }
}

/* --- we refer the peer -------------------------------------------------------------------------------------------- */

void sip_session_refer(struct sip_session *s, struct view refer_to)
{
    char mem[REPLACES_MAX + 256];
    struct buf b = buf_on(mem, sizeof mem);
    struct sip_dialog *d = session_dialog(s);
    sip_put(&b, SIP_H_REFER_TO, refer_to);
    if (s->state != SIP_SESSION_UP || !d || b.full)
        return;
    struct sip_op *op = op_new(s, OP_REFER);
    op_say(op, buf_view(&b), (struct view){0}, (struct view){0});
    op_send(op, d);
}

/* The status of a message/sipfrag body: "SIP/2.0 180 Ringing"; 0: none. */
static uint16_t sipfrag_status(struct view body)
{
    uint32_t status;
    if (!view_starts_nocase(body, VIEW("SIP/2.0 ")))
        return 0;
    struct view digits = view_slice(body, 8, 11);
    return digits.n == 3 && view_to_u32(digits, 699, &status) && status >= 100 ? (uint16_t)status : 0;
}

void notify_request(struct sip_session *s, struct sip_server *txn, const struct sip_msg *m)
{
    struct view event = sip_msg_value(m, SIP_H_EVENT);
    event = view_trim(view_cut(&event, ';'));
    if (!view_eq_nocase(event, VIEW("refer")) || !s->ops->refer_notified) {
        session_respond(s, txn, 489, (struct view){0});
        return;
    }
    session_respond(s, txn, 200, (struct view){0});
    uint16_t status = sipfrag_status(m->body);
    if (status)
        s->ops->refer_notified(s->user, status);
}
