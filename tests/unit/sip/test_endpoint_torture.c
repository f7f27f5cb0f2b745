/* SPDX-License-Identifier: Apache-2.0
 *
 * A4 at the level of the endpoint: the messages of RFC 4475 as strangers and as known phones send them, by datagram and
 * on a stream, get the answers that tests/data/rfc4475/expected.tsv allows, and leave nothing behind.
 */
#include "tests/cmocka_all.h"
#include "tests/unit/sip/endpoint_world.h"

#include <string.h>

enum { COLUMN_FILE, COLUMN_ACCEPT = 3, COLUMN_ALSO, COLUMNS };

static bool is_allowed(const char *list, unsigned status)
{
    char digits[16];
    g_snprintf(digits, sizeof digits, "%u", status);
    return strstr(list, digits) || strstr(list, "final") || strstr(list, "any") ||
           ((status == 401 || status == 407) && strstr(list, "auth"));
}

static void check_answer(const struct world *w, char *const *columns)
{
    bool none = strcmp(columns[COLUMN_ACCEPT], "none") == 0;
    if (w->sent->len != !none && strcmp(columns[COLUMN_ACCEPT], "any") != 0)
        fail_msg("%s: %u answers", columns[COLUMN_FILE], w->sent->len);
    if (none || !w->sent->len)
        return;
    unsigned status = world_status(w, 0);
    if (!is_allowed(columns[COLUMN_ACCEPT], status) && !is_allowed(columns[COLUMN_ALSO], status))
        fail_msg("%s: answered %u", columns[COLUMN_FILE], status);
}

static void play(struct world *w, char *const *columns)
{
    gsize n;
    gchar *text, *path = g_strdup_printf("%s/rfc4475/%s.dat", TEST_DATA, columns[COLUMN_FILE]);
    assert_true(g_file_get_contents(path, &text, &n, NULL));
    sip_endpoint_receive(w->ep, &w->flow, text, n, false);
    g_free(text);
    g_free(path);
}

typedef void each_fn(char *const *columns);

static void for_each(each_fn *check)
{
    gchar *list, *path = g_strdup_printf("%s/rfc4475/expected.tsv", TEST_DATA);
    unsigned n = 0;
    assert_true(g_file_get_contents(path, &list, NULL, NULL));
    gchar **lines = g_strsplit(list, "\n", -1);
    for (gchar **l = lines; *l; l++) {
        gchar **columns = g_strsplit(*l, "\t", COLUMNS + 1);
        if (**l && **l != '#' && g_strv_length(columns) >= COLUMNS) {
            check(columns);
            n++;
        }
        g_strfreev(columns);
    }
    assert_int_equal(n, 50);
    g_strfreev(lines);
    g_free(list);
    g_free(path);
}

static void world_end(struct world *w)
{
    world_pass_ms(w, 32000);
    assert_int_equal(sip_endpoint_transactions(w->ep), 0);
    world_free(w);
}

static void stranger(char *const *columns)
{
    struct world *w = world_new(0);
    w->verdict = SIP_GATE_ANSWER;
    w->reply = (struct sip_response){.status = 401};
    play(w, columns);
    check_answer(w, columns);
    assert_int_equal(sip_endpoint_transactions(w->ep), 0);
    world_end(w);
}

static void stranger_on_a_stream(char *const *columns)
{
    struct world *w = world_new(0);
    if (strcmp(columns[COLUMN_FILE], "clerr") == 0) { /* is never whole on a stream */
        world_free(w);
        return;
    }
    w->flow.transport = SIP_TCP;
    w->flow.connection = 1;
    w->verdict = SIP_GATE_ANSWER;
    w->reply = (struct sip_response){.status = 401};
    play(w, columns);
    /* A message without Content-Length has no end on a stream: 400 is right there whatever it holds. */
    if (w->sent->len != 1 || world_status(w, 0) != 400)
        check_answer(w, columns);
    world_end(w);
}

/* What the endpoint itself decides about those that are let in; 0: it goes up. */
static void known_phone(char *const *columns)
{
    static const struct {
        const char *file;
        unsigned status;
    } table[] = {{"intmeth", 501}, {"esc02", 501},      {"mismatch02", 400}, {"badvers", 505}, {"unkscm", 416},
                 {"novelsc", 416}, {"bext01", 420},     {"mcl01", 400},      {"ncl", 400},     {"multi01", 400},
                 {"insuf", 400},   {"mismatch01", 400}, {"mpart01", 405},    {"wsinv", 481},   {"zeromf", 0},
                 {"longreq", 0},   {"dblreq", 0},       {"regescrt", 0},     {"inv2543", 0},   {"esc01", 0},
                 {"semiuri", 0}};
    struct world *w = world_new(0);
    w->respond_at_once = 200;
    play(w, columns);
    for (unsigned i = 0; i < G_N_ELEMENTS(table); i++) {
        if (strcmp(columns[COLUMN_FILE], table[i].file) != 0)
            continue;
        if (world_status(w, 0) != (table[i].status ? table[i].status : 200) || w->requests != !table[i].status)
            fail_msg("%s: answered %u", table[i].file, world_status(w, 0));
    }
    world_end(w);
}

static void a4_strangers(void **state)
{
    (void)state;
    for_each(stranger);
}

static void a4_strangers_on_a_stream(void **state)
{
    (void)state;
    for_each(stranger_on_a_stream);
}

static void a4_known_phones(void **state)
{
    (void)state;
    for_each(known_phone);
}

/* RFC 4475 3.1.2.19, 3.3.10: nothing at all is sent, least of all to 255.255.255.255. */
static void a4_no_reflection(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    w->respond_at_once = 200;
    w->flow.remote = (struct net_addr){{255, 255, 255, 255}, 5060, NET_IP4};
    world_in_request(w, "BYE", "z9hG4bKa", 1, "x", "");
    world_in_request(w, "OPTIONS", "z9hG4bKb", 1, "", "Proxy-Require: x\r\n");
    assert_int_equal(w->sent->len, 0);
    world_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a4_strangers),
        cmocka_unit_test(a4_strangers_on_a_stream),
        cmocka_unit_test(a4_known_phones),
        cmocka_unit_test(a4_no_reflection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
