/* SPDX-License-Identifier: Apache-2.0
 *
 * Phones that change their connection in a call (RFC 5626, SIP-5): whose calls follow, and whose do not.
 */
#include "tests/cmocka_all.h"

#include "tests/sim/phone.h"

#include <string.h>

#define S ((int64_t)1000000)

struct scene {
    struct world w;
    struct phone caller, phone, other; /* user 100, and two phones of user 101 */
    struct phone_call *from, *to;
};

static void join(struct phone *p)
{
    phone_register(p, 300);
    world_run(p->world, S);
    assert_int_equal(p->registered_status, 200);
}

/* The caller talks to `phone`. */
static void scene_open(struct scene *s, enum sip_transport t)
{
    world_open(&s->w, 7);
    s->w.keep_ladder = true;
    phone_open(&s->caller, &s->w, 0, 0, t);
    phone_open(&s->phone, &s->w, 1, 1, t);
    phone_open(&s->other, &s->w, 1, 2, t);
    s->phone.instance = "urn:uuid:one";
    s->other.instance = "urn:uuid:two";
    s->phone.manner = PHONE_ANSWERS;
    s->other.manner = PHONE_RINGS;
    join(&s->caller);
    join(&s->phone);
    join(&s->other);
    s->from = phone_dial(&s->caller, "101");
    world_run(&s->w, 3 * S);
    s->to = phone_last(&s->phone);
    assert_true(s->to && s->to->state == PHONE_TALKS);
}

static void scene_close(struct scene *s)
{
    struct phone *const phones[] = {&s->caller, &s->phone, &s->other};
    for (size_t i = 0; i < G_N_ELEMENTS(phones); i++)
        phone_register(phones[i], 0);
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

static void hang_up_reaches_the_phone(struct scene *s)
{
    phone_hang_up(s->from);
    world_run(&s->w, 2 * S);
    assert_int_equal(s->to->state, PHONE_ENDED);
}

static void a_call_waits_for_its_own_phone_and_no_other_of_the_account_sip_5(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, SIP_TCP);
    net_cut(s.w.net, s.phone.connection);
    world_run(&s.w, S);
    phone_reconnect(&s.other);
    join(&s.other);
    phone_connect(&s.phone);
    join(&s.phone);
    hang_up_reaches_the_phone(&s);
    scene_close(&s);
}

/* A phone that changed its network is back long before its old connection is known to be dead. */
static void a_call_follows_its_phone_before_the_old_connection_is_missed_sip_5(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, SIP_TCP);
    uint64_t old = s.phone.connection;
    phone_connect(&s.phone);
    join(&s.phone);
    world_run(&s.w, 30 * S);
    net_cut(s.w.net, old);
    world_run(&s.w, 31 * S); /* longer than the grace of a lost connection */
    assert_int_equal(s.to->state, PHONE_TALKS);
    hang_up_reaches_the_phone(&s);
    scene_close(&s);
}

static void a_call_follows_a_translator_that_forgot_its_phone_sip_5(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, SIP_UDP);
    phone_translate(&s.phone);
    join(&s.phone);
    hang_up_reaches_the_phone(&s);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_waits_for_its_own_phone_and_no_other_of_the_account_sip_5),
        cmocka_unit_test(a_call_follows_its_phone_before_the_old_connection_is_missed_sip_5),
        cmocka_unit_test(a_call_follows_a_translator_that_forgot_its_phone_sip_5),
    };
    return cmocka_run_group_tests_name("sim connections", tests, NULL, NULL);
}
