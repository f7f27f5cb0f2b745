/* SPDX-License-Identifier: Apache-2.0
 *
 * Sessions: calls set up, cancelled, ended in every state, over a wire that loses and reorders (SIP-11).
 */
#include "tests/cmocka_all.h"
#include "tests/unit/sip/session_world.h"

#include <string.h>

static void call_answer_bye(void **state)
{
    (void)state;
    struct world *w = world_new(1);
    struct party *a = party_call(w, SIDE_A, "a1");
    assert_int_equal(sip_session_state(a->s), SIP_SESSION_CALLING);
    world_run(w, 50000);
    struct party *b = w->side[SIDE_B].came;
    assert_int_equal(sip_session_state(b->s), SIP_SESSION_INCOMING);
    sip_session_progress(b->s, 180, no_text(), no_text());
    world_run(w, 50000);
    assert_int_equal(sip_session_state(a->s), SIP_SESSION_EARLY);
    sip_session_accept(b->s, sdp_named("b1"));
    world_run(w, 1000000);
    assert_string_equal(a->log->str, "progress:180 answered/b1 ");
    assert_string_equal(b->log->str, "came:a1 confirmed ");
    assert_int_equal(sip_session_state(a->s), SIP_SESSION_UP);
    assert_int_equal(sip_session_state(b->s), SIP_SESSION_UP);
    assert_true(sip_session_peer_allows(a->s, SIP_UPDATE));
    assert_true(sip_session_peer_supports(b->s, VIEW("timer")));
    sip_session_end(a->s, 0, VIEW("Q.850;cause=16"), no_text());
    world_run(w, 100000);
    assert_true(party_heard(b, "[Q.850;cause=16]ended:bye"));
    world_assert_empty(w);
    assert_int_equal(world_count(w, "A>B INVITE"), 1);
    assert_int_equal(world_count(w, "A>B ACK"), 1);
    assert_int_equal(world_count(w, "A>B BYE"), 1);
    assert_string_equal(a->log->str, "progress:180 answered/b1 over ");
    world_free(w);
}

static void callee_hangs_up(void **state)
{
    (void)state;
    struct world *w = world_new(2);
    struct party *a, *b;
    world_connect(w, &a, &b);
    sip_session_end(b->s, 0, no_text(), no_text());
    world_assert_empty(w);
    assert_string_equal(a->log->str, "answered/b1 ended:bye over ");
    world_free(w);
}

static void refused(void **state)
{
    (void)state;
    struct world *w = world_new(3);
    struct party *a = party_call(w, SIDE_A, "a1");
    world_run(w, 50000);
    sip_session_end(w->side[SIDE_B].came->s, 486, no_text(), VIEW("Retry-After: 5\r\n"));
    world_assert_empty(w);
    assert_string_equal(a->log->str, "ended:refused:486 over ");
    assert_string_equal(w->side[SIDE_B].came->log->str, "came:a1 over ");
    world_free(w);
}

static void cancelled_with_reason(void **state)
{
    (void)state;
    struct world *w = world_new(4);
    struct party *a = party_call(w, SIDE_A, "a1");
    world_run(w, 50000);
    struct party *b = w->side[SIDE_B].came;
    sip_session_progress(b->s, 180, no_text(), no_text());
    world_run(w, 50000);
    sip_session_end(a->s, 0, VIEW("SIP;cause=200;text=\"Call completed elsewhere\""), no_text());
    world_assert_empty(w);
    assert_true(party_heard(b, "ended:cancelled") || strstr(b->log->str, "elsewhere\"]ended:cancelled "));
    assert_non_null(strstr(b->log->str, "[SIP;cause=200;"));
    assert_int_equal(world_count(w, "B>A 487 INVITE"), 1);
    world_free(w);
}

static void cancelled_before_anything_came_back(void **state)
{
    (void)state;
    struct world *w = world_new(5);
    struct party *a = party_call(w, SIDE_A, "a1");
    sip_session_end(a->s, 0, no_text(), no_text());
    assert_int_equal(sip_session_state(a->s), SIP_SESSION_ENDED);
    world_assert_empty(w);
    assert_string_equal(a->log->str, "over ");
    assert_string_equal(w->side[SIDE_B].came->log->str, "came:a1 ended:cancelled over ");
    world_free(w);
}

/* SIP-11: CANCEL against 200. */
static void cancel_crosses_200(void **state)
{
    (void)state;
    struct world *w = world_new(6);
    struct party *a = party_call(w, SIDE_A, "a1");
    world_run(w, 50000);
    struct party *b = w->side[SIDE_B].came;
    sip_session_accept(b->s, sdp_named("b1"));
    sip_session_end(a->s, 0, no_text(), no_text());
    world_assert_empty(w);
    assert_string_equal(a->log->str, "over ");
    assert_string_equal(b->log->str, "came:a1 confirmed ended:bye over ");
    assert_int_equal(world_count(w, "A>B ACK"), 1);
    assert_int_equal(world_count(w, "A>B BYE"), 1);
    world_free(w);
}

static bool drop_acks(struct world *w, unsigned from, const struct sip_msg *m)
{
    (void)from;
    return m->is_request && m->method == SIP_ACK && w->drop_left-- > 0;
}

/* SIP-11: lost ACK. */
static void lost_ack_is_sent_again(void **state)
{
    (void)state;
    struct world *w = world_new(7);
    struct party *a, *b;
    w->drop = drop_acks;
    w->drop_left = 3;
    world_connect(w, &a, &b);
    assert_false(party_heard(b, "confirmed"));
    world_run(w, 10000000);
    assert_true(party_heard(b, "confirmed"));
    assert_int_equal(world_count(w, "A>B ACK lost"), 3);
    assert_int_equal(world_count(w, "B>A 200 INVITE"), 4);
    sip_session_end(b->s, 0, no_text(), no_text());
    world_assert_empty(w);
    world_free(w);
}

/* SIP-11: without any ACK the call ends after 64*T1 with a BYE. */
static void never_acked(void **state)
{
    (void)state;
    struct world *w = world_new(8);
    struct party *a, *b;
    w->drop = drop_acks;
    w->drop_left = 1000;
    world_connect(w, &a, &b);
    world_run(w, 30000000);
    assert_int_equal(b->told_ended, 0);
    world_run(w, 3000000);
    assert_true(party_heard(b, "ended:no_ack"));
    assert_true(party_heard(a, "ended:bye"));
    assert_int_equal(world_count(w, "B>A 200 INVITE"), 11); /* 0, .5, 1.5, 3.5, 7.5 … 31.5 s */
    world_assert_empty(w);
    world_free(w);
}

/* SIP-11: a callee's BYE waits for the ACK (RFC 3261 15). */
static void bye_before_ack(void **state)
{
    (void)state;
    struct world *w = world_new(9);
    struct party *a = party_call(w, SIDE_A, "a1");
    world_run(w, 50000);
    struct party *b = w->side[SIDE_B].came;
    sip_session_accept(b->s, sdp_named("b1"));
    sip_session_end(b->s, 0, VIEW("SIP;cause=480"), no_text());
    assert_int_equal(world_count(w, "B>A BYE"), 0);
    world_run(w, 100000);
    assert_int_equal(world_count(w, "B>A BYE"), 1);
    world_assert_empty(w);
    assert_string_equal(a->log->str, "answered/b1 [SIP;cause=480]ended:bye over ");
    world_free(w);
}

static void byes_cross(void **state)
{
    (void)state;
    struct world *w = world_new(10);
    struct party *a, *b;
    world_connect(w, &a, &b);
    sip_session_end(a->s, 0, no_text(), no_text());
    sip_session_end(b->s, 0, no_text(), no_text());
    world_assert_empty(w);
    assert_int_equal(world_count(w, "A>B 200 BYE"), 1);
    assert_int_equal(world_count(w, "B>A 200 BYE"), 1);
    assert_int_equal(a->told_ended + b->told_ended, 0);
    world_free(w);
}

static void nobody_there(void **state)
{
    (void)state;
    struct world *w = world_new(11);
    w->loss = 100;
    struct party *a = party_call(w, SIDE_A, "a1");
    world_run(w, 31000000);
    assert_string_equal(a->log->str, "");
    world_assert_empty(w);
    assert_string_equal(a->log->str, "ended:timeout over ");
    assert_int_equal(world_count(w, "A>B INVITE"), 7);
    world_free(w);
}

/* The NULL promise: a flow without listener. */
static void no_such_listener(void **state)
{
    (void)state;
    struct world *w = world_new(12);
    struct sip_session_invite p = {.flow = {.transport = SIP_TLS, .remote = w->side[SIDE_B].addr},
                                   .uri = VIEW("sip:bob@192.0.2.2"),
                                   .from = {.uri = VIEW("sip:100@pbx.example")}};
    assert_null(sip_session_invite(w->side[SIDE_A].ep, &p, &w->side[SIDE_A].timers, &party_ops, NULL));
    world_assert_empty(w);
    world_free(w);
}

/* SIP-5: the phone's socket changed in a call: what it sends next moves the flow. */
static void requests_follow_a_new_address(void **state)
{
    (void)state;
    struct world *w = world_new(13);
    struct party *a, *b;
    world_connect(w, &a, &b);
    assert_int_equal(sip_session_flow(a->s)->remote.port, 5060);
    w->side[SIDE_B].addr.port = 6060;
    sip_session_info(b->s, VIEW("application/dtmf-relay"), VIEW("Signal=5"));
    world_run(w, 100000);
    assert_non_null(strstr(a->log->str, "[Signal=5]info"));
    assert_int_equal(sip_session_flow(a->s)->remote.port, 6060);
    sip_session_end(a->s, 0, no_text(), no_text());
    world_assert_empty(w);
    world_free(w);
}

static void end_in_callback(struct party *p, const char *event)
{
    if (strcmp(event, "answered") == 0 || strcmp(event, "confirmed") == 0 || strcmp(event, "progress") == 0)
        sip_session_end(p->s, 0, no_text(), no_text());
}

/* Ended from inside the events themselves. */
static void ended_inside_events(void **state)
{
    (void)state;
    for (int early = 0; early < 2; early++) {
        struct world *w = world_new(14);
        struct party *a = party_call(w, SIDE_A, "a1");
        a->hook = end_in_callback;
        world_run(w, 50000);
        struct party *b = w->side[SIDE_B].came;
        b->hook = end_in_callback;
        if (early)
            sip_session_progress(b->s, 183, sdp_named("b1"), no_text());
        else
            sip_session_accept(b->s, sdp_named("b1"));
        world_assert_empty(w);
        world_free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(call_answer_bye),
        cmocka_unit_test(callee_hangs_up),
        cmocka_unit_test(refused),
        cmocka_unit_test(cancelled_with_reason),
        cmocka_unit_test(cancelled_before_anything_came_back),
        cmocka_unit_test(cancel_crosses_200),
        cmocka_unit_test(lost_ack_is_sent_again),
        cmocka_unit_test(never_acked),
        cmocka_unit_test(bye_before_ack),
        cmocka_unit_test(byes_cross),
        cmocka_unit_test(nobody_there),
        cmocka_unit_test(no_such_listener),
        cmocka_unit_test(requests_follow_a_new_address),
        cmocka_unit_test(ended_inside_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
