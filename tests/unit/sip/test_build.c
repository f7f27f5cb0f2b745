/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing messages: nothing that comes from outside can start a line of its own (A5, SIP-9); heads of responses with
 * received and rport (SIP-5, RFC 3581).
 */
#include "tests/unit/sip/sip_helper.h"

#include "sip/build.h"

static char mem[4096];

static struct buf room(void)
{
    return buf_on(mem, sizeof mem);
}

static void plain_writing(void **state)
{
    (void)state;
    struct buf b = room();
    sip_put_request_line(&b, SIP_INVITE, VIEW("sip:a@b;x=y"));
    sip_put_status_line(&b, 486, (struct view){0});
    sip_put_status_line(&b, 400, VIEW("Bad CSeq"));
    sip_put(&b, SIP_H_CALL_ID, VIEW("c@d"));
    sip_put_named(&b, VIEW("X-Y"), VIEW("z"));
    sip_putf(&b, SIP_H_CSEQ, "%u %s", 7u, "INVITE");
    sip_put_name_addr(&b, SIP_H_FROM, VIEW("A \"B\" \\"), VIEW("sip:a@b"), VIEW(";tag=1"));
    sip_put_name_addr(&b, SIP_H_TO, VIEW(""), VIEW("sip:a@b"), VIEW(""));
    sip_put_body(&b, VIEW("text/plain"), VIEW("hi"));
    assert_false(b.full);
    assert_view(buf_view(&b),
                "INVITE sip:a@b;x=y SIP/2.0\r\nSIP/2.0 486 Busy Here\r\nSIP/2.0 400 Bad CSeq\r\n"
                "Call-ID: c@d\r\nX-Y: z\r\nCSeq: 7 INVITE\r\nFrom: \"A \\\"B\\\" \\\\\" <sip:a@b>;tag=1\r\n"
                "To: <sip:a@b>\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi");
    b = room();
    sip_put_body(&b, VIEW("text/plain"), VIEW(""));
    assert_view(buf_view(&b), "Content-Length: 0\r\n\r\n");
}

static void a5_no_line_can_be_smuggled(void **state)
{
    (void)state;
    static const struct view evil[] = {
        {"a\r\nX: y", 7}, {"a\nb", 3}, {"a\rb", 3}, {"a\0b", 3}, {"\n", 1},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(evil); i++) {
        for (unsigned how = 0; how < 9; how++) {
            struct buf b = room();
            struct view v = evil[i];
            if (how == 0)
                sip_put(&b, SIP_H_SUBJECT, v);
            else if (how == 1)
                sip_put_named(&b, VIEW("X"), v);
            else if (how == 2)
                sip_put_named(&b, v, VIEW("x"));
            else if (how == 3)
                sip_put_name_addr(&b, SIP_H_FROM, v, VIEW("sip:a@b"), (struct view){0});
            else if (how == 4)
                sip_put_name_addr(&b, SIP_H_FROM, VIEW("x"), v, (struct view){0});
            else if (how == 5)
                sip_put_name_addr(&b, SIP_H_FROM, VIEW("x"), VIEW("sip:a@b"), v);
            else if (how == 6)
                sip_put_request_line(&b, SIP_INVITE, v);
            else if (how == 7)
                sip_put_status_line(&b, 400, v);
            else
                sip_put_body(&b, v, VIEW("x"));
            if (!b.full)
                fail_msg("text %zu by way %u", i, how);
        }
    }
    struct buf b = room();
    sip_putf(&b, SIP_H_SUBJECT, "%s", "a\r\nX: y");
    assert_true(b.full);
    b = room();
    sip_put_name_addr(&b, SIP_H_FROM, VIEW("x"), VIEW("sip:a@b>;tag=2,<sip:c"), (struct view){0});
    assert_true(b.full);
    b = room();
    sip_put_request_line(&b, SIP_INVITE, VIEW("sip:a@b SIP/2.0"));
    assert_true(b.full);
    b = buf_on(mem, 10);
    sip_put(&b, SIP_H_SUBJECT, VIEW("longer than that"));
    assert_true(b.full);
}

static void check_top_via(const char *via, const char *expected)
{
    gchar *text = g_strdup_printf(
        "OPTIONS sip:a@b SIP/2.0\r\nVia: %s\r\nVia: SIP/2.0/TCP second;branch=2\r\nFrom: <sip:a@b>;tag=1\r\n"
        "To: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n",
        via);
    struct parsed *p = parsed_new(view_of(text), false);
    struct net_addr source;
    struct buf b = room();
    assert_int_equal(p->err, 0);
    assert_true(net_addr_parse(VIEW("192.0.2.9"), 1234, &source));
    sip_put_response_head(&b, &p->m, 200, (struct view){0}, VIEW("us"), &source);
    gchar *want =
        g_strdup_printf("SIP/2.0 200 OK\r\nVia: %s\r\nVia: SIP/2.0/TCP second;branch=2\r\nFrom: <sip:a@b>;tag=1\r\n"
                        "To: <sip:a@b>;tag=us\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n",
                        expected);
    assert_view(buf_view(&b), want);
    g_free(want);
    g_free(text);
    parsed_free(p);
}

static void sip5_received_and_rport(void **state)
{
    (void)state;
    check_top_via("SIP/2.0/UDP 192.0.2.9;branch=z", "SIP/2.0/UDP 192.0.2.9;branch=z");
    check_top_via("SIP/2.0/UDP 192.0.2.8;branch=z", "SIP/2.0/UDP 192.0.2.8;branch=z;received=192.0.2.9");
    check_top_via("SIP/2.0/UDP name:5060;branch=z", "SIP/2.0/UDP name:5060;branch=z;received=192.0.2.9");
    check_top_via("SIP/2.0/UDP 192.0.2.9;rport;branch=z",
                  "SIP/2.0/UDP 192.0.2.9;branch=z;received=192.0.2.9;rport=1234");
    check_top_via("SIP/2.0/UDP 192.0.2.8;rport=1;received=6.6.6.6;branch=z, SIP/2.0/TCP x",
                  "SIP/2.0/UDP 192.0.2.8;branch=z;received=192.0.2.9;rport=1234, SIP/2.0/TCP x");
    check_top_via("SIP / 2.0 / UDP 192.0.2.9 ; branch = z", "SIP / 2.0 / UDP 192.0.2.9; branch = z");
}

static void heads_of_responses(void **state)
{
    (void)state;
    struct parsed *p = parsed_new(
        VIEW("INVITE sip:a@b SIP/2.0\r\nv: SIP/2.0/TCP [2001:db8::1]\r\nRecord-Route: <sip:x;lr>, <sip:y;lr>\r\n"
             "f: <sip:a@b>\r\nt: <sip:a@b>;tag=old\r\ni: c\r\nCSeq: 1 INVITE\r\nl: 0\r\n\r\n"),
        true);
    struct net_addr source;
    struct buf b = room();
    assert_true(net_addr_parse(VIEW("2001:db8::2"), 9, &source));
    sip_put_response_head(&b, &p->m, 180, (struct view){0}, VIEW("us"), &source);
    assert_view(buf_view(&b),
                "SIP/2.0 180 Ringing\r\nVia: SIP/2.0/TCP [2001:db8::1];received=2001:db8::2\r\nFrom: <sip:a@b>\r\n"
                "To: <sip:a@b>;tag=old\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n"
                "Record-Route: <sip:x;lr>, <sip:y;lr>\r\n");
    b = room();
    sip_put_response_head(&b, &p->m, 486, (struct view){0}, (struct view){0}, &source);
    assert_null(g_strstr_len(mem, (gssize)b.n, "Record-Route"));
    parsed_free(p);
}

/* A To that can't be read goes back as it came: there is no place in it for a tag. */
static void a_broken_to_goes_back_as_it_came(void **state)
{
    (void)state;
    struct parsed *p =
        parsed_new(VIEW("INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z\r\nFrom: <sip:a@b>;tag=1\r\n"
                        "To: \"open <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n\r\n"),
                   false);
    struct net_addr source;
    struct buf b = room();
    assert_true(p->fault.answerable);
    assert_true(net_addr_parse(VIEW("192.0.2.9"), 5060, &source));
    sip_put_response_head(&b, &p->m, p->fault.status, view_of(p->fault.text), VIEW("us"), &source);
    assert_view(buf_view(&b), "SIP/2.0 400 Bad To\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z\r\nFrom: <sip:a@b>;tag=1\r\n"
                              "To: \"open <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n");
    parsed_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_writing),
        cmocka_unit_test(a5_no_line_can_be_smuggled),
        cmocka_unit_test(sip5_received_and_rport),
        cmocka_unit_test(heads_of_responses),
        cmocka_unit_test(a_broken_to_goes_back_as_it_came),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
