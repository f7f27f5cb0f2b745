/* SPDX-License-Identifier: Apache-2.0
 *
 * REFER in a dialog of its own, naming the call by Target-Dialog (RFC 4538). See phone.h.
 */
#include <stdio.h>

#include "sip/build.h"
#include "sip/digest.h"
#include "tests/sim/phone_priv.h"

static void send_refer(struct phone_call *c, const char *authorization);

static void on_answer(void *arg, struct sip_client *t, const struct sip_msg *m, const struct sip_flow *flow)
{
    (void)t;
    (void)flow;
    struct phone_call *c = arg;
    struct digest_challenge challenge;
    char ha1[DIGEST_HEX_MAX], mem[1024];
    c->refer_status = m->status;
    if (m->status != 401 || c->refer_cseq > 1 ||
        !digest_challenge_parse(sip_msg_value(m, SIP_H_WWW_AUTHENTICATE), &challenge))
        return;
    struct view number = view_of(c->phone->number);
    struct digest_credentials mine = {.algorithm = challenge.algorithm,
                                      .known_algorithm = true,
                                      .username = number,
                                      .realm = challenge.realm,
                                      .nonce = challenge.nonce,
                                      .uri = VIEW("sip:carillon"),
                                      .cnonce = VIEW("r"),
                                      .qop = VIEW("auth"),
                                      .nc = 1,
                                      .nc_text = VIEW("00000001")};
    struct buf b = buf_on(mem, sizeof mem - 1);
    digest_ha1(challenge.algorithm, number, challenge.realm, number, ha1);
    digest_put_authorization(&b, SIP_H_AUTHORIZATION, &challenge, &mine, ha1, VIEW("REFER"));
    mem[b.n] = '\0';
    send_refer(c, mem);
}

static void on_failed(void *arg, struct sip_client *t, enum sip_client_failure why)
{
    (void)t;
    (void)why;
    ((struct phone_call *)arg)->refer_status = 408;
}

static void send_refer(struct phone_call *c, const char *authorization)
{
    static const struct sip_client_ops ops = {.response = on_answer, .failed = on_failed};
    const struct phone *p = c->phone;
    char text[2048], address[NET_ADDR_TEXT];
    struct buf b = buf_on(text, sizeof text);
    c->refer_cseq++;
    buf_addf(&b, "From: <sip:%s@carillon>;tag=refer\r\nTo: <sip:carillon>\r\nCall-ID: refer-%u\r\nCSeq: %u REFER\r\n",
             p->number, c->rtp.port, c->refer_cseq);
    buf_addf(&b, "Contact: <sip:%s@%s>\r\nRefer-To: <sip:%s@192.0.2.1>\r\n%s", p->number,
             net_addr_text(&p->host.address, address), c->refer_number, authorization);
    if (c->refer_named)
        buf_addf(&b, "Target-Dialog: %.*s;local-tag=%.*s;remote-tag=%.*s\r\n",
                 VIEW_ARG(sip_session_call_id(c->session)), VIEW_ARG(sip_session_remote_tag(c->session)),
                 VIEW_ARG(sip_session_local_tag(c->session)));
    struct sip_request r = {.method = SIP_REFER, .uri = VIEW("sip:carillon"), .headers = buf_view(&b)};
    if (!sip_client_start(p->endpoint, &p->flow, &r, &ops, c))
        world_fault(p->world, "phone %s cannot send", p->number);
}

static void on_notify(void *arg, struct sip_server *txn, const struct sip_msg *m, const struct sip_flow *flow)
{
    (void)flow;
    struct phone_call *c = arg;
    uint32_t status;
    if (!txn)
        return;
    sip_server_respond(txn, &(struct sip_response){.status = 200});
    if (view_to_u32(view_slice(m->body, 8, 11), 699, &status))
        c->refer_notified = (uint16_t)status;
}

void phone_refer_outside(struct phone_call *c, const char *number, bool named)
{
    char call_id[24];
    (void)snprintf(call_id, sizeof call_id, "refer-%u", c->rtp.port);
    (void)snprintf(c->refer_number, sizeof c->refer_number, "%s", number);
    c->refer_named = named;
    c->refer_entry = sip_endpoint_add_dialog(c->phone->endpoint, view_of(call_id), VIEW("refer"), on_notify, c);
    send_refer(c, "");
}
