/* SPDX-License-Identifier: Apache-2.0
 *
 * Structured headers one by one: good forms, bad forms, numbers at their limits, display names as text.
 */
#include "tests/unit/sip/sip_helper.h"

static void name_addrs(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        const char *display, *uri, *params;
    } table[] = {
        {"\"A. G. Bell\" <sip:agb@bell.com> ;tag=a48s", true, "A. G. Bell", "sip:agb@bell.com", ";tag=a48s"},
        {"Anonymous <sip:c8@privacy.org>;tag=hyh8", true, "Anonymous", "sip:c8@privacy.org", ";tag=hyh8"},
        {"sip:+1212@phone2net.com;tag=887s", true, "", "sip:+1212@phone2net.com", ";tag=887s"},
        {"sip:+1212@phone2net.com ; tag = 887s", true, "", "sip:+1212@phone2net.com", "; tag = 887s"},
        {"<sip:a@b>", true, "", "sip:a@b", ""},
        {"\"\"<sip:a@b;x=y?h=v>", true, "", "sip:a@b;x=y?h=v", ""},
        {"\"a<b>\\\"\" <tel:+123>", true, "a<b>\\\"", "tel:+123", ""},
        {"Bob (2) <sip:a@b>", true, "Bob (2)", "sip:a@b", ""},
        {"Caf\xc3\xa9 <sip:a@b>", true, "Caf\xc3\xa9", "sip:a@b", ""},
        {"<isbn:123>", true, "", "isbn:123", ""},
        {"", false, "", "", ""},
        {"*", false, "", "", ""},
        {"Bell, Alexander <sip:a@b>", false, "", "", ""},
        {"\"Bell <sip:a@b>", false, "", "", ""},
        {"\"Bell\" sip:a@b", false, "", "", ""},
        {"<sip:a@b", false, "", "", ""},
        {"<sip:a@b>>", false, "", "", ""},
        {"<sip:a@b> x", false, "", "", ""},
        {"< sip:a@b>", false, "", "", ""},
        {"<sip:a@b >", false, "", "", ""},
        {"<>", false, "", "", ""},
        {"sip:a@b?x=y", false, "", "", ""},
        {"sip:a@b,sip:c@d", false, "", "", ""},
        {"<sip:a@b>;;x", false, "", "", ""},
        {"a@b <sip:a@b>", false, "", "", ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        struct sip_name_addr a;
        if (sip_name_addr_parse(view_of(table[i].text), &a) != table[i].good)
            fail_msg("%s", table[i].text);
        if (!table[i].good)
            continue;
        assert_view(a.display, table[i].display);
        assert_view(a.uri.text, table[i].uri);
        assert_view(a.params, table[i].params);
    }
}

static void vias(void **state)
{
    (void)state;
    struct sip_via v;
    assert_true(sip_via_parse(VIEW("SIP / 2.0 / UDP first.example.com: 4000;ttl=16 ;branch=z9hG4bKa7.1"), &v));
    assert_view(v.host, "first.example.com");
    assert_int_equal(v.port, 4000);
    assert_view(v.branch, "z9hG4bKa7.1");
    assert_false(v.rport);
    assert_true(sip_via_parse(VIEW("SIP/2.0/WSS [2001:db8::9:1]:80;rport=5;received=::1"), &v));
    assert_int_equal(v.transport, SIP_WSS);
    assert_true(v.rport && v.known_transport);
    assert_true(sip_via_parse(VIEW("SIP/2.0/SCTP h"), &v));
    assert_false(v.known_transport);
    assert_true(sip_via_parse(VIEW("SIP/2.0/TCP h : 5 ;rport"), &v));
    assert_int_equal(v.port, 5);
    static const char *const bad[] = {"",
                                      "SIP/2.0/UDP",
                                      "SIP/2.0/UDP ",
                                      "SIP/2.0 h",
                                      "SIP/2.0/UDP h:0",
                                      "SIP/2.0/UDP h:65536",
                                      "SIP/2.0/UDP h:x",
                                      "SIP/2.0/UDP h h",
                                      "SIP/2.0/UDP h;",
                                      "SIP/2.0/UDP h;;branch=a",
                                      "SIP/2.0/UDP h;branch=",
                                      "SIP/2.0/UDP h;branch=a;branch=b",
                                      "SIP/2.0/UDP h;branch=z9hG4bK",
                                      "SIP/2.0/UDP [::1;branch=a",
                                      "SIP/2.0/UDPh"};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        if (sip_via_parse(view_of(bad[i]), &v))
            fail_msg("%s", bad[i]);
}

static void seconds(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        uint32_t value;
    } table[] = {{"0", true, 0},
                 {"3600", true, 3600},
                 {"4294967295", true, 4294967295u},
                 {"4294967296", false, 0},
                 {"99999999999999999999", false, 0},
                 {"18000;duration=3600", true, 18000},
                 {"120 (I'm in a meeting)", true, 120},
                 {"120 (open", false, 0},
                 {"-1", false, 0},
                 {"", false, 0},
                 {"60x", false, 0},
                 {"0x10", false, 0}};
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        uint32_t got = 0;
        if (sip_seconds_parse(view_of(table[i].text), &got) != table[i].good || got != table[i].value)
            fail_msg("%s: %u", table[i].text, got);
    }
}

static void rack(void **state)
{
    (void)state;
    struct sip_rack r;
    assert_true(sip_rack_parse(VIEW("776656 1 INVITE"), &r));
    assert_int_equal(r.rseq, 776656);
    assert_int_equal(r.cseq, 1);
    assert_int_equal(r.method, SIP_INVITE);
    assert_true(sip_rack_parse(VIEW("4294967295 2147483647 INVITE"), &r));
    assert_false(sip_rack_parse(VIEW("4294967296 1 INVITE"), &r));
    assert_false(sip_rack_parse(VIEW("1 2147483648 INVITE"), &r));
    assert_false(sip_rack_parse(VIEW("0 1 INVITE"), &r));
    assert_false(sip_rack_parse(VIEW("1 INVITE"), &r));
    assert_false(sip_rack_parse(VIEW("1 1"), &r));
    assert_false(sip_rack_parse(VIEW(""), &r));
}

static void replaces(void **state)
{
    (void)state;
    struct sip_replaces r;
    assert_true(sip_replaces_parse(VIEW("98732@sip.example.com ;from-tag=r33th4x0r ;to-tag=ff87ff;early-only"), &r));
    assert_view(r.call_id, "98732@sip.example.com");
    assert_view(r.from_tag, "r33th4x0r");
    assert_view(r.to_tag, "ff87ff");
    assert_true(r.early_only);
    static const char *const bad[] = {"a;to-tag=1",
                                      "a;from-tag=1",
                                      ";to-tag=1;from-tag=2",
                                      "a;to-tag=1;to-tag=2;from-tag=3",
                                      "a;to-tag;from-tag=1",
                                      "a b;to-tag=1;from-tag=2",
                                      "",
                                      "a;to-tag=1;from-tag=2;"};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        if (sip_replaces_parse(view_of(bad[i]), &r))
            fail_msg("%s", bad[i]);
}

static void session_expires(void **state)
{
    (void)state;
    struct sip_session_expires s;
    assert_true(sip_session_expires_parse(VIEW("1800;refresher=uac"), &s));
    assert_int_equal(s.seconds, 1800);
    assert_int_equal(s.refresher, SIP_REFRESHER_UAC);
    assert_true(sip_session_expires_parse(VIEW("90 ; Refresher = UAS"), &s));
    assert_int_equal(s.refresher, SIP_REFRESHER_UAS);
    assert_true(sip_session_expires_parse(VIEW("90"), &s));
    assert_int_equal(s.refresher, SIP_REFRESHER_NONE);
    assert_false(sip_session_expires_parse(VIEW("90;refresher=me"), &s));
    assert_false(sip_session_expires_parse(VIEW("4294967296"), &s));
}

static void reasons(void **state)
{
    (void)state;
    struct sip_reason r;
    assert_true(sip_reason_parse(VIEW("SIP ;cause=200 ;text=\"Call completed, elsewhere\", Q.850;cause=16"), &r));
    assert_view(r.protocol, "SIP");
    assert_int_equal(r.cause, 200);
    assert_view(r.text, "Call completed, elsewhere");
    assert_true(sip_reason_parse(VIEW("Q.850"), &r));
    assert_int_equal(r.cause, 0);
    assert_false(sip_reason_parse(VIEW("Q.850;cause=1000"), &r));
    assert_false(sip_reason_parse(VIEW("Q.850;cause=4294967312"), &r));
    assert_false(sip_reason_parse(VIEW(""), &r));
    assert_false(sip_reason_parse(VIEW("SIP cause=1"), &r));
}

static void media_types(void **state)
{
    (void)state;
    struct sip_media_type t;
    struct view boundary;
    assert_true(sip_media_type_parse(VIEW("Multipart/Mixed ; boundary=\"a;b\""), &t));
    assert_view(t.subtype, "Mixed");
    assert_true(sip_param_get(t.params, VIEW("boundary"), &boundary));
    assert_view(boundary, "a;b");
    assert_true(sip_media_type_is(VIEW("APPLICATION / SDP;charset=x"), "application", "sdp"));
    assert_false(sip_media_type_is(VIEW("application/sdpx"), "application", "sdp"));
    assert_false(sip_media_type_is(VIEW("application"), "application", "sdp"));
    assert_false(sip_media_type_parse(VIEW("application/sdp x"), &t));
    assert_false(sip_media_type_parse(VIEW(""), &t));
}

static void display_text(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
        size_t cap;
    } table[] = {{"plain", "plain", 64},
                 {"a\\\"b\\\\c", "a\"b\\c", 64},
                 {"tab\there\x01\x7f", "tabhere", 64},
                 {"Caf\xc3\xa9", "Caf\xc3\xa9", 64},
                 {"Caf\xc3\xa9", "Caf", 4},
                 {"\xe2\x82\xac\xe2\x82\xac", "\xe2\x82\xac", 5},
                 {"bad\xff\xc3(\xed\xa0\x80\xc0\x80", "bad(", 64},
                 {"c1\xc2\x85x", "c1x", 64},
                 {"end\\", "end\\", 64}};
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        char mem[64];
        struct buf b = buf_on(mem, table[i].cap);
        sip_display_text(view_of(table[i].in), &b);
        assert_view(buf_view(&b), table[i].out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_addrs), cmocka_unit_test(vias),        cmocka_unit_test(seconds),
        cmocka_unit_test(rack),       cmocka_unit_test(replaces),    cmocka_unit_test(session_expires),
        cmocka_unit_test(reasons),    cmocka_unit_test(media_types), cmocka_unit_test(display_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
