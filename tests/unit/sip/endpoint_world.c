/* SPDX-License-Identifier: Apache-2.0
 *
 * The lone endpoint: see endpoint_world.h. One thread.
 */
#include "tests/unit/sip/endpoint_world.h"

#include <string.h>

static void fill(void *arg, void *dst, size_t n)
{
    struct world *w = arg;
    uint8_t *p = dst;
    for (size_t i = 0; i < n; i++) {
        w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
        p[i] = (uint8_t)(w->seed >> 33);
    }
}

static void sent_free(void *p)
{
    struct sent *s = p;
    g_free(s->text);
    g_free(s);
}

static int port_send(void *arg, const struct sip_flow *flow, struct view bytes)
{
    struct world *w = arg;
    struct sent *s = g_new(struct sent, 1);
    *s = (struct sent){world_ms(w), *flow, view_dup(bytes)};
    g_ptr_array_add(w->sent, s);
    return w->send_error;
}

static bool port_local(void *arg, enum sip_transport t, const struct net_addr *remote, struct net_addr *ret)
{
    (void)arg;
    (void)remote;
    return t != SIP_WS && net_addr_parse(VIEW("10.0.0.1"), sip_transport_port(t), ret);
}

static enum sip_gate port_gate(void *arg, const struct sip_msg *m, const struct sip_flow *flow, bool in_dialog,
                               struct sip_response *reply)
{
    struct world *w = arg;
    (void)m;
    (void)flow;
    w->gated++;
    w->gated_in_dialog += in_dialog;
    *reply = w->reply;
    return w->verdict;
}

static void txn_over(void *arg)
{
    struct world *w = arg;
    w->over++;
    w->txn = NULL;
}

static void txn_cancelled(void *arg, const struct sip_msg *m)
{
    struct world *w = arg;
    (void)m;
    w->cancelled++;
}

static void port_request(void *arg, struct sip_server *txn, const struct sip_msg *m, const struct sip_flow *flow)
{
    static const struct sip_server_ops ops = {txn_cancelled, txn_over};
    struct world *w = arg;
    (void)m;
    (void)flow;
    w->requests++;
    w->txn = txn;
    sip_server_own(txn, &ops, w);
    if (w->respond_at_once)
        sip_server_respond(txn, &(struct sip_response){.status = w->respond_at_once});
}

static bool port_may_answer(void *arg, const struct sip_flow *flow)
{
    struct world *w = arg;
    (void)flow;
    return !w->mute;
}

static bool port_widen(void *arg, struct sip_flow *flow, size_t bytes)
{
    struct world *w = arg;
    if (w->widens && bytes > 1300)
        flow->transport = SIP_TCP;
    return w->widens;
}

struct world *world_new(unsigned max_transactions)
{
    struct world *w = g_new0(struct world, 1);
    w->ts = timers_new(0, 0);
    w->seed = 42;
    w->entropy = (struct entropy){fill, w};
    w->sent = g_ptr_array_new_with_free_func(sent_free);
    w->flow.transport = SIP_UDP;
    if (!net_addr_parse(VIEW("192.0.2.7"), 40000, &w->flow.remote) ||
        !net_addr_parse(VIEW("10.0.0.1"), 5060, &w->flow.local))
        g_error("addresses");
    struct sip_endpoint_config c = {w->ts, &w->entropy, VIEW("Carillon"), VIEW("100rel, timer, replaces"),
                                    max_transactions};
    struct sip_endpoint_ports p = {w, port_send, port_local, port_gate, port_request, port_may_answer, port_widen};
    w->ep = sip_endpoint_new(&c, &p);
    return w;
}

void world_free(struct world *w)
{
    sip_endpoint_free(w->ep);
    if (timers_count(w->ts))
        g_error("%zu timers left behind", timers_count(w->ts));
    timers_free(w->ts);
    g_ptr_array_free(w->sent, TRUE);
    g_free(w);
}

void world_in(struct world *w, const char *text)
{
    size_t n = strlen(text);
    char *exact = g_memdup2(text, n);
    sip_endpoint_receive(w->ep, &w->flow, exact, n, false);
    g_free(exact);
}

char *world_request(const char *method, const char *branch, unsigned cseq, const char *to_tag, const char *extra)
{
    return g_strdup_printf("%s sip:100@10.0.0.1 SIP/2.0\r\n"
                           "Via: SIP/2.0/UDP 192.168.1.9:5060;branch=%s;rport\r\n"
                           "Max-Forwards: 70\r\n"
                           "From: <sip:200@10.0.0.1>;tag=f1\r\n"
                           "To: <sip:100@10.0.0.1>%s%s\r\n"
                           "Call-ID: call-1@x\r\n"
                           "CSeq: %u %s\r\n"
                           "Contact: <sip:200@192.168.1.9>\r\n"
                           "%sContent-Length: 0\r\n\r\n",
                           method, branch, to_tag[0] ? ";tag=" : "", to_tag, cseq, method, extra);
}

void world_in_request(struct world *w, const char *method, const char *branch, unsigned cseq, const char *to_tag,
                      const char *extra)
{
    char *text = world_request(method, branch, cseq, to_tag, extra);
    world_in(w, text);
    g_free(text);
}

int64_t world_ms(const struct world *w)
{
    return timers_now_us(w->ts) / 1000;
}

void world_pass_ms(struct world *w, int64_t ms)
{
    int64_t until = timers_now_us(w->ts) + ms * 1000;
    while (timers_next_us(w->ts) <= until) {
        int64_t next = timers_next_us(w->ts);
        timers_set_now(w->ts, next, next);
        timers_fire(w->ts);
    }
    timers_set_now(w->ts, until, until);
    timers_fire(w->ts); /* lazy ones too */
}

const struct sent *world_sent(const struct world *w, unsigned i)
{
    if (i >= w->sent->len)
        g_error("only %u messages were sent", w->sent->len);
    return g_ptr_array_index(w->sent, i);
}

void world_forget(struct world *w)
{
    g_ptr_array_set_size(w->sent, 0);
}

unsigned world_status(const struct world *w, unsigned i)
{
    const char *text = world_sent(w, i)->text;
    return g_str_has_prefix(text, "SIP/2.0 ") ? (unsigned)g_ascii_strtoull(text + 8, NULL, 10) : 0;
}

bool world_has(const struct world *w, unsigned i, const char *text)
{
    return strstr(world_sent(w, i)->text, text) != NULL;
}

char *world_header(const char *text, const char *name)
{
    char *key = g_strdup_printf("\n%s: ", name);
    const char *at = strstr(text, key);
    at = at ? at + strlen(key) : "";
    g_free(key);
    return g_strndup(at, strcspn(at, "\r\n"));
}

char *world_response_to(const struct world *w, unsigned i, unsigned status, const char *to_tag)
{
    const char *text = world_sent(w, i)->text;
    static const char *const names[] = {"Via", "From", "Call-ID", "CSeq"};
    GString *s = g_string_new(NULL);
    g_string_printf(s, "SIP/2.0 %u Whatever\r\n", status);
    for (unsigned k = 0; k < G_N_ELEMENTS(names); k++) {
        char *value = world_header(text, names[k]);
        g_string_append_printf(s, "%s: %s\r\n", names[k], value);
        g_free(value);
    }
    char *to = world_header(text, "To");
    g_string_append_printf(s, "To: %s%s%s\r\nContent-Length: 0\r\n\r\n", to, to_tag[0] ? ";tag=" : "", to_tag);
    g_free(to);
    return g_string_free(s, FALSE);
}

void world_in_response(struct world *w, unsigned i, unsigned status, const char *to_tag)
{
    char *text = world_response_to(w, i, status, to_tag);
    world_in(w, text);
    g_free(text);
}
