/* SPDX-License-Identifier: Apache-2.0
 *
 * A3 for transactions: the input is a script of time steps, requests, responses, answers, cancels and broken
 * connections for one endpoint. However wild, once all are answered and 64*T1 have passed, nothing is left behind
 * (SIP-11).
 */
#include "tests/fuzz/fuzz.h"

#include "sip/endpoint.h"

#include <errno.h>

enum { OWNED = 8, SENT = 8, TEXT = 1024, STEPS_MAX = 400, TAG = 40 };

struct play {
    const uint8_t *at, *end;
    struct timers *ts;
    struct entropy entropy;
    uint64_t seed;
    struct sip_endpoint *ep;
    struct owned_server {
        struct play *play;
        struct sip_server *txn;
    } servers[OWNED];
    struct owned_client {
        struct play *play;
        struct sip_client *txn;
    } clients[OWNED];
    struct sip_dialog_entry *dialog;
    char sent[SENT][TEXT]; /* the last requests that we sent, zero-ended */
    unsigned n_sent;
    char tag[TAG]; /* of the last To that we sent */
    enum sip_gate verdict;
    int send_error;
    uint16_t respond_at_once;
};

static uint8_t next(struct play *p)
{
    return p->at < p->end ? *p->at++ : 0;
}

static void fill(void *arg, void *dst, size_t n)
{
    struct play *p = arg;
    uint8_t *to = dst;
    for (size_t i = 0; i < n; i++) {
        p->seed = p->seed * 6364136223846793005u + 1442695040888963407u;
        to[i] = (uint8_t)(p->seed >> 33);
    }
}

/* --- the ports ------------------------------------------------------------------------------------------------- */

static void remember_tag(struct play *p, const char *text)
{
    const char *to = strstr(text, "\r\nTo: ");
    const char *tag = to ? strstr(to, ";tag=") : NULL;
    if (tag && tag < strstr(to + 2, "\r\n"))
        (void)view_copy((struct view){tag + 5, strcspn(tag + 5, "\r\n;")}, p->tag, sizeof p->tag);
}

static int port_send(void *arg, const struct sip_flow *flow, struct view bytes)
{
    struct play *p = arg;
    char *text = p->sent[p->n_sent % SENT];
    MUST(bytes.n > 0 && bytes.n <= SIP_MESSAGE_BYTES_MAX);
    MUST(flow->remote.port != 0);
    if (view_starts(bytes, VIEW("SIP/2.0 "))) {
        char *copy = view_dup(bytes);
        remember_tag(p, copy);
        g_free(copy);
    } else if (view_copy(bytes, text, TEXT)) {
        p->n_sent++;
    }
    return p->send_error;
}

static bool port_local(void *arg, enum sip_transport t, const struct net_addr *remote, struct net_addr *ret)
{
    (void)arg;
    (void)remote;
    *ret = (struct net_addr){{10, 0, 0, 1}, 5060, NET_IP4};
    return t != SIP_WS;
}

static enum sip_gate port_gate(void *arg, const struct sip_msg *m, const struct sip_flow *flow, bool in_dialog,
                               struct sip_response *reply)
{
    struct play *p = arg;
    (void)flow;
    MUST(m->is_request && m->method != SIP_ACK && m->method != SIP_CANCEL);
    MUST(!in_dialog || m->to_tag.n);
    *reply = (struct sip_response){.status = 401};
    return p->verdict;
}

static void on_cancelled(void *arg, const struct sip_msg *m)
{
    struct owned_server *s = arg;
    MUST(m->method == SIP_CANCEL && s->txn);
    if (s->play->seed & 1)
        sip_server_respond(s->txn, &(struct sip_response){.status = 487});
}

static void on_server_over(void *arg)
{
    struct owned_server *s = arg;
    MUST(s->txn);
    s->txn = NULL;
}

static void take(struct play *p, struct sip_server *txn, const struct sip_msg *m)
{
    static const struct sip_server_ops ops = {on_cancelled, on_server_over};
    MUST(sip_server_request(txn) == m);
    if (p->respond_at_once)
        sip_server_respond(txn, &(struct sip_response){.status = p->respond_at_once});
    for (unsigned i = 0; i < OWNED; i++) {
        if (p->servers[i].txn)
            continue;
        p->servers[i] = (struct owned_server){p, txn};
        sip_server_own(txn, &ops, &p->servers[i]);
        return;
    }
    sip_server_respond(txn, &(struct sip_response){.status = 480});
}

static void port_request(void *arg, struct sip_server *txn, const struct sip_msg *m, const struct sip_flow *flow)
{
    (void)flow;
    MUST(!m->to_tag.n || m->method == SIP_REGISTER);
    take(arg, txn, m);
}

static void dialog_request(void *arg, struct sip_server *txn, const struct sip_msg *m, const struct sip_flow *flow)
{
    struct play *p = arg;
    (void)flow;
    MUST((m->method == SIP_ACK) == (txn == NULL));
    if (!txn)
        return;
    take(p, txn, m);
    if (m->method == SIP_BYE) {
        sip_endpoint_remove_dialog(p->ep, p->dialog);
        p->dialog = NULL;
    }
}

static void on_response(void *arg, struct sip_client *t, const struct sip_msg *m, const struct sip_flow *flow)
{
    struct owned_client *c = arg;
    (void)flow;
    MUST(c->txn == t && !m->is_request && m->cseq.method == sip_client_method(t));
}

static void on_failed(void *arg, struct sip_client *t, enum sip_client_failure why)
{
    struct owned_client *c = arg;
    (void)why;
    MUST(c->txn == t);
    c->txn = NULL;
}

static void on_client_over(void *arg, struct sip_client *t)
{
    on_failed(arg, t, SIP_CLIENT_TIMEOUT);
}

/* --- the steps of the script ----------------------------------------------------------------------------------- */

static void pass(struct play *p, int64_t us)
{
    int64_t until = timers_now_us(p->ts) + us;
    while (timers_next_us(p->ts) <= until) {
        int64_t due = timers_next_us(p->ts);
        timers_set_now(p->ts, due, due);
        timers_fire(p->ts);
    }
    timers_set_now(p->ts, until, until);
}

static struct sip_flow some_flow(uint8_t which)
{
    static const enum sip_transport transports[] = {SIP_UDP, SIP_UDP, SIP_TCP, SIP_TLS, SIP_WSS, SIP_WS};
    struct sip_flow f = {.transport = transports[which % G_N_ELEMENTS(transports)],
                         .local = {{10, 0, 0, 1}, 5060, NET_IP4},
                         .remote = {{192, 0, 2, (uint8_t)(7 + which % 2)}, 5060, NET_IP4}};
    if (sip_transport_is_reliable(f.transport))
        f.connection = which & 64 ? 0 : 5 + (which >> 7);
    return f;
}

/* Overwrites some octets as the script says, and hands it in. */
static void hand_in(struct play *p, const struct sip_flow *flow, const char *text)
{
    size_t n = strlen(text);
    char *bytes = g_memdup2(text, n);
    unsigned mutations = next(p) % 4;
    for (unsigned i = 0; i < mutations && n; i++) {
        size_t at = (size_t)next(p) * 4 + next(p) % 4;
        bytes[at % n] = (char)next(p);
    }
    sip_endpoint_receive(p->ep, flow, bytes, n, flow->transport != SIP_UDP && next(p) % 16 == 1);
    g_free(bytes);
}

static void step_request(struct play *p)
{
    static const char *const methods[] = {"INVITE",   "ACK",    "CANCEL", "BYE", "OPTIONS",
                                          "REGISTER", "UPDATE", "INFO",   "NEW", "MESSAGE"};
    static const char *const branches[] = {"z9hG4bKa", "z9hG4bKb", "z9hG4bKc", "old", "z9hG4bK"};
    static const char *const extras[] = {"", "Require: nothing\r\n", "Max-Forwards: 0\r\n", "Supported: timer\r\n"};
    const char *method = methods[next(p) % G_N_ELEMENTS(methods)];
    const char *branch = branches[next(p) % G_N_ELEMENTS(branches)];
    uint8_t tag = next(p) % 3, numbers = next(p), where = next(p);
    struct sip_flow flow = some_flow(where);
    char *text = g_strdup_printf("%s sip:100@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/%s 192.0.2.7:5060;branch=%s%s\r\n"
                                 "From: <sip:200@x>;tag=f%u\r\nTo: <sip:100@x>%s%s\r\nCall-ID: c%u\r\nCSeq: %u %s\r\n"
                                 "Contact: <sip:200@192.0.2.7>\r\n%sContent-Length: 0\r\n\r\n",
                                 method, sip_transport_name(flow.transport), branch, numbers & 1 ? ";rport" : "",
                                 numbers >> 7, tag ? ";tag=" : "",
                                 tag == 1 ? "ours"
                                 : tag    ? p->tag
                                          : "",
                                 numbers >> 1 & 1, 1 + (numbers >> 2 & 3), method,
                                 extras[(numbers >> 4) % G_N_ELEMENTS(extras)]);
    hand_in(p, &flow, text);
    g_free(text);
}

/* The value of a header in a request of ours, as it stands. */
static struct view line_of(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at ? (struct view){at, strcspn(at, "\r\n")} : (struct view){0};
}

static void step_response(struct play *p)
{
    static const unsigned statuses[] = {100, 180, 200, 202, 302, 401, 481, 486, 487, 503, 699};
    if (!p->n_sent)
        return;
    const char *sent = p->sent[next(p) % MIN(p->n_sent, (unsigned)SENT)];
    unsigned status = statuses[next(p) % G_N_ELEMENTS(statuses)];
    struct sip_flow flow = some_flow(next(p));
    char *text = g_strdup_printf(
        "SIP/2.0 %u X\r\n%.*s\r\n%.*s\r\n%.*s;tag=r%u\r\n%.*s\r\n%.*s\r\nContent-Length: 0\r\n\r\n", status,
        VIEW_ARG(line_of(sent, "Via: ")), VIEW_ARG(line_of(sent, "From: ")), VIEW_ARG(line_of(sent, "To: ")),
        next(p) % 2, VIEW_ARG(line_of(sent, "Call-ID: ")), VIEW_ARG(line_of(sent, "CSeq: ")));
    hand_in(p, &flow, text);
    g_free(text);
}

static void step_raw(struct play *p)
{
    struct sip_flow flow = some_flow(next(p));
    size_t asked = (size_t)next(p) * 4, n = MIN(asked, (size_t)(p->end - p->at));
    char *bytes = n ? g_memdup2(p->at, n) : g_malloc(1);
    p->at += n;
    sip_endpoint_receive(p->ep, &flow, bytes, n, next(p) & 1);
    g_free(bytes);
}

static void step_start(struct play *p)
{
    static const struct sip_client_ops ops = {on_response, on_failed, on_client_over};
    static const enum sip_method methods[] = {SIP_INVITE, SIP_BYE, SIP_OPTIONS};
    struct owned_client *c = &p->clients[next(p) % OWNED];
    enum sip_method m = methods[next(p) % G_N_ELEMENTS(methods)];
    struct sip_flow flow = some_flow(next(p));
    if (c->txn)
        return;
    char headers[200];
    g_snprintf(headers, sizeof headers,
               "From: <sip:a@b>;tag=ours\r\nTo: <sip:c@d>\r\nCall-ID: c0\r\nCSeq: 1 %s\r\nRoute: <sip:r;lr>\r\n",
               sip_method_name(m));
    struct sip_request r = {.method = m, .uri = VIEW("sip:c@d"), .headers = view_of(headers)};
    c->play = p;
    c->txn = sip_client_start(p->ep, &flow, &r, &ops, c);
}

static void step_server(struct play *p)
{
    static const uint16_t statuses[] = {100, 180, 183, 200, 202, 302, 404, 486, 603, 99};
    struct owned_server *s = &p->servers[next(p) % OWNED];
    uint8_t what = next(p);
    if (!s->txn)
        return;
    if (what < 200) {
        sip_server_respond(s->txn, &(struct sip_response){.status = statuses[what % G_N_ELEMENTS(statuses)]});
        return;
    }
    if (what < 230) {
        struct view last = sip_server_last(s->txn);
        sip_server_resend(s->txn, last);
        return;
    }
    sip_server_disown(s->txn);
    s->txn = NULL;
}

static void step_client(struct play *p)
{
    struct owned_client *c = &p->clients[next(p) % OWNED];
    uint8_t what = next(p);
    if (!c->txn)
        return;
    sip_client_cancel(c->txn, what & 2 ? VIEW("Reason: SIP;cause=603\r\n") : (struct view){0});
    if (!(what & 1))
        return;
    sip_client_disown(c->txn);
    c->txn = NULL;
}

static void step_connection(struct play *p)
{
    struct sip_flow flow = some_flow(next(p)), now = flow;
    now.connection = 5;
    if (next(p) & 1)
        sip_endpoint_flow_closed(p->ep, &flow);
    else if (sip_transport_is_reliable(flow.transport))
        sip_endpoint_flow_opened(p->ep, &flow, &now);
}

static void step_dialog(struct play *p)
{
    char id[] = "c0";
    id[1] = (char)('0' + next(p) % 2);
    sip_endpoint_remove_dialog(p->ep, p->dialog);
    p->dialog = NULL;
    if (next(p) & 1)
        p->dialog = sip_endpoint_add_dialog(p->ep, view_of(id), VIEW("ours"), dialog_request, p);
}

static void step_settings(struct play *p)
{
    static const enum sip_gate verdicts[] = {SIP_GATE_PASS, SIP_GATE_PASS, SIP_GATE_PASS, SIP_GATE_ANSWER,
                                             SIP_GATE_DROP};
    static const int errors[] = {0, 0, 0, 0, ENOTCONN, ENOBUFS};
    static const uint16_t at_once[] = {0, 0, 180, 200, 486};
    p->verdict = verdicts[next(p) % G_N_ELEMENTS(verdicts)];
    p->send_error = errors[next(p) % G_N_ELEMENTS(errors)];
    p->respond_at_once = at_once[next(p) % G_N_ELEMENTS(at_once)];
}

static void step(struct play *p)
{
    static const int64_t times_us[] = {0, 1, 1000, 200000, 500000, 1000000, 4000000, 5000000, 31999999, 32000000};
    static void (*const steps[])(struct play *) = {step_request,    step_response, step_raw,
                                                   step_start,      step_server,   step_client,
                                                   step_connection, step_dialog,   step_settings};
    uint8_t what = next(p);
    if (what < G_N_ELEMENTS(times_us))
        pass(p, times_us[what]);
    else
        steps[what % G_N_ELEMENTS(steps)](p);
}

/* --- the end --------------------------------------------------------------------------------------------------- */

static void wind_up(struct play *p)
{
    for (unsigned i = 0; i < OWNED; i++) {
        if (p->servers[i].txn)
            sip_server_respond(p->servers[i].txn, &(struct sip_response){.status = 487});
        if (p->clients[i].txn)
            sip_client_disown(p->clients[i].txn);
        p->clients[i].txn = NULL;
    }
    sip_endpoint_remove_dialog(p->ep, p->dialog);
    pass(p, 2 * 64 * (int64_t)SIP_T1_US);
    MUST(sip_endpoint_transactions(p->ep) == 0);
    MUST(timers_count(p->ts) == 0);
    for (unsigned i = 0; i < OWNED; i++)
        MUST(!p->servers[i].txn);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct play *p = g_new0(struct play, 1);
    p->at = data;
    p->end = data + size;
    p->ts = timers_new(0, 0);
    p->entropy = (struct entropy){fill, p};
    struct sip_endpoint_config c = {p->ts, &p->entropy, VIEW("Carillon"), VIEW("timer"), 4};
    struct sip_endpoint_ports ports = {
        .arg = p, .send = port_send, .local = port_local, .gate = port_gate, .request = port_request};
    p->ep = sip_endpoint_new(&c, &ports);
    for (unsigned i = 0; i < STEPS_MAX && p->at < p->end; i++)
        step(p);
    wind_up(p);
    sip_endpoint_free(p->ep);
    timers_free(p->ts);
    g_free(p);
    return 0;
}
