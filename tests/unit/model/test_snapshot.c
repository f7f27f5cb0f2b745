/* SPDX-License-Identifier: Apache-2.0
 *
 * The snapshot: every index, rows that are left out, shared by reference count, and its cost with 10,000 extensions.
 */
#include "model/snapshot.h"

#include <time.h>

#include "tests/cmocka_all.h"

static struct model_user user_row(uint32_t id, const char *number)
{
    return (struct model_user){.id = id, .number = number, .first_name = "Ada", .last_name = "Noël", .enabled = true};
}

static struct model_device device_row(uint32_t id, const char *auth_user)
{
    return (struct model_device){.id = id, .auth_user = auth_user, .secret = "s", .enabled = true};
}

static void every_index_finds_its_row(void **state)
{
    (void)state;
    struct model_builder *b = model_builder_new(7);
    struct model_settings s = model_settings_default();
    s.company = "Dupont & fils";
    model_builder_settings(b, &s);
    struct model_device d = device_row(11, "100a");
    model_builder_add_device(b, &d, 1); /* before its user: allowed */
    struct model_user u = user_row(1, "100");
    model_builder_add_user(b, &u);
    struct model_peer p = {.id = 5, .name = "north", .host = "192.0.2.1", .prefix = "7"};
    model_builder_add_peer(b, &p);
    struct net_range r;
    assert_true(net_range_parse(VIEW("203.0.113.0/24"), &r));
    model_builder_add_denied(b, &r);
    unsigned left_out = 99;
    struct model *m = model_builder_finish(b, &left_out);
    assert_int_equal(left_out, 0);
    assert_int_equal(model_version(m), 7);
    assert_string_equal(model_settings(m)->company, "Dupont & fils");
    assert_string_equal(model_user_by_number(m, "100")->name, "Ada Noël");
    assert_string_equal(model_user_by_id(m, 1)->email, ""); /* text is never NULL */
    assert_null(model_user_by_number(m, "101"));
    assert_null(model_user_by_number(m, NULL));
    assert_ptr_equal(model_device_by_auth_user(m, VIEW("100a")), model_device_by_id(m, 11));
    assert_ptr_equal(model_device_by_id(m, 11)->user, model_user_by_id(m, 1));
    assert_null(model_device_by_auth_user(m, VIEW("100")));
    const struct model_peer *const *peers;
    assert_int_equal(model_peers(m, &peers), 1);
    assert_ptr_equal(peers[0], model_peer_by_id(m, 5));
    const struct model_user *const *users;
    assert_int_equal(model_users(m, &users), 1);
    const struct net_range *denied;
    assert_int_equal(model_denied(m, &denied), 1);
    assert_int_equal(denied[0].bits, 24);
    assert_true(model_denies(m, &(struct net_addr){{203, 0, 113, 9}, 5060, NET_IP4}));
    assert_false(model_denies(m, &(struct net_addr){{203, 0, 114, 9}, 5060, NET_IP4}));
    model_unref(m);
}

/* Who a source is: by its address, and for a peer on UDP by the port that was set up (SIP-33). */
static void peers_are_found_by_where_they_send_from(void **state)
{
    (void)state;
    const struct model_peer rows[] = {
        {.id = 1, .host = "192.0.2.1", .port = 5070, .transport = MODEL_UDP, .prefix = "1", .enabled = true},
        {.id = 2, .host = "192.0.2.1", .port = 5080, .transport = MODEL_TCP, .prefix = "2", .enabled = true},
        {.id = 3, .host = "192.0.2.1", .transport = MODEL_UDP, .prefix = "3", .enabled = true},
        {.id = 4, .host = "192.0.2.4", .transport = MODEL_UDP, .prefix = "4", .enabled = false},
        {.id = 5, .host = "sip.example.com", .transport = MODEL_UDP, .prefix = "5", .enabled = true},
        {.id = 6, .host = "2001:db8::6", .transport = MODEL_UDP, .prefix = "6", .enabled = true},
    };
    static const struct {
        const char *host;
        uint16_t port;
        uint32_t peer;
    } table[] = {{"192.0.2.1", 5070, 1}, {"192.0.2.1", 5060, 2}, {"192.0.2.4", 5060, 0},
                 {"192.0.2.5", 5060, 0}, {"2001:db8::6", 9, 6},  {"2001:db8::7", 9, 0}};
    struct model_builder *b = model_builder_new(1);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        model_builder_add_peer(b, &rows[i]);
    unsigned left_out;
    struct model *m = model_builder_finish(b, &left_out);
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        struct net_addr source;
        assert_true(net_addr_parse(view_of(table[i].host), table[i].port, &source));
        const struct model_peer *p = model_peer_at(m, &source);
        assert_int_equal(p ? p->id : 0, table[i].peer);
    }
    model_unref(m);
}

static void broken_rows_are_left_out_and_counted(void **state)
{
    (void)state;
    struct model_builder *b = model_builder_new(1);
    struct model_user u[] = {user_row(1, "100"), user_row(2, "100"), user_row(1, "101"), user_row(0, "102"),
                             user_row(3, "")};
    for (size_t i = 0; i < G_N_ELEMENTS(u); i++)
        model_builder_add_user(b, &u[i]);
    struct model_device d[] = {device_row(1, "a"), device_row(2, "a"), device_row(1, "b"), device_row(3, "c")};
    for (size_t i = 0; i < G_N_ELEMENTS(d); i++)
        model_builder_add_device(b, &d[i], i == 3 ? 77 : 1);
    struct model_peer p[] = {{.id = 1, .prefix = "7"}, {.id = 2, .prefix = "7"}, {.id = 3, .prefix = NULL}};
    for (size_t i = 0; i < G_N_ELEMENTS(p); i++)
        model_builder_add_peer(b, &p[i]);
    unsigned left_out;
    struct model *m = model_builder_finish(b, &left_out);
    assert_int_equal(left_out, 4 + 3 + 2);
    const struct model_user *const *users;
    assert_int_equal(model_users(m, &users), 1);
    assert_null(model_device_by_id(m, 3));
    assert_null(model_peer_by_id(m, 2));
    model_unref(m);
}

static void is_shared_until_the_last_lets_go(void **state)
{
    (void)state;
    struct model *m = model_builder_finish(model_builder_new(1), NULL);
    assert_ptr_equal(model_ref(m), m);
    model_unref(m);
    assert_int_equal(model_version(m), 1);
    model_unref(m);
    model_unref(NULL);
}

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct model *company_of(uint32_t extensions)
{
    struct model_builder *b = model_builder_new(1);
    for (uint32_t i = 1; i <= extensions; i++) {
        char number[16], auth[16];
        (void)snprintf(number, sizeof number, "%u", 100000 + i);
        (void)snprintf(auth, sizeof auth, "%ux", 100000 + i);
        struct model_user u = user_row(i, number);
        struct model_device d = device_row(i, auth);
        model_builder_add_user(b, &u);
        model_builder_add_device(b, &d, i);
    }
    unsigned left_out;
    struct model *m = model_builder_finish(b, &left_out);
    assert_int_equal(left_out, 0);
    return m;
}

static void ten_thousand_extensions_take_less_than_50_ms(void **state)
{
    (void)state;
    double best = 1e9;
    for (int i = 0; i < 3; i++) {
        double start = cpu_ms();
        struct model *m = company_of(10000);
        best = MIN(best, cpu_ms() - start);
        assert_int_equal(model_user_by_number(m, "110000")->id, 10000);
        assert_int_equal(model_device_by_auth_user(m, VIEW("105000x"))->id, 5000);
        model_unref(m);
    }
    print_message("10,000 extensions and devices: %.1f ms\n", best);
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    assert_true(best < 50);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_index_finds_its_row),
        cmocka_unit_test(peers_are_found_by_where_they_send_from),
        cmocka_unit_test(broken_rows_are_left_out_and_counted),
        cmocka_unit_test(is_shared_until_the_last_lets_go),
        cmocka_unit_test(ten_thousand_extensions_take_less_than_50_ms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
