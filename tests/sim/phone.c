/* SPDX-License-Identifier: Apache-2.0
 *
 * Model phones: account, registration, network. Calls are in phone_call.c. See phone.h.
 */
#include "tests/sim/phone.h"

#include "sip/build.h"
#include "sip/digest.h"
#include "tests/sim/phone_priv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void seeded_fill(void *arg, void *dst, size_t bytes)
{
    uint64_t *s = arg;
    uint8_t *out = dst;
    for (size_t i = 0; i < bytes; i++) {
        *s = *s * 6364136223846793005ULL + 1442695040888963407ULL;
        out[i] = (uint8_t)(*s >> 56);
    }
}

static int on_send(void *arg, const struct sip_flow *flow, struct view bytes)
{
    struct phone *p = arg;
    if (p->transport == SIP_UDP) {
        net_send(p->world->net, &p->host, &flow->remote, bytes);
        return 0;
    }
    return net_write(p->world->net, &p->host, p->connection, bytes) ? 0 : ENOTCONN;
}

static bool on_local(void *arg, enum sip_transport t, const struct net_addr *remote, struct net_addr *ret)
{
    (void)t;
    (void)remote;
    *ret = ((struct phone *)arg)->host.address;
    return true;
}

static enum sip_gate on_gate(void *arg, const struct sip_msg *m, const struct sip_flow *flow, bool in_dialog,
                             struct sip_response *reply)
{
    (void)m;
    (void)flow;
    (void)in_dialog;
    (void)reply;
    return ((struct phone *)arg)->manner == PHONE_IS_DEAF ? SIP_GATE_DROP : SIP_GATE_PASS;
}

static void on_request(void *arg, struct sip_server *txn, const struct sip_msg *m, const struct sip_flow *flow)
{
    (void)flow;
    if (m->method == SIP_INVITE)
        phone_call_comes(arg, txn);
    else
        sip_server_respond(txn, &(struct sip_response){.status = m->method == SIP_OPTIONS ? 200 : 481});
}

static void on_datagram(void *arg, const struct net_addr *from, char *bytes, size_t n)
{
    struct phone *p = arg;
    struct sip_flow flow = {.transport = SIP_UDP, .local = p->host.address, .remote = *from};
    sip_endpoint_receive(p->endpoint, &flow, bytes, n, false);
}

static void on_stream(void *arg, uint64_t connection, char *bytes, size_t n)
{
    struct phone *p = arg;
    if (connection == p->connection)
        sip_endpoint_receive(p->endpoint, &p->flow, bytes, n, false);
}

static void on_cut(void *arg, uint64_t connection)
{
    struct phone *p = arg;
    if (connection == p->connection)
        sip_endpoint_flow_closed(p->endpoint, &p->flow);
}

static void on_renew(void *arg)
{
    struct phone *p = arg;
    phone_register(p, p->expires_s);
}

void phone_open(struct phone *p, struct world *w, unsigned user, unsigned place, enum sip_transport t)
{
    char host[32];
    *p = (struct phone){.world = w, .transport = t, .seed = w->seed ^ (place * 7919ULL + 1)};
    p->entropy = (struct entropy){seeded_fill, &p->seed};
    (void)snprintf(host, sizeof host, "198.51.100.%u", 10 + place);
    p->host = (struct net_host){.arg = p, .datagram = on_datagram, .stream = on_stream, .cut = on_cut};
    g_assert_true(net_addr_parse(view_of(host), 5060, &p->host.address));
    p->host.outside = p->host.address;
    net_add(w->net, &p->host);
    (void)snprintf(p->number, sizeof p->number, "%u", WORLD_FIRST + user);
    (void)snprintf(p->call_id, sizeof p->call_id, "reg-%u", place);
    p->calls = g_ptr_array_new();
    p->flow = (struct sip_flow){.transport = t, .local = p->host.address, .remote = w->server.address};
    struct sip_endpoint_config c = {.timers = w->timers,
                                    .entropy = &p->entropy,
                                    .server = VIEW("Phone/sim"),
                                    .supported = VIEW("100rel, timer, replaces")};
    struct sip_endpoint_ports ports = {p, on_send, on_local, on_gate, on_request};
    p->endpoint = sip_endpoint_new(&c, &ports);
    timer_init(&p->renew, on_renew, p);
    if (t != SIP_UDP)
        phone_connect(p);
}

void phone_translate(struct phone *p)
{
    char host[32];
    (void)snprintf(host, sizeof host, "10.0.0.%u", 10 + (unsigned)p->host.outside.ip[3]);
    uint16_t port = p->host.address.port;
    g_assert_true(net_addr_parse(view_of(host), port, &p->host.address));
    p->flow.local = p->host.address;
    p->host.translated = true;
    net_rebind(p->world->net, &p->host);
}

void phone_connect(struct phone *p)
{
    p->connection = net_connect(p->world->net, &p->host, &p->world->server);
    p->flow.connection = p->connection;
    for (guint i = 0; i < p->calls->len; i++) {
        struct phone_call *c = p->calls->pdata[i];
        if (c->session)
            sip_session_move(c->session, &p->flow);
    }
}

void phone_reconnect(struct phone *p)
{
    net_cut(p->world->net, p->connection);
    phone_connect(p);
}

void phone_close(struct phone *p)
{
    timer_stop(p->world->timers, &p->renew);
    if (sip_session_count(p->endpoint))
        world_fault(p->world, "phone %s: %zu sessions are left", p->number, sip_session_count(p->endpoint));
    sip_sessions_drop(p->endpoint);
    for (guint i = 0; i < p->calls->len; i++)
        phone_call_free(p->calls->pdata[i]);
    g_ptr_array_unref(p->calls);
    sip_endpoint_free(p->endpoint);
}

/* --- registration ------------------------------------------------------------------------------------------------ */

static void send_register(struct phone *p, const char *authorization);

static void on_register_answer(void *arg, struct sip_client *t, const struct sip_msg *m, const struct sip_flow *flow)
{
    (void)t;
    (void)flow;
    struct phone *p = arg;
    struct digest_challenge c;
    bool retry = m->status == 401 && p->registered_status != 401;
    if (m->status < 200)
        return;
    p->registered_status = m->status;
    if (!retry || !digest_challenge_parse(sip_msg_value(m, SIP_H_WWW_AUTHENTICATE), &c))
        return;
    char ha1[DIGEST_HEX_MAX], mem[1024];
    struct digest_credentials mine = {.algorithm = c.algorithm,
                                      .known_algorithm = true,
                                      .username = view_of(p->number),
                                      .realm = c.realm,
                                      .nonce = c.nonce,
                                      .uri = VIEW("sip:carillon"),
                                      .cnonce = VIEW("c"),
                                      .qop = VIEW("auth"),
                                      .nc = 1,
                                      .nc_text = VIEW("00000001")};
    struct buf b = buf_on(mem, sizeof mem - 1);
    digest_ha1(c.algorithm, view_of(p->number), c.realm, view_of(p->number), ha1);
    digest_put_authorization(&b, SIP_H_AUTHORIZATION, &c, &mine, ha1, VIEW("REGISTER"));
    mem[b.n] = '\0';
    send_register(p, mem);
}

static void on_register_failed(void *arg, struct sip_client *t, enum sip_client_failure why)
{
    (void)t;
    (void)why;
    ((struct phone *)arg)->registered_status = 408;
}

static void send_register(struct phone *p, const char *authorization)
{
    static const struct sip_client_ops ops = {.response = on_register_answer, .failed = on_register_failed};
    char text[4096], address[NET_ADDR_TEXT];
    struct buf b = buf_on(text, sizeof text);
    net_addr_text(&p->host.address, address);
    buf_addf(&b, "From: <sip:%s@carillon>;tag=r%u\r\nTo: <sip:%s@carillon>\r\nCall-ID: %s\r\nCSeq: %u REGISTER\r\n",
             p->number, p->cseq, p->number, p->call_id, p->cseq + 1);
    buf_addf(&b, "Contact: <sip:%s@%s%s%s>", p->number, address, p->transport == SIP_TCP ? ";transport=tcp" : "",
             p->contact_params ? p->contact_params : "");
    if (p->instance)
        buf_addf(&b, ";+sip.instance=\"<%s>\";reg-id=1", p->instance);
    buf_addf(&b, "\r\nExpires: %u\r\n%s", p->expires_s, authorization);
    p->cseq++;
    struct sip_request r = {.method = SIP_REGISTER, .uri = VIEW("sip:carillon"), .headers = buf_view(&b)};
    if (!sip_client_start(p->endpoint, &p->flow, &r, &ops, p))
        world_fault(p->world, "phone %s cannot send", p->number);
}

void phone_register(struct phone *p, uint32_t expires_s)
{
    p->registered_status = 0;
    p->expires_s = expires_s;
    send_register(p, "");
    if (expires_s)
        timer_start(p->world->timers, &p->renew, (int64_t)expires_s * 800000);
    else
        timer_stop(p->world->timers, &p->renew);
}
