/* SPDX-License-Identifier: Apache-2.0
 *
 * SIP-11: server transactions to the millisecond, on UDP and on streams, for peers of RFC 3261 and of RFC 2543.
 */
#include "tests/cmocka_all.h"
#include "tests/unit/sip/endpoint_world.h"

#include <string.h>

static void respond(struct world *w, uint16_t status)
{
    sip_server_respond(w->txn, &(struct sip_response){.status = status});
}

static void check_times(const struct world *w, const int64_t *ms, unsigned n)
{
    assert_int_equal(w->sent->len, n);
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(world_sent(w, i)->ms, ms[i]);
}

static void use_stream(struct world *w)
{
    w->flow.transport = SIP_TCP;
    w->flow.connection = 5;
}

static void nothing_left(struct world *w)
{
    assert_int_equal(sip_endpoint_transactions(w->ep), 0);
    assert_int_equal(timers_count(w->ts), 0);
    world_free(w);
}

/* Timers G and H: a refusal is repeated until 64*T1 when no ACK comes. */
static void sip_11_refusal_without_ack(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    world_in_request(w, "INVITE", "z9hG4bKa", 1, "", "");
    respond(w, 486);
    world_pass_ms(w, 40000);
    static const int64_t ms[] = {0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500};
    check_times(w, ms, G_N_ELEMENTS(ms));
    assert_int_equal(w->over, 1);
    nothing_left(w);
}

/* Timer I: after the ACK it is silent, absorbs for T4 and ends. */
static void sip_11_refusal_with_ack(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    world_in_request(w, "INVITE", "z9hG4bKa", 1, "", "");
    respond(w, 486);
    char *to = world_header(world_sent(w, 0)->text, "To");
    world_pass_ms(w, 600);
    world_in_request(w, "ACK", "z9hG4bKa", 1, strstr(to, "tag=") + 4, "");
    world_in_request(w, "ACK", "z9hG4bKa", 1, strstr(to, "tag=") + 4, "");
    world_in_request(w, "INVITE", "z9hG4bKa", 1, "", ""); /* late repetition: absorbed */
    assert_int_equal(w->sent->len, 2);
    world_pass_ms(w, 4999);
    assert_int_equal(w->over, 0);
    world_pass_ms(w, 1);
    assert_int_equal(w->over, 1);
    assert_int_equal(w->requests, 1);
    g_free(to);
    nothing_left(w);
}

/* RFC 6026: after a 2xx the transaction absorbs repeated INVITEs for timer L and sends nothing by itself. */
static void sip_11_accepted(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    world_in_request(w, "INVITE", "z9hG4bKa", 1, "", "");
    respond(w, 180);
    world_in_request(w, "INVITE", "z9hG4bKa", 1, "", ""); /* repeats the 180 */
    respond(w, 200);
    respond(w, 486); /* a second final is ignored */
    assert_int_equal(w->sent->len, 3);
    assert_int_equal(world_status(w, 1), 180);
    assert_int_equal(world_status(w, 2), 200);
    world_in_request(w, "INVITE", "z9hG4bKa", 1, "", "");
    world_pass_ms(w, 31999);
    assert_int_equal(w->sent->len, 3);
    assert_int_equal(w->over, 0);
    assert_true(sip_server_last(w->txn).n > 0);
    sip_server_resend(w->txn, sip_server_last(w->txn));
    assert_string_equal(world_sent(w, 2)->text, world_sent(w, 3)->text);
    world_pass_ms(w, 1);
    assert_int_equal(w->over, 1);
    assert_int_equal(w->requests, 1);
    nothing_left(w);
}

/* A disowned accepted transaction keeps absorbing and calls nobody. */
static void sip_11_accepted_disowned(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    world_in_request(w, "INVITE", "z9hG4bKa", 1, "", "");
    respond(w, 200);
    sip_server_disown(w->txn);
    assert_null(sip_server_request(w->txn));
    world_in_request(w, "INVITE", "z9hG4bKa", 1, "", "");
    world_in_request(w, "CANCEL", "z9hG4bKa", 1, "", "");
    assert_int_equal(world_status(w, 1), 200);
    world_pass_ms(w, 32000);
    assert_int_equal(w->over + w->cancelled, 0);
    assert_int_equal(w->requests, 1);
    nothing_left(w);
}

/* 17.2.1: 100 after 200 ms when nobody answered. */
static void sip_11_trying_by_itself(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    world_in_request(w, "INVITE", "z9hG4bKa", 1, "", "");
    world_pass_ms(w, 199);
    assert_int_equal(w->sent->len, 0);
    world_pass_ms(w, 1);
    assert_int_equal(world_status(w, 0), 100);
    assert_false(world_has(w, 0, "To: <sip:100@10.0.0.1>;tag"));
    world_pass_ms(w, 600000); /* ringing has no end here */
    assert_int_equal(w->sent->len, 1);
    respond(w, 487);
    world_pass_ms(w, 32000);
    nothing_left(w);
}

static void sip_11_invite_on_a_stream(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    use_stream(w);
    world_in_request(w, "INVITE", "z9hG4bKa", 1, "", "");
    respond(w, 486);
    world_pass_ms(w, 20000);
    assert_int_equal(w->sent->len, 1); /* no repetition */
    assert_int_equal(world_sent(w, 0)->flow.connection, 5);
    world_in_request(w, "ACK", "z9hG4bKa", 1, "any", "");
    assert_int_equal(w->over, 1); /* timer I is zero */
    nothing_left(w);
}

/* Timer J: the answer is repeated to repeated requests, then forgotten. */
static void sip_11_others(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    w->respond_at_once = 200;
    world_in_request(w, "OPTIONS", "z9hG4bKa", 1, "", "");
    world_pass_ms(w, 1);
    struct sip_server *t = w->txn;
    assert_null(sip_server_request(t)); /* only the answer is kept */
    world_pass_ms(w, 30999);
    world_in_request(w, "OPTIONS", "z9hG4bKa", 1, "", "");
    assert_int_equal(w->sent->len, 2);
    assert_string_equal(world_sent(w, 0)->text, world_sent(w, 1)->text);
    world_pass_ms(w, 1000);
    assert_int_equal(w->over, 1);
    assert_int_equal(w->requests, 1);
    nothing_left(w);
}

static void sip_11_others_on_a_stream(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    use_stream(w);
    w->respond_at_once = 200;
    world_in_request(w, "OPTIONS", "z9hG4bKa", 1, "", "");
    assert_int_equal(w->over, 0); /* never inside sip_server_respond */
    world_pass_ms(w, 0);
    assert_int_equal(w->over, 1);
    nothing_left(w);
}

/* An answer that nobody ever gives does not hold memory for ever. */
static void sip_11_never_answered(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    world_in_request(w, "REGISTER", "z9hG4bKa", 1, "", "");
    world_in_request(w, "REGISTER", "z9hG4bKa", 1, "", "");
    world_pass_ms(w, 31999);
    assert_int_equal(w->over, 0);
    world_pass_ms(w, 1);
    assert_int_equal(w->over, 1);
    assert_int_equal(w->sent->len, 0);
    nothing_left(w);
}

static void sip_11_cancel(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    world_in_request(w, "CANCEL", "z9hG4bKa", 1, "", ""); /* before its INVITE: unknown */
    assert_int_equal(world_status(w, 0), 481);
    world_in_request(w, "INVITE", "z9hG4bKa", 1, "", "");
    respond(w, 180);
    world_in_request(w, "CANCEL", "z9hG4bKa", 1, "", "");
    world_in_request(w, "CANCEL", "z9hG4bKa", 1, "", "");
    assert_int_equal(w->cancelled, 1);
    assert_int_equal(world_status(w, 2), 200);
    assert_true(world_has(w, 2, "CSeq: 1 CANCEL"));
    assert_string_equal(world_sent(w, 2)->text, world_sent(w, 3)->text);
    char *ringing = world_header(world_sent(w, 1)->text, "To"), *cancelled = world_header(world_sent(w, 2)->text, "To");
    assert_string_equal(ringing, cancelled); /* 9.2: same tag */
    g_free(ringing);
    g_free(cancelled);
    respond(w, 487);
    world_in_request(w, "CANCEL", "z9hG4bKa", 1, "", ""); /* crossing: still 200, nobody told */
    assert_int_equal(world_status(w, 5), 200);
    assert_int_equal(w->cancelled, 1);
    world_pass_ms(w, 32000);
    nothing_left(w);
}

static char *old_request(const char *method, const char *to_tag, const char *via_more)
{
    return g_strdup_printf("%s sip:100@10.0.0.1 SIP/2.0\r\n"
                           "Via: SIP/2.0/UDP 192.0.2.7:5070%s\r\n"
                           "From: <sip:200@10.0.0.1>\r\nTo: <sip:100@10.0.0.1>%s%s\r\n"
                           "Call-ID: old@x\r\nCSeq: 3 %s\r\nContact: <sip:200@192.0.2.7>\r\n\r\n",
                           method, via_more, to_tag[0] ? ";tag=" : "", to_tag, method);
}

static void in_old(struct world *w, const char *method, const char *to_tag)
{
    char *text = old_request(method, to_tag, "");
    world_in(w, text);
    g_free(text);
}

/* A peer of RFC 2543, without branch and From tag: repetition, CANCEL and ACK find their INVITE. */
static void sip_11_rfc2543(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    in_old(w, "INVITE", "");
    in_old(w, "INVITE", "");
    assert_int_equal(w->requests, 1);
    in_old(w, "CANCEL", "");
    assert_int_equal(w->cancelled, 1);
    respond(w, 487);
    assert_int_equal(world_sent(w, 1)->flow.remote.port, 5070); /* no rport, true address: the port of sent-by */
    char *to = world_header(world_sent(w, 1)->text, "To");
    in_old(w, "ACK", "wrong");
    world_pass_ms(w, 500);
    assert_int_equal(w->sent->len, 3); /* that ACK was not for us */
    in_old(w, "ACK", strstr(to, "tag=") + 4);
    world_pass_ms(w, 4999);
    assert_int_equal(w->sent->len, 3);
    world_pass_ms(w, 1);
    g_free(to);
    nothing_left(w);
}

/* A branch of somebody's own making need not be unique: another CSeq is another request (RFC 4475 3.2.1). */
static void sip_11_foreign_branch(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    w->respond_at_once = 200;
    world_in_request(w, "OPTIONS", "1", 1, "", "");
    world_in_request(w, "OPTIONS", "1", 2, "", "");
    world_in_request(w, "OPTIONS", "1", 2, "", "");
    assert_int_equal(w->requests, 2);
    assert_string_equal(world_sent(w, 1)->text, world_sent(w, 2)->text);
    world_in_request(w, "OPTIONS", "z9hG4bK", 3, "", ""); /* the cookie and nothing: refused */
    assert_int_equal(world_status(w, 3), 400);
    world_pass_ms(w, 32000);
    nothing_left(w);
}

/* RFC 3581: behind NAT the answer goes where the request came from, and says so. */
static void sip_5_answer_to_the_source(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    w->respond_at_once = 200;
    world_in_request(w, "OPTIONS", "z9hG4bKa", 1, "", "");
    assert_int_equal(world_sent(w, 0)->flow.remote.port, 40000);
    assert_true(world_has(w, 0, "received=192.0.2.7"));
    assert_true(world_has(w, 0, "rport=40000"));
    char *behind_nat = g_strdup("OPTIONS sip:10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.1.9:5060;branch=z9hG4bKn\r\n"
                                "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: n\r\nCSeq: 1 OPTIONS\r\n"
                                "Max-Forwards: 70\r\n\r\n");
    world_in(w, behind_nat);
    assert_int_equal(world_sent(w, 1)->flow.remote.port, 40000);
    g_free(behind_nat);
    world_pass_ms(w, 32000);
    nothing_left(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sip_11_refusal_without_ack),
        cmocka_unit_test(sip_11_refusal_with_ack),
        cmocka_unit_test(sip_11_accepted),
        cmocka_unit_test(sip_11_accepted_disowned),
        cmocka_unit_test(sip_11_trying_by_itself),
        cmocka_unit_test(sip_11_invite_on_a_stream),
        cmocka_unit_test(sip_11_others),
        cmocka_unit_test(sip_11_others_on_a_stream),
        cmocka_unit_test(sip_11_never_answered),
        cmocka_unit_test(sip_11_cancel),
        cmocka_unit_test(sip_11_rfc2543),
        cmocka_unit_test(sip_11_foreign_branch),
        cmocka_unit_test(sip_5_answer_to_the_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
