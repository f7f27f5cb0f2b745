/* SPDX-License-Identifier: Apache-2.0
 *
 * INVITE of an admitted device or peer: who calls whom, and the word to the call core.
 */
#include "line/leg_priv.h"

/* The account is who calls, whatever the phone writes into From (F3). */
static void device_party(const struct model_device *d, struct party *ret)
{
    *ret = (struct party){.user = d->user->id};
    (void)view_copy(view_of(d->user->number), ret->number, sizeof ret->number);
    (void)view_copy(view_of(d->user->name), ret->name, sizeof ret->name);
}

/* A peer says who calls: P-Asserted-Identity, else From; withheld by Privacy or an anonymous From (RFC 3323, 3325). */
static void peer_party(const struct sip_msg *m, struct party *ret)
{
    struct sip_name_addr who = m->from;
    struct view value = sip_msg_value(m, SIP_H_P_ASSERTED_IDENTITY), item;
    struct sip_name_addr asserted;
    *ret = (struct party){0};
    if (value.n && sip_list_cut(&value, &item) && sip_name_addr_parse(item, &asserted))
        who = asserted;
    struct buf number = buf_on(ret->number, sizeof ret->number - 1);
    struct buf name = buf_on(ret->name, sizeof ret->name - 1);
    if (!sip_unescape(who.uri.user, &number) || memchr(ret->number, '\0', number.n))
        number.n = 0;
    ret->number[number.n] = '\0';
    sip_display_text(who.display, &name);
    ret->name[name.n] = '\0';
    struct view privacy = sip_msg_value(m, SIP_H_PRIVACY);
    ret->withheld = view_starts_nocase(privacy, VIEW("id")) || view_starts_nocase(privacy, VIEW("user")) ||
                    view_eq_nocase(m->from.uri.user, VIEW("anonymous"));
}

/* Who passed the call on: the first Diversion (RFC 5806), else the last but one History-Info entry (RFC 7044), which is
 * the target before the present one. */
static void passed_on_by(const struct sip_msg *m, struct party *ret)
{
    struct sip_list at = {0};
    struct view value = sip_msg_value(m, SIP_H_DIVERSION), item = {0}, last = {0}, before = {0};
    struct sip_name_addr who;
    *ret = (struct party){0};
    if (!value.n || !sip_list_cut(&value, &item)) {
        while (sip_msg_next_value(m, SIP_H_HISTORY_INFO, &at, &item)) {
            before = last;
            last = item;
        }
        item = before;
    }
    if (!item.n || !sip_name_addr_parse(item, &who))
        return;
    struct buf number = buf_on(ret->number, sizeof ret->number - 1), name = buf_on(ret->name, sizeof ret->name - 1);
    if (!sip_unescape(who.uri.user, &number) || memchr(ret->number, '\0', number.n))
        number.n = 0;
    ret->number[number.n] = '\0';
    sip_display_text(who.display, &name);
    ret->name[name.n] = '\0';
}

/* The number dialled: user part of the Request-URI, escapes undone. A NUL or too long a text is no number of ours. */
static bool dialled_number(const struct sip_msg *m, char ret[PARTY_NUMBER_BYTES])
{
    struct buf b = buf_on(ret, PARTY_NUMBER_BYTES - 1);
    if (!sip_unescape(m->uri.user, &b) || memchr(ret, '\0', b.n))
        return false;
    ret[b.n] = '\0';
    return true;
}

/* INVITE with Replaces (RFC 3891): only for a dialog of the same user (SIP-16). */
static uint16_t find_replaced(struct line *l, const struct sip_msg *m, leg_id *ret)
{
    struct view value = sip_msg_value(m, SIP_H_REPLACES);
    struct sip_replaces replaces;
    *ret = 0;
    if (!value.n)
        return 0;
    if (!sip_replaces_parse(value, &replaces))
        return 400;
    struct line_leg *other = sip_session_find(l->endpoint, &replaces);
    if (!other || other->core_done)
        return 481;
    if (!l->admitted.device || other->user != l->admitted.device->user->id)
        return 403;
    *ret = other->id;
    return 0;
}

static void tell_core(struct line_leg *leg, struct leg_incoming *in)
{
    leg_id id = call_leg_arrives(leg->line->core);
    if (!id) {
        leg->core_done = true;
        sip_session_end(leg->session, 503, (struct view){0}, VIEW("Retry-After: 5\r\n"));
        return;
    }
    line_leg_name(leg, id);
    call_leg_incoming(leg->line->core, id, in);
}

static void take_call(struct line *l, struct sip_server *txn, const struct sip_flow *flow, struct leg_incoming *in)
{
    struct line_leg *leg = line_leg_new(l, 0);
    struct view sdp = {0};
    struct media_desc offer = {0};
    struct sip_session_timers st = line_session_timers(l);
    leg->user = in->user;
    leg->device = in->device;
    leg->peer = in->peer;
    leg->session = sip_session_take(txn, view_of(in->number), &st, &line_session_ops, leg, &sdp);
    if (!leg->session) {
        line_leg_free(leg);
        return;
    }
    in->peer_signalling = flow->remote;
    line_leg_configure(leg);
    uint16_t status = sdp.n ? line_leg_read_offer(leg, sdp, &offer) : line_leg_is_stuck(leg) ? 488 : 0;
    if (status) {
        leg->core_done = true;
        sip_session_end(leg->session, status, (struct view){0}, (struct view){0});
        return;
    }
    if (sdp.n)
        in->offer = &offer;
    tell_core(leg, in);
    in->offer = NULL;
    media_desc_wipe(&offer);
}

void line_invite(struct line *l, struct sip_server *txn, const struct sip_msg *m, const struct sip_flow *flow)
{
    char number[PARTY_NUMBER_BYTES];
    struct leg_incoming in = {.number = number};
    struct line_admitted from = l->admitted;
    uint16_t status = find_replaced(l, m, &in.replaces);
    if (!status && !dialled_number(m, number))
        status = 404;
    if (status) {
        line_answer(txn, status);
        return;
    }
    if (from.device) {
        in.user = from.device->user->id;
        in.device = from.device->id;
        device_party(from.device, &in.from);
    } else {
        in.peer = from.peer->id;
        peer_party(m, &in.from);
        passed_on_by(m, &in.via);
    }
    in.max_forwards = (uint8_t)(m->max_forwards < 0 ? 70 : m->max_forwards);
    take_call(l, txn, flow, &in);
}
