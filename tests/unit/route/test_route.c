/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is called for a number, and why.
 */
#include "tests/cmocka_all.h"

#include "route/route.h"

static void add_user(struct model_builder *b, uint32_t id, const char *number, bool enabled)
{
    model_builder_add_user(b, &(struct model_user){.id = id,
                                                   .uuid = number,
                                                   .number = number,
                                                   .first_name = "",
                                                   .last_name = "",
                                                   .name = number,
                                                   .email = "",
                                                   .ring_s = 20,
                                                   .max_calls = 8,
                                                   .enabled = enabled});
}

static void add_peer(struct model_builder *b, uint32_t id, const char *prefix, bool enabled)
{
    model_builder_add_peer(
        b, &(struct model_peer){
               .id = id, .uuid = prefix, .name = prefix, .host = "192.0.2.1", .prefix = prefix, .enabled = enabled});
}

static struct model *company(void)
{
    struct model_builder *b = model_builder_new(1);
    struct model_settings s = model_settings_default();
    model_builder_settings(b, &s);
    add_user(b, 1, "100", true);
    add_user(b, 2, "101", false);
    add_user(b, 3, "06", true); /* an extension goes before a prefix */
    add_peer(b, 1, "0", true);
    add_peer(b, 2, "00", true);
    add_peer(b, 3, "001", false);
    add_peer(b, 4, "9", false);
    unsigned left_out = 0;
    struct model *m = model_builder_finish(b, &left_out);
    assert_int_equal(left_out, 0);
    return m;
}

/* ROUTE-35: each decision says why. */
static void decisions(void **state)
{
    (void)state;
    static const struct {
        uint32_t user, peer;
        const char *number;
        uint8_t hops;
        enum route_outcome outcome;
        uint32_t object; /* user or peer that is called */
        enum route_rule last;
    } cases[] = {
        {1, 0, "100", 70, ROUTE_USER, 1, ROUTE_RULE_EXTENSION},
        {0, 1, "100", 70, ROUTE_USER, 1, ROUTE_RULE_EXTENSION},
        {1, 0, "06", 70, ROUTE_USER, 3, ROUTE_RULE_EXTENSION},
        {1, 0, "101", 70, ROUTE_FORBIDDEN, 0, ROUTE_RULE_USER_DISABLED},
        {2, 0, "100", 70, ROUTE_FORBIDDEN, 0, ROUTE_RULE_CALLER_DISABLED},
        {9, 0, "100", 70, ROUTE_FORBIDDEN, 0, ROUTE_RULE_CALLER_DISABLED},
        {1, 0, "0612", 70, ROUTE_PEER, 1, ROUTE_RULE_PREFIX},
        {1, 0, "0", 70, ROUTE_PEER, 1, ROUTE_RULE_PREFIX},
        {1, 0, "0033", 70, ROUTE_PEER, 2, ROUTE_RULE_PREFIX},
        {1, 0, "0012", 70, ROUTE_PEER, 2, ROUTE_RULE_PREFIX}, /* the longer one is off */
        {1, 0, "912", 70, ROUTE_WRONG_NUMBER, 0, ROUTE_RULE_NO_MATCH},
        {1, 0, "555", 70, ROUTE_WRONG_NUMBER, 0, ROUTE_RULE_NO_MATCH},
        {1, 0, "", 70, ROUTE_WRONG_NUMBER, 0, ROUTE_RULE_NO_MATCH},
        {1, 0, "0@192.0.2.66", 70, ROUTE_WRONG_NUMBER, 0, ROUTE_RULE_NOT_A_NUMBER},
        {1, 0, "0;x=y", 70, ROUTE_WRONG_NUMBER, 0, ROUTE_RULE_NOT_A_NUMBER},
        {1, 0, "0612345678901234567890123456789", 70, ROUTE_PEER, 1, ROUTE_RULE_PREFIX}, /* CALL-1: 31 */
        {1, 0, "06123456789012345678901234567890", 70, ROUTE_PEER, 1, ROUTE_RULE_PREFIX},
        {1, 0, "061234567890123456789012345678901", 70, ROUTE_WRONG_NUMBER, 0, ROUTE_RULE_NOT_A_NUMBER},
        {0, 1, "0033", 70, ROUTE_FORBIDDEN, 0, ROUTE_RULE_NO_TRANSIT},
        {1, 0, "100", 1, ROUTE_USER, 1, ROUTE_RULE_EXTENSION},
        {1, 0, "100", 0, ROUTE_LOOP, 0, ROUTE_RULE_HOPS},
    };
    struct model *m = company();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct route_decision d;
        route_decide(
            m,
            &(struct route_query){
                .user = cases[i].user, .peer = cases[i].peer, .number = cases[i].number, .max_forwards = cases[i].hops},
            &d);
        assert_int_equal(d.outcome, cases[i].outcome);
        assert_int_equal(d.user ? d.user->id : d.peer ? d.peer->id : 0, cases[i].object);
        assert_true(d.n_steps > 0);
        assert_int_equal(d.step[d.n_steps - 1].rule, cases[i].last);
    }
    model_unref(m);
}

/* What was not chosen, but a person would ask about, is told too. */
static void a_peer_that_is_off_is_told(void **state)
{
    (void)state;
    struct model *m = company();
    struct route_decision d;
    route_decide(m, &(struct route_query){.user = 1, .number = "0012", .max_forwards = 1}, &d);
    assert_int_equal(d.n_steps, 2);
    assert_int_equal(d.step[0].rule, ROUTE_RULE_PEER_DISABLED);
    assert_string_equal(d.step[0].name, "001");
    model_unref(m);
}

static void every_rule_has_a_name(void **state)
{
    (void)state;
    for (int r = 0; r < ROUTE_RULES; r++)
        assert_non_null(route_rule_name((enum route_rule)r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(decisions), cmocka_unit_test(a_peer_that_is_off_is_told),
                                       cmocka_unit_test(every_rule_has_a_name)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
