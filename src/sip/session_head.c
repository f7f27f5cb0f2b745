/* SPDX-License-Identifier: Apache-2.0
 *
 * Header lines that a session writes, and the answers to requests inside its dialog. Only what is built here leaves:
 * no header of the other side is ever copied (A5).
 */
#include "sip/session_priv.h"

#include <glib.h>
#include <string.h>

void head_contact(struct sip_session *s, struct buf *b)
{
    buf_add(b, VIEW("Contact: "));
    if (!sip_endpoint_contact(s->ep, &s->flow, text_view(s->contact_user), b))
        b->full = true;
    buf_add(b, VIEW("\r\n"));
}

void head_abilities(struct sip_session *s, struct buf *b)
{
    sip_put(b, SIP_H_ALLOW, VIEW("INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, INFO, REFER, NOTIFY, OPTIONS"));
    sip_put(b, SIP_H_SUPPORTED, sip_endpoint_config(s->ep)->supported);
}

void head_identity(struct sip_session *s, struct buf *b)
{
    buf_add(b, text_view(s->identity));
}

void session_keep_identity(struct sip_session *s, const struct sip_session_identity *who)
{
    char mem[2048];
    struct buf b = buf_on(mem, sizeof mem);
    if (who->uri.n && (!who->withheld || who->trusted))
        sip_put_name_addr(&b, SIP_H_P_ASSERTED_IDENTITY, who->display, who->uri, (struct view){0});
    if (b.full) /* a name that can't be said: say the number alone, or nothing */
        b = buf_on(mem, sizeof mem);
    if (who->withheld)
        sip_put(&b, SIP_H_PRIVACY, VIEW("id")); /* RFC 3325 9.3 */
    text_keep(&s->identity, buf_view(&b));
}

void session_respond(struct sip_session *s, struct sip_server *txn, uint16_t status, struct view lines)
{
    (void)s;
    sip_server_respond(txn, &(struct sip_response){.status = status, .headers = lines});
}

void session_respond_sdp(struct sip_session *s, struct sip_server *txn, uint16_t status, struct view lines,
                         struct view sdp)
{
    char mem[SESSION_HEAD_MAX];
    struct buf b = buf_on(mem, sizeof mem);
    head_contact(s, &b);
    head_abilities(s, &b);
    head_identity(s, &b);
    buf_add(&b, lines);
    struct sip_response r = {.status = status, .headers = buf_view(&b), .body = sdp};
    if (b.full)
        r = (struct sip_response){.status = 500};
    if (r.body.n)
        r.content_type = VIEW("application/sdp");
    sip_server_respond(txn, &r);
}
