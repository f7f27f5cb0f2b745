/* SPDX-License-Identifier: Apache-2.0
 *
 * Sessions: whose turn it is to offer (RFC 3264, 6337): re-INVITE, UPDATE, late offers both ways, glare (SIP-11), and
 * reliable provisionals (RFC 3262, SIP-13).
 */
#include "tests/cmocka_all.h"
#include "tests/unit/sip/session_world.h"

#include <errno.h>
#include <string.h>

static void hang_up(struct world *w, struct party *p)
{
    sip_session_end(p->s, 0, no_text(), no_text());
    world_assert_empty(w);
    world_free(w);
}

static void reinvite(void **state)
{
    (void)state;
    struct world *w = world_new(1);
    struct party *a, *b;
    world_connect(w, &a, &b);
    assert_true(sip_session_can_offer(a->s));
    assert_int_equal(sip_session_offer(a->s, sdp_named("a2")), 0);
    assert_false(sip_session_can_offer(a->s));
    assert_int_equal(sip_session_offer(a->s, sdp_named("a3")), EBUSY);
    world_run(w, 100000);
    assert_true(party_heard(b, "offered/a2"));
    assert_int_equal(sip_session_offer(b->s, sdp_named("b3")), EBUSY);
    sip_session_answer_offer(b->s, sdp_named("b2"));
    world_run(w, 1000000);
    assert_true(party_heard(a, "offer_answered/b2"));
    assert_int_equal(sip_session_offer(b->s, sdp_named("b3")), 0);
    world_run(w, 100000);
    sip_session_refuse_offer(a->s, 488);
    world_run(w, 1000000);
    assert_true(party_heard(b, "offer_refused:488"));
    assert_true(sip_session_can_offer(a->s));
    assert_true(sip_session_can_offer(b->s));
    hang_up(w, a);
}

/* The same SDP again is answered inside with what we said last. */
static void refresh_is_not_told(void **state)
{
    (void)state;
    struct world *w = world_new(2);
    struct party *a, *b;
    world_connect(w, &a, &b);
    assert_int_equal(sip_session_offer(a->s, sdp_named("a1")), 0);
    world_run(w, 1000000);
    assert_string_equal(b->log->str, "came:a1 confirmed ");
    assert_true(party_heard(a, "offer_answered/b1"));
    hang_up(w, b);
}

/* SIP-11: two re-INVITEs at once: both 491, the callee tries again first and wins, the other gives way. */
static void glare(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed < 20; seed++) {
        struct world *w = world_new(seed);
        struct party *a, *b;
        world_connect(w, &a, &b);
        a->auto_answer = b->auto_answer = true;
        assert_int_equal(sip_session_offer(a->s, sdp_named("a2")), 0);
        assert_int_equal(sip_session_offer(b->s, sdp_named("b2")), 0);
        world_run(w, 1);
        assert_false(sip_session_can_offer(a->s));
        world_run(w, 8000000);
        assert_int_equal(world_count(w, "A>B 491 INVITE"), 1);
        assert_int_equal(world_count(w, "B>A 491 INVITE"), 1);
        assert_true(party_heard(b, "offer_answered/a"));
        assert_true(party_heard(a, "offer_refused:491"));
        assert_true(party_heard(a, "offered/b2"));
        assert_true(sip_session_can_offer(a->s) && sip_session_can_offer(b->s));
        hang_up(w, b);
    }
}

static void late_offer_out(void **state)
{
    (void)state;
    struct world *w = world_new(3);
    struct party *a = party_call(w, SIDE_A, NULL);
    world_run(w, 50000);
    struct party *b = w->side[SIDE_B].came;
    assert_string_equal(b->log->str, "came:- ");
    sip_session_accept(b->s, sdp_named("b1"));
    world_run(w, 3000000);
    assert_string_equal(a->log->str, "answered/b1 ");
    assert_int_equal(world_count(w, "A>B ACK"), 0);
    assert_true(world_count(w, "B>A 200 INVITE") > 1);
    sip_session_answer_offer(a->s, sdp_named("a1"));
    world_run(w, 1000000);
    assert_true(party_heard(b, "confirmed/a1"));
    assert_true(sip_session_can_offer(a->s) && sip_session_can_offer(b->s));
    hang_up(w, a);
}

static void late_offer_refused(void **state)
{
    (void)state;
    struct world *w = world_new(4);
    struct party *a = party_call(w, SIDE_A, NULL);
    world_run(w, 50000);
    struct party *b = w->side[SIDE_B].came;
    sip_session_accept(b->s, sdp_named("b1"));
    world_run(w, 100000);
    sip_session_refuse_offer(a->s, 488);
    assert_int_equal(a->told_ended, 0); /* not from inside the call */
    world_assert_empty(w);
    assert_string_equal(a->log->str, "answered/b1 ended:refused:488 over ");
    assert_int_equal(world_count(w, "A>B BYE") + world_count(w, "B>A BYE"), 2);
    world_free(w);
}

/* A re-INVITE without SDP: written by hand, since we send none. */
static void asked_for_an_offer(void **state)
{
    (void)state;
    struct world *w = world_new(5);
    struct party *a = party_call(w, SIDE_A, "a1");
    w->side[SIDE_B].by_hand = true;
    world_run(w, 50000);
    hand_answer(w, hand_got(w, "INVITE"), 200, "bt", "Contact: <sip:bob@192.0.2.2>\r\n", sdp_named("b1"));
    world_run(w, 50000);
    assert_non_null(hand_got(w, "ACK"));
    char *from = header_of(hand_got(w, "ACK"), "From"), *id = header_of(hand_got(w, "ACK"), "Call-ID");
    char *ask = g_strdup_printf("INVITE sip:100@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKq\r\n"
                                "From: <sip:bob@192.0.2.2>;tag=bt\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 7 INVITE\r\n"
                                "Max-Forwards: 70\r\nContact: <sip:bob2@192.0.2.2>\r\nContent-Length: 0\r\n\r\n",
                                from, id);
    hand_send(w, SIDE_B, ask);
    world_run(w, 50000);
    assert_true(party_heard(a, "offered"));
    sip_session_answer_offer(a->s, sdp_named("a2"));
    world_run(w, 50000);
    assert_non_null(strstr(hand_got(w, "SIP/2.0 200"), "s=a2"));
    char *ack = g_strdup_printf("ACK sip:100@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKr\r\n"
                                "From: <sip:bob@192.0.2.2>;tag=bt\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 7 ACK\r\n"
                                "Max-Forwards: 70\r\nContent-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
                                from, id, sdp_named("b2").n, sdp_named("b2").p);
    hand_send(w, SIDE_B, ack);
    world_run(w, 50000);
    assert_true(party_heard(a, "offer_answered/b2"));
    sip_session_end(a->s, 0, no_text(), no_text());
    world_run(w, 50000);
    assert_non_null(hand_got(w, "BYE sip:bob2@192.0.2.2 ")); /* the re-INVITE's Contact is the target now */
    hand_answer(w, hand_got(w, "BYE"), 200, "", "", no_text());
    world_assert_empty(w);
    g_free(from);
    g_free(id);
    g_free(ask);
    g_free(ack);
    world_free(w);
}

/* CSeq below the last: 500; a stranger's tag: 481 (RFC 3261 12.2.2). */
static void order_and_tags_are_checked(void **state)
{
    (void)state;
    struct world *w = world_new(6);
    struct party *a = party_call(w, SIDE_A, "a1");
    w->side[SIDE_B].by_hand = true;
    world_run(w, 50000);
    hand_answer(w, hand_got(w, "INVITE"), 200, "bt", "Contact: <sip:bob@192.0.2.2>\r\n", sdp_named("b1"));
    world_run(w, 50000);
    char *to = header_of(hand_got(w, "ACK"), "From"), *id = header_of(hand_got(w, "ACK"), "Call-ID");
    static const struct {
        const char *tag;
        unsigned cseq;
        const char *answer;
    } tries[] = {{"bt", 5, "SIP/2.0 200"},
                 {"bt", 4, "SIP/2.0 500"},
                 {"bt", 5, "SIP/2.0 500"},
                 {"xx", 6, "SIP/2.0 481"},
                 {"bt", 6, "SIP/2.0 200"}};
    for (size_t i = 0; i < G_N_ELEMENTS(tries); i++) {
        g_ptr_array_set_size(w->in, 0);
        char *ask =
            g_strdup_printf("OPTIONS sip:100@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK%zu\r\n"
                            "From: <sip:bob@192.0.2.2>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u OPTIONS\r\n"
                            "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
                            i, tries[i].tag, to, id, tries[i].cseq);
        hand_send(w, SIDE_B, ask);
        world_run(w, 50000);
        assert_non_null(hand_got(w, tries[i].answer));
        g_free(ask);
    }
    g_free(to);
    g_free(id);
    sip_session_end(a->s, 0, no_text(), no_text());
    world_assert_empty(w);
    world_free(w);
}

/* --- reliable provisionals ---------------------------------------------------------------------------------------- */

static bool drop_first_pracks(struct world *w, unsigned from, const struct sip_msg *m)
{
    (void)from;
    return m->is_request && m->method == SIP_PRACK && w->drop_left-- > 0;
}

/* SIP-13: early media once, PRACK lost and repeated; the 2xx waits for it (RFC 3262 5). */
static void prack_lost_and_repeated(void **state)
{
    (void)state;
    struct world *w = world_new(7);
    w->drop = drop_first_pracks;
    w->drop_left = 2;
    struct party *a = party_call(w, SIDE_A, "a1");
    world_run(w, 50000);
    struct party *b = w->side[SIDE_B].came;
    sip_session_progress(b->s, 183, sdp_named("b1"), no_text());
    sip_session_accept(b->s, no_text());
    world_run(w, 300000);
    assert_int_equal(world_count(w, "B>A 200 INVITE"), 0);
    world_run(w, 5000000);
    assert_string_equal(a->log->str, "progress:183/b1 answered ");
    assert_string_equal(b->log->str, "came:a1 confirmed ");
    assert_int_equal(world_count(w, "A>B PRACK lost"), 2);
    assert_true(world_count(w, "B>A 183 INVITE") > 1);
    hang_up(w, a);
}

static void prack_never_comes(void **state)
{
    (void)state;
    struct world *w = world_new(8);
    w->drop = drop_first_pracks;
    w->drop_left = 1000;
    struct party *a = party_call(w, SIDE_A, "a1");
    world_run(w, 50000);
    struct party *b = w->side[SIDE_B].came;
    sip_session_progress(b->s, 183, sdp_named("b1"), no_text());
    world_run(w, 31000000);
    assert_int_equal(b->told_ended, 0);
    world_assert_empty(w);
    assert_true(party_heard(b, "ended:no_ack"));
    assert_true(party_heard(a, "ended:refused:500"));
    world_free(w);
}

/* 180 after an unacknowledged 183 waits its turn (RFC 3262 3). */
static void provisionals_come_in_order(void **state)
{
    (void)state;
    struct world *w = world_new(9);
    struct party *a = party_call(w, SIDE_A, "a1");
    world_run(w, 50000);
    struct party *b = w->side[SIDE_B].came;
    sip_session_progress(b->s, 183, sdp_named("b1"), no_text());
    sip_session_progress(b->s, 180, no_text(), no_text());
    world_run(w, 500000);
    assert_string_equal(a->log->str, "progress:183/b1 progress:180 ");
    sip_session_end(b->s, 603, no_text(), no_text());
    world_assert_empty(w);
    world_free(w);
}

static void offers_in_the_early_dialog(void **state)
{
    (void)state;
    struct world *w = world_new(10);
    struct party *a = party_call(w, SIDE_A, "a1");
    world_run(w, 50000);
    struct party *b = w->side[SIDE_B].came;
    assert_false(sip_session_can_offer(a->s));
    sip_session_progress(b->s, 183, sdp_named("b1"), no_text());
    assert_false(sip_session_can_offer(b->s)); /* its PRACK is still to come */
    world_run(w, 500000);
    assert_true(sip_session_can_offer(a->s));
    assert_true(sip_session_can_offer(b->s));
    assert_int_equal(sip_session_offer(a->s, sdp_named("a2")), 0);
    world_run(w, 100000);
    assert_true(party_heard(b, "offered/a2"));
    sip_session_accept(b->s, no_text()); /* waits for the answer that is owed */
    assert_int_equal(world_count(w, "B>A 200 INVITE"), 0);
    sip_session_answer_offer(b->s, sdp_named("b2"));
    world_run(w, 500000);
    assert_string_equal(a->log->str, "progress:183/b1 offer_answered/b2 answered ");
    assert_int_equal(world_count(w, "A>B UPDATE"), 1);
    assert_int_equal(sip_session_offer(b->s, sdp_named("b3")), 0);
    world_run(w, 500000);
    sip_session_answer_offer(a->s, sdp_named("a3"));
    world_run(w, 500000);
    assert_true(party_heard(b, "offer_answered/a3"));
    hang_up(w, b);
}

/* INVITE without SDP: the offer in a reliable 183, its answer in PRACK. */
static void late_offer_in_183(void **state)
{
    (void)state;
    struct world *w = world_new(11);
    struct party *a = party_call(w, SIDE_A, NULL);
    world_run(w, 50000);
    struct party *b = w->side[SIDE_B].came;
    sip_session_progress(b->s, 183, sdp_named("b1"), no_text());
    world_run(w, 2000000);
    assert_string_equal(a->log->str, "progress:183 offered/b1 ");
    assert_int_equal(world_count(w, "A>B PRACK"), 0);
    sip_session_answer_offer(a->s, sdp_named("a1"));
    world_run(w, 500000);
    assert_true(party_heard(b, "confirmed/a1"));
    sip_session_accept(b->s, no_text());
    world_run(w, 500000);
    assert_true(party_heard(a, "answered"));
    assert_string_equal(b->log->str, "came:- confirmed/a1 confirmed ");
    hang_up(w, a);
}

/* A peer without 100rel gets no offer in a 183, and its answer unreliably; the 200 repeats it. */
static void without_100rel(void **state)
{
    (void)state;
    struct world *w = world_new(12);
    struct party *b;
    w->side[SIDE_A].by_hand = true;
    char *invite = g_strdup_printf("INVITE sip:b@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
                                   "From: <sip:a@192.0.2.1>;tag=at\r\nTo: <sip:b@192.0.2.2>\r\nCall-ID: x\r\n"
                                   "CSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:a@192.0.2.1>\r\n"
                                   "Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
                                   sdp_named("a1").n, sdp_named("a1").p);
    hand_send(w, SIDE_A, invite);
    world_run(w, 50000);
    b = w->side[SIDE_B].came;
    sip_session_progress(b->s, 183, sdp_named("b1"), no_text());
    world_run(w, 50000);
    assert_non_null(strstr(hand_got(w, "SIP/2.0 183"), "s=b1"));
    assert_null(strstr(hand_got(w, "SIP/2.0 183"), "RSeq"));
    sip_session_accept(b->s, no_text());
    world_run(w, 50000);
    assert_non_null(strstr(hand_got(w, "SIP/2.0 200"), "s=b1"));
    sip_session_end(b->s, 0, no_text(), no_text());
    world_assert_empty(w);
    g_free(invite);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reinvite),
        cmocka_unit_test(refresh_is_not_told),
        cmocka_unit_test(glare),
        cmocka_unit_test(late_offer_out),
        cmocka_unit_test(late_offer_refused),
        cmocka_unit_test(asked_for_an_offer),
        cmocka_unit_test(order_and_tags_are_checked),
        cmocka_unit_test(prack_lost_and_repeated),
        cmocka_unit_test(prack_never_comes),
        cmocka_unit_test(provisionals_come_in_order),
        cmocka_unit_test(offers_in_the_early_dialog),
        cmocka_unit_test(late_offer_in_183),
        cmocka_unit_test(without_100rel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
