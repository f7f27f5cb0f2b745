/* SPDX-License-Identifier: Apache-2.0
 *
 * Transfers: blind, attended, to a target that rings, INVITE with Replaces; who hears what, who is told what, and that
 * one chain is written.
 */
#include "tests/cmocka_all.h"

#include "tests/unit/feature/stage_expect.h"

struct talk {
    struct stage *s;
    leg_id a, b; /* Anna called Bert */
};

static struct talk talk_by(const char *codec)
{
    struct talk t = {.s = stage_new(1, NULL)};
    t.a = stage_call(t.s, ANNA, "101", codec);
    t.b = stage_dialled(t.s, 21);
    stage_desc_event(t.s, t.b, LEG_ANSWERED, codec);
    stage_event(t.s, t.a, LEG_CONFIRMED);
    assert_true(stage_talks(t.s, t.a, t.b));
    stage_clear(t.s);
    return t;
}

static const struct stage_record *record_of(struct stage *s, enum call_reason reason)
{
    unsigned i = 0;
    while (i < s->n_records && s->record[i].reason != reason)
        i++;
    if (i == s->n_records)
        fail_msg("no record says %s", call_reason_name(reason));
    return &s->record[i];
}

/* CALL-21, CALL-25, CALL-26: Bert transfers Anna to Erik. */
static void blind(void **state)
{
    (void)state;
    struct talk t = talk_by("PCMA,event");
    struct stage *s = t.s;
    stage_refer(s, t.b, "104", 0);
    saw(s, "refer_progress 2 100");
    saw(s, "refer_progress 2 200");
    assert_int_equal(stage_hears(s, t.a), SOUND_MUSIC);
    leg_id c = stage_dialled(s, 51);
    const struct stage_dialled *d = stage_dialled_last(s);
    assert_string_equal(d->from.number, "100");
    assert_string_equal(d->via.number, "101");
    assert_int_equal(d->max_forwards, 68);
    assert_int_equal(media_desc_voice(&d->offer), CODEC_PCMA); /* the caller's present codec first */
    assert_true(media_desc_has_voice(&d->offer, CODEC_OPUS));  /* and what he may use behind */
    stage_event(s, c, LEG_RINGING);
    assert_int_equal(stage_hears(s, t.a), SOUND_RINGBACK);
    stage_after_ms(s, 1000);
    stage_clear(s);
    stage_desc_event(s, c, LEG_ANSWERED, "PCMA,event");
    saw(s, "identify 1 104");
    assert_true(stage_talks(s, t.a, c));
    stage_after_ms(s, 1500); /* the transferor never says BYE */
    saw(s, "hang_up 2 transferred");
    stage_event(s, c, LEG_HUNG_UP);
    const struct stage_record *r = only_record(s, REASON_ANSWERED);
    assert_int_equal(r->n_segments, 2);
    assert_int_equal(r->segment[0].reason, REASON_TRANSFERRED);
    assert_string_equal(r->segment[1].target, "104");
    assert_int_equal(r->ended_by, ENDED_BY_CALLEE);
    assert_non_null(strstr(r->trace, "transfer:blind"));
    done(s);
}

/* The caller transfers: who was called then counts as the caller of what is left. */
static void blind_by_the_caller(void **state)
{
    (void)state;
    struct talk t = talk_by("PCMA");
    stage_refer(t.s, t.a, "104", 0);
    stage_event(t.s, t.a, LEG_HUNG_UP);
    leg_id c = stage_dialled(t.s, 51);
    stage_desc_event(t.s, c, LEG_ANSWERED, "PCMA");
    assert_true(stage_talks(t.s, t.b, c));
    stage_event(t.s, t.b, LEG_HUNG_UP);
    assert_int_equal(only_record(t.s, REASON_ANSWERED)->ended_by, ENDED_BY_CALLER);
    done(t.s);
}

/* SIP-20: the target picks another codec; who is there already follows before they are joined. */
static void blind_to_another_codec(void **state)
{
    (void)state;
    struct talk t = talk_by("PCMA");
    stage_refer(t.s, t.b, "102", 0); /* Carl's device takes PCMU alone */
    leg_id c = stage_dialled(t.s, 31);
    stage_desc_event(t.s, c, LEG_ANSWERED, "PCMU");
    saw(t.s, "offer 1 PCMU,event");
    assert_false(stage_talks(t.s, t.a, c));
    stage_desc_event(t.s, t.a, LEG_ANSWERED_OFFER, "PCMU");
    assert_true(stage_talks(t.s, t.a, c));
    stage_event(t.s, t.a, LEG_HUNG_UP);
    stage_after_ms(t.s, 3000);
    done(t.s);

    t = talk_by("PCMA"); /* he can't: each is asked, then they are transcoded */
    stage_refer(t.s, t.b, "102", 0);
    c = stage_dialled(t.s, 31);
    stage_desc_event(t.s, c, LEG_ANSWERED, "PCMU");
    for (int i = 0; i < 6; i++) {
        stage_status_event(t.s, t.a, LEG_OFFER_REFUSED, 488);
        stage_status_event(t.s, c, LEG_OFFER_REFUSED, 488);
    }
    assert_true(stage_talks(t.s, t.a, c));
    stage_event(t.s, t.a, LEG_HUNG_UP);
    stage_after_ms(t.s, 3000);
    done(t.s);
}

/* A target that can't be called: the transferor is told and keeps the call. */
static void blind_to_nobody(void **state)
{
    (void)state;
    static const struct {
        const char *number, *seen;
    } cases[] = {{"199", "refer_progress 2 404"},
                 {"103", "refer_progress 2 403"},
                 {"105", "refer_progress 2 480"},
                 {"", "refer_progress 2 400"}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct talk t = talk_by("PCMA");
        t.s->absent = FAYE;
        stage_refer(t.s, t.b, cases[i].number, 0);
        saw(t.s, cases[i].seen);
        assert_true(stage_talks(t.s, t.a, t.b));
        stage_event(t.s, t.a, LEG_HUNG_UP);
        only_record(t.s, REASON_ANSWERED);
        done(t.s);
    }
}

/* CALL-22, CALL-24: the target fails: back to the transferor for 30 s, then words and the end; never silence. */
static void blind_fails(void **state)
{
    (void)state;
    struct talk t = talk_by("PCMA");
    struct stage *s = t.s;
    stage_refer(s, t.b, "104", 0);
    stage_event(s, t.b, LEG_HUNG_UP);
    stage_status_event(s, stage_dialled(s, 51), LEG_REFUSED, 486);
    assert_int_equal(stage_hears(s, t.a), SOUND_MUSIC);
    leg_id back = stage_dialled(s, 21);
    assert_true(back != t.b);
    assert_string_equal(stage_dialled_last(s)->via.number, "104");
    stage_event(s, back, LEG_RINGING);
    assert_int_equal(stage_hears(s, t.a), SOUND_RINGBACK);
    stage_after_ms(s, 29000);
    assert_true(call_core_has_leg(s->core, back));
    stage_after_ms(s, 1100);
    assert_false(call_core_has_leg(s->core, back));
    assert_int_equal(stage_hears(s, t.a), SOUND_PROMPT_NO_ANSWER);
    stage_media_event(s, t.a, MEDIA_PLAYED, 0);
    saw(s, "hang_up 1 normal");
    const struct stage_record *r = only_record(s, REASON_ANSWERED);
    assert_int_equal(r->n_segments, 3);
    assert_int_equal(r->segment[1].reason, REASON_BUSY);
    assert_int_equal(r->segment[2].reason, REASON_NO_ANSWER);
    assert_non_null(strstr(r->trace, "transfer:returned"));
    done(s);

    t = talk_by("PCMA"); /* he takes it back */
    stage_refer(t.s, t.b, "104", 0);
    stage_event(t.s, t.b, LEG_HUNG_UP);
    stage_status_event(t.s, stage_dialled(t.s, 51), LEG_REFUSED, 603);
    back = stage_dialled(t.s, 21);
    stage_desc_event(t.s, back, LEG_ANSWERED, "PCMA");
    assert_true(stage_talks(t.s, t.a, back));
    stage_event(t.s, t.a, LEG_HUNG_UP);
    done(t.s);

    t = talk_by("PCMA"); /* he is not there: words that have no end of their own are cut */
    stage_refer(t.s, t.b, "104", 0);
    t.s->absent = BERT;
    stage_event(t.s, t.b, LEG_HUNG_UP);
    stage_status_event(t.s, stage_dialled(t.s, 51), LEG_REFUSED, 486);
    assert_int_equal(stage_hears(t.s, t.a), SOUND_PROMPT_BUSY);
    stage_after_ms(t.s, 10100);
    assert_false(call_core_has_leg(t.s->core, t.a));
    done(t.s);
}

/* The caller hangs up while he hears music; the one that waits loses its network. */
static void caller_leaves_during_transfer(void **state)
{
    (void)state;
    for (int timeout = 0; timeout < 2; timeout++) {
        struct talk t = talk_by("PCMA");
        stage_refer(t.s, t.b, "104", 0);
        stage_event(t.s, t.b, LEG_HUNG_UP);
        stage_offered(t.s, t.a, "PCMA", MEDIA_BOTH); /* a change meanwhile is answered */
        saw(t.s, "answer_offer 1 PCMA");
        if (timeout)
            stage_media_event(t.s, t.a, MEDIA_TIMEOUT, 0);
        else
            stage_event(t.s, t.a, LEG_HUNG_UP);
        assert_int_equal(call_core_counts(t.s->core).legs, 0);
        only_record(t.s, timeout ? REASON_MEDIA_TIMEOUT : REASON_ANSWERED);
        done(t.s);
    }
}

/* CALL-27: REFER from outside is refused. */
static void refer_from_outside(void **state)
{
    (void)state;
    struct stage *s = stage_new(1, NULL);
    leg_id a = stage_call_from_peer(s, 1, "101", "PCMA");
    stage_desc_event(s, stage_dialled(s, 21), LEG_ANSWERED, "PCMA");
    stage_refer(s, a, "104", 0);
    saw(s, "refer_progress 1 403");
    assert_true(stage_talks(s, a, stage_dialled(s, 21)));
    stage_event(s, a, LEG_HUNG_UP);
    done(s);
}

/* Bert, talking to Anna, calls Erik by a second call. */
static leg_id consult(struct talk *t, const char *number, const char *codec)
{
    stage_offered(t->s, t->b, "PCMA", MEDIA_SEND);
    assert_int_equal(stage_hears(t->s, t->a), SOUND_MUSIC);
    stage_after_ms(t->s, 10);
    return stage_call(t->s, BERT, number, codec);
}

/* CALL-23, CALL-25, CALL-26. */
static void attended(void **state)
{
    (void)state;
    struct talk t = talk_by("PCMA");
    struct stage *s = t.s;
    leg_id b2 = consult(&t, "104", "PCMA");
    leg_id c = stage_dialled(s, 51);
    stage_desc_event(s, c, LEG_ANSWERED, "PCMA");
    assert_true(stage_talks(s, b2, c));
    stage_after_ms(s, 1000);
    stage_clear(s);
    stage_refer(s, t.b, "", b2);
    saw(s, "refer_progress 2 200");
    saw(s, "hang_up 3 transferred");
    saw(s, "identify 1 104");
    saw(s, "identify 4 100");
    assert_true(stage_talks(s, t.a, c)); /* at once: no gap */
    stage_after_ms(s, 2100);             /* the transferor's phone has had its time for the NOTIFY */
    saw(s, "hang_up 2 transferred");
    stage_event(s, c, LEG_HUNG_UP);
    assert_int_equal(s->n_records, 2);
    const struct stage_record *gone = record_of(s, REASON_TRANSFERRED), *chain = record_of(s, REASON_ANSWERED);
    assert_int_equal(gone->n_segments, 1);
    assert_int_equal(gone->length_ms, 1000);
    assert_int_equal(chain->n_segments, 2);
    assert_int_equal(chain->segment[0].reason, REASON_TRANSFERRED);
    assert_string_equal(chain->segment[1].target, "104");
    done(s);
}

/* SIP-20: the two have different codecs: one is offered the other's, then they are joined. */
static void attended_with_two_codecs(void **state)
{
    (void)state;
    struct talk t = talk_by("PCMA");
    struct stage *s = t.s;
    leg_id b2 = consult(&t, "102", "PCMU");
    leg_id c = stage_dialled(s, 31);
    stage_desc_event(s, c, LEG_ANSWERED, "PCMU");
    stage_clear(s);
    stage_refer(s, t.b, "", b2);
    saw(s, "offer 1 PCMU,event");
    stage_desc_event(s, t.a, LEG_ANSWERED_OFFER, "PCMU");
    assert_true(stage_talks(s, t.a, c));
    stage_event(s, t.b, LEG_HUNG_UP);
    stage_event(s, t.a, LEG_HUNG_UP);
    done(s);
}

/* CALL-23: completing while the target rings acts as blind with `return`. */
static void attended_while_it_rings(void **state)
{
    (void)state;
    for (int fails = 0; fails < 2; fails++) {
        struct talk t = talk_by("PCMA");
        struct stage *s = t.s;
        leg_id b2 = consult(&t, "104", "PCMA");
        leg_id c = stage_dialled(s, 51);
        stage_event(s, c, LEG_RINGING);
        stage_refer(s, t.b, "", b2);
        saw(s, "refer_progress 2 200");
        stage_event(s, t.b, LEG_HUNG_UP);
        saw(s, "hang_up 3 refuse 487");
        saw(s, "identify 4 100"); /* the target learns who calls now */
        assert_int_equal(stage_hears(s, t.a), SOUND_RINGBACK);
        assert_int_equal(record_of(s, REASON_TRANSFERRED)->answered, false);
        if (fails) {
            stage_status_event(s, c, LEG_REFUSED, 486);
            leg_id back = stage_dialled(s, 21);
            stage_event(s, back, LEG_RINGING);
            assert_int_equal(stage_hears(s, t.a), SOUND_RINGBACK);
        } else {
            stage_desc_event(s, c, LEG_ANSWERED, "PCMA");
            assert_true(stage_talks(s, t.a, c));
        }
        stage_event(s, t.a, LEG_HUNG_UP);
        assert_int_equal(s->n_records, 2);
        done(s);
    }
}

/* SIP-16: only one's own calls may be taken over. */
static void foreign_replaces(void **state)
{
    (void)state;
    struct talk t = talk_by("PCMA");
    struct stage *s = t.s;
    leg_id x = stage_call(s, CARL, "104", "PCMU");
    const leg_id wrong[] = {x, t.a, t.b, stage_dialled(s, 51), 0xdeadbeef};
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        stage_clear(s);
        stage_refer(s, t.b, "", wrong[i]);
        saw(s, "refer_progress 2 403");
        assert_true(stage_talks(s, t.a, t.b));
    }
    call_core_shutdown(s->core);
    done(s);
}

/* CALL-24: a consultation that fails leaves the caller with music and the transferor able to come back. */
static void consultation_fails(void **state)
{
    (void)state;
    struct talk t = talk_by("PCMA");
    consult(&t, "104", "PCMA");
    stage_status_event(t.s, stage_dialled(t.s, 51), LEG_REFUSED, 486);
    saw(t.s, "hang_up 3 refuse 486");
    assert_int_equal(stage_hears(t.s, t.a), SOUND_MUSIC);
    stage_offered(t.s, t.b, "PCMA", MEDIA_BOTH);
    assert_true(stage_talks(t.s, t.a, t.b));
    stage_event(t.s, t.a, LEG_HUNG_UP);
    done(t.s);
}

/* Transferred twice: one chain (CALL-26). */
static void transferred_twice(void **state)
{
    (void)state;
    struct talk t = talk_by("PCMA");
    stage_refer(t.s, t.b, "104", 0);
    stage_event(t.s, t.b, LEG_HUNG_UP);
    leg_id c = stage_dialled(t.s, 51);
    stage_desc_event(t.s, c, LEG_ANSWERED, "PCMA");
    stage_refer(t.s, c, "105", 0);
    stage_event(t.s, c, LEG_HUNG_UP);
    leg_id d = stage_dialled(t.s, 61);
    stage_desc_event(t.s, d, LEG_ANSWERED, "PCMA");
    assert_true(stage_talks(t.s, t.a, d));
    stage_event(t.s, t.a, LEG_HUNG_UP);
    assert_int_equal(only_record(t.s, REASON_ANSWERED)->n_segments, 3);
    done(t.s);
}

static leg_id call_replacing(struct stage *s, uint32_t user, leg_id replaces, const char *codec)
{
    struct leg_incoming in = {
        .user = user, .device = user * 10 + 2, .number = "x", .max_forwards = 70, .replaces = replaces};
    return stage_call_by(s, &in, codec);
}

/* SIP-16, CALL-36: INVITE with Replaces of a call that is up. */
static void invite_replaces_a_call(void **state)
{
    (void)state;
    struct talk t = talk_by("PCMA");
    leg_id now = call_replacing(t.s, BERT, t.b, "PCMU,PCMA");
    saw(t.s, "answer 3 PCMA");
    saw(t.s, "hang_up 2 transferred");
    assert_true(stage_talks(t.s, t.a, now));
    stage_event(t.s, t.a, LEG_HUNG_UP);
    only_record(t.s, REASON_ANSWERED);
    done(t.s);

    t = talk_by("PCMA"); /* with another codec: the other side follows */
    now = call_replacing(t.s, BERT, t.b, "PCMU");
    saw(t.s, "offer 1 PCMU,opus,G722,PCMA,event,event");
    stage_desc_event(t.s, t.a, LEG_ANSWERED_OFFER, "PCMU");
    assert_true(stage_talks(t.s, t.a, now));
    stage_event(t.s, t.a, LEG_HUNG_UP);
    done(t.s);
}

/* CALL-32, SIP-16: INVITE with Replaces of a device that rings: picked up. */
static void invite_replaces_a_ringing(void **state)
{
    (void)state;
    struct stage *s = stage_new(1, NULL);
    s->second_devices = true;
    leg_id a = stage_call(s, ANNA, "101", "opus,PCMA");
    leg_id b = stage_dialled(s, 21);
    stage_event(s, b, LEG_RINGING);
    leg_id now = call_replacing(s, CARL, b, "PCMU,PCMA");
    saw(s, "answer 1 PCMA");
    saw(s, "answer 4 PCMA");
    saw(s, "hang_up 2 elsewhere");
    saw(s, "hang_up 3 elsewhere");
    saw(s, "identify 1 102");
    assert_true(stage_talks(s, a, now));
    stage_event(s, a, LEG_HUNG_UP);
    const struct stage_record *r = only_record(s, REASON_ANSWERED);
    assert_int_equal(r->segment[0].reason, REASON_PICKED_UP_ELSEWHERE);
    assert_string_equal(r->segment[1].target, "102");
    done(s);
}

/* What is gone, or may not be replaced, is 481, with a record of its own. */
static void invite_replaces_nothing(void **state)
{
    (void)state;
    struct stage *s = stage_new(1, NULL);
    leg_id a = stage_call(s, ANNA, "101", "PCMA");
    const leg_id wrong[] = {a, 0xdeadbeef};
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        stage_clear(s);
        call_replacing(s, BERT, wrong[i], "PCMA");
        saw(s, "hang_up 3 refuse 481");
        assert_int_equal(stage_record(s, (unsigned)i)->reason, REASON_UNREACHABLE);
    }
    stage_event(s, a, LEG_HUNG_UP);
    done(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blind),
        cmocka_unit_test(blind_by_the_caller),
        cmocka_unit_test(blind_to_another_codec),
        cmocka_unit_test(blind_to_nobody),
        cmocka_unit_test(blind_fails),
        cmocka_unit_test(caller_leaves_during_transfer),
        cmocka_unit_test(refer_from_outside),
        cmocka_unit_test(attended),
        cmocka_unit_test(attended_with_two_codecs),
        cmocka_unit_test(attended_while_it_rings),
        cmocka_unit_test(foreign_replaces),
        cmocka_unit_test(consultation_fails),
        cmocka_unit_test(transferred_twice),
        cmocka_unit_test(invite_replaces_a_call),
        cmocka_unit_test(invite_replaces_a_ringing),
        cmocka_unit_test(invite_replaces_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
