/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests of ours inside a session: built, sent, sent again with credentials (RFC 3261 22.3, F5) or a longer interval
 * (RFC 4028), and their answers handed to whom they concern.
 */
#include "sip/digest.h"
#include "sip/session_priv.h"

#include <glib.h>

enum { AUTH_LINE_MAX = 4096, CNONCE_CHARS = 16 };

static const enum sip_method methods[] = {
    [OP_INVITE] = SIP_INVITE, [OP_REINVITE] = SIP_INVITE, [OP_UPDATE] = SIP_UPDATE, [OP_PRACK] = SIP_PRACK,
    [OP_BYE] = SIP_BYE,       [OP_INFO] = SIP_INFO,       [OP_NOTIFY] = SIP_NOTIFY, [OP_REFER] = SIP_REFER,
};

static enum sip_method op_method(const struct sip_op *op)
{
    return methods[op->kind];
}

struct sip_op *op_new(struct sip_session *s, enum op_kind kind)
{
    struct sip_op *op = g_new0(struct sip_op, 1);
    op->s = s;
    op->kind = (uint8_t)kind;
    op->next = s->requests;
    s->requests = op;
    return op;
}

static void op_forget_text(struct sip_op *op)
{
    g_clear_pointer(&op->headers, g_free);
    g_clear_pointer(&op->content_type, g_free);
    g_clear_pointer(&op->body, g_free);
}

void op_free(struct sip_op *op)
{
    struct sip_op **at = &op->s->requests;
    while (*at != op)
        at = &(*at)->next;
    *at = op->next;
    if (op->s->invite_op == op)
        op->s->invite_op = NULL;
    if (op->client)
        sip_client_disown(op->client);
    op_forget_text(op);
    g_free(op->auth);
    g_free(op);
}

void op_say(struct sip_op *op, struct view headers, struct view content_type, struct view body)
{
    text_keep(&op->headers, headers);
    text_keep(&op->content_type, content_type);
    text_keep(&op->body, body);
}

static void op_head(struct sip_op *op, const struct sip_dialog *d, struct buf *b)
{
    struct sip_session *s = op->s;
    enum sip_method m = op_method(op);
    sip_dialog_put(d, b, m, op->cseq);
    if (m == SIP_INVITE || m == SIP_UPDATE) {
        head_contact(s, b);
        head_abilities(s, b);
        head_identity(s, b);
        timer_put_request(s, b);
    } else if (m == SIP_NOTIFY || m == SIP_REFER) {
        head_contact(s, b);
    }
    buf_add(b, text_view(op->auth));
    buf_add(b, text_view(op->headers));
}

static void op_dies(struct sip_op *op)
{
    op->dead = true;
    timer_start(session_clock(op->s), &op->s->later, 0);
}

static void on_response(void *arg, struct sip_client *t, const struct sip_msg *m, const struct sip_flow *flow);
static void on_failed(void *arg, struct sip_client *t, enum sip_client_failure why);
static void on_over(void *arg, struct sip_client *t);
static const struct sip_client_ops client_ops = {on_response, on_failed, on_over};

void op_send(struct sip_op *op, struct sip_dialog *d)
{
    struct sip_session *s = op->s;
    char mem[SESSION_HEAD_MAX];
    struct buf b = buf_on(mem, sizeof mem);
    op->cseq = ++s->cseq;
    op_head(op, d, &b);
    struct sip_request r = {
        .method = op_method(op),
        .uri = sip_dialog_uri(d),
        .headers = buf_view(&b),
        .max_forwards = op->kind == OP_INVITE ? s->max_forwards : 0,
        .repeat_us = op->kind == OP_INVITE ? s->repeat_ms * 1000u : 0,
        .content_type = text_view(op->content_type),
        .body = text_view(op->body),
    };
    op->starting = true;
    op->client = b.full ? NULL : sip_client_start(s->ep, &s->flow, &r, &client_ops, op);
    op->starting = false;
    if (op->dead)
        op->client = NULL;
    else if (!op->client)
        op_dies(op);
}

/* The first challenge that we can answer with what we have for this peer, or NULL (F5). */
static const struct sip_field *find_challenge(const struct sip_op *op, const struct sip_msg *m,
                                              struct digest_challenge *c)
{
    const struct session_credentials *mine = op->s->credentials;
    enum sip_header id = m->status == 401 ? SIP_H_WWW_AUTHENTICATE : SIP_H_PROXY_AUTHENTICATE;
    for (unsigned i = 0; i < m->n_fields; i++) {
        if (m->fields[i].id != id || !digest_challenge_parse(m->fields[i].value, c) || !c->known_algorithm)
            continue;
        if (!mine->realm || view_eq(c->realm, text_view(mine->realm)))
            return &m->fields[i];
    }
    return NULL;
}

/* 401 and 407 are answered once; a second time only if the nonce alone was wrong (stale). */
static bool op_authorized(struct sip_op *op, const struct sip_msg *m, const struct sip_dialog *d)
{
    struct session_credentials *mine = op->s->credentials;
    struct digest_challenge c;
    if (!mine || op->challenges > 1 || !find_challenge(op, m, &c) || (op->challenges == 1 && !c.stale))
        return false;
    op->challenges++;
    char mem[AUTH_LINE_MAX], cnonce[CNONCE_CHARS + 1], ha1[DIGEST_HEX_MAX];
    struct buf b = buf_on(mem, sizeof mem);
    entropy_token(sip_endpoint_config(op->s->ep)->entropy, cnonce, CNONCE_CHARS);
    struct view user = text_view(mine->user);
    digest_ha1(c.algorithm, user, c.realm, text_view(mine->password), ha1);
    struct digest_credentials said = {
        .username = user, .realm = c.realm, .uri = sip_dialog_uri(d), .cnonce = view_of(cnonce), .nc = 1};
    digest_put_authorization(&b, m->status == 401 ? SIP_H_AUTHORIZATION : SIP_H_PROXY_AUTHORIZATION, &c, &said, ha1,
                             view_of(sip_method_name(op_method(op))));
    if (b.full)
        return false;
    text_keep(&op->auth, buf_view(&b));
    return true;
}

static bool op_again(struct sip_op *op, const struct sip_msg *m, struct sip_dialog *d)
{
    if (m->status == 401 || m->status == 407)
        return op_authorized(op, m, d);
    bool timed = op_method(op) == SIP_INVITE || op_method(op) == SIP_UPDATE;
    return m->status == 422 && timed && op->raises++ < SESSION_RAISES_MAX && timer_raise(op->s, m);
}

/* Sends it again if the answer asks for that and we can. */
static bool op_retried(struct sip_op *op, const struct sip_msg *m)
{
    struct sip_session *s = op->s;
    struct sip_dialog *d = op->kind == OP_INVITE ? &s->dialog : session_dialog(s);
    if (!d || (s->state == SIP_SESSION_ENDED && op->kind != OP_BYE) || !op_again(op, m, d))
        return false;
    sip_client_disown(op->client);
    op->client = NULL;
    op_send(op, d);
    return true;
}

/* BYE, PRACK, INFO, NOTIFY, REFER: nobody waits for more than that they are done. */
static void simple_done(struct sip_op *op, uint16_t status)
{
    struct sip_session *s = op->s;
    enum op_kind kind = op->kind;
    op_free(op);
    if (kind == OP_NOTIFY)
        refer_notify_done(s, status < 300);
    else if (kind == OP_REFER && status >= 300 && s->state == SIP_SESSION_UP && s->ops->refer_notified)
        s->ops->refer_notified(s->user, status);
    else if (status == 481 && kind == OP_INFO && s->state == SIP_SESSION_UP)
        session_ended(s, SIP_END_GONE, 0, NULL);
    session_settle(s);
}

static void on_response(void *arg, struct sip_client *t, const struct sip_msg *m, const struct sip_flow *flow)
{
    (void)t;
    struct sip_op *op = arg;
    struct sip_session *s = op->s;
    if (!s->flow.connection && flow->connection && flow->transport == s->flow.transport)
        s->flow = *flow; /* the connection that was asked for */
    if (m->status >= 300 && op_retried(op, m))
        return;
    switch ((enum op_kind)op->kind) {
    case OP_INVITE:
        uac_response(op, m);
        break;
    case OP_REINVITE:
        reinvite_response(op, m);
        break;
    case OP_UPDATE:
        if (m->status >= 200)
            update_response(op, m);
        break;
    case OP_PRACK:
    case OP_BYE:
    case OP_INFO:
    case OP_NOTIFY:
    case OP_REFER:
        if (m->status >= 200)
            simple_done(op, m->status);
        break;
    }
}

static void op_failed(struct sip_op *op, enum sip_client_failure why)
{
    uint16_t status = why == SIP_CLIENT_TIMEOUT ? 408 : 503;
    switch ((enum op_kind)op->kind) {
    case OP_INVITE:
        uac_failed(op, why);
        break;
    case OP_REINVITE:
    case OP_UPDATE:
        exchange_failed(op, status);
        break;
    case OP_PRACK:
    case OP_BYE:
    case OP_INFO:
    case OP_NOTIFY:
    case OP_REFER:
        simple_done(op, status);
        break;
    }
}

static void on_failed(void *arg, struct sip_client *t, enum sip_client_failure why)
{
    (void)t;
    struct sip_op *op = arg;
    op->client = NULL;
    if (op->starting)
        op_dies(op);
    else
        op_failed(op, why);
}

static void on_over(void *arg, struct sip_client *t)
{
    (void)t;
    struct sip_op *op = arg;
    struct sip_session *s = op->s;
    op->client = NULL;
    op_free(op);
    session_settle(s);
}

void op_tell_dead(struct sip_session *s)
{
    struct sip_op *op = s->requests;
    while (op && !op->dead)
        op = op->next;
    if (!op)
        return;
    timer_start(session_clock(s), &s->later, 0); /* another one, if any, at the next firing */
    op_failed(op, SIP_CLIENT_TRANSPORT);
}
