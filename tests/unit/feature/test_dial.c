/* SPDX-License-Identifier: Apache-2.0
 *
 * Calling: who rings, what the caller is told, what the record says. Legs are named by their place: the caller is 1,
 * the called 2, 3 …; sessions likewise m1, m2.
 */
#include "tests/cmocka_all.h"

#include "tests/unit/feature/stage_expect.h"

/* CALL-3, C3, SIP-20: codecs are found end to end, in the caller's order, and one is answered. */
static void a_call_is_answered_and_ends(void **state)
{
    (void)state;
    struct stage *s = stage_new(1, NULL);
    leg_id a = stage_call(s, ANNA, "101", "PCMA,opus,event");
    leg_id b = stage_dialled(s, 21);
    saw(s, "dial 2 101 PCMA,opus,G722,PCMU,event,event");
    saw(s, "identify 1 101");
    assert_string_equal(stage_dialled_last(s)->from.number, "100");
    assert_int_equal(stage_dialled_last(s)->max_forwards, 69);
    stage_event(s, b, LEG_TRYING);
    stage_event(s, b, LEG_RINGING);
    saw(s, "ring 1");
    stage_after_ms(s, 3000);
    stage_desc_event(s, b, LEG_ANSWERED, "PCMA,event");
    saw(s, "answer 1 PCMA,event");
    saw(s, "join m1 m2");
    saw(s, "watch m1 30");
    assert_true(stage_talks(s, a, b));
    stage_after_ms(s, 5000);
    stage_event(s, a, LEG_HUNG_UP);
    saw(s, "hang_up 2 normal");
    const struct stage_record *r = only_record(s, REASON_ANSWERED);
    assert_int_equal(r->direction, CALL_INTERNAL);
    assert_int_equal(r->ended_by, ENDED_BY_CALLER);
    assert_int_equal(r->length_ms, 8000);
    assert_int_equal(r->talk_ms, 5000);
    assert_int_equal(r->n_segments, 1);
    assert_string_equal(r->segment[0].target, "101");
    assert_int_equal(r->segment[0].device, 21);
    assert_string_equal(r->trace, "arrived:called number=101\nidentity:user \nring:user rule=extension\nring:called \n"
                                  "device:called \ndevice:ringing \nanswered:answered codec=PCMA\nended:answered \n");
    done(s);
}

static void the_called_hangs_up(void **state)
{
    (void)state;
    struct stage *s = stage_new(1, NULL);
    stage_call(s, ANNA, "101", "PCMU");
    leg_id b = stage_dialled(s, 21);
    stage_desc_event(s, b, LEG_ANSWERED, "PCMU,event");
    stage_event(s, b, LEG_HUNG_UP);
    saw(s, "hang_up 1 normal");
    assert_int_equal(only_record(s, REASON_ANSWERED)->ended_by, ENDED_BY_CALLEE);
    done(s);
}

/* CALL-4, SIP-14: what one device says, what the other one then gets, what the caller sees. */
static void answers_of_two_devices(void **state)
{
    (void)state;
    static const struct {
        uint16_t first, second; /* 200: answers */
        const char *other, *caller;
        enum call_reason reason, segment;
    } cases[] = {
        {486, 486, NULL, "hang_up 1 refuse 486", REASON_BUSY, REASON_BUSY},
        {480, 486, NULL, "hang_up 1 refuse 486", REASON_BUSY, REASON_BUSY},
        {603, 0, "hang_up 3 declined", "hang_up 1 refuse 486", REASON_BUSY, REASON_REFUSED},
        {486, 200, NULL, "answer 1 PCMA,event", REASON_ANSWERED, REASON_ANSWERED},
        {200, 0, "hang_up 3 elsewhere", "answer 1 PCMA,event", REASON_ANSWERED, REASON_ANSWERED},
        {503, 408, NULL, "hang_up 1 refuse 480", REASON_UNREACHABLE, REASON_UNREACHABLE},
        {503, 486, NULL, "hang_up 1 refuse 486", REASON_BUSY, REASON_BUSY},
        {488, 408, NULL, "hang_up 1 refuse 488", REASON_REFUSED, REASON_REFUSED},
        {302, 408, NULL, "hang_up 1 refuse 603", REASON_REFUSED, REASON_REFUSED},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct stage *s = stage_new(i, NULL);
        s->second_devices = true;
        leg_id a = stage_call(s, ANNA, "101", "PCMA,event");
        leg_id legs[] = {stage_dialled(s, 21), stage_dialled(s, 22)};
        uint16_t said[] = {cases[i].first, cases[i].second};
        stage_event(s, legs[0], LEG_RINGING);
        stage_event(s, legs[1], LEG_RINGING);
        for (int k = 0; k < 2 && said[k]; k++) {
            if (said[k] == 200)
                stage_desc_event(s, legs[k], LEG_ANSWERED, "PCMA,event");
            else
                stage_status_event(s, legs[k], LEG_REFUSED, said[k]);
        }
        if (cases[i].other)
            saw(s, cases[i].other);
        saw(s, cases[i].caller);
        stage_event(s, a, LEG_HUNG_UP);
        assert_int_equal(only_record(s, cases[i].reason)->segment[0].reason, cases[i].segment);
        done(s);
    }
}

/* CONT-21: refusals before anybody rings make a record too (C3). */
static void refused_before_ringing(void **state)
{
    (void)state;
    static const struct {
        const char *number, *seen;
        enum call_reason reason;
        uint8_t max_forwards;
    } cases[] = {
        {"199", "hang_up 1 refuse 404", REASON_WRONG_NUMBER, 70},
        {"", "hang_up 1 refuse 404", REASON_WRONG_NUMBER, 70},
        {"103", "hang_up 1 refuse 403", REASON_FORBIDDEN, 70},
        {"101", "hang_up 1 refuse 480", REASON_NOT_REGISTERED, 70},
        {"105", "hang_up 1 refuse 483", REASON_UNREACHABLE, 1},
        {"105", "hang_up 1 refuse 483", REASON_UNREACHABLE, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct stage *s = stage_new(i, NULL);
        s->absent = BERT;
        struct leg_incoming in = {
            .user = ANNA, .device = 11, .number = cases[i].number, .max_forwards = cases[i].max_forwards};
        stage_call_by(s, &in, "PCMA");
        saw(s, cases[i].seen);
        assert_int_equal(only_record(s, cases[i].reason)->ended_by, ENDED_BY_SYSTEM);
        done(s);
    }
}

/* STAT-13: no answer after ring_s of ringing. */
static void nobody_answers(void **state)
{
    (void)state;
    struct stage *s = stage_new(1, NULL);
    stage_call(s, ANNA, "101", "PCMA");
    stage_after_ms(s, 1000);
    stage_event(s, stage_dialled(s, 21), LEG_RINGING);
    stage_after_ms(s, 19900);
    never_saw(s, "hang_up 2 normal");
    stage_after_ms(s, 200);
    saw(s, "hang_up 2 normal");
    saw(s, "hang_up 1 refuse 480");
    only_record(s, REASON_NO_ANSWER);
    done(s);
}

/* SIP-6: a device without a word is unreachable after 2 s; a word before that counts. */
static void silent_device(void **state)
{
    (void)state;
    struct stage *s = stage_new(1, NULL);
    s->second_devices = true;
    stage_call(s, ANNA, "101", "PCMA");
    stage_after_ms(s, 1900);
    stage_event(s, stage_dialled(s, 22), LEG_RINGING);
    stage_after_ms(s, 200);
    saw(s, "hang_up 2 normal");
    never_saw(s, "hang_up 3 normal");
    stage_status_event(s, stage_dialled(s, 22), LEG_REFUSED, 408);
    saw(s, "hang_up 1 refuse 480");
    only_record(s, REASON_UNREACHABLE);
    done(s);
}

static void flow_of_the_device_is_gone(void **state)
{
    (void)state;
    struct stage *s = stage_new(1, NULL);
    s->dial_errno = EHOSTUNREACH;
    stage_call(s, ANNA, "101", "PCMA");
    saw(s, "hang_up 1 refuse 480");
    only_record(s, REASON_UNREACHABLE);
    done(s);
}

/* SIP-14: the caller's hang-up cancels without a reason. */
static void the_caller_gives_up(void **state)
{
    (void)state;
    struct stage *s = stage_new(1, NULL);
    leg_id a = stage_call(s, ANNA, "101", "PCMA");
    leg_id b = stage_dialled(s, 21);
    stage_event(s, b, LEG_RINGING);
    stage_event(s, a, LEG_HUNG_UP);
    saw(s, "hang_up 2 normal");
    assert_int_equal(only_record(s, REASON_CANCELLED)->ended_by, ENDED_BY_CALLER);
    stage_desc_event(s, b, LEG_ANSWERED, "PCMA"); /* too late: nobody */
    done(s);
}

/* SIP-13: early media from one side; with two devices only ringing. */
static void early_media(void **state)
{
    (void)state;
    struct stage *s = stage_new(1, NULL);
    leg_id a = stage_call(s, ANNA, "0612", "opus,PCMA,event");
    leg_id b = stage_dialled(s, 0);
    saw(s, "dial 2 0612 PCMA,PCMU,event");
    stage_desc_event(s, b, LEG_EARLY, "PCMA,event");
    saw(s, "progress 1 PCMA,event");
    assert_true(stage_talks(s, a, b));
    stage_event(s, b, LEG_ANSWERED); /* its answer was in the 183 */
    saw(s, "answer 1 PCMA,event");
    assert_true(stage_talks(s, a, b));
    stage_event(s, b, LEG_HUNG_UP);
    assert_int_equal(only_record(s, REASON_ANSWERED)->direction, CALL_OUT);
    done(s);

    s = stage_new(1, NULL);
    s->second_devices = true;
    a = stage_call(s, ANNA, "101", "PCMA");
    stage_desc_event(s, stage_dialled(s, 21), LEG_EARLY, "PCMA");
    saw(s, "ring 1");
    never_saw(s, "progress 1 PCMA");
    stage_event(s, a, LEG_HUNG_UP);
    done(s);
}

/* CALL-25: what a peer says of who answered is shown to the caller; what a device says of itself is not (F3). */
static void identity_of_the_answering(void **state)
{
    (void)state;
    for (int peer = 0; peer < 2; peer++) {
        struct stage *s = stage_new(1, NULL);
        leg_id a = stage_call(s, ANNA, peer ? "0612" : "101", "PCMA");
        stage_answered_by(s, stage_dialled(s, peer ? 0 : 21), "PCMA", "0699");
        assert_int_equal(stage_saw(s, "identify 1 0699"), peer);
        stage_event(s, a, LEG_HUNG_UP);
        done(s);
    }
}

/* An announcement, then a refusal: the caller hears it and is then refused with the peer's word. */
static void early_media_then_refused(void **state)
{
    (void)state;
    struct stage *s = stage_new(1, NULL);
    stage_call(s, ANNA, "0612", "PCMA");
    leg_id b = stage_dialled(s, 0);
    stage_desc_event(s, b, LEG_EARLY, "PCMA");
    stage_status_event(s, b, LEG_REFUSED, 404);
    saw(s, "hang_up 1 refuse 404");
    only_record(s, REASON_WRONG_NUMBER);
    done(s);
}

/* What a peer says, and what that makes of the call. */
static void refusals_of_a_peer(void **state)
{
    (void)state;
    static const struct {
        uint16_t said;
        const char *seen;
        enum call_reason reason;
    } cases[] = {{486, "hang_up 1 refuse 486", REASON_BUSY},         {603, "hang_up 1 refuse 603", REASON_REFUSED},
                 {404, "hang_up 1 refuse 404", REASON_WRONG_NUMBER}, {480, "hang_up 1 refuse 480", REASON_NO_ANSWER},
                 {503, "hang_up 1 refuse 502", REASON_TRUNK_FAILED}, {408, "hang_up 1 refuse 502", REASON_TRUNK_FAILED},
                 {488, "hang_up 1 refuse 488", REASON_REFUSED},      {302, "hang_up 1 refuse 603", REASON_REFUSED}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct stage *s = stage_new(i, NULL);
        stage_call(s, ANNA, "0612", "PCMA");
        stage_status_event(s, stage_dialled(s, 0), LEG_REFUSED, cases[i].said);
        saw(s, cases[i].seen);
        only_record(s, cases[i].reason);
        done(s);
    }
}

/* SIP-20: who shares no codec is transcoded; a shared one goes first wherever the called would take another. */
static void transcoded(void **state)
{
    (void)state;
    struct stage *s = stage_new(1, NULL);
    leg_id a = stage_call(s, ANNA, "102", "opus,PCMA"); /* Carl's device takes PCMU alone */
    leg_id c = stage_dialled(s, 31);
    saw(s, "dial 2 102 PCMU,event");
    stage_desc_event(s, c, LEG_ANSWERED, "PCMU,event");
    saw(s, "answer 1 opus");
    saw(s, "join m1 m2");
    assert_true(stage_talks(s, a, c));
    stage_event(s, a, LEG_HUNG_UP);
    const struct stage_record *r = only_record(s, REASON_ANSWERED);
    assert_non_null(strstr(r->trace, "transcoded from=opus to=PCMU"));
    done(s);

    s = stage_new(1, NULL); /* his phone lacks what it was set up for */
    a = stage_call(s, ANNA, "101", "G722");
    c = stage_dialled(s, 21);
    saw(s, "dial 2 101 G722,opus,PCMA,PCMU,event,event");
    stage_desc_event(s, c, LEG_EARLY, "PCMA");
    saw(s, "progress 1 G722");
    assert_true(stage_talks(s, a, c));
    stage_desc_event(s, c, LEG_ANSWERED, "PCMA");
    for (int i = 0; i < 6; i++) {
        stage_status_event(s, c, LEG_OFFER_REFUSED, 488);
        stage_status_event(s, a, LEG_OFFER_REFUSED, 488);
    }
    assert_true(stage_talks(s, a, c));
    stage_event(s, a, LEG_HUNG_UP);
    done(s);

    s = stage_new(1, NULL); /* his phone has an order of its own */
    a = stage_call(s, ANNA, "101", "PCMU");
    c = stage_dialled(s, 21);
    stage_desc_event(s, c, LEG_ANSWERED, "opus,PCMU");
    saw(s, "answer 1 PCMU");
    saw(s, "offer 2 PCMU,event");
    stage_desc_event(s, c, LEG_ANSWERED_OFFER, "PCMU");
    assert_true(stage_talks(s, a, c));
    stage_event(s, a, LEG_HUNG_UP);
    assert_null(strstr(only_record(s, REASON_ANSWERED)->trace, "transcoded"));
    done(s);
}

/* SIP-20: an end that speaks none of ours is 488, before and after the called was asked. */
static void no_common_codec(void **state)
{
    (void)state;
    struct stage *s = stage_new(1, NULL);
    stage_call(s, ANNA, "101", "event");
    saw(s, "hang_up 1 refuse 488");
    done(s);

    s = stage_new(1, NULL);
    stage_call(s, ANNA, "101", "PCMA");
    stage_desc_event(s, stage_dialled(s, 21), LEG_ANSWERED, "event"); /* not what was offered */
    saw(s, "hang_up 2 normal");
    saw(s, "hang_up 1 refuse 488");
    done(s);
}

/* A call without an offer: the called is offered what the system has, the caller what the called took, first. */
static void late_offer(void **state)
{
    (void)state;
    struct stage *s = stage_new(1, NULL);
    leg_id a = stage_call(s, ANNA, "101", NULL);
    leg_id b = stage_dialled(s, 21);
    saw(s, "dial 2 101 opus,G722,PCMA,PCMU,event,event");
    stage_desc_event(s, b, LEG_ANSWERED, "PCMA,event");
    saw(s, "answer 1 PCMA,opus,G722,PCMU,event,event");
    assert_false(stage_talks(s, a, b));
    stage_desc_event(s, a, LEG_CONFIRMED, "PCMA,event");
    assert_true(stage_talks(s, a, b));
    stage_event(s, a, LEG_HUNG_UP);
    only_record(s, REASON_ANSWERED);
    done(s);

    s = stage_new(1, NULL); /* it takes another one: the called follows */
    a = stage_call(s, ANNA, "101", NULL);
    b = stage_dialled(s, 21);
    stage_desc_event(s, b, LEG_ANSWERED, "PCMA,event");
    stage_desc_event(s, a, LEG_CONFIRMED, "PCMU,event");
    saw(s, "offer 1 PCMA,opus,G722,PCMU,event,event");
    stage_desc_event(s, a, LEG_ANSWERED_OFFER, "PCMA,event");
    assert_true(stage_talks(s, a, b));
    stage_event(s, a, LEG_HUNG_UP);
    done(s);
}

/* CALL-14: at most so many calls of a user, both ways; beyond it new ones are refused with words. */
static void limit_of_a_user(void **state)
{
    (void)state;
    for (int calls = 1; calls <= 3; calls++) { /* Faye may have two: n - 1, n, n + 1 */
        struct stage *s = stage_new(1, NULL);
        leg_id last = 0;
        for (int i = 0; i < calls; i++)
            last = stage_call(s, FAYE, "101", "PCMA");
        assert_int_equal(call_core_has_leg(s->core, last), calls <= 2);
        if (calls > 2) {
            assert_int_equal(stage_record(s, 0)->reason, REASON_LIMIT);
            assert_int_equal(call_core_counts(s->core).calls, 2);
        }
        call_core_shutdown(s->core);
        done(s);
    }
    for (int calls = 1; calls <= 3; calls++) {
        struct stage *s = stage_new(1, NULL);
        leg_id last = 0;
        for (int i = 0; i < calls; i++)
            last = stage_call(s, (uint32_t)(ANNA + i), "105", "PCMU");
        assert_int_equal(call_core_has_leg(s->core, last), calls <= 2);
        if (calls > 2)
            assert_int_equal(stage_record(s, 0)->reason, REASON_BUSY);
        call_core_shutdown(s->core);
        done(s);
    }
}

/* STAT-13, CALL-15: who takes one call at a time is busy during it, and not while he is only rung. */
static void accept_multiple_off(void **state)
{
    (void)state;
    struct stage *s = stage_new(1, NULL);
    leg_id a = stage_call(s, ANNA, "104", "PCMA");
    leg_id first = stage_dialled(s, 51);
    leg_id b = stage_call(s, BERT, "104", "PCMA");
    assert_true(call_core_has_leg(s->core, b));
    stage_event(s, b, LEG_HUNG_UP);
    stage_desc_event(s, first, LEG_ANSWERED, "PCMA");
    stage_clear(s);
    leg_id c = stage_call(s, BERT, "104", "PCMA");
    assert_false(call_core_has_leg(s->core, c));
    assert_int_equal(stage_record(s, 1)->reason, REASON_BUSY);
    assert_true(stage_talks(s, a, first));
    stage_event(s, a, LEG_HUNG_UP);
    done(s);
}

/* D1: at the system's limit new calls are refused with 503 and Retry-After; those that run are not touched. */
static void limit_of_the_system(void **state)
{
    (void)state;
    struct model_settings settings = model_settings_default();
    settings.max_calls = 1;
    struct stage *s = stage_new(1, &settings);
    leg_id a = stage_call(s, ANNA, "101", "PCMA");
    leg_id b = stage_dialled(s, 21);
    stage_desc_event(s, b, LEG_ANSWERED, "PCMA");
    stage_clear(s);
    stage_call(s, CARL, "104", "PCMU");
    saw(s, "hang_up 3 refuse 503 retry");
    assert_int_equal(stage_record(s, 0)->reason, REASON_CONGESTION);
    assert_true(stage_talks(s, a, b));
    stage_event(s, a, LEG_HUNG_UP);
    stage_after_ms(s, 10);
    leg_id next = stage_call(s, CARL, "104", "PCMU");
    assert_true(call_core_has_leg(s->core, next));
    stage_event(s, next, LEG_HUNG_UP);
    done(s);
}

/* A peer's lines, both ways: n - 1, n, n + 1. */
static void limit_of_a_peer(void **state)
{
    (void)state;
    struct stage *s = stage_new(1, NULL);
    for (int i = 0; i < 2; i++)
        assert_true(call_core_has_leg(s->core, stage_call(s, ANNA, "0612", "PCMA")));
    stage_clear(s);
    assert_false(call_core_has_leg(s->core, stage_call(s, ANNA, "0612", "PCMA")));
    assert_int_equal(stage_record(s, 0)->reason, REASON_CONGESTION);
    assert_false(call_core_has_leg(s->core, stage_call_from_peer(s, 1, "101", "PCMA")));
    assert_int_equal(stage_record(s, 1)->reason, REASON_LIMIT);
    call_core_shutdown(s->core);
    done(s);
}

static void no_port_left(void **state)
{
    (void)state;
    for (size_t ports = 1; ports <= 3; ports++) {
        struct stage *s = stage_new(1, NULL);
        s->media_max = ports == 1 ? 1 : ports;
        s->second_devices = true;
        leg_id a = stage_call(s, ANNA, "101", "PCMA");
        if (ports == 1) {
            saw(s, "hang_up 1 refuse 503");
            only_record(s, REASON_CONGESTION);
        } else {
            assert_int_equal(s->n_dialled, ports - 1);
            stage_event(s, a, LEG_HUNG_UP);
        }
        done(s);
    }
}

/* F6: from outside to users only. CALL-27 is in test_transfer.c. */
static void from_outside(void **state)
{
    (void)state;
    struct stage *s = stage_new(1, NULL);
    stage_call_from_peer(s, 1, "7123", "PCMA");
    saw(s, "hang_up 1 refuse 403");
    assert_int_equal(only_record(s, REASON_FORBIDDEN)->direction, CALL_IN);
    leg_id a = stage_call_from_peer(s, 1, "101", "PCMA");
    leg_id b = stage_dialled(s, 21);
    assert_string_equal(stage_dialled_last(s)->from.number, "0612345678");
    stage_desc_event(s, b, LEG_ANSWERED, "PCMA");
    assert_true(stage_talks(s, a, b));
    stage_event(s, b, LEG_HUNG_UP);
    done(s);
}

/* Who calls his own number rings his other devices only. */
static void own_number(void **state)
{
    (void)state;
    struct stage *s = stage_new(1, NULL);
    s->second_devices = true;
    leg_id a = stage_call(s, ANNA, "100", "PCMA");
    assert_int_equal(s->n_dialled, 1);
    assert_int_equal(stage_dialled_last(s)->device, 12);
    stage_event(s, a, LEG_HUNG_UP);
    done(s);
}

static void shutdown_ends_all(void **state)
{
    (void)state;
    struct stage *s = stage_new(1, NULL);
    stage_call(s, ANNA, "101", "PCMA");
    stage_desc_event(s, stage_dialled(s, 21), LEG_ANSWERED, "PCMA");
    stage_call(s, CARL, "104", "PCMU");
    call_core_shutdown(s->core);
    saw(s, "hang_up 1 shutdown 503");
    saw(s, "hang_up 2 shutdown 503");
    assert_int_equal(s->n_records, 2);
    assert_int_equal(stage_call(s, ANNA, "101", "PCMA"), 0);
    done(s);
}

/* Memory of an established call of two legs in the core: the budget is 2.5 kB. */
static void memory_of_a_call(void **state)
{
    (void)state;
    struct stage *s = stage_new(1, NULL);
    leg_id a = stage_call(s, ANNA, "101", "PCMA,opus,event");
    leg_id b = stage_dialled(s, 21);
    stage_event(s, b, LEG_TRYING);
    stage_event(s, b, LEG_RINGING);
    stage_desc_event(s, b, LEG_ANSWERED, "PCMA,event");
    stage_after_ms(s, 10);
    size_t bytes = call_core_bytes(s->core);
    print_message("established call of two legs: %zu bytes\n", bytes);
    assert_true(bytes < 2500);
    stage_event(s, a, LEG_HUNG_UP);
    done(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_answered_and_ends),
        cmocka_unit_test(the_called_hangs_up),
        cmocka_unit_test(answers_of_two_devices),
        cmocka_unit_test(refused_before_ringing),
        cmocka_unit_test(nobody_answers),
        cmocka_unit_test(silent_device),
        cmocka_unit_test(flow_of_the_device_is_gone),
        cmocka_unit_test(the_caller_gives_up),
        cmocka_unit_test(early_media),
        cmocka_unit_test(identity_of_the_answering),
        cmocka_unit_test(early_media_then_refused),
        cmocka_unit_test(refusals_of_a_peer),
        cmocka_unit_test(transcoded),
        cmocka_unit_test(no_common_codec),
        cmocka_unit_test(late_offer),
        cmocka_unit_test(limit_of_a_user),
        cmocka_unit_test(accept_multiple_off),
        cmocka_unit_test(limit_of_the_system),
        cmocka_unit_test(limit_of_a_peer),
        cmocka_unit_test(no_port_left),
        cmocka_unit_test(from_outside),
        cmocka_unit_test(own_number),
        cmocka_unit_test(shutdown_ends_all),
        cmocka_unit_test(memory_of_a_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
