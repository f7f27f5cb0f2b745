/* SPDX-License-Identifier: Apache-2.0
 *
 * URIs: reading (RFC 3261 section 19.1, RFC 3966, RFC 5118), escapes, parameters, comparison (section 19.1.4).
 */
#include "tests/unit/sip/sip_helper.h"

#include <errno.h>

struct read_case {
    const char *text;
    int err;
    const char *user, *password, *host;
    uint16_t port;
    const char *params, *headers;
};

static void reading(void **state)
{
    (void)state;
    static const struct read_case table[] = {
        {"sip:alice@atlanta.com", 0, "alice", "", "atlanta.com", 0, "", ""},
        {"sip:alice:secretword@atlanta.com;transport=tcp", 0, "alice", "secretword", "atlanta.com", 0, ";transport=tcp",
         ""},
        {"sips:alice@atlanta.com?subject=x&priority=urgent", 0, "alice", "", "atlanta.com", 0, "",
         "subject=x&priority=urgent"},
        {"SIP:+1-212-555-1212:1234@gateway.com;user=phone", 0, "+1-212-555-1212", "1234", "gateway.com", 0,
         ";user=phone", ""},
        {"sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com", 0, "", "", "atlanta.com", 0, ";method=REGISTER",
         "to=alice%40atlanta.com"},
        {"sip:alice;day=tuesday@atlanta.com", 0, "alice;day=tuesday", "", "atlanta.com", 0, "", ""},
        {"sip:a?b/c@h", 0, "a?b/c", "", "h", 0, "", ""},
        {"sip:[2001:db8::10]:5070", 0, "", "", "[2001:db8::10]", 5070, "", ""},
        {"sip:u@[2001:db8:::192.0.2.1];lr", 0, "u", "", "[2001:db8:::192.0.2.1]", 0, ";lr", ""},
        {"sip:*21#@pbx", 0, "*21#", "", "pbx", 0, "", ""},
        {"sip:a:@h", 0, "a", "", "h", 0, "", ""},
        {"sip:a@h:65535", 0, "a", "", "h", 65535, "", ""},
        {"tel:+1-201-555-0123;phone-context=x", 0, "+1-201-555-0123", "", "", 0, ";phone-context=x", ""},
        {"tel:863-1234", 0, "863-1234", "", "", 0, "", ""},
        {"isbn:2983792873", EPROTONOSUPPORT, "", "", "", 0, "", ""},
        {"soap.beep://192.0.2.103:3002", EPROTONOSUPPORT, "", "", "", 0, "", ""},
        {"sip:a@h:65536", EINVAL, "", "", "", 0, "", ""},
        {"sip:a@h:0", EINVAL, "", "", "", 0, "", ""},
        {"sip:a@h:", EINVAL, "", "", "", 0, "", ""},
        {"sip:a@h:4294972356", EINVAL, "", "", "", 0, "", ""},
        {"sip:2001:db8::10", EINVAL, "", "", "", 0, "", ""},
        {"sip:[2001:db8::10", EINVAL, "", "", "", 0, "", ""},
        {"sip:[]", EINVAL, "", "", "", 0, "", ""},
        {"sip:[::g]", EINVAL, "", "", "", 0, "", ""},
        {"sip:[::1]5060", EINVAL, "", "", "", 0, "", ""},
        {"sip:", EINVAL, "", "", "", 0, "", ""},
        {"sip:@h", EINVAL, "", "", "", 0, "", ""},
        {"sip:a@", EINVAL, "", "", "", 0, "", ""},
        {"sip:a@b@c", EINVAL, "", "", "", 0, "", ""},
        {"sip:a b@c", EINVAL, "", "", "", 0, "", ""},
        {"sip:a@b c", EINVAL, "", "", "", 0, "", ""},
        {"sip:a@b;; c", EINVAL, "", "", "", 0, "", ""},
        {"sip:a@b;", EINVAL, "", "", "", 0, "", ""},
        {"sip:a@b; lr", EINVAL, "", "", "", 0, "", ""},
        {"sip:a@b;x=\"y\"", EINVAL, "", "", "", 0, "", ""},
        {"sip:a%4@b", EINVAL, "", "", "", 0, "", ""},
        {"sip:a%zz@b", EINVAL, "", "", "", 0, "", ""},
        {"sip:a@b;x=%1", EINVAL, "", "", "", 0, "", ""},
        {"<sip:a@b>", EINVAL, "", "", "", 0, "", ""},
        {"sip:a@b>", EINVAL, "", "", "", 0, "", ""},
        {"a@b", EINVAL, "", "", "", 0, "", ""},
        {"1sip:a", EINVAL, "", "", "", 0, "", ""},
        {"", EINVAL, "", "", "", 0, "", ""},
        {"isbn:", EINVAL, "", "", "", 0, "", ""},
        {"x:a b", EINVAL, "", "", "", 0, "", ""},
        {"tel:", EINVAL, "", "", "", 0, "", ""},
        {"tel:+", EINVAL, "", "", "", 0, "", ""},
        {"tel:()", EINVAL, "", "", "", 0, "", ""},
        {"tel:+1a", EINVAL, "", "", "", 0, "", ""},
        {"tel:alice", EINVAL, "", "", "", 0, "", ""},
        {"tel:+1?x=y", EINVAL, "", "", "", 0, "", ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        const struct read_case *c = &table[i];
        struct sip_uri u;
        int err = sip_uri_parse(view_of(c->text), &u);
        if (err != c->err)
            fail_msg("%s: %d", c->text, err);
        assert_view(u.text, c->text);
        assert_view(u.user, c->user);
        assert_view(u.password, c->password);
        assert_view(u.host, c->host);
        assert_int_equal(u.port, c->port);
        assert_view(u.params, c->params);
        assert_view(u.headers, c->headers);
        assert_int_equal(u.scheme == SIP_SCHEME_OTHER, err != 0);
    }
}

/* No byte but those of the grammar (and '#') may stand in the user part. */
static void every_byte_in_a_user_part(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        char text[] = "sip:a_b@h";
        text[5] = (char)byte;
        struct sip_uri u;
        bool good = byte && byte < 128 && (g_ascii_isalnum((char)byte) || strchr("-_.!~*'()&=+$,;?/#:", (int)byte));
        assert_int_equal(sip_uri_parse((struct view){text, sizeof text - 1}, &u) == 0, good);
    }
}

static void comparing(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool same;
    } table[] = {
        /* RFC 3261 section 19.1.4's own */
        {"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true},
        {"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true},
        {"sip:carol@chicago.com", "sip:carol@chicago.com;security=on", true},
        {"sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on", true},
        {"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
         "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true},
        {"sip:alice@atlanta.com?subject=project%20x&priority=urgent",
         "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true},
        {"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false},
        {"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false},
        {"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false},
        {"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false},
        {"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false},
        {"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false},
        {"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false},
        /* more */
        {"sip:a@h", "sips:a@h", false},
        {"sip:a@h", "sip:h", false},
        {"sip:a@h", "sip:a:p@h", false},
        {"sip:a%3Bb@h", "sip:a;b@h", false},
        {"sip:a%2Db@h", "sip:a-b@h", true},
        {"sip:a%00@h", "sip:a%00%00@h", false},
        {"sip:a@[2001:db8::1]", "sip:a@[2001:DB8:0::1]", true},
        {"sip:a@h;maddr=1.2.3.4", "sip:a@h", false},
        {"sip:a@h;lr", "sip:a@h", true},
        {"sip:a@h;user=phone", "sip:a@h", false},
        {"tel:+1-201-555-0123", "tel:+12015550123", true},
        {"tel:+12015550123", "tel:+12015550124", false},
        {"tel:863;phone-context=a", "tel:863;phone-context=b", false},
        {"tel:863;phone-context=a", "tel:863", false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        struct sip_uri a, b;
        assert_int_equal(sip_uri_parse(view_of(table[i].a), &a), 0);
        assert_int_equal(sip_uri_parse(view_of(table[i].b), &b), 0);
        if (sip_uri_eq(&a, &b) != table[i].same || sip_uri_eq(&b, &a) != table[i].same)
            fail_msg("%s and %s", table[i].a, table[i].b);
        assert_true(sip_uri_eq(&a, &a));
    }
}

static void parameters(void **state)
{
    (void)state;
    struct view v;
    struct view list = VIEW(" ; a = 1 ;B=\"x\\\";y\";c;d=[::1]:5");
    assert_true(sip_params_valid(list));
    assert_true(sip_param_get(list, VIEW("A"), &v));
    assert_view(v, "1");
    assert_true(sip_param_get(list, VIEW("b"), &v));
    assert_view(v, "x\\\";y");
    assert_true(sip_param_get(list, VIEW("c"), &v));
    assert_int_equal(v.n, 0);
    assert_true(sip_param_get(list, VIEW("d"), &v));
    assert_view(v, "[::1]:5");
    assert_false(sip_param_get(list, VIEW("e"), &v));
    static const char *const bad[] = {";",    ";;a",    ";a;", ";a=",    ";a=;b", "a",
                                      ";a b", ";a=\"x", ";=b", ";a=b c", ";a,b"};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        if (sip_params_valid(view_of(bad[i])))
            fail_msg("%s", bad[i]);
    assert_true(sip_params_valid(VIEW("")));
    for (unsigned n = 31; n <= 33; n++) { /* at most 32 */
        GString *s = g_string_new(NULL);
        for (unsigned i = 0; i < n; i++)
            g_string_append(s, ";p");
        assert_int_equal(sip_params_valid((struct view){s->str, s->len}), n <= 32);
        g_string_free(s, TRUE);
    }
}

static void escapes(void **state)
{
    (void)state;
    char mem[16];
    struct buf b = buf_on(mem, sizeof mem);
    assert_true(sip_unescape(VIEW("a%00%2fb"), &b));
    assert_true(view_eq(buf_view(&b), (struct view){"a\0/b", 4}));
    b.n = 0;
    assert_false(sip_unescape(VIEW("a%2"), &b));
    b = buf_on(mem, 2);
    assert_false(sip_unescape(VIEW("abc"), &b));
    b = buf_on(mem, sizeof mem);
    sip_escape_user(VIEW("a@b;c %"), &b);
    assert_view(buf_view(&b), "a%40b%3Bc%20%25");
    b = buf_on(mem, sizeof mem);
    sip_escape_user(VIEW("+33*1#"), &b);
    assert_view(buf_view(&b), "+33*1%23");
}

static void transports(void **state)
{
    (void)state;
    static const struct {
        const char *uri;
        enum sip_transport t;
        bool known;
    } table[] = {{"sip:a", SIP_UDP, true},
                 {"sips:a", SIP_TLS, true},
                 {"sip:a;transport=tcp", SIP_TCP, true},
                 {"sip:a;transport=TLS", SIP_TLS, true},
                 {"sips:a;transport=tcp", SIP_TLS, true},
                 {"sips:a;transport=ws", SIP_WSS, true},
                 {"sip:a;transport=ws", SIP_WS, true},
                 {"sip:a;transport=sctp", SIP_UDP, false}};
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        struct sip_uri u;
        enum sip_transport t;
        assert_int_equal(sip_uri_parse(view_of(table[i].uri), &u), 0);
        assert_int_equal(sip_uri_transport(&u, &t), table[i].known);
        if (table[i].known)
            assert_int_equal(t, table[i].t);
    }
    enum sip_transport t;
    for (unsigned i = 0; i < SIP_TRANSPORTS; i++) {
        assert_true(sip_transport_parse(view_of(sip_transport_name((enum sip_transport)i)), &t));
        assert_int_equal(t, i);
    }
    assert_int_equal(sip_transport_port(SIP_TLS), 5061);
    assert_int_equal(sip_transport_port(SIP_UDP), 5060);
    assert_true(sip_transport_is_secure(SIP_WSS) && !sip_transport_is_reliable(SIP_UDP));
}

static void flows(void **state)
{
    (void)state;
    struct sip_flow a = {.transport = SIP_UDP}, b;
    assert_true(net_addr_parse(VIEW("192.0.2.1"), 5060, &a.remote));
    b = a;
    assert_true(sip_flow_eq(&a, &b));
    b.remote.port = 5061;
    assert_false(sip_flow_eq(&a, &b));
    a.transport = b.transport = SIP_TCP;
    a.connection = b.connection = 7; /* the connection alone names it */
    assert_true(sip_flow_eq(&a, &b));
    b.connection = 8;
    assert_false(sip_flow_eq(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading),   cmocka_unit_test(every_byte_in_a_user_part),
        cmocka_unit_test(comparing), cmocka_unit_test(parameters),
        cmocka_unit_test(escapes),   cmocka_unit_test(transports),
        cmocka_unit_test(flows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
