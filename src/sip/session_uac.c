/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls out: the INVITE, its early dialogs when something downstream forks (RFC 3261 13.2.2), the first 2xx that wins
 * and the others that are acknowledged and hung up at once.
 */
#include "sip/session_priv.h"

#include <errno.h>
#include <glib.h>

enum { CALL_ID_CHARS = 26, TAG_CHARS = 16, NAME_MAX_BYTES = 2048 };

/* --- starting ----------------------------------------------------------------------------------------------------- */

/* A From or To value without its header name: `"Name" <uri>`. A name that can't be said is left out. */
static struct view name_addr(struct buf *b, struct view display, struct view uri)
{
    static const size_t before = sizeof "To: " - 1, behind = sizeof "\r\n" - 1;
    size_t from = b->n;
    sip_put_name_addr(b, SIP_H_TO, display, uri, (struct view){0});
    if (b->full) {
        b->full = false;
        b->n = from;
        sip_put_name_addr(b, SIP_H_TO, (struct view){0}, uri, (struct view){0});
    }
    if (b->full)
        return (struct view){0};
    return (struct view){b->p + from + before, b->n - from - before - behind};
}

static int make_dialog(struct sip_session *s, const struct sip_session_invite *p)
{
    const struct entropy *e = sip_endpoint_config(s->ep)->entropy;
    char call_id[CALL_ID_CHARS + 1], tag[TAG_CHARS + 1], from_mem[NAME_MAX_BYTES], to_mem[NAME_MAX_BYTES];
    struct buf from = buf_on(from_mem, sizeof from_mem), to = buf_on(to_mem, sizeof to_mem);
    entropy_token(e, call_id, CALL_ID_CHARS);
    entropy_token(e, tag, TAG_CHARS);
    bool anonymous = p->from.withheld;
    struct view part[SIP_DIALOG_PARTS] = {
        [SIP_DIALOG_CALL_ID] = view_of(call_id),
        [SIP_DIALOG_LOCAL_TAG] = view_of(tag),
        [SIP_DIALOG_LOCAL] = anonymous ? name_addr(&from, VIEW("Anonymous"), VIEW("sip:anonymous@anonymous.invalid"))
                                       : name_addr(&from, p->from.display, p->from.uri),
        [SIP_DIALOG_REMOTE] = name_addr(&to, p->to_display, p->to_uri.n ? p->to_uri : p->uri),
        [SIP_DIALOG_TARGET] = p->uri,
        [SIP_DIALOG_ROUTES] = p->route,
    };
    if (!part[SIP_DIALOG_LOCAL].n || !part[SIP_DIALOG_REMOTE].n)
        return EMSGSIZE;
    return sip_dialog_init(&s->dialog, part);
}

static void keep_contact_user(struct sip_session *s, const struct sip_session_invite *p)
{
    struct sip_uri u;
    if (p->contact_user.n)
        text_keep(&s->contact_user, p->contact_user);
    else if (!p->from.withheld && sip_uri_parse(p->from.uri, &u) == 0)
        text_keep(&s->contact_user, u.user);
}

static void keep_credentials(struct sip_session *s, const struct sip_session_credentials *c)
{
    if (!c)
        return;
    s->credentials = g_new0(struct session_credentials, 1);
    s->credentials->user = view_dup(c->user);
    s->credentials->password = view_dup(c->password);
    text_keep(&s->credentials->realm, c->realm);
}

static struct sip_session *give_up(struct sip_session *s)
{
    s->ops = NULL; /* the user never had it */
    session_free(s);
    return NULL;
}

struct sip_session *sip_session_invite(struct sip_endpoint *ep, const struct sip_session_invite *p,
                                       const struct sip_session_timers *st, const struct sip_session_ops *ops,
                                       void *user)
{
    struct sip_session *s = session_new(ep, st, ops, user);
    s->outgoing = true;
    s->flow = p->flow;
    s->max_forwards = p->max_forwards;
    s->repeat_ms = p->repeat_ms;
    s->state = SIP_SESSION_CALLING;
    if (make_dialog(s, p) || !session_file(s))
        return give_up(s);
    keep_contact_user(s, p);
    keep_credentials(s, p->credentials);
    session_keep_identity(s, &p->from);
    session_keep_local(s, p->sdp);
    s->offer = p->sdp.n ? OFFER_OURS_INVITE : OFFER_ASKED_PEER;
    struct sip_op *op = op_new(s, OP_INVITE);
    s->invite_op = op;
    op_say(op, p->headers, p->sdp.n ? VIEW("application/sdp") : (struct view){0}, p->sdp);
    op_send(op, &s->dialog);
    return op->client ? s : give_up(s);
}

/* --- early dialogs ------------------------------------------------------------------------------------------------ */

static void fork_free(struct session_fork *f)
{
    sip_dialog_release(&f->dialog);
    g_free(f->sdp);
    g_free(f);
}

void uac_forget_forks(struct sip_session *s)
{
    while (s->forks) {
        struct session_fork *f = s->forks;
        s->forks = f->next;
        fork_free(f);
    }
}

struct session_fork *uac_fork_of(struct sip_session *s, struct view tag)
{
    for (struct session_fork *f = s->forks; f; f = f->next) {
        if (view_eq(sip_dialog_get(&f->dialog, SIP_DIALOG_REMOTE_TAG), tag))
            return f;
    }
    return NULL;
}

/* Is an exchange open in the early dialog talked with last? */
static bool fork_is_busy(const struct sip_session *s)
{
    return s->offer == OFFER_OURS_UPDATE || s->offer == OFFER_PEERS_UPDATE || s->offer == OFFER_PEERS_1XX;
}

static void fork_unlink(struct sip_session *s, struct session_fork *f)
{
    struct session_fork **at = &s->forks;
    while (*at != f)
        at = &(*at)->next;
    *at = f->next;
}

void uac_talk_with(struct sip_session *s, struct session_fork *f)
{
    if (fork_is_busy(s))
        return;
    fork_unlink(s, f);
    f->next = s->forks;
    s->forks = f;
    if (s->offer == OFFER_OURS_INVITE && f->reliable)
        s->offer = OFFER_IDLE;
    else if (s->offer == OFFER_IDLE && !f->reliable && s->invite_op && s->invite_op->body)
        s->offer = OFFER_OURS_INVITE;
}

/* What went on in that early dialog ends with it. */
static void drop_early_exchange(struct sip_session *s)
{
    session_drop_offer(s, 481);
    for (struct sip_op *op = s->requests, *next; op; op = next) {
        next = op->next;
        if (op->kind == OP_UPDATE) {
            s->wants |= op->why; /* said again once there is a dialog to say it in */
            op_free(op);
        }
    }
    if (fork_is_busy(s))
        s->offer = s->offer == OFFER_PEERS_1XX ? OFFER_ASKED_PEER : OFFER_IDLE;
}

void uac_drop_fork(struct sip_session *s, struct session_fork *f)
{
    if (f == s->forks)
        drop_early_exchange(s);
    fork_unlink(s, f);
    fork_free(f);
    if (s->forks)
        uac_talk_with(s, s->forks);
}

/* The fork that a response belongs to, made at its first; NULL: no tag, or there are too many. */
static struct session_fork *fork_take(struct sip_session *s, const struct sip_msg *m)
{
    struct session_fork *f = uac_fork_of(s, m->to_tag);
    unsigned n = 0;
    for (struct session_fork *other = s->forks; other; other = other->next)
        n++;
    if (f || !m->to_tag.n || n >= SESSION_FORKS_MAX)
        return f;
    f = g_new0(struct session_fork, 1);
    if (sip_dialog_of_response(&f->dialog, &s->dialog, m)) {
        fork_free(f);
        return NULL;
    }
    struct session_fork **last = &s->forks; /* it comes first only when it is talked with */
    while (*last)
        last = &(*last)->next;
    *last = f;
    return f;
}

/* --- provisional responses ---------------------------------------------------------------------------------------- */

/* SDP in a provisional: what of it is news to the user. */
static struct view early_answer(struct sip_op *op, struct session_fork *f, struct view sdp, bool reliable)
{
    struct sip_session *s = op->s;
    if (f->reliable)
        return (struct view){0}; /* settled; a second answer means nothing (RFC 6337 3.1) */
    text_keep(&f->sdp, sdp);
    f->reliable = reliable;
    if (s->offer == OFFER_OURS_INVITE || s->offer == OFFER_IDLE)
        s->offer = reliable ? OFFER_IDLE : OFFER_OURS_INVITE;
    uint64_t hash = session_sdp_hash(sdp);
    if (hash == s->remote_sdp)
        return (struct view){0};
    s->remote_sdp = hash;
    return sdp;
}

static void late_offer_early(struct sip_op *op, struct session_fork *f, const struct sip_msg *m, struct view sdp)
{
    struct sip_session *s = op->s;
    s->offer = OFFER_PEERS_1XX;
    s->prack_rseq = f->rseq; /* our PRACK will hold the answer */
    s->remote_sdp = session_sdp_hash(sdp);
    s->ops->progress(s->user, m, (struct view){0});
    if (s->state != SIP_SESSION_ENDED && s->offer == OFFER_PEERS_1XX)
        s->ops->offered(s->user, m, sdp);
}

static void provisional(struct sip_op *op, const struct sip_msg *m)
{
    struct sip_session *s = op->s;
    bool unsupported;
    struct session_fork *f = fork_take(s, m);
    if (!f && m->to_tag.n)
        return;
    bool reliable = f && prack_wanted(m);
    if (reliable && !prack_take(&f->rseq, m))
        return;
    session_learn_peer(s, m);
    struct view sdp = session_sdp_of(m, &unsupported);
    if (f) {
        s->state = SIP_SESSION_EARLY;
        uac_talk_with(s, f);
    }
    if (f && sdp.n && !op->body) {
        if (reliable && s->offer == OFFER_ASKED_PEER) {
            late_offer_early(op, f, m, sdp);
            return;
        }
        sdp = (struct view){0};
    }
    sdp = f && sdp.n ? early_answer(op, f, sdp, reliable) : (struct view){0};
    if (reliable)
        prack_send(s, &f->dialog, f->rseq, op->cseq, (struct view){0});
    s->ops->progress(s->user, m, sdp);
    session_next(s);
}

/* --- final responses ---------------------------------------------------------------------------------------------- */

void uac_ack(struct sip_op *op, struct sip_dialog *d, struct view sdp)
{
    struct sip_session *s = op->s;
    char mem[SESSION_HEAD_MAX];
    struct buf b = buf_on(mem, sizeof mem);
    sip_dialog_put(d, &b, SIP_ACK, op->cseq);
    buf_add(&b, text_view(op->auth)); /* the INVITE's credentials again (RFC 3261 22.1) */
    struct sip_request r = {.method = SIP_ACK, .uri = sip_dialog_uri(d), .headers = buf_view(&b), .body = sdp};
    if (sdp.n)
        r.content_type = VIEW("application/sdp");
    if (d == &s->dialog) {
        op->acked = true;
        op->ack_sdp = sdp.n > 0;
        if (s->invite_op == op)
            s->invite_op = NULL;
    }
    if (b.full || sip_endpoint_send_ack(s->ep, &s->flow, &r))
        return; /* lost like on the wire: the peer repeats its 2xx */
}

/* A 2xx that nobody waits for: acknowledged, and that dialog ended (RFC 3261 13.2.2.4). */
static void lose(struct sip_op *op, const struct sip_msg *m)
{
    struct sip_session *s = op->s;
    struct session_fork *f = fork_take(s, m);
    struct sip_dialog once = {0};
    if (f && f->lost) {
        uac_ack(op, &f->dialog, (struct view){0});
        return;
    }
    if (sip_dialog_of_response(&once, &s->dialog, m))
        return;
    uac_ack(op, &once, (struct view){0});
    struct sip_op *bye = op_new(s, OP_BYE);
    bye->challenges = UINT8_MAX; /* no second try: its dialog is not kept */
    op_send(bye, &once);
    if (f) {
        f->lost = true;
        sip_dialog_release(&f->dialog);
        f->dialog = once;
    } else {
        sip_dialog_release(&once);
    }
}

static void repeated(struct sip_op *op, const struct sip_msg *m)
{
    struct sip_session *s = op->s;
    if (!view_eq(sip_dialog_get(&s->dialog, SIP_DIALOG_REMOTE_TAG), m->to_tag))
        lose(op, m);
    else if (op->acked)
        uac_ack(op, &s->dialog, op->ack_sdp ? text_view(s->local_sdp) : (struct view){0});
}

static bool become_up(struct sip_op *op, const struct sip_msg *m, struct session_fork *f)
{
    struct sip_session *s = op->s;
    struct sip_dialog d = {0};
    if (sip_dialog_of_response(&d, &s->dialog, m))
        return false;
    if (s->forks && f != s->forks)
        drop_early_exchange(s);
    d.remote_cseq = f ? f->dialog.remote_cseq : 0;
    sip_dialog_release(&s->dialog);
    s->dialog = d;
    s->state = SIP_SESSION_UP;
    s->confirmed = true;
    session_learn_peer(s, m);
    timer_take_response(s, m);
    return true;
}

/* Our offer's answer: in this 2xx or in what came before it. False: there is none at all. */
static bool answer_of(struct sip_op *op, const struct session_fork *f, struct view *sdp)
{
    struct sip_session *s = op->s;
    if (f && f->reliable && f == s->forks) { /* settled there, and perhaps changed by UPDATE since */
        *sdp = (struct view){0};
        return true;
    }
    if (f && f->sdp && (f->reliable || !sdp->n))
        *sdp = text_view(f->sdp);
    if (!sdp->n)
        return false;
    if (s->offer == OFFER_OURS_INVITE)
        s->offer = OFFER_IDLE;
    uint64_t hash = session_sdp_hash(*sdp);
    if (hash == s->remote_sdp)
        *sdp = (struct view){0};
    s->remote_sdp = hash;
    return true;
}

static void success(struct sip_op *op, const struct sip_msg *m)
{
    struct sip_session *s = op->s;
    struct session_fork *f = fork_take(s, m);
    bool unsupported, offered_here = op->body != NULL;
    struct view sdp = session_sdp_of(m, &unsupported);
    op->final = true;
    if (!become_up(op, m, f)) {
        session_ended(s, SIP_END_REFUSED, 513, m);
        return;
    }
    op_say(op, (struct view){0}, (struct view){0}, (struct view){0}); /* it is not sent again */
    bool late = !offered_here && (s->offer == OFFER_ASKED_PEER || s->offer == OFFER_PEERS_1XX);
    if (late && sdp.n) {
        s->offer = OFFER_PEERS_2XX; /* the ACK waits for our answer */
        s->remote_sdp = session_sdp_hash(sdp);
        s->ops->answered(s->user, m, sdp);
        return;
    }
    uac_ack(op, &s->dialog, (struct view){0});
    if (late || (offered_here && !answer_of(op, f, &sdp))) {
        session_hang_up(s, SIP_END_REFUSED, 488);
        return;
    }
    s->ops->answered(s->user, m, offered_here ? sdp : (struct view){0});
    session_next(s);
}

static void refused(struct sip_op *op, const struct sip_msg *m)
{
    struct sip_session *s = op->s;
    op_free(op);
    session_ended(s, SIP_END_REFUSED, m->status, m);
}

void uac_response(struct sip_op *op, const struct sip_msg *m)
{
    if (m->status < 200) {
        if (m->status > 100 && !op->final && op->s->state != SIP_SESSION_ENDED)
            provisional(op, m);
    } else if (m->status >= 300) {
        if (!op->final)
            refused(op, m);
    } else if (op->final) {
        repeated(op, m);
    } else if (op->s->state == SIP_SESSION_ENDED) {
        lose(op, m); /* it crossed our CANCEL */
    } else {
        success(op, m);
    }
}

void uac_failed(struct sip_op *op, enum sip_client_failure why)
{
    struct sip_session *s = op->s;
    op_free(op);
    session_ended(s, why == SIP_CLIENT_TIMEOUT ? SIP_END_TIMEOUT : SIP_END_TRANSPORT, 0, NULL);
}

void uac_end(struct sip_session *s, struct view reason_line)
{
    if (!s->invite_op)
        return;
    if (s->invite_op->client)
        sip_client_cancel(s->invite_op->client, reason_line);
    s->invite_op = NULL;
}
