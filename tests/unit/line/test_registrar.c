/* SPDX-License-Identifier: Apache-2.0
 *
 * Registration and sign-in through the whole line: SIP-2, SIP-3, SIP-4, SIP-5, SIP-6, ACC-11's limit, F2, F3, F4, D2.
 */
#include "tests/cmocka_all.h"

#include "line/guard.h"
#include "tests/unit/line/kit.h"

#include <string.h>

#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* templates of messages, all below */

#define CONTACT "Contact: <sip:100@10.0.0.5:5062>\r\n"

static unsigned contacts_in(const char *answer)
{
    unsigned n = 0;
    for (const char *at = answer; (at = strstr(at, "\r\nContact: ")); at++)
        n++;
    return n;
}

/* Headers of REGISTER -> status, expiry granted, contacts kept (SIP-2). */
static void expiry_table_sip_2(void **state)
{
    (void)state;
    static const struct {
        const char *lines;
        unsigned status;
        const char *has;
        unsigned contacts;
    } rows[] = {
        {CONTACT, 200, ";expires=300", 1},
        {CONTACT "Expires: 60\r\n", 200, ";expires=60", 1},
        {CONTACT "Expires: 59\r\n", 423, "Min-Expires: 60", 0},
        {CONTACT "Expires: 1\r\n", 423, "Min-Expires: 60", 0},
        {CONTACT "Expires: 3600\r\n", 200, ";expires=3600", 1},
        {CONTACT "Expires: 3601\r\n", 200, ";expires=3600", 1},
        {CONTACT "Expires: 4294967295\r\n", 200, ";expires=3600", 1},
        {"Contact: <sip:100@10.0.0.5>;expires=120\r\nExpires: 900\r\n", 200, ";expires=120", 1},
        {"Contact: <sip:100@10.0.0.5>;expires=10\r\n", 423, "Min-Expires: 60", 0},
        {"Contact: *\r\nExpires: 0\r\n", 200, "", 0},
        {"Contact: *\r\n", 400, "", 0},
        {"Contact: *\r\nExpires: 60\r\n", 400, "", 0},
        {"Contact: <tel:+33123456789>\r\n", 400, "", 0},
        {"Contact: <sip:a@10.0.0.5>, <sip:b@10.0.0.5>\r\n", 200, "", 2},
        {"", 200, "", 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct kit k;
        kit_open(&k);
        const char *answer = kit_register(&k, "100", "secret-100", rows[i].lines);
        assert_int_equal(kit_status(answer), rows[i].status);
        assert_non_null(strstr(answer, rows[i].has));
        assert_int_equal(contacts_in(answer), rows[i].contacts);
        assert_int_equal(line_counts(k.line).bindings, rows[i].contacts);
        kit_close(&k);
    }
}

static void a_contact_is_gone_within_a_second_of_its_end_sip_2(void **state)
{
    (void)state;
    struct kit k;
    kit_open(&k);
    kit_register(&k, "100", "secret-100", CONTACT "Expires: 60\r\n");
    kit_advance(&k, 59 * G_USEC_PER_SEC);
    assert_int_equal(line_counts(k.line).bindings, 1);
    kit_advance(&k, 2 * G_USEC_PER_SEC);
    assert_int_equal(line_counts(k.line).bindings, 0);
    kit_close(&k);
}

static void renewal_replacement_and_removal_sip_2(void **state)
{
    (void)state;
    struct kit k;
    kit_open(&k);
    const char *inst = "Contact: <sip:100@10.0.0.5:5062>;+sip.instance=\"<urn:uuid:1>\";reg-id=1\r\n";
    kit_register(&k, "100", "secret-100", inst);
    kit_advance(&k, 5 * G_USEC_PER_SEC);
    const char *moved = "Contact: <sip:100@10.0.0.9:1111>;+sip.instance=\"<urn:uuid:1>\";reg-id=1\r\n";
    const char *answer = kit_register(&k, "100", "secret-100", moved);
    assert_int_equal(contacts_in(answer), 1);
    assert_non_null(strstr(answer, "10.0.0.9:1111"));
    assert_non_null(strstr(answer, "+sip.instance=\"<urn:uuid:1>\""));
    answer = kit_register(&k, "100", "secret-100",
                          "Contact: <sip:100@10.0.0.9:1111>;+sip.instance=\"<urn:uuid:2>\";reg-id=1\r\n");
    assert_int_equal(contacts_in(answer), 2);
    answer = kit_register(&k, "100", "secret-100",
                          "Contact: <sip:x@10.0.0.9:1111>;+sip.instance=\"<urn:uuid:2>\";reg-id=1;expires=0\r\n");
    assert_int_equal(contacts_in(answer), 1);
    answer = kit_register(&k, "100", "secret-100", "Contact: *\r\nExpires: 0\r\n");
    assert_int_equal(contacts_in(answer), 0);
    kit_close(&k);
}

/* A phone that restarts with another contact from the same place has one contact, not two. */
static void a_phone_that_comes_again_replaces_itself_sip_2(void **state)
{
    (void)state;
    struct kit k;
    kit_open(&k);
    kit_register(&k, "100", "secret-100", CONTACT);
    kit_advance(&k, G_USEC_PER_SEC);
    const char *answer = kit_register(&k, "100", "secret-100", "Contact: <sip:100-new@10.0.0.5:5062>\r\n");
    assert_int_equal(contacts_in(answer), 1);
    assert_non_null(strstr(answer, "100-new"));
    kit_close(&k);
}

static void ten_contacts_a_device_and_no_more(void **state)
{
    (void)state;
    struct kit k;
    kit_open(&k);
    for (int i = 0; i <= 10; i++) {
        char *line = g_strdup_printf("Contact: <sip:%d@10.0.0.5>;+sip.instance=\"<urn:uuid:%d>\"\r\n", i, i);
        const char *answer = kit_register(&k, "100", "secret-100", line);
        assert_int_equal(kit_status(answer), i < 10 ? 200 : 403);
        g_free(line);
    }
    assert_int_equal(line_counts(k.line).bindings, 10);
    kit_close(&k);
}

static void both_algorithms_are_offered_sha256_first_sip_3_f4(void **state)
{
    (void)state;
    struct kit k;
    kit_open(&k);
    const char text[] =
        "REGISTER sip:carillon SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.5;branch=z9hG4bKq;rport\r\n"
        "From: <sip:100@carillon>;tag=1\r\nTo: <sip:100@carillon>\r\nCall-ID: c\r\nCSeq: %u REGISTER\r\n"
        "%s%sContent-Length: 0\r\n\r\n";
    char *first = g_strdup_printf(text, 1, "", "");
    char *challenge = g_strdup(kit_say(&k, first));
    const char *sha = strstr(challenge, "SHA-256"), *md5 = strstr(challenge, "algorithm=MD5");
    assert_true(sha && md5 && sha < md5);
    assert_non_null(strstr(challenge, "qop=\"auth\""));
    for (int a = 0; a < DIGEST_ALGORITHMS; a++) {
        char *authorization = kit_authorize(challenge, (enum digest_algorithm)a, "100", "secret-100", (unsigned)a + 1);
        char *again = g_strdup_printf(text, (unsigned)a + 2, CONTACT, authorization);
        assert_int_equal(kit_status(kit_say(&k, again)), 200);
        kit_advance(&k,
                    40 * G_USEC_PER_SEC); /* the transaction is over: what comes now is a replay, not a repetition */
        const char *replay = kit_say(&k, again);
        assert_int_equal(kit_status(replay), 401);
        assert_non_null(strstr(replay, "stale=true"));
        g_free(authorization);
        g_free(again);
    }
    char *late = kit_authorize(challenge, DIGEST_MD5, "100", "secret-100", 9);
    char *old = g_strdup_printf(text, 9, CONTACT, late);
    kit_advance(&k, 301 * G_USEC_PER_SEC);
    assert_non_null(strstr(kit_say(&k, old), "stale=true"));
    g_free(late);
    g_free(old);
    g_free(first);
    g_free(challenge);
    kit_close(&k);
}

/* baresip before 3.11 gives up at a challenge that it does not know (SIP-3, SIP-40). */
static void a_phone_that_stumbles_over_sha256_is_asked_by_md5_alone_sip_3(void **state)
{
    (void)state;
    static const struct {
        const char *agent;
        bool sha256;
    } table[] = {
        {"baresip v1.0.0 (x86_64/linux)", false},
        {"baresip v3.10.1 (x86_64/Linux)", false},
        {"baresip v3.11.0 (x86_64/Linux)", true},
        {"baresip v4.0.0", true},
        {"baresip vx", true},
        {"baresip", true},
        {"Linphone v1.0.0", true},
    };
    struct kit k;
    kit_open(&k);
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        char *text =
            g_strdup_printf("REGISTER sip:carillon SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.5;branch=z9hG4bKq%zu;rport\r\n"
                            "From: <sip:100@carillon>;tag=1\r\nTo: <sip:100@carillon>\r\nCall-ID: c%zu\r\n"
                            "CSeq: 1 REGISTER\r\nUser-Agent: %s\r\nContent-Length: 0\r\n\r\n",
                            i, i, table[i].agent);
        const char *answer = kit_say(&k, text);
        assert_int_equal(kit_status(answer), 401);
        assert_int_equal(strstr(answer, "SHA-256") != NULL, table[i].sha256);
        assert_non_null(strstr(answer, "algorithm=MD5"));
        g_free(text);
    }
    kit_close(&k);
}

/* The answer with what changes by chance taken out. */
static char *masked(const char *answer)
{
    GString *s = g_string_new(NULL);
    for (const char *at = answer; *at;) {
        size_t n = strcspn(at, "\"");
        g_string_append_len(s, at, (gssize)n);
        at += n;
        if (*at == '"') {
            bool nonce = s->len >= 6 && memcmp(s->str + s->len - 6, "nonce=", 6) == 0;
            size_t value = strcspn(at + 1, "\"");
            if (!nonce)
                g_string_append_len(s, at, (gssize)value + 2);
            else
                g_string_append(s, "\"*\"");
            at += value + 2;
        }
    }
    return g_string_free(s, FALSE);
}

/* Unknown, wrong secret, disabled: nothing in the answer differs but the names we were given (SIP-4, F2). */
static void strangers_are_answered_alike_sip_4_f2(void **state)
{
    (void)state;
    static const struct {
        const char *account, *secret;
    } rows[] = {{"101", "wrong"}, {"999", "whatever"}, {"102", "secret-102"}};
    char *first = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct kit k;
        kit_open(&k);
        const char *answer = kit_register(&k, rows[i].account, rows[i].secret, CONTACT);
        assert_int_equal(kit_status(answer), 401);
        assert_int_equal(line_counts(k.line).auth_failures, 1);
        GString *s = g_string_new(answer);
        g_string_replace(s, rows[i].account, "ACCOUNT", 0);
        /* branch, tag and CSeq are numbered by the kit */
        char *rest = masked(strstr(s->str, "WWW-Authenticate"));
        if (!first)
            first = g_strdup(rest);
        assert_string_equal(first, rest);
        g_free(rest);
        g_string_free(s, TRUE);
        kit_close(&k);
    }
    g_free(first);
}

static void another_s_address_of_record_is_refused_f3(void **state)
{
    (void)state;
    struct kit k;
    kit_open(&k);
    const char *text =
        "REGISTER sip:carillon SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.5;branch=z9hG4bK%u;rport\r\n"
        "From: <sip:100@carillon>;tag=1\r\nTo: <sip:101@carillon>\r\nCall-ID: c\r\nCSeq: %u REGISTER\r\n" CONTACT
        "%sContent-Length: 0\r\n\r\n";
    char *first = g_strdup_printf(text, 1, 1, "");
    char *challenge = g_strdup(kit_say(&k, first));
    char *authorization = kit_authorize(challenge, DIGEST_SHA256, "100", "secret-100", 1);
    char *again = g_strdup_printf(text, 2, 2, authorization);
    assert_int_equal(kit_status(kit_say(&k, again)), 403);
    assert_int_equal(line_counts(k.line).bindings, 0);
    g_free(first);
    g_free(challenge);
    g_free(authorization);
    g_free(again);
    kit_close(&k);
}

/* Ten thousand strangers' requests leave no transaction, no timer and no entry behind (D2, F3, SIP-10). */
static void the_unauthenticated_cost_no_state_d2(void **state)
{
    (void)state;
    static const char *const methods[] = {"REGISTER", "INVITE", "SUBSCRIBE", "MESSAGE", "REFER", "PUBLISH", "INFO"};
    struct kit k;
    kit_open(&k);
    size_t timers = timers_count(k.timers);
    for (unsigned i = 0; i < 10000; i++) {
        const char *method = methods[i % G_N_ELEMENTS(methods)];
        char *text =
            g_strdup_printf("%s sip:100@carillon SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.5;branch=z9hG4bK%u;rport\r\n"
                            "From: <sip:1@x>;tag=%u\r\nTo: <sip:100@carillon>\r\nCall-ID: %u\r\nCSeq: 1 %s\r\n"
                            "Content-Length: 0\r\n\r\n",
                            method, i, i, i, method);
        unsigned status = kit_status(kit_say(&k, text));
        if (status != 401 && status != 405 && status != 481)
            fail_msg("%s: %u", method, status);
        g_free(text);
        g_ptr_array_set_size(k.sent, 0);
    }
    assert_int_equal(line_counts(k.line).transactions, 0);
    assert_int_equal(timers_count(k.timers), timers);
    assert_int_equal(line_counts(k.line).guarded, 0);
    kit_close(&k);
}

static void options_are_free_and_scanners_get_nothing_sec_8(void **state)
{
    (void)state;
    struct kit k;
    kit_open(&k);
    const char text[] = "OPTIONS sip:carillon SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.5;branch=z9hG4bK%u;rport\r\n"
                        "From: <sip:1@x>;tag=1\r\nTo: <sip:carillon>\r\nCall-ID: 1\r\nCSeq: %u OPTIONS\r\n%s"
                        "Content-Length: 0\r\n\r\n";
    char *good = g_strdup_printf(text, 1, 1, "");
    const char *answer = kit_say(&k, good);
    assert_int_equal(kit_status(answer), 200);
    assert_non_null(strstr(answer, "Allow: INVITE"));
    assert_int_equal(line_counts(k.line).transactions, 0); /* D2: strangers who ask make no state */
    char *scan = g_strdup_printf(text, 2, 2, "User-Agent: friendly-scanner\r\n");
    assert_null(kit_say(&k, scan));
    assert_int_equal(line_counts(k.line).scanners, 1);
    g_free(good);
    g_free(scan);
    kit_close(&k);
}

static void overload_refuses_new_calls_with_a_time_d1_sip_42(void **state)
{
    (void)state;
    struct kit k;
    kit_open(&k);
    line_set_load(k.line, 1000);
    const char *text = "INVITE sip:101@carillon SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.5;branch=z9hG4bK1;rport\r\n"
                       "From: <sip:100@x>;tag=1\r\nTo: <sip:101@carillon>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n"
                       "Content-Length: 0\r\n\r\n";
    const char *answer = kit_say(&k, text);
    assert_int_equal(kit_status(answer), 503);
    char *after = kit_header(answer, "Retry-After");
    assert_non_null(after);
    g_free(after);
    assert_int_equal(line_counts(k.line).transactions, 0);
    assert_int_equal(kit_status(kit_register(&k, "100", "secret-100", CONTACT)), 200);
    kit_close(&k);
}

/* Under load a call that waited in the socket is refused at once; when strangers made it wait, it is served (D1, D2).
 */
static void calls_that_came_late_are_refused_when_busy_d1(void **state)
{
    (void)state;
    static const struct {
        unsigned busy;
        int64_t waited_us;
        unsigned status;
    } rows[] = {{800, 10001, 503}, {800, 10000, 401}, {699, 500000, 401}, {0, 0, 401}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct kit k;
        kit_open(&k);
        line_set_load(k.line, rows[i].busy);
        k.waited_us = rows[i].waited_us;
        const char *text = "INVITE sip:101@carillon SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.5;branch=z9hG4bK1;rport\r\n"
                           "From: <sip:100@x>;tag=1\r\nTo: <sip:101@carillon>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n"
                           "Content-Length: 0\r\n\r\n";
        assert_int_equal(kit_status(kit_say(&k, text)), rows[i].status);
        kit_close(&k);
    }
}

/* A phone that is unplugged is offline within 80 s; one that answers stays (SIP-6). */
static void silent_phones_are_removed_sip_6(void **state)
{
    (void)state;
    struct kit k;
    kit_open(&k);
    kit_register(&k, "100", "secret-100", CONTACT "Expires: 3600\r\n");
    kit_advance(&k, 70 * G_USEC_PER_SEC);
    assert_int_equal(line_counts(k.line).bindings, 1);
    kit_advance(&k, 10 * G_USEC_PER_SEC);
    assert_int_equal(line_counts(k.line).bindings, 0);
    assert_int_equal(k.notices, 1);
    kit_close(&k);
}

/* A new password signs out who came by the old one; another change of what was set up does not. */
static void new_passwords_sign_out(void **state)
{
    (void)state;
    struct kit k;
    kit_open(&k);
    kit_register(&k, "100", "secret-100", CONTACT);
    struct model *same = kit_company("secret"), *other = kit_company("other");
    line_set_model(k.line, same);
    assert_int_equal(line_counts(k.line).bindings, 1);
    line_set_model(k.line, other);
    assert_int_equal(line_counts(k.line).bindings, 0);
    assert_int_equal(kit_status(kit_register(&k, "100", "secret-100", CONTACT)), 401);
    assert_int_equal(kit_status(kit_register(&k, "100", "other-100", CONTACT)), 200);
    model_unref(same);
    model_unref(other);
    kit_close(&k);
}

/* Who is blocked is told once (F1). */
static void a_block_is_noticed_f1(void **state)
{
    (void)state;
    struct kit k;
    kit_open(&k);
    for (unsigned i = 0; i < GUARD_PAIR_TRIES + 2; i++) {
        kit_advance(&k, 40 * G_USEC_PER_SEC);
        assert_int_equal(kit_status(kit_register(&k, "100", "wrong", CONTACT)), 401);
        assert_int_equal(k.notices, i + 1 >= GUARD_PAIR_TRIES);
    }
    kit_close(&k);
}

static char *answer_to(const char *request)
{
    GString *s = g_string_new("SIP/2.0 200 OK\r\n");
    static const char *const copied[] = {"Via", "From", "To", "Call-ID", "CSeq"};
    for (size_t i = 0; i < G_N_ELEMENTS(copied); i++) {
        char *value = kit_header(request, copied[i]);
        g_string_append_printf(s, "%s: %s%s\r\n", copied[i], value, i == 2 ? ";tag=p" : "");
        g_free(value);
    }
    g_string_append(s, "Content-Length: 0\r\n\r\n");
    return g_string_free(s, FALSE);
}

static void phones_that_answer_keep_alives_stay_sip_5(void **state)
{
    (void)state;
    struct kit k;
    kit_open(&k);
    kit_register(&k, "100", "secret-100", CONTACT "Expires: 3600\r\n");
    for (int s = 0; s < 600; s++) {
        g_ptr_array_set_size(k.sent, 0);
        kit_advance(&k, G_USEC_PER_SEC);
        for (guint i = 0, n = k.sent->len; i < n; i++) {
            const char *sent = k.sent->pdata[i];
            assert_true(g_str_has_prefix(sent, "OPTIONS sip:100@10.0.0.5:5062"));
            char *answer = answer_to(sent);
            kit_say(&k, answer);
            g_free(answer);
        }
    }
    assert_int_equal(line_counts(k.line).bindings, 1);
    kit_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expiry_table_sip_2),
        cmocka_unit_test(a_contact_is_gone_within_a_second_of_its_end_sip_2),
        cmocka_unit_test(renewal_replacement_and_removal_sip_2),
        cmocka_unit_test(a_phone_that_comes_again_replaces_itself_sip_2),
        cmocka_unit_test(ten_contacts_a_device_and_no_more),
        cmocka_unit_test(both_algorithms_are_offered_sha256_first_sip_3_f4),
        cmocka_unit_test(a_phone_that_stumbles_over_sha256_is_asked_by_md5_alone_sip_3),
        cmocka_unit_test(strangers_are_answered_alike_sip_4_f2),
        cmocka_unit_test(another_s_address_of_record_is_refused_f3),
        cmocka_unit_test(the_unauthenticated_cost_no_state_d2),
        cmocka_unit_test(options_are_free_and_scanners_get_nothing_sec_8),
        cmocka_unit_test(overload_refuses_new_calls_with_a_time_d1_sip_42),
        cmocka_unit_test(calls_that_came_late_are_refused_when_busy_d1),
        cmocka_unit_test(silent_phones_are_removed_sip_6),
        cmocka_unit_test(new_passwords_sign_out),
        cmocka_unit_test(a_block_is_noticed_f1),
        cmocka_unit_test(phones_that_answer_keep_alives_stay_sip_5),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
