/* SPDX-License-Identifier: Apache-2.0
 *
 * Two legs that talk: hold, changed offers, codecs, digits, and how it ends.
 */
#include "tests/cmocka_all.h"

#include "tests/unit/feature/stage_expect.h"

struct talk {
    struct stage *s;
    leg_id a, b;
};

/* Anna (leg 1) talks to Bert (leg 2) by this codec. */
static struct talk talk(const char *offer, const char *answer)
{
    struct talk t = {.s = stage_new(1, NULL)};
    t.a = stage_call(t.s, ANNA, "101", offer);
    t.b = stage_dialled(t.s, 21);
    stage_desc_event(t.s, t.b, LEG_ANSWERED, answer);
    stage_event(t.s, t.a, LEG_CONFIRMED);
    assert_true(stage_talks(t.s, t.a, t.b));
    stage_clear(t.s);
    return t;
}

static void hang_up(struct talk *t)
{
    stage_event(t->s, t->a, LEG_HUNG_UP);
    done(t->s);
}

/* CALL-8, SIP-26: the held one hears music, both may hold, each resumes his own; the longer timeout meanwhile. */
static void hold_and_resume(void **state)
{
    (void)state;
    struct talk t = talk("PCMA,event", "PCMA,event");
    stage_offered(t.s, t.a, "PCMA,event", MEDIA_SEND);
    saw(t.s, "answer_offer 1 PCMA,event recvonly");
    assert_int_equal(stage_hears(t.s, t.b), SOUND_MUSIC);
    saw(t.s, "watch m1 1800");
    saw(t.s, "watch m2 1800");
    stage_clear(t.s);
    stage_offered(t.s, t.b, "PCMA,event", MEDIA_INACTIVE);
    saw(t.s, "answer_offer 2 PCMA,event inactive");
    assert_int_equal(stage_hears(t.s, t.a), SOUND_NONE);
    assert_int_equal(stage_hears(t.s, t.b), SOUND_NONE);
    stage_clear(t.s);
    stage_offered(t.s, t.a, "PCMA,event", MEDIA_BOTH);
    saw(t.s, "answer_offer 1 PCMA,event");
    assert_int_equal(stage_hears(t.s, t.a), SOUND_MUSIC);
    stage_offered(t.s, t.b, "PCMA,event", MEDIA_BOTH);
    assert_true(stage_talks(t.s, t.a, t.b));
    saw(t.s, "watch m2 30");
    hang_up(&t);
}

/* CALL-8: hold by address 0.0.0.0. */
static void hold_by_address(void **state)
{
    (void)state;
    struct talk t = talk("PCMA", "PCMA");
    struct media_desc d = stage_desc("PCMA");
    d.rtp = (struct net_addr){.family = NET_IP4, .port = 4000};
    stage_tell_desc(t.s, t.a, LEG_OFFERED, &d);
    saw(t.s, "answer_offer 1 PCMA recvonly");
    assert_int_equal(stage_hears(t.s, t.b), SOUND_MUSIC);
    stage_offered(t.s, t.a, "PCMA", MEDIA_BOTH);
    assert_true(stage_talks(t.s, t.a, t.b));
    hang_up(&t);
}

static void changed_address(void **state)
{
    (void)state;
    struct talk t = talk("PCMA", "PCMA");
    stage_offered(t.s, t.b, "PCMA,PCMU", MEDIA_BOTH);
    saw(t.s, "set m2 PCMA");
    saw(t.s, "answer_offer 2 PCMA");
    assert_true(stage_talks(t.s, t.a, t.b));
    hang_up(&t);
}

/* SIP-20: a peer that gives up the codec in use takes the other one along, or is transcoded. */
static void changed_codec(void **state)
{
    (void)state;
    struct talk t = talk("PCMA,PCMU", "PCMA");
    stage_offered(t.s, t.b, "PCMU", MEDIA_BOTH);
    saw(t.s, "offer 1 PCMU,event");
    stage_desc_event(t.s, t.a, LEG_ANSWERED_OFFER, "PCMU");
    saw(t.s, "answer_offer 2 PCMU");
    assert_true(stage_talks(t.s, t.a, t.b));
    stage_clear(t.s);
    stage_offered(t.s, t.b, "PCMA", MEDIA_BOTH);
    stage_status_event(t.s, t.a, LEG_OFFER_REFUSED, 488);
    saw(t.s, "answer_offer 2 PCMA");
    assert_true(stage_talks(t.s, t.a, t.b));
    stage_clear(t.s);
    stage_offered(t.s, t.b, "PCMA", MEDIA_RECV); /* a change of something else: nobody is asked again */
    saw(t.s, "answer_offer 2 PCMA sendonly");
    never_saw(t.s, "offer 1 PCMA,event");
    stage_offered(t.s, t.b, "PCMA,PCMU", MEDIA_BOTH); /* he can again: transcoding ends */
    saw(t.s, "answer_offer 2 PCMU");
    assert_true(stage_talks(t.s, t.a, t.b));
    stage_clear(t.s);
    stage_offered(t.s, t.b, "event", MEDIA_BOTH); /* no voice at all */
    saw(t.s, "refuse_offer 2 488");
    hang_up(&t);
}

/* Both change at once: one is told to try again. */
static void both_change(void **state)
{
    (void)state;
    struct talk t = talk("PCMA", "PCMA");
    stage_offered(t.s, t.b, "PCMU", MEDIA_BOTH);
    saw(t.s, "offer 1 PCMU,event");
    stage_desc_event(t.s, t.a, LEG_ANSWERED_OFFER, "G722"); /* not what was offered: as a refusal */
    saw(t.s, "answer_offer 2 PCMU");
    assert_true(stage_talks(t.s, t.a, t.b));
    hang_up(&t);
    t = talk("PCMA", "PCMA");
    t.s->offer_errno = EBUSY;
    stage_offered(t.s, t.b, "PCMU", MEDIA_BOTH);
    stage_offered(t.s, t.a, "G722", MEDIA_BOTH);
    saw(t.s, "refuse_offer 1 491");
    saw(t.s, "offer 1 PCMU,event"); /* its turn has come: the other exchange is settled */
    stage_desc_event(t.s, t.a, LEG_ANSWERED_OFFER, "PCMU");
    saw(t.s, "answer_offer 2 PCMU");
    assert_true(stage_talks(t.s, t.a, t.b));
    hang_up(&t);
}

/* An offer that may not be sent now is sent later. */
static void offer_waits(void **state)
{
    (void)state;
    struct talk t = talk("PCMA", "PCMA");
    t.s->offer_errno = EBUSY;
    stage_offered(t.s, t.b, "PCMU", MEDIA_BOTH);
    never_saw(t.s, "offer 1 PCMU,event");
    stage_after_ms(t.s, 600);
    saw(t.s, "offer 1 PCMU,event");
    stage_desc_event(t.s, t.a, LEG_ANSWERED_OFFER, "PCMU");
    saw(t.s, "answer_offer 2 PCMU");
    hang_up(&t);
}

/* A re-INVITE without an offer gets ours, with all that the leg may use. */
static void asked_for_an_offer(void **state)
{
    (void)state;
    struct talk t = talk("PCMA", "PCMA");
    stage_event(t.s, t.a, LEG_OFFERED);
    saw(t.s, "answer_offer 1 PCMA,opus,G722,PCMU,event,event");
    stage_desc_event(t.s, t.a, LEG_CONFIRMED, "PCMA");
    assert_true(stage_talks(t.s, t.a, t.b));
    stage_clear(t.s);
    stage_event(t.s, t.a, LEG_OFFERED);
    stage_desc_event(t.s, t.a, LEG_ANSWERED_OFFER, "PCMU"); /* the other one follows */
    saw(t.s, "offer 1 PCMA,opus,G722,PCMU,event,event");
    stage_desc_event(t.s, t.a, LEG_ANSWERED_OFFER, "PCMA");
    assert_true(stage_talks(t.s, t.a, t.b));
    hang_up(&t);
}

/* The ACK of the call's 200 comes after an offer of ours: it is not that one's answer. */
static void late_ack(void **state)
{
    (void)state;
    struct talk t = talk("PCMA,PCMU", "PCMA");
    stage_offered(t.s, t.b, "PCMU", MEDIA_BOTH);
    saw(t.s, "offer 1 PCMU,event");
    call_leg_event(t.s->core, t.a, &(struct leg_event){.kind = LEG_CONFIRMED});
    never_saw(t.s, "refuse_offer 2 488");
    stage_desc_event(t.s, t.a, LEG_ANSWERED_OFFER, "PCMU");
    saw(t.s, "answer_offer 2 PCMU");
    hang_up(&t);
}

/* CALL-7: by RFC 4733 where the peer has it, else by INFO; each digit once. */
static void digits(void **state)
{
    (void)state;
    struct talk t = talk("PCMA,event", "PCMA,event");
    stage_digit(t.s, t.a, '5');
    saw(t.s, "send_dtmf m2 5");
    stage_clear(t.s);
    stage_media_event(t.s, t.a, MEDIA_DTMF, '6'); /* has gone over in RTP */
    assert_int_equal(t.s->log->len, 0);
    hang_up(&t);

    t = talk("PCMA,event", "PCMA");
    stage_media_event(t.s, t.a, MEDIA_DTMF, '7');
    saw(t.s, "info 2 7");
    stage_digit(t.s, t.a, '8');
    saw(t.s, "info 2 8");
    stage_digit(t.s, t.a, 'x');
    never_saw(t.s, "info 2 x");
    stage_digit(t.s, t.b, '#');
    saw(t.s, "send_dtmf m1 #");
    hang_up(&t);
}

/* SIP-26: no packet for too long ends both. */
static void media_timeout(void **state)
{
    (void)state;
    struct talk t = talk("PCMA", "PCMA");
    stage_media_event(t.s, t.b, MEDIA_TIMEOUT, 0);
    saw(t.s, "hang_up 1 media");
    saw(t.s, "hang_up 2 media");
    assert_int_equal(only_record(t.s, REASON_MEDIA_TIMEOUT)->ended_by, ENDED_BY_SYSTEM);
    done(t.s);
}

/* CONT-21: a lost side is not a hang-up. */
static void lost(void **state)
{
    (void)state;
    static const struct {
        enum leg_lost lost;
        enum call_reason reason;
    } cases[] = {{LEG_LOST_TIMER, REASON_MEDIA_TIMEOUT}, {LEG_LOST_SIGNALLING, REASON_MEDIA_TIMEOUT}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct talk t = talk("PCMA", "PCMA");
        stage_lost(t.s, t.a, cases[i].lost);
        saw(t.s, "hang_up 2 normal");
        only_record(t.s, cases[i].reason);
        done(t.s);
    }
}

/* A snapshot taken away under a call does not touch it. */
static void new_configuration(void **state)
{
    (void)state;
    struct talk t = talk("PCMA", "PCMA");
    struct model *empty = model_builder_finish(model_builder_new(2), NULL);
    call_core_set_model(t.s->core, empty);
    model_unref(empty);
    stage_offered(t.s, t.a, "PCMA", MEDIA_SEND);
    assert_int_equal(stage_hears(t.s, t.b), SOUND_MUSIC);
    stage_refer(t.s, t.a, "102", 0);
    saw(t.s, "refer_progress 1 403"); /* he is nobody now */
    assert_true(call_core_has_leg(t.s->core, t.b));
    hang_up(&t);
}

static void status_of_calls(void **state)
{
    (void)state;
    struct talk t = talk("PCMA", "PCMA");
    stage_call(t.s, CARL, "104", "PCMU");
    struct call_status list[4];
    assert_int_equal(call_core_list(t.s->core, list, 4), 2);
    assert_int_equal(list[0].stage, CALL_TALKING);
    assert_string_equal(list[0].to_dialled, "101");
    assert_int_equal(list[0].legs, 2);
    assert_int_equal(list[1].stage, CALL_RINGING);
    assert_int_equal(call_core_list(t.s->core, list, 1), 2);
    call_core_shutdown(t.s->core);
    done(t.s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hold_and_resume),
        cmocka_unit_test(hold_by_address),
        cmocka_unit_test(changed_address),
        cmocka_unit_test(changed_codec),
        cmocka_unit_test(both_change),
        cmocka_unit_test(offer_waits),
        cmocka_unit_test(asked_for_an_offer),
        cmocka_unit_test(late_ack),
        cmocka_unit_test(digits),
        cmocka_unit_test(media_timeout),
        cmocka_unit_test(lost),
        cmocka_unit_test(new_configuration),
        cmocka_unit_test(status_of_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
