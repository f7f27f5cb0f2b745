/* SPDX-License-Identifier: Apache-2.0
 *
 * A session's life: made, filed, ended, freed. See session.h. Whoever may be inside a call of the user gets no event:
 * what must be told then goes through the timer `later`.
 */
#include "sip/multipart.h"
#include "sip/session_priv.h"

#include <glib.h>
#include <string.h>

/* What can be asked with sip_session_peer_supports, in order of the bits of peer_tags. */
static const char *const session_tags[] = {"100rel", "timer", "replaces", "norefersub", "path",         "outbound",
                                           "gruu",   "ice",   "tdialog",  "histinfo",   "precondition", "from-change"};

struct view text_view(const char *zero_ended)
{
    return view_of(zero_ended);
}

void text_keep(char **slot, struct view v)
{
    char *kept = v.n ? view_dup(v) : NULL; /* first: v may lie in what is freed */
    g_free(*slot);
    *slot = kept;
}

struct timers *session_clock(const struct sip_session *s)
{
    return sip_endpoint_config(s->ep)->timers;
}

/* --- registry: which pointers are sessions of this endpoint ------------------------------------------------------- */

static GHashTable *registry(struct sip_endpoint *ep)
{
    return *sip_endpoint_sessions(ep);
}

static void registry_add(struct sip_session *s)
{
    void **slot = sip_endpoint_sessions(s->ep);
    if (!*slot)
        *slot = g_hash_table_new(NULL, NULL);
    g_hash_table_add(*slot, s);
}

static void registry_remove(struct sip_session *s)
{
    void **slot = sip_endpoint_sessions(s->ep);
    g_hash_table_remove(*slot, s);
    if (g_hash_table_size(*slot) == 0)
        g_clear_pointer((GHashTable **)slot, g_hash_table_unref);
}

size_t sip_session_count(struct sip_endpoint *ep)
{
    return registry(ep) ? g_hash_table_size(registry(ep)) : 0;
}

void sip_sessions_drop(struct sip_endpoint *ep)
{
    while (registry(ep)) {
        GHashTableIter i;
        void *s;
        g_hash_table_iter_init(&i, registry(ep));
        if (!g_hash_table_iter_next(&i, &s, NULL))
            break;
        session_free(s);
    }
}

/* --- life --------------------------------------------------------------------------------------------------------- */

static void later_fired(void *arg)
{
    struct sip_session *s = arg;
    op_tell_dead(s);
    if (s->ending.due) {
        s->ending.due = false;
        session_hang_up(s, s->ending.how, s->ending.status);
    }
    if (s->state == SIP_SESSION_ENDED && !s->requests && !timer_runs(&s->repeat.timer))
        session_free(s);
}

struct sip_session *session_new(struct sip_endpoint *ep, const struct sip_session_timers *st,
                                const struct sip_session_ops *ops, void *user)
{
    struct sip_session *s = g_new0(struct sip_session, 1);
    s->ep = ep;
    s->ops = ops;
    s->user = user;
    s->interval.offered = *st;
    timer_init(&s->repeat.timer, uas_repeat_fired, s);
    timer_init(&s->retry, offer_retry_fired, s);
    timer_init(&s->interval.timer, timer_fired, s);
    timer_init(&s->later, later_fired, s);
    registry_add(s);
    return s;
}

bool session_file(struct sip_session *s)
{
    s->entry = sip_endpoint_add_dialog(s->ep, sip_dialog_get(&s->dialog, SIP_DIALOG_CALL_ID),
                                       sip_dialog_get(&s->dialog, SIP_DIALOG_LOCAL_TAG), session_request, s);
    return s->entry != NULL;
}

static void forget_queued(struct sip_session *s)
{
    if (s->rel.queued) {
        g_free(s->rel.queued->sdp);
        g_free(s->rel.queued->headers);
        g_clear_pointer(&s->rel.queued, g_free);
    }
}

/* What only a living session needs. */
static void session_wither(struct sip_session *s)
{
    timer_stop(session_clock(s), &s->retry);
    timer_stop(session_clock(s), &s->interval.timer);
    forget_queued(s);
    g_clear_pointer(&s->offer_sdp, g_free);
    s->wants = 0;
    s->offer = OFFER_IDLE;
}

static void session_discard(struct sip_session *s)
{
    struct timers *clock = session_clock(s);
    session_wither(s);
    timer_stop(clock, &s->repeat.timer);
    timer_stop(clock, &s->later);
    while (s->requests)
        op_free(s->requests);
    if (s->invite_txn)
        sip_server_disown(s->invite_txn);
    if (s->offer_txn)
        sip_server_disown(s->offer_txn);
    uac_forget_forks(s);
    sip_endpoint_remove_dialog(s->ep, s->entry);
    sip_dialog_release(&s->dialog);
    if (s->credentials) {
        g_free(s->credentials->user);
        g_free(s->credentials->realm);
        g_free(s->credentials->password);
        g_free(s->credentials);
    }
    g_free(s->contact_user);
    g_free(s->identity);
    g_free(s->ending.bye_lines);
    g_free(s->local_sdp);
    registry_remove(s);
}

void session_free(struct sip_session *s)
{
    session_discard(s);
    if (s->ops && s->ops->over)
        s->ops->over(s->user);
    g_free(s);
}

void session_settle(struct sip_session *s)
{
    if (s->state == SIP_SESSION_ENDED && !s->requests && !timer_runs(&s->repeat.timer))
        timer_start(session_clock(s), &s->later, 0);
}

void session_end_later(struct sip_session *s, enum sip_session_end how, uint16_t status)
{
    s->ending.due = true;
    s->ending.how = (uint8_t)how;
    s->ending.status = status;
    timer_start(session_clock(s), &s->later, 0);
}

void session_stop_repeating(struct sip_session *s)
{
    s->ack_waits = s->ending.bye_waits = false;
    timer_stop(session_clock(s), &s->repeat.timer);
}

/* Requests of the peer that still wait get their answer (RFC 3261 15.1.2), ours that may never end are cancelled. */
static void session_close(struct sip_session *s)
{
    session_drop_offer(s, 487);
    if (s->invite_txn && !s->ack_waits)
        uas_drop_invite(s, 487, (struct view){0});
    if (s->invite_op && !s->invite_op->final && s->invite_op->client)
        sip_client_cancel(s->invite_op->client, (struct view){0});
    session_wither(s);
    s->state = SIP_SESSION_ENDED;
}

void session_ended(struct sip_session *s, enum sip_session_end how, uint16_t status, const struct sip_msg *m)
{
    bool told = s->state == SIP_SESSION_ENDED || s->ending.told;
    session_close(s);
    session_stop_repeating(s); /* the peer is gone: its ACK will not come */
    s->ending.told = true;
    if (!told) {
        struct sip_session_ended e = {.how = how, .status = status, .msg = m};
        if (m)
            e.reason = sip_msg_value(m, SIP_H_REASON);
        s->ops->ended(s->user, &e);
    }
    session_settle(s);
}

static void send_bye(struct sip_session *s, struct view lines)
{
    struct sip_op *op = op_new(s, OP_BYE);
    op_say(op, lines, (struct view){0}, (struct view){0});
    op_send(op, &s->dialog);
}

void session_hang_up(struct sip_session *s, enum sip_session_end how, uint16_t status)
{
    session_stop_repeating(s);
    if (s->state == SIP_SESSION_UP)
        send_bye(s, (struct view){0});
    session_ended(s, how, status, NULL);
}

void session_late_bye(struct sip_session *s)
{
    s->ending.bye_waits = false;
    send_bye(s, text_view(s->ending.bye_lines));
}

/* --- ended by the user -------------------------------------------------------------------------------------------- */

static void end_up(struct sip_session *s, struct view lines)
{
    refer_flush(s);
    if (s->outgoing && s->invite_op && s->invite_op->final && !s->invite_op->acked)
        uac_ack(s->invite_op, &s->dialog, (struct view){0}); /* its offer was never answered: still no BYE before ACK */
    session_close(s);
    s->ending.told = true;
    if (s->ack_waits && !s->confirmed) { /* a callee's BYE waits for the ACK (RFC 3261 15) */
        s->ending.bye_waits = true;
        text_keep(&s->ending.bye_lines, lines);
        return;
    }
    session_stop_repeating(s);
    send_bye(s, lines);
}

void sip_session_end(struct sip_session *s, uint16_t status, struct view reason, struct view headers)
{
    char mem[SESSION_HEAD_MAX];
    struct buf b = buf_on(mem, sizeof mem);
    if (reason.n)
        sip_put(&b, SIP_H_REASON, reason);
    if (b.full)
        b = buf_on(mem, sizeof mem);
    s->ending.due = false;
    switch ((enum sip_session_state)s->state) {
    case SIP_SESSION_UP:
        end_up(s, buf_view(&b));
        break;
    case SIP_SESSION_CALLING:
    case SIP_SESSION_INCOMING:
    case SIP_SESSION_EARLY:
        s->ending.told = true;
        if (s->outgoing) {
            uac_end(s, buf_view(&b));
        } else {
            buf_add(&b, headers);
            uas_drop_invite(s, status >= 300 && status <= 699 ? status : 480, buf_view(&b));
        }
        session_close(s);
        break;
    case SIP_SESSION_ENDED:
        break;
    }
    session_settle(s);
}

/* --- what it knows ------------------------------------------------------------------------------------------------ */

struct sip_dialog *session_dialog(struct sip_session *s)
{
    if (!s->outgoing || s->state == SIP_SESSION_UP || sip_dialog_get(&s->dialog, SIP_DIALOG_REMOTE_TAG).n)
        return &s->dialog;
    return s->forks ? &s->forks->dialog : NULL;
}

void session_keep_local(struct sip_session *s, struct view sdp)
{
    text_keep(&s->local_sdp, sdp);
}

uint64_t session_sdp_hash(struct view sdp)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a: the peer can only fool itself */
    while (sdp.n) {
        struct view line = view_cut(&sdp, '\n');
        if (view_starts(line, VIEW("o=")))
            continue;
        line = view_trim(line);
        for (size_t i = 0; i < line.n; i++)
            h = (h ^ (unsigned char)line.p[i]) * 1099511628211u;
        h = (h ^ '\n') * 1099511628211u;
    }
    return h ? h : 1;
}

struct view session_sdp_of(const struct sip_msg *m, bool *unsupported)
{
    bool ignored = false;
    *unsupported = false;
    if (!m->body.n)
        return (struct view){0};
    if (sip_msg_field(m, SIP_H_CONTENT_ENCODING) &&
        !view_eq_nocase(sip_msg_value(m, SIP_H_CONTENT_ENCODING), VIEW("identity"))) {
        *unsupported = true;
        return (struct view){0};
    }
    struct view sdp = multipart_find_sdp(sip_msg_value(m, SIP_H_CONTENT_TYPE),
                                         sip_msg_value(m, SIP_H_CONTENT_DISPOSITION), m->body, &ignored);
    *unsupported = ignored;
    return sdp;
}

void session_learn_peer(struct sip_session *s, const struct sip_msg *m)
{
    struct sip_list at = {0};
    struct view token;
    if (sip_msg_field(m, SIP_H_ALLOW)) {
        s->peer_methods = 0;
        while (sip_msg_next_value(m, SIP_H_ALLOW, &at, &token))
            s->peer_methods |= 1u << sip_method_of(view_trim(token));
    }
    if (!sip_msg_field(m, SIP_H_SUPPORTED))
        return;
    s->peer_tags = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(session_tags); i++) {
        if (sip_msg_has_token(m, SIP_H_SUPPORTED, view_of(session_tags[i])))
            s->peer_tags = (uint16_t)(s->peer_tags | 1u << i);
    }
}

enum sip_session_state sip_session_state(const struct sip_session *s)
{
    return s->state;
}

const struct sip_flow *sip_session_flow(const struct sip_session *s)
{
    return &s->flow;
}

bool sip_session_peer_allows(const struct sip_session *s, enum sip_method m)
{
    return (s->peer_methods >> m & 1u) != 0;
}

bool sip_session_peer_supports(const struct sip_session *s, struct view option_tag)
{
    for (size_t i = 0; i < G_N_ELEMENTS(session_tags); i++) {
        if (view_eq_nocase(option_tag, view_of(session_tags[i])))
            return (s->peer_tags >> i & 1u) != 0;
    }
    return false;
}

struct view sip_session_call_id(const struct sip_session *s)
{
    return sip_dialog_get(&s->dialog, SIP_DIALOG_CALL_ID);
}

struct view sip_session_local_tag(const struct sip_session *s)
{
    return sip_dialog_get(&s->dialog, SIP_DIALOG_LOCAL_TAG);
}

struct view sip_session_remote_tag(const struct sip_session *s)
{
    struct view tag = sip_dialog_get(&s->dialog, SIP_DIALOG_REMOTE_TAG);
    return !tag.n && s->forks ? sip_dialog_get(&s->forks->dialog, SIP_DIALOG_REMOTE_TAG) : tag;
}

void sip_session_move(struct sip_session *s, const struct sip_flow *now)
{
    s->flow = *now;
}

void *sip_session_find(struct sip_endpoint *ep, const struct sip_replaces *r)
{
    struct sip_session *s = sip_endpoint_find_dialog(ep, r->call_id, r->to_tag);
    if (!s || !registry(ep) || !g_hash_table_contains(registry(ep), s) || s->state == SIP_SESSION_ENDED)
        return NULL;
    bool up = s->state == SIP_SESSION_UP;
    /* RFC 3891 section 3 lets an INVITE take early dialogs only if we began them. We stand between: for us both halves
     * of a ringing call are ours, and phones name the one they began when they transfer to who still rings. */
    if (up && r->early_only)
        return NULL;
    if (!up && s->outgoing)
        return uac_fork_of(s, r->from_tag) ? s->user : NULL;
    return view_eq(sip_dialog_get(&s->dialog, SIP_DIALOG_REMOTE_TAG), r->from_tag) ? s->user : NULL;
}
