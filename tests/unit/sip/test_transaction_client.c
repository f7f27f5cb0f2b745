/* SPDX-License-Identifier: Apache-2.0
 *
 * SIP-11: client transactions to the millisecond: repetition, timeouts, ACK of refusals, CANCEL and its races, broken
 * connections.
 */
#include "tests/cmocka_all.h"
#include "tests/unit/sip/endpoint_world.h"

#include <errno.h>
#include <string.h>

struct owner {
    unsigned responses, over, timeouts, broken;
    unsigned last_status;
};

static void on_response(void *arg, struct sip_client *t, const struct sip_msg *m, const struct sip_flow *flow)
{
    struct owner *o = arg;
    (void)t;
    (void)flow;
    o->responses++;
    o->last_status = m->status;
}

static void on_failed(void *arg, struct sip_client *t, enum sip_client_failure why)
{
    struct owner *o = arg;
    (void)t;
    if (why == SIP_CLIENT_TIMEOUT)
        o->timeouts++;
    else
        o->broken++;
}

static void on_over(void *arg, struct sip_client *t)
{
    struct owner *o = arg;
    (void)t;
    o->over++;
}

static const struct sip_client_ops ops = {on_response, on_failed, on_over};

static struct sip_client *start(struct world *w, enum sip_method m, struct owner *o)
{
    char headers[400];
    g_snprintf(headers, sizeof headers,
               "From: <sip:100@10.0.0.1>;tag=mine\r\nTo: <sip:200@192.0.2.7>\r\nCall-ID: out-1\r\nCSeq: 7 %s\r\n"
               "Route: <sip:192.0.2.7;lr>\r\nRoute: <sip:second;lr>\r\n",
               sip_method_name(m));
    struct sip_request r = {.method = m, .uri = VIEW("sip:200@192.0.2.7:40000"), .headers = view_of(headers)};
    return sip_client_start(w->ep, &w->flow, &r, &ops, o);
}

static void check_times(const struct world *w, const int64_t *ms, unsigned n)
{
    assert_int_equal(w->sent->len, n);
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(world_sent(w, i)->ms, ms[i]);
}

static void use_stream(struct world *w, uint64_t connection)
{
    w->flow.transport = SIP_TCP;
    w->flow.connection = connection;
}

static void nothing_left(struct world *w)
{
    assert_int_equal(sip_endpoint_transactions(w->ep), 0);
    assert_int_equal(timers_count(w->ts), 0);
    world_free(w);
}

/* Timers A and B. */
static void sip_11_invite_unanswered(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    struct owner o = {0};
    assert_non_null(start(w, SIP_INVITE, &o));
    world_pass_ms(w, 31999);
    static const int64_t ms[] = {0, 500, 1500, 3500, 7500, 15500, 31500};
    check_times(w, ms, G_N_ELEMENTS(ms));
    assert_int_equal(o.timeouts, 0);
    world_pass_ms(w, 1);
    assert_int_equal(o.timeouts, 1);
    assert_int_equal(o.over, 0);
    nothing_left(w);
}

/* Timers E and F: doubling up to T2; after a provisional each T2. */
static void sip_11_others_unanswered(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    struct owner o = {0};
    start(w, SIP_OPTIONS, &o);
    world_pass_ms(w, 32000);
    static const int64_t ms[] = {0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500};
    check_times(w, ms, G_N_ELEMENTS(ms));
    assert_int_equal(o.timeouts, 1);
    world_forget(w);
    start(w, SIP_BYE, &o);
    world_pass_ms(w, 600);
    world_in_response(w, 0, 100, "");
    world_pass_ms(w, 31400);
    static const int64_t later[] = {32000, 32500, 33500, 37500, 41500, 45500, 49500, 53500, 57500, 61500};
    check_times(w, later, G_N_ELEMENTS(later));
    assert_int_equal(o.timeouts, 2);
    nothing_left(w);
}

static void sip_11_others_answered(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    struct owner o = {0};
    start(w, SIP_BYE, &o);
    world_in_response(w, 0, 200, "x");
    world_in_response(w, 0, 200, "x"); /* absorbed */
    assert_int_equal(o.responses, 1);
    world_pass_ms(w, 4999);
    assert_int_equal(o.over, 0);
    world_pass_ms(w, 1); /* timer K */
    assert_int_equal(o.over, 1);
    assert_int_equal(w->sent->len, 1);
    nothing_left(w);
}

/* 17.1.1.3: the ACK of a refusal has the INVITE's Request-URI, branch and route and the refusal's To; timer D. */
static void sip_11_refused(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    struct owner o = {0};
    start(w, SIP_INVITE, &o);
    world_in_response(w, 0, 180, "x");
    world_pass_ms(w, 60000); /* no repetition, no end while it rings */
    assert_int_equal(w->sent->len, 1);
    world_in_response(w, 0, 486, "x");
    assert_int_equal(o.responses, 2);
    const char *ack = world_sent(w, 1)->text;
    assert_true(g_str_has_prefix(ack, "ACK sip:200@192.0.2.7:40000 SIP/2.0\r\n"));
    char *sent_via = world_header(world_sent(w, 0)->text, "Via"), *via = world_header(ack, "Via");
    assert_string_equal(via, sent_via);
    assert_non_null(strstr(ack, "To: <sip:200@192.0.2.7>;tag=x\r\n"));
    assert_non_null(strstr(ack, "CSeq: 7 ACK\r\n"));
    assert_non_null(strstr(ack, "Route: <sip:192.0.2.7;lr>\r\nRoute: <sip:second;lr>\r\n"));
    assert_non_null(strstr(ack, "Max-Forwards: 70\r\n"));
    world_in_response(w, 0, 486, "x"); /* ACK lost: sent again, owner not told */
    assert_int_equal(w->sent->len, 3);
    assert_string_equal(world_sent(w, 2)->text, ack);
    world_in_response(w, 0, 200, "x"); /* nonsense now */
    assert_int_equal(o.responses, 2);
    world_pass_ms(w, 31999);
    assert_int_equal(o.over, 0);
    world_pass_ms(w, 1);
    assert_int_equal(o.over, 1);
    g_free(sent_via);
    g_free(via);
    nothing_left(w);
}

/* RFC 6026: repeated and forked 2xx reach the owner for timer M. */
static void sip_11_accepted(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    struct owner o = {0};
    start(w, SIP_INVITE, &o);
    world_in_response(w, 0, 200, "x");
    world_in_response(w, 0, 200, "x");
    world_in_response(w, 0, 200, "fork");
    world_in_response(w, 0, 180, "x"); /* late and useless */
    world_in_response(w, 0, 486, "x");
    assert_int_equal(o.responses, 3);
    assert_int_equal(w->sent->len, 1); /* the ACK is the owner's */
    world_pass_ms(w, 31999);
    assert_int_equal(o.over, 0);
    world_pass_ms(w, 1);
    assert_int_equal(o.over, 1);
    nothing_left(w);
}

/* 9.1: CANCEL waits for a provisional; then the INVITE ends by 487. */
static void sip_11_cancel_before_provisional(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    struct owner o = {0};
    struct sip_client *t = start(w, SIP_INVITE, &o);
    sip_client_cancel(t, VIEW("Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n"));
    sip_client_cancel(t, VIEW("Reason: SIP;cause=603\r\n")); /* the first stands */
    assert_int_equal(w->sent->len, 1);
    world_in_response(w, 0, 100, "");
    assert_int_equal(w->sent->len, 2);
    const char *cancel = world_sent(w, 1)->text;
    char *sent_via = world_header(world_sent(w, 0)->text, "Via"), *via = world_header(cancel, "Via");
    assert_string_equal(via, sent_via);
    assert_true(g_str_has_prefix(cancel, "CANCEL sip:200@192.0.2.7:40000 SIP/2.0\r\n"));
    assert_non_null(strstr(cancel, "CSeq: 7 CANCEL\r\n"));
    assert_non_null(strstr(cancel, "To: <sip:200@192.0.2.7>\r\n"));
    assert_non_null(strstr(cancel, "cause=200")); /* SIP-14 */
    assert_non_null(strstr(cancel, "Route: <sip:192.0.2.7;lr>\r\n"));
    world_in_response(w, 1, 200, "x");
    assert_int_equal(o.responses, 1);
    world_in_response(w, 0, 487, "x");
    assert_int_equal(o.last_status, 487);
    assert_true(g_str_has_prefix(world_sent(w, 2)->text, "ACK "));
    world_pass_ms(w, 32000);
    assert_int_equal(o.over, 1);
    g_free(sent_via);
    g_free(via);
    nothing_left(w);
}

/* CANCEL crosses the 200: the owner is told of the 200. */
static void sip_11_cancel_crosses_200(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    struct owner o = {0};
    struct sip_client *t = start(w, SIP_INVITE, &o);
    world_in_response(w, 0, 180, "x");
    sip_client_cancel(t, (struct view){0});
    assert_int_equal(w->sent->len, 2);
    world_in_response(w, 0, 200, "x");
    assert_int_equal(o.last_status, 200);
    world_in_response(w, 1, 481, "x");
    assert_int_equal(o.responses, 2);
    world_pass_ms(w, 32000);
    assert_int_equal(o.over, 1);
    assert_int_equal(o.timeouts, 0);
    nothing_left(w);
}

/* 9.1: cancelled and never answered: over after 64*T1. */
static void sip_11_cancel_unanswered(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    struct owner o = {0};
    struct sip_client *t = start(w, SIP_INVITE, &o);
    world_in_response(w, 0, 180, "x");
    world_pass_ms(w, 10000);
    sip_client_cancel(t, (struct view){0});
    world_pass_ms(w, 31999);
    assert_int_equal(o.timeouts, 0);
    world_pass_ms(w, 1);
    assert_int_equal(o.timeouts, 1);
    nothing_left(w);
}

static void sip_11_disowned(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    struct owner o = {0};
    struct sip_client *t = start(w, SIP_INVITE, &o);
    world_in_response(w, 0, 180, "x");
    sip_client_disown(t);
    assert_true(g_str_has_prefix(world_sent(w, 1)->text, "CANCEL "));
    world_in_response(w, 0, 487, "x");
    sip_client_disown(start(w, SIP_OPTIONS, &o));
    world_pass_ms(w, 64000);
    assert_int_equal(o.responses, 1);
    assert_int_equal(o.over + o.timeouts + o.broken, 0);
    nothing_left(w);
}

/* A refused send is told later, never inside sip_client_start. */
static void sip_6_refused_at_once(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    struct owner o = {0};
    use_stream(w, 9);
    w->send_error = ENOTCONN;
    assert_non_null(start(w, SIP_INVITE, &o));
    assert_int_equal(o.broken, 0);
    world_pass_ms(w, 0);
    assert_int_equal(o.broken, 1);
    w->flow.transport = SIP_WS; /* nobody listens there */
    w->flow.connection = 0;
    assert_null(start(w, SIP_INVITE, &o));
    w->flow.transport = SIP_UDP;
    w->send_error = ENOBUFS; /* a full queue is a lost datagram */
    start(w, SIP_OPTIONS, &o);
    world_pass_ms(w, 600);
    assert_int_equal(o.broken, 1);
    w->send_error = ENOTCONN; /* ICMP says that nobody is there */
    world_pass_ms(w, 1000);
    assert_int_equal(o.broken, 2);
    nothing_left(w);
}

/* A connection asked for is taken over once it is there; its end fails what waits on it, and nothing else. */
static void sip_6_connections(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    struct owner o = {0}, other = {0};
    use_stream(w, 0);
    struct sip_flow asked = w->flow, now = w->flow;
    now.connection = 77;
    struct sip_client *t = start(w, SIP_INVITE, &o);
    sip_endpoint_flow_opened(w->ep, &asked, &now);
    w->flow = now;
    world_in_response(w, 0, 180, "x");
    sip_client_cancel(t, (struct view){0});
    assert_int_equal(world_sent(w, 1)->flow.connection, 77);
    use_stream(w, 78);
    start(w, SIP_OPTIONS, &other);
    sip_endpoint_flow_closed(w->ep, &now);
    assert_int_equal(o.broken, 0);
    world_pass_ms(w, 0);
    assert_int_equal(o.broken, 1);
    assert_int_equal(other.broken, 0);
    world_pass_ms(w, 32000);
    assert_int_equal(other.timeouts, 1); /* timer F runs on streams too */
    assert_int_equal(w->sent->len, 3);   /* without repetition */
    use_stream(w, 0);
    start(w, SIP_INVITE, &o);
    sip_endpoint_flow_closed(w->ep, &w->flow); /* could not be opened */
    world_pass_ms(w, 0);
    assert_int_equal(o.broken, 2);
    nothing_left(w);
}

static void in_edited(struct world *w, const char *response, const char *what, const char *instead)
{
    char **parts = g_strsplit(response, what, 2);
    char *text = g_strjoinv(instead, parts);
    world_in(w, text);
    g_strfreev(parts);
    g_free(text);
}

/* RFC 3261 18.1.2, RFC 4475 3.3.10: what is not ours is dropped without a word. */
static void stray_responses(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    struct owner o = {0};
    start(w, SIP_OPTIONS, &o);
    char *good = world_response_to(w, 0, 200, "x");
    in_edited(w, good, "10.0.0.1:5060;", "10.0.0.2:5060;");
    in_edited(w, good, "10.0.0.1:5060;", "10.0.0.1:5061;");
    in_edited(w, good, "7 OPTIONS", "7 BYE");
    in_edited(w, good, "From: ", "Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1\r\nFrom: ");
    in_edited(w, good, "branch=z9hG4bK", "branch=z9hG4bKx");
    assert_int_equal(o.responses, 0);
    world_in(w, good);
    assert_int_equal(o.responses, 1);
    assert_int_equal(w->sent->len, 1);
    g_free(good);
    world_pass_ms(w, 5000);
    nothing_left(w);
}

static void send_large(struct world *w, size_t body, struct owner *o)
{
    char *text = g_strnfill(body, 'x');
    struct sip_request r = {.method = SIP_OPTIONS,
                            .uri = VIEW("sip:200@192.0.2.7"),
                            .headers =
                                VIEW("From: <sip:a@b>;tag=1\r\nTo: <sip:b@c>\r\nCall-ID: l\r\nCSeq: 1 OPTIONS\r\n"),
                            .content_type = VIEW("text/plain"),
                            .body = {text, body}};
    sip_client_disown(sip_client_start(w->ep, &w->flow, &r, &ops, o));
    g_free(text);
}

/* SIP-18: above 1,300 bytes another way is asked for, and UDP taken when there is none. */
static void sip_18_large_requests(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    struct owner o = {0};
    send_large(w, 10, &o);
    size_t head = strlen(world_sent(w, 0)->text) - 10 + 2; /* the length of the length grows by two */
    w->widens = true;
    send_large(w, 1300 - head, &o);
    send_large(w, 1301 - head, &o);
    w->widens = false;
    send_large(w, 1301 - head, &o);
    assert_int_equal(strlen(world_sent(w, 1)->text), 1300);
    assert_int_equal(world_sent(w, 1)->flow.transport, SIP_UDP);
    assert_int_equal(world_sent(w, 2)->flow.transport, SIP_TCP);
    assert_true(world_has(w, 2, "Via: SIP/2.0/TCP 10.0.0.1:5060;branch="));
    assert_int_equal(world_sent(w, 3)->flow.transport, SIP_UDP);
    world_pass_ms(w, 32000);
    nothing_left(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sip_11_invite_unanswered),  cmocka_unit_test(sip_11_others_unanswered),
        cmocka_unit_test(sip_11_others_answered),    cmocka_unit_test(sip_11_refused),
        cmocka_unit_test(sip_11_accepted),           cmocka_unit_test(sip_11_cancel_before_provisional),
        cmocka_unit_test(sip_11_cancel_crosses_200), cmocka_unit_test(sip_11_cancel_unanswered),
        cmocka_unit_test(sip_11_disowned),           cmocka_unit_test(sip_6_refused_at_once),
        cmocka_unit_test(sip_6_connections),         cmocka_unit_test(stray_responses),
        cmocka_unit_test(sip_18_large_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
