/* SPDX-License-Identifier: Apache-2.0
 *
 * Contacts at their limits: REGISTERs that are taken whole or not at all (RFC 3261 10.3), contacts on connections that
 * come and go (SIP-2, SIP-5, SIP-18).
 */
#include "tests/cmocka_all.h"

#include "line/line_priv.h"
#include "tests/unit/line/kit.h"

#include <string.h>

#define CONTACT "Contact: <sip:100@10.0.0.5:5062>\r\n"

static const char *say_register(struct kit *k, const char *lines)
{
    return kit_register(k, "100", "secret-100", lines);
}

/* A bad contact after a good one: nothing is kept, and the good one of before stays as it was. */
static void a_request_is_taken_whole_or_not_at_all_sip_2(void **state)
{
    (void)state;
    static const struct {
        const char *lines;
        unsigned status;
    } rows[] = {
        {"Contact: <sip:a@10.0.0.5>, <tel:+33123456789>\r\n", 400},
        {"Contact: <sip:a@10.0.0.5>\r\nContact: <sip:b@10.0.0.5>;expires=5\r\n", 423},
        {"Contact: <sip:a@10.0.0.5>, *\r\nExpires: 0\r\n", 400},
        {"Contact: *\r\nContact: <sip:a@10.0.0.5>\r\nExpires: 0\r\n", 400},
        {"Contact: *;expires=0\r\n", 400},
        {CONTACT "Contact: <sip:b@10.0.0.5>;reg-id=x\r\n", 400},
    };
    struct kit k;
    kit_open(&k);
    assert_int_equal(kit_status(say_register(&k, CONTACT "Expires: 600\r\n")), 200);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        assert_int_equal(kit_status(say_register(&k, rows[i].lines)), rows[i].status);
        const char *now = say_register(&k, "");
        assert_non_null(strstr(now, "Contact: <sip:100@10.0.0.5:5062>;expires=600\r\n"));
        assert_int_equal(line_counts(k.line).bindings, 1);
    }
    kit_close(&k);
}

static void contact_of_instance(GString *s, int i, const char *end)
{
    g_string_append_printf(s, "Contact: <sip:%d@10.0.0.5>;+sip.instance=\"<urn:uuid:%d>\"%s\r\n", i, i, end);
}

static void the_eleventh_contact_leaves_no_other_of_its_request_behind_sip_2(void **state)
{
    (void)state;
    struct kit k;
    GString *s = g_string_new(NULL);
    kit_open(&k);
    for (int i = 0; i < 9; i++)
        contact_of_instance(s, i, "");
    assert_int_equal(kit_status(say_register(&k, s->str)), 200);
    g_string_truncate(s, 0);
    contact_of_instance(s, 20, "");
    contact_of_instance(s, 21, "");
    assert_int_equal(kit_status(say_register(&k, s->str)), 403);
    assert_int_equal(line_counts(k.line).bindings, 9);
    contact_of_instance(s, 0, ";expires=0"); /* leaves in the same request: two have room now */
    assert_int_equal(kit_status(say_register(&k, s->str)), 200);
    assert_int_equal(line_counts(k.line).bindings, 10);
    g_string_free(s, TRUE);
    kit_close(&k);
}

/* Two that are equal to one binding, but not to each other, do not make room for two (RFC 3261 19.1.4). */
static void contacts_equal_to_one_count_once_sip_2(void **state)
{
    (void)state;
    struct kit k;
    GString *s = g_string_new("Contact: <sip:x@10.0.0.5>\r\n");
    kit_open(&k);
    for (int i = 0; i < 9; i++)
        contact_of_instance(s, i, "");
    assert_int_equal(kit_status(say_register(&k, s->str)), 200);
    assert_int_equal(kit_status(say_register(&k, "Contact: <sip:x@10.0.0.5;p=1>;expires=0, "
                                                 "<sip:x@10.0.0.5;p=2>;expires=0, <sip:y@10.0.0.5>, "
                                                 "<sip:z@10.0.0.5>\r\n")),
                     403);
    assert_int_equal(kit_status(say_register(&k, "Contact: <sip:x@10.0.0.5;p=1>, <sip:x@10.0.0.5;p=2>\r\n")), 403);
    assert_int_equal(line_counts(k.line).bindings, 10);
    g_string_free(s, TRUE);
    kit_close(&k);
}

static void of_a_contact_named_twice_the_last_word_counts_sip_2(void **state)
{
    (void)state;
    struct kit k;
    kit_open(&k);
    const char *answer = say_register(&k, "Contact: <sip:a@10.0.0.5>;expires=100, <sip:a@10.0.0.5>;expires=200\r\n");
    assert_int_equal(kit_status(answer), 200);
    assert_non_null(strstr(answer, ";expires=200"));
    assert_int_equal(line_counts(k.line).bindings, 1);
    kit_close(&k);
}

static void long_instances_and_paths_are_refused_not_cut(void **state)
{
    (void)state;
    struct kit k;
    kit_open(&k);
    for (int n = 199; n <= 201; n++) {
        char *line = g_strdup_printf("Contact: <sip:a@10.0.0.5>;+sip.instance=\"%0*d\"\r\n", n, 7);
        assert_int_equal(kit_status(say_register(&k, line)), n <= 200 ? 200 : 400);
        g_free(line);
    }
    for (int n = 1023; n <= 1025; n++) {
        char *path = g_strdup_printf("Path: <sip:%0*d;lr>\r\n" CONTACT, n - 9, 7);
        const char *answer = say_register(&k, path);
        assert_int_equal(kit_status(answer), n <= 1024 ? 200 : 400);
        g_free(path);
    }
    kit_close(&k);
}

/* Behind a proxy all phones share its flow: one does not replace the other. */
static void phones_behind_a_proxy_stand_side_by_side_sip_2(void **state)
{
    (void)state;
    struct kit k;
    kit_open(&k);
    say_register(&k, "Path: <sip:proxy.example.com;lr>\r\nContact: <sip:100@10.1.0.1>\r\n");
    kit_advance(&k, G_USEC_PER_SEC);
    say_register(&k, "Path: <sip:proxy.example.com;lr>\r\nContact: <sip:100@10.1.0.2>\r\n");
    assert_int_equal(line_counts(k.line).bindings, 2);
    kit_close(&k);
}

static void on_connection(struct kit *k, uint64_t connection)
{
    k->flow.transport = SIP_TLS;
    k->flow.connection = connection;
}

#define PHONE_ONE "Contact: <sip:100@10.0.0.5>;+sip.instance=\"<urn:uuid:1>\";reg-id=1\r\n"
#define PHONE_TWO "Contact: <sip:100@10.0.0.6>;+sip.instance=\"<urn:uuid:2>\";reg-id=1\r\n"

/* The keep-alive asked by the old connection fails when that ends, after the phone came back by a new one. */
static void a_phone_that_came_back_is_not_taken_for_gone_sip_5(void **state)
{
    (void)state;
    struct kit k;
    kit_open(&k);
    on_connection(&k, 1);
    say_register(&k, PHONE_ONE);
    struct sip_flow old = k.flow;
    kit_advance(&k, 25 * G_USEC_PER_SEC);
    on_connection(&k, 2);
    say_register(&k, PHONE_ONE);
    line_flow_closed(k.line, &old);
    kit_advance(&k, G_USEC_PER_SEC);
    assert_int_equal(line_counts(k.line).bindings, 1);
    line_flow_closed(k.line, &k.flow);
    assert_int_equal(line_counts(k.line).bindings, 0);
    kit_close(&k);
}

static void a_closed_connection_takes_its_own_contacts_alone(void **state)
{
    (void)state;
    struct kit k;
    kit_open(&k);
    say_register(&k, CONTACT); /* on UDP */
    for (uint64_t c = 1; c <= 3; c++) {
        char *lines = g_strdup_printf("Contact: <sip:100@10.0.0.5>;+sip.instance=\"%u\"\r\n"
                                      "Contact: <sip:100@10.0.0.5>;+sip.instance=\"%u\"\r\n",
                                      (unsigned)c, (unsigned)c + 10);
        on_connection(&k, c);
        say_register(&k, lines);
        g_free(lines);
    }
    on_connection(&k, 2);
    line_flow_closed(k.line, &k.flow);
    assert_int_equal(line_counts(k.line).bindings, 5);
    assert_null(bindings_on_flow(k.line->bindings, &k.flow));
    on_connection(&k, 1);
    assert_non_null(bindings_on_flow(k.line->bindings, &k.flow));
    kit_close(&k);
}

/* Two phones of one account at one address: a large request for the one never goes to the other. */
static void large_requests_go_by_a_stream_of_the_same_phone_sip_18(void **state)
{
    (void)state;
    struct kit k;
    kit_open(&k);
    say_register(&k, PHONE_ONE);
    struct sip_flow udp = k.flow, to = udp;
    assert_false(line_widen(k.line, &to, 1400));
    on_connection(&k, 5);
    say_register(&k, PHONE_TWO);
    assert_false(line_widen(k.line, &to, 1400));
    on_connection(&k, 6);
    say_register(&k, "Contact: <sip:100@10.0.0.5;transport=tls>;+sip.instance=\"<urn:uuid:1>\";reg-id=2\r\n");
    assert_true(line_widen(k.line, &to, 1400));
    assert_int_equal(to.connection, 6);
    kit_close(&k);
}

static void contacts_on_ended_connections_are_not_restored(void **state)
{
    (void)state;
    static const struct {
        const char *transport;
        unsigned kept;
    } rows[] = {{"UDP", 1}, {"TCP", 0}, {"TLS", 0}, {"WSS", 0}, {"pigeon", 0}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct kit k;
        kit_open(&k);
        struct binding_row row = {.device = 11,
                                  .key = "sip:100@10.0.0.5",
                                  .instance = "",
                                  .contact = "sip:100@10.0.0.5",
                                  .path = "",
                                  .transport = rows[i].transport,
                                  .local = "192.0.2.1:5060",
                                  .remote = "198.51.100.7:40000",
                                  .expires_ms = timers_wall_us(k.timers) / 1000 + 60000,
                                  .user_agent = "",
                                  .call_id = "c"};
        line_restore_binding(k.line, &row);
        assert_int_equal(line_counts(k.line).bindings, rows[i].kept);
        kit_close(&k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_taken_whole_or_not_at_all_sip_2),
        cmocka_unit_test(the_eleventh_contact_leaves_no_other_of_its_request_behind_sip_2),
        cmocka_unit_test(contacts_equal_to_one_count_once_sip_2),
        cmocka_unit_test(of_a_contact_named_twice_the_last_word_counts_sip_2),
        cmocka_unit_test(long_instances_and_paths_are_refused_not_cut),
        cmocka_unit_test(phones_behind_a_proxy_stand_side_by_side_sip_2),
        cmocka_unit_test(a_phone_that_came_back_is_not_taken_for_gone_sip_5),
        cmocka_unit_test(a_closed_connection_takes_its_own_contacts_alone),
        cmocka_unit_test(contacts_on_ended_connections_are_not_restored),
        cmocka_unit_test(large_requests_go_by_a_stream_of_the_same_phone_sip_18),
    };
    return cmocka_run_group_tests_name("line contacts", tests, NULL, NULL);
}
