/* SPDX-License-Identifier: Apache-2.0
 *
 * A peer given by name that stands for two addresses (RFC 3263): which of them is called, and when the other one is.
 */
#include "tests/cmocka_all.h"

#include "tests/sim/phone.h"

#define S ((int64_t)1000000)

struct scene {
    struct world w;
    struct phone caller, a, b;    /* a, b: the two addresses of the trunk */
    struct phone *first, *second; /* in the order of the first call */
    struct phone_call *call;
};

static void scene_open(struct scene *s)
{
    *s = (struct scene){0};
    world_open(&s->w, 11);
    s->w.keep_ladder = true;
    phone_open(&s->caller, &s->w, 0, 0, SIP_UDP);
    phone_open(&s->a, &s->w, 4, 50, SIP_UDP);
    phone_open(&s->b, &s->w, 5, 51, SIP_UDP);
    phone_register(&s->caller, 300);
    world_run(&s->w, S);
    assert_int_equal(s->caller.registered_status, 200);
    s->call = phone_dial(&s->caller, "8812");
    world_run(&s->w, S);
    s->first = phone_last(&s->a) ? &s->a : &s->b;
    s->second = phone_last(&s->a) ? &s->b : &s->a;
    assert_non_null(phone_last(s->first));
    assert_null(phone_last(s->second));
    assert_int_equal(phone_last(s->first)->state, PHONE_IS_RINGING);
}

static void scene_close(struct scene *s)
{
    struct phone *const phones[] = {&s->caller, &s->a, &s->b};
    phone_register(&s->caller, 0);
    world_run(&s->w, 70 * S);
    world_check(&s->w);
    for (size_t i = 0; i < G_N_ELEMENTS(phones); i++)
        phone_close(phones[i]);
    world_close(&s->w);
    if (s->w.faults->len)
        print_message("%s%s", s->w.ladder->str, (const char *)s->w.faults->pdata[0]);
    assert_int_equal(s->w.faults->len, 0);
    g_ptr_array_unref(s->w.faults);
    g_string_free(s->w.ladder, TRUE);
}

/* Final answers of the first address -> is the second one called (RFC 3263 4.3)? */
static void only_503_makes_the_next_address_be_called(void **state)
{
    (void)state;
    static const struct {
        uint16_t status;
        bool second;
    } table[] = {{503, true}, {408, false}, {486, false}, {500, false}, {603, false}};
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        struct scene s;
        scene_open(&s);
        phone_refuse(phone_last(s.first), table[i].status);
        world_run(&s.w, S);
        assert_int_equal(phone_last(s.second) != NULL, table[i].second);
        assert_int_equal(s.call->state == PHONE_ENDED, !table[i].second);
        if (table[i].second) {
            phone_answer(phone_last(s.second));
            world_run(&s.w, S);
            assert_true(phone_hears(s.call, phone_last(s.second)));
            phone_hang_up(s.call);
        }
        scene_close(&s);
    }
}

/* One address is silent: the other one answers before the caller is told that nobody does, and the next call goes
 * there at once. */
static void a_silent_address_is_passed_over(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    struct phone *silent = s.first, *good = s.second;
    phone_hang_up(s.call);
    world_run(&s.w, 40 * S);
    silent->host.unplugged = true;
    good->manner = PHONE_ANSWERS;
    for (int call = 0; call < 4; call++) {
        unsigned before = good->calls->len;
        struct phone_call *c = phone_dial(&s.caller, "8813");
        world_run(&s.w, 5 * S);
        assert_int_equal(c->state, PHONE_TALKS);
        assert_int_equal(good->calls->len, before + 1);
        phone_hang_up(c);
        world_run(&s.w, S);
    }
    scene_close(&s);
}

/* The caller gives up while the first address is silent, or it refuses without a word before: no other is called. */
static void a_call_that_is_over_tries_no_further_address(void **state)
{
    (void)state;
    for (int refused = 0; refused < 2; refused++) {
        struct scene s;
        scene_open(&s);
        phone_hang_up(s.call);
        world_run(&s.w, S);
        unsigned before = s.second->calls->len;
        s.first->manner = PHONE_BUSY;
        s.first->host.unplugged = !refused;
        struct phone_call *c = phone_dial(&s.caller, "8815");
        world_run(&s.w, S);
        if (!refused)
            phone_hang_up(c);
        world_run(&s.w, 5 * S);
        assert_int_equal(c->state, PHONE_ENDED);
        assert_int_equal(s.second->calls->len, before);
        s.first->host.unplugged = false;
        scene_close(&s);
    }
}

static void both_silent_is_an_end_too(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    phone_hang_up(s.call);
    s.a.host.unplugged = s.b.host.unplugged = true;
    struct phone_call *c = phone_dial(&s.caller, "8814");
    world_run(&s.w, 6 * S);
    assert_int_equal(c->state, PHONE_ENDED);
    s.a.host.unplugged = s.b.host.unplugged = false; /* late CANCELs may find their way */
    scene_close(&s);
}

/* A peer given by name is known by the addresses of its name; their neighbour is a stranger. */
static void calls_come_from_the_addresses_of_the_name_sip_33(void **state)
{
    (void)state;
    struct scene s;
    struct phone neighbour;
    scene_open(&s);
    phone_hang_up(s.call);
    phone_open(&neighbour, &s.w, 5, 52, SIP_UDP);
    s.caller.manner = PHONE_ANSWERS;
    struct phone *const trunk[] = {&s.a, &s.b}, *const outside[] = {&s.a, &s.b, &neighbour};
    for (size_t i = 0; i < G_N_ELEMENTS(outside); i++) /* no account of ours that they could sign in with */
        g_strlcpy(outside[i]->number, "061234", sizeof outside[i]->number);
    for (size_t i = 0; i < G_N_ELEMENTS(trunk); i++) {
        world_run(&s.w, 300 * S);
        struct phone_call *c = phone_dial(trunk[i], "100");
        world_run(&s.w, 3 * S);
        assert_int_equal(c->state, PHONE_TALKS);
        phone_hang_up(c);
        world_run(&s.w, S);
    }
    struct phone_call *stranger = phone_dial(&neighbour, "100");
    world_run(&s.w, 3 * S);
    assert_int_equal(stranger->state, PHONE_ENDED);
    assert_int_equal(stranger->status, 401);
    world_run(&s.w, 40 * S);
    phone_close(&neighbour);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_503_makes_the_next_address_be_called),
        cmocka_unit_test(a_silent_address_is_passed_over),
        cmocka_unit_test(a_call_that_is_over_tries_no_further_address),
        cmocka_unit_test(calls_come_from_the_addresses_of_the_name_sip_33),
        cmocka_unit_test(both_silent_is_an_end_too),
    };
    return cmocka_run_group_tests_name("sim trunk", tests, NULL, NULL);
}
