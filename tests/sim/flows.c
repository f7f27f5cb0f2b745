/* SPDX-License-Identifier: Apache-2.0
 *
 * Every call flow once, by script, in virtual time: real line, call core and features, model phones and media.
 */
#include "tests/cmocka_all.h"

#include "tests/sim/phone.h"

#include <stdio.h>
#include <string.h>

#define S ((int64_t)1000000)

struct scene {
    struct world w;
    struct phone a, b, c; /* users 100, 101, 102 */
};

static void scene_open(struct scene *s, enum sip_transport t)
{
    world_open(&s->w, 42);
    s->w.keep_ladder = true;
    phone_open(&s->a, &s->w, 0, 0, t);
    phone_open(&s->b, &s->w, 1, 1, t);
    phone_open(&s->c, &s->w, 2, 2, t);
    phone_register(&s->a, 300);
    phone_register(&s->b, 300);
    phone_register(&s->c, 300);
    world_run(&s->w, S);
    assert_int_equal(s->a.registered_status, 200);
    assert_int_equal(s->c.registered_status, 200);
}

/* Everybody leaves; 64*T1 later nothing may be there. */
static void scene_close(struct scene *s)
{
    phone_register(&s->a, 0);
    phone_register(&s->b, 0);
    phone_register(&s->c, 0);
    world_run(&s->w, 70 * S);
    world_check(&s->w);
    phone_close(&s->a);
    phone_close(&s->b);
    phone_close(&s->c);
    world_close(&s->w);
    if (s->w.faults->len)
        print_message("%s", s->w.ladder->str);
    for (guint i = 0; i < s->w.faults->len; i++)
        print_message("fault: %s\n", (const char *)s->w.faults->pdata[i]);
    assert_int_equal(s->w.faults->len, 0);
    g_ptr_array_unref(s->w.faults);
    g_string_free(s->w.ladder, TRUE);
}

/* a calls b, who answers after a second. */
static struct phone_call *talk(struct scene *s, struct phone *from, struct phone *to)
{
    to->manner = PHONE_ANSWERS;
    struct phone_call *c = phone_dial(from, to->number);
    world_run(&s->w, 3 * S);
    struct phone_call *d = phone_last(to);
    if (c->state != PHONE_TALKS || !d || !phone_hears(c, d) || !phone_hears(d, c))
        print_message("%s", s->w.ladder->str);
    assert_int_equal(c->state, PHONE_TALKS);
    assert_true(phone_hears(c, d));
    assert_true(phone_hears(d, c));
    world_check(&s->w);
    return c;
}

static void expect_record(struct scene *s, enum call_reason reason, bool answered)
{
    const struct world_record *r = world_last_record(&s->w);
    assert_non_null(r);
    assert_string_equal(call_reason_name(r->reason), call_reason_name(reason));
    assert_int_equal(r->answered, answered);
    assert_true(r->trace > 0);
}

static void call_and_hang_up(enum sip_transport t, bool caller_ends)
{
    struct scene s;
    scene_open(&s, t);
    struct phone_call *c = talk(&s, &s.a, &s.b), *d = phone_last(&s.b);
    assert_string_equal(d->party, "100"); /* the login's identity (F3, SIP-15) */
    phone_hang_up(caller_ends ? c : d);
    world_run(&s.w, S);
    assert_int_equal(c->state, PHONE_ENDED);
    assert_int_equal(d->state, PHONE_ENDED);
    expect_record(&s, REASON_ANSWERED, true);
    assert_int_equal(s.w.records->len, 1);
    scene_close(&s);
}

static void a_call_over_udp_sip_9_call_2(void **state)
{
    (void)state;
    call_and_hang_up(SIP_UDP, true);
    call_and_hang_up(SIP_UDP, false);
}

static void a_call_over_tcp_sip_1(void **state)
{
    (void)state;
    call_and_hang_up(SIP_TCP, true);
    call_and_hang_up(SIP_TCP, false);
}

/* What the called phone does -> what the caller is told and what the record says (CALL-4, CALL-6, CONT-21). */
static void unanswered_calls_call_4_call_6(void **state)
{
    (void)state;
    static const struct {
        enum phone_manner manner;
        uint16_t status;
        enum call_reason reason;
    } rows[] = {
        {PHONE_BUSY, 486, REASON_BUSY},
        {PHONE_DECLINES, 486, REASON_BUSY}, /* the caller is not told which; the segment says refused */
        {PHONE_RINGS, 480, REASON_NO_ANSWER},
        {PHONE_IS_DEAF, 480, REASON_NOT_REGISTERED},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct scene s;
        scene_open(&s, SIP_UDP);
        s.b.manner = rows[i].manner;
        struct phone_call *c = phone_dial(&s.a, "101");
        world_run(&s.w, 25 * S);
        assert_int_equal(c->state, PHONE_ENDED);
        assert_int_equal(c->status, rows[i].status);
        if (rows[i].manner != PHONE_IS_DEAF)
            expect_record(&s, rows[i].reason, false);
        else
            assert_in_range(world_last_record(&s.w)->reason, REASON_UNREACHABLE, REASON_NOT_REGISTERED);
        scene_close(&s);
    }
}

static void a_deaf_phone_is_given_up_within_2_2_s_sip_6(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, SIP_UDP);
    s.b.host.unplugged = true;
    struct phone_call *c = phone_dial(&s.a, "101");
    world_run(&s.w, 2200000);
    assert_int_equal(c->state, PHONE_ENDED);
    assert_int_equal(c->status, 480);
    s.b.host.unplugged = false;
    scene_close(&s);
}

static void unknown_numbers_and_absent_users(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, SIP_UDP);
    struct phone_call *c = phone_dial(&s.a, "999");
    world_run(&s.w, S);
    assert_int_equal(c->status, 404);
    expect_record(&s, REASON_WRONG_NUMBER, false);
    c = phone_dial(&s.a, "105"); /* nobody is registered there */
    world_run(&s.w, S);
    assert_int_equal(c->status, 480);
    expect_record(&s, REASON_NOT_REGISTERED, false);
    scene_close(&s);
}

static void the_caller_gives_up_sip_14(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, SIP_UDP);
    struct phone_call *c = phone_dial(&s.a, "101");
    world_run(&s.w, 3 * S);
    assert_int_equal(c->state, PHONE_HEARS_RINGING);
    phone_hang_up(c);
    world_run(&s.w, S);
    assert_int_equal(phone_last(&s.b)->state, PHONE_ENDED);
    assert_string_equal(phone_last(&s.b)->reason, "");
    expect_record(&s, REASON_CANCELLED, false);
    scene_close(&s);
}

/* All of a person's devices ring; the one that answers has the call, the others hear why they stop (ACC-13, SIP-14). */
static void forking_sip_14(void **state)
{
    (void)state;
    for (int declines = 0; declines < 2; declines++) {
        struct scene s;
        struct phone b2;
        scene_open(&s, SIP_UDP);
        phone_open(&b2, &s.w, 1, 9, SIP_TCP);
        phone_register(&b2, 300);
        world_run(&s.w, S);
        struct phone_call *c = phone_dial(&s.a, "101");
        world_run(&s.w, S);
        struct phone_call *one = phone_last(&s.b), *two = phone_last(&b2);
        assert_true(one && two);
        if (declines)
            phone_refuse(one, 603);
        else
            phone_answer(one);
        world_run(&s.w, S);
        assert_int_equal(two->state, PHONE_ENDED);
        assert_non_null(strstr(two->reason, declines ? "cause=603" : "cause=200"));
        assert_int_equal(c->state, declines ? PHONE_ENDED : PHONE_TALKS);
        if (!declines)
            assert_true(phone_hears(c, one) && phone_hears(one, c));
        phone_hang_up(c);
        phone_register(&b2, 0);
        world_run(&s.w, 70 * S);
        phone_close(&b2);
        scene_close(&s);
    }
}

/* Hold and resume from either side, and from both (CALL-8). */
static void hold_and_resume_call_8(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, SIP_UDP);
    struct phone_call *c = talk(&s, &s.a, &s.b), *d = phone_last(&s.b);
    struct phone_call *by[] = {c, d}, *held[] = {d, c};
    for (int i = 0; i < 2; i++) {
        assert_true(phone_hold(by[i], true));
        world_run(&s.w, S);
        assert_int_equal(phone_hears_what(held[i]), HEARS_MUSIC);
        assert_int_equal(phone_hears_what(by[i]), HEARS_NOTHING);
        assert_true(phone_hold(by[i], false));
        world_run(&s.w, S / 2);
        assert_true(phone_hears(c, d) && phone_hears(d, c));
    }
    assert_true(phone_hold(c, true));
    world_run(&s.w, S);
    assert_true(phone_hold(d, true));
    world_run(&s.w, S);
    assert_true(phone_hold(c, false));
    world_run(&s.w, S);
    assert_int_equal(phone_hears_what(c), HEARS_MUSIC);
    assert_true(phone_hold(d, false));
    world_run(&s.w, S);
    assert_true(phone_hears(c, d) && phone_hears(d, c));
    phone_hang_up(c);
    scene_close(&s);
}

static void two_holds_at_once_resolve_sip_11(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, SIP_UDP);
    struct phone_call *c = talk(&s, &s.a, &s.b), *d = phone_last(&s.b);
    assert_true(phone_hold(c, true));
    assert_true(phone_hold(d, true));
    world_run(&s.w, 10 * S);
    assert_true(phone_hold(c, false));
    assert_true(phone_hold(d, false));
    world_run(&s.w, 10 * S);
    assert_true(phone_hears(c, d) && phone_hears(d, c));
    phone_hang_up(d);
    scene_close(&s);
}

/* A second call while one is up: hold, talk, swap (call waiting). */
static void second_call_call_14_call_15(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, SIP_UDP);
    struct phone_call *c = talk(&s, &s.a, &s.b), *d = phone_last(&s.b);
    assert_true(phone_hold(d, true));
    struct phone_call *e = talk(&s, &s.c, &s.b), *f = phone_last(&s.b);
    assert_int_equal(phone_hears_what(c), HEARS_MUSIC);
    assert_true(phone_hold(f, true));
    assert_true(phone_hold(d, false));
    world_run(&s.w, S);
    assert_true(phone_hears(c, d));
    assert_int_equal(phone_hears_what(e), HEARS_MUSIC);
    phone_hang_up(e);
    phone_hang_up(c);
    scene_close(&s);
}

static void keys_by_info_sip_21(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, SIP_UDP);
    struct phone_call *c = talk(&s, &s.a, &s.b), *d = phone_last(&s.b);
    const char *keys = "0123456789*#ABCD";
    for (const char *k = keys; *k; k++) {
        phone_key(c, *k);
        world_run(&s.w, S / 2);
    }
    const struct world_media *m = world_media_at(&s.w, &d->rtp);
    assert_string_equal(m->digits, keys); /* b's phone has telephone-event: it gets them so */
    phone_hang_up(c);
    scene_close(&s);
}

/* a talks to b and sends him to c, without a word. */
static void blind_transfer_call_21(void **state)
{
    (void)state;
    for (int by_caller = 0; by_caller < 2; by_caller++) {
        struct scene s;
        scene_open(&s, SIP_UDP);
        struct phone_call *c = talk(&s, &s.a, &s.b), *d = phone_last(&s.b);
        struct phone_call *by = by_caller ? c : d, *left = by_caller ? d : c;
        s.c.manner = PHONE_RINGS;
        phone_refer(by, "102");
        world_run(&s.w, 2 * S);
        struct phone_call *e = phone_last(&s.c);
        assert_non_null(e);
        assert_string_equal(e->party, by_caller ? "101" : "100");
        assert_int_equal(phone_hears_what(left), HEARS_RINGBACK);
        phone_answer(e);
        world_run(&s.w, 4 * S);
        assert_true(phone_hears(left, e) && phone_hears(e, left));
        assert_int_equal(by->state, PHONE_ENDED); /* even if his phone never hangs up */
        assert_int_equal(by->refer_status, 200);
        assert_string_equal(left->party, "102"); /* CALL-25 */
        phone_hang_up(e);
        world_run(&s.w, S);
        assert_int_equal(left->state, PHONE_ENDED);
        scene_close(&s);
    }
}

/* REFER outside of the dialog, naming it or not; never for another's call (SIP-16, RFC 4538). */
static void transfer_from_outside_the_dialog_sip_16(void **state)
{
    (void)state;
    for (int named = 0; named < 2; named++) {
        struct scene s;
        scene_open(&s, SIP_UDP);
        struct phone_call *c = talk(&s, &s.a, &s.b), *d = phone_last(&s.b);
        s.c.manner = PHONE_ANSWERS;
        phone_refer_outside(d, "102", named);
        world_run(&s.w, 5 * S);
        assert_int_equal(d->refer_status, 202);
        assert_int_equal(d->refer_notified, 200);
        assert_int_equal(d->state, PHONE_ENDED);
        assert_true(phone_hears(c, phone_last(&s.c)) && phone_hears(phone_last(&s.c), c));
        phone_hang_up(c);
        scene_close(&s);
    }
}

static void a_failed_blind_transfer_comes_back_call_22(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, SIP_UDP);
    struct phone_call *c = talk(&s, &s.a, &s.b), *d = phone_last(&s.b);
    s.c.manner = PHONE_BUSY;
    s.b.manner = PHONE_RINGS;
    phone_refer(d, "102");
    world_run(&s.w, 5 * S);
    struct phone_call *back = phone_last(&s.b);
    assert_ptr_not_equal(back, d);
    assert_true(phone_hears_what(c) == HEARS_MUSIC || phone_hears_what(c) == HEARS_RINGBACK);
    phone_answer(back);
    world_run(&s.w, 2 * S);
    assert_true(phone_hears(c, back) && phone_hears(back, c));
    phone_hang_up(c);
    scene_close(&s);
}

static void attended_transfer_call_23(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, SIP_UDP);
    struct phone_call *c = talk(&s, &s.a, &s.b), *d = phone_last(&s.b);
    assert_true(phone_hold(d, true));
    world_run(&s.w, S);
    struct phone_call *e = talk(&s, &s.b, &s.c), *f = phone_last(&s.c);
    phone_refer_to_call(d, e);
    world_run(&s.w, 200000);
    assert_true(phone_hears(c, f) && phone_hears(f, c));
    world_run(&s.w, 4 * S);
    assert_int_equal(d->state, PHONE_ENDED);
    assert_int_equal(e->state, PHONE_ENDED);
    assert_string_equal(c->party, "102");
    assert_string_equal(f->party, "100");
    phone_hang_up(f);
    scene_close(&s);
}

static void attended_transfer_to_a_ringing_phone_call_23(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, SIP_UDP);
    struct phone_call *c = talk(&s, &s.a, &s.b), *d = phone_last(&s.b);
    assert_true(phone_hold(d, true));
    world_run(&s.w, S);
    s.c.manner = PHONE_RINGS;
    struct phone_call *e = phone_dial(&s.b, "102");
    world_run(&s.w, S);
    assert_int_equal(e->state, PHONE_HEARS_RINGING);
    phone_refer_to_call(d, e);
    world_run(&s.w, 3 * S);
    struct phone_call *f = phone_last(&s.c);
    assert_int_equal(d->refer_status, 200);
    assert_int_equal(phone_hears_what(c), HEARS_RINGBACK);
    assert_int_equal(f->state, PHONE_IS_RINGING);
    phone_answer(f);
    world_run(&s.w, 3 * S);
    assert_true(phone_hears(c, f) && phone_hears(f, c));
    phone_hang_up(c);
    scene_close(&s);
}

static void a_stranger_s_dialog_cannot_be_taken_sip_16(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, SIP_UDP);
    struct phone_call *c = talk(&s, &s.a, &s.b), *d = phone_last(&s.b);
    struct phone d2;
    phone_open(&d2, &s.w, 3, 8, SIP_UDP);
    phone_register(&d2, 300);
    world_run(&s.w, S);
    struct phone_call *e = talk(&s, &s.c, &d2);
    phone_refer_to_call(e, c); /* names a leg of a, not of c */
    world_run(&s.w, S);
    assert_int_equal(e->refer_status, 403);
    assert_true(phone_hears(c, d) && phone_hears(d, c));
    phone_hang_up(c);
    phone_hang_up(e);
    phone_register(&d2, 0);
    world_run(&s.w, 70 * S);
    phone_close(&d2);
    scene_close(&s);
}

static void late_offers_sip_19(void **state)
{
    (void)state;
    static const enum codec voices[] = {CODEC_PCMU};
    struct scene s;
    scene_open(&s, SIP_UDP);
    s.b.manner = PHONE_ANSWERS;
    struct phone_call *c = phone_dial_with(&s.a, "101", voices, 1, true);
    world_run(&s.w, 4 * S);
    assert_true(phone_hears(c, phone_last(&s.b)) && phone_hears(phone_last(&s.b), c));
    phone_hang_up(c);
    scene_close(&s);
}

/* One side changes its codec: the other is asked too, nobody hears what it cannot decode (SIP-20). */
static void codec_changes_sip_20(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, SIP_UDP);
    struct phone_call *c = talk(&s, &s.a, &s.b), *d = phone_last(&s.b);
    assert_true(phone_offer_codec(c, CODEC_PCMU));
    world_run(&s.w, 2 * S);
    assert_true(phone_hears(c, d) && phone_hears(d, c));
    assert_int_equal(media_desc_voice(&d->remote), CODEC_PCMU);
    assert_true(phone_offer_codec(c, CODEC_G722)); /* b has no G.722: it is transcoded */
    world_run(&s.w, 2 * S);
    assert_true(phone_hears(d, c) && phone_hears(c, d));
    assert_int_equal(media_desc_voice(&c->remote), CODEC_G722);
    phone_hang_up(c);
    scene_close(&s);
}

static void no_common_codec_sip_20(void **state)
{
    (void)state;
    static const enum codec voices[] = {CODEC_G722};
    struct scene s;
    scene_open(&s, SIP_UDP);
    s.b.manner = PHONE_ANSWERS;
    struct phone_call *c = phone_dial_with(&s.a, "101", voices, 1, false);
    world_run(&s.w, 3 * S);
    struct phone_call *d = phone_last(&s.b);
    assert_true(phone_hears(c, d) && phone_hears(d, c));
    assert_int_equal(media_desc_voice(&c->remote), CODEC_G722);
    assert_true(phone_hold(c, true));
    world_run(&s.w, 2 * S);
    assert_int_equal(phone_hears_what(d), HEARS_MUSIC);
    assert_true(phone_hold(c, false));
    world_run(&s.w, 2 * S);
    assert_true(phone_hears(c, d) && phone_hears(d, c));
    phone_hang_up(c);
    scene_close(&s);
}

/* Hours of talk: the session is refreshed; a peer that is gone is found out (SIP-12). */
static void session_timers_sip_12(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, SIP_UDP);
    struct phone_call *c = talk(&s, &s.a, &s.b), *d = phone_last(&s.b);
    world_run(&s.w, 3 * 3600 * S);
    assert_true(phone_hears(c, d) && phone_hears(d, c));
    s.b.host.unplugged = true;
    world_run(&s.w, 3600 * S);
    assert_int_equal(c->state, PHONE_ENDED);
    expect_record(&s, REASON_MEDIA_TIMEOUT, true);
    world_run(&s.w, 3600 * S); /* b's own timer lets it go too */
    s.b.host.unplugged = false;
    scene_close(&s);
}

static void dead_media_ends_the_call_sip_26(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, SIP_UDP);
    struct phone_call *c = talk(&s, &s.a, &s.b), *d = phone_last(&s.b);
    assert_int_equal(world_media_at(&s.w, &c->rtp)->watch_s, 30);
    assert_true(phone_hold(c, true));
    world_run(&s.w, S);
    assert_int_equal(world_media_at(&s.w, &c->rtp)->watch_s, 1800);
    assert_true(phone_hold(c, false));
    world_run(&s.w, S);
    world_media_dies(&s.w, &d->rtp);
    world_run(&s.w, S);
    assert_int_equal(c->state, PHONE_ENDED);
    assert_int_equal(d->state, PHONE_ENDED);
    expect_record(&s, REASON_MEDIA_TIMEOUT, true);
    scene_close(&s);
}

/* A connection breaks in a call: the phone registers by a new one within the grace, and the call goes on. */
static void lost_connections_are_given_a_grace(void **state)
{
    (void)state;
    for (int comes_back = 0; comes_back < 2; comes_back++) {
        struct scene s;
        scene_open(&s, SIP_TCP);
        struct phone_call *c = talk(&s, &s.a, &s.b), *d = phone_last(&s.b);
        net_cut(s.w.net, s.b.connection);
        world_run(&s.w, 10 * S);
        assert_int_equal(c->state, PHONE_TALKS);
        if (comes_back) {
            phone_reconnect(&s.b);
            phone_register(&s.b, 300);
            world_run(&s.w, 40 * S);
            assert_true(phone_hears(c, d) && phone_hears(d, c));
            phone_hang_up(c);
            world_run(&s.w, S);
            assert_int_equal(d->state, PHONE_ENDED);
        } else {
            world_run(&s.w, 30 * S);
            assert_int_equal(c->state, PHONE_ENDED);
            phone_hang_up(d);
            phone_reconnect(&s.b);
        }
        scene_close(&s);
    }
}

/* Behind a translator that closes its door after 30 s: still reachable after ten quiet minutes (SIP-5). */
static void phones_behind_nat_sip_5(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, SIP_UDP);
    struct phone n;
    phone_open(&n, &s.w, 4, 7, SIP_UDP);
    phone_translate(&n);
    phone_register(&n, 3600);
    world_run(&s.w, 600 * S);
    struct phone_call *c = talk(&s, &s.a, &n);
    phone_hang_up(c);
    world_run(&s.w, S);
    c = talk(&s, &n, &s.a);
    struct phone_call *d = phone_last(&s.a);
    net_rebind(s.w.net, &n.host); /* the translator gives it another port in the middle of the call */
    assert_true(phone_hold(c, true));
    world_run(&s.w, S);
    assert_true(phone_hold(c, false));
    world_run(&s.w, S);
    phone_hang_up(d);
    world_run(&s.w, S);
    assert_int_equal(c->state, PHONE_ENDED); /* the BYE used the new door */
    phone_register(&n, 0);
    world_run(&s.w, 70 * S);
    phone_close(&n);
    scene_close(&s);
}

/* A request above 1,300 bytes goes by TCP if the same phone is registered by it too, else by UDP (SIP-18). */
static void large_requests_sip_18(void **state)
{
    (void)state;
    char params[920];
    memset(params, 'x', sizeof params - 1);
    params[0] = ';';
    params[sizeof params - 1] = '\0';
    for (int has_tcp = 0; has_tcp < 2; has_tcp++) {
        struct scene s;
        struct phone stream;
        scene_open(&s, SIP_UDP);
        s.b.contact_params = params;
        phone_register(&s.b, 300);
        if (has_tcp) {
            phone_open(&stream, &s.w, 1, 9, SIP_TCP); /* the same phone, by its other socket */
            stream.host.address = stream.host.outside = stream.flow.local = s.b.host.address;
            phone_register(&stream, 300);
        }
        world_run(&s.w, S);
        struct phone_call *c = phone_dial(&s.a, "101");
        world_run(&s.w, S);
        assert_int_equal(s.b.calls->len, has_tcp ? 0 : 1);
        if (has_tcp)
            assert_int_equal(stream.calls->len, 2);
        phone_hang_up(c);
        world_run(&s.w, S);
        if (has_tcp) {
            phone_register(&stream, 0);
            world_run(&s.w, 70 * S);
            phone_close(&stream);
        }
        scene_close(&s);
    }
}

static void ports_used_up_sip_25_net_3(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, SIP_UDP);
    s.w.media_limit = 2;
    struct phone_call *c = talk(&s, &s.a, &s.b);
    struct phone_call *d = phone_dial(&s.c, "100");
    world_run(&s.w, S);
    assert_int_equal(d->state, PHONE_ENDED);
    assert_int_equal(d->status, 503);
    assert_int_equal(c->state, PHONE_TALKS);
    phone_hang_up(c);
    scene_close(&s);
}

static void shutdown_ends_all_calls(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, SIP_UDP);
    struct phone_call *c = talk(&s, &s.a, &s.b), *d = phone_last(&s.b);
    call_core_shutdown(s.w.core);
    world_run(&s.w, S);
    assert_int_equal(c->state, PHONE_ENDED);
    assert_int_equal(d->state, PHONE_ENDED);
    struct phone_call *e = phone_dial(&s.a, "101");
    world_run(&s.w, S);
    assert_int_equal(e->status, 503);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_over_udp_sip_9_call_2),
        cmocka_unit_test(a_call_over_tcp_sip_1),
        cmocka_unit_test(unanswered_calls_call_4_call_6),
        cmocka_unit_test(a_deaf_phone_is_given_up_within_2_2_s_sip_6),
        cmocka_unit_test(unknown_numbers_and_absent_users),
        cmocka_unit_test(the_caller_gives_up_sip_14),
        cmocka_unit_test(forking_sip_14),
        cmocka_unit_test(hold_and_resume_call_8),
        cmocka_unit_test(two_holds_at_once_resolve_sip_11),
        cmocka_unit_test(second_call_call_14_call_15),
        cmocka_unit_test(keys_by_info_sip_21),
        cmocka_unit_test(blind_transfer_call_21),
        cmocka_unit_test(transfer_from_outside_the_dialog_sip_16),
        cmocka_unit_test(a_failed_blind_transfer_comes_back_call_22),
        cmocka_unit_test(attended_transfer_call_23),
        cmocka_unit_test(attended_transfer_to_a_ringing_phone_call_23),
        cmocka_unit_test(a_stranger_s_dialog_cannot_be_taken_sip_16),
        cmocka_unit_test(late_offers_sip_19),
        cmocka_unit_test(codec_changes_sip_20),
        cmocka_unit_test(no_common_codec_sip_20),
        cmocka_unit_test(session_timers_sip_12),
        cmocka_unit_test(dead_media_ends_the_call_sip_26),
        cmocka_unit_test(lost_connections_are_given_a_grace),
        cmocka_unit_test(phones_behind_nat_sip_5),
        cmocka_unit_test(large_requests_sip_18),
        cmocka_unit_test(ports_used_up_sip_25_net_3),
        cmocka_unit_test(shutdown_ends_all_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
