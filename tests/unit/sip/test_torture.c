/* SPDX-License-Identifier: Apache-2.0
 *
 * A4 at the level of the parser: every message of RFC 4475 and RFC 5118, by the lists in tests/data. What the upper
 * layers decide (401, 404, 405, 415, 420, 482, 483, 501) is no fault here.
 */
#include "tests/unit/sip/sip_helper.h"

#include "sip/build.h"

static void user_is(const struct sip_uri *u, const char *text)
{
    char mem[128];
    struct buf b = buf_on(mem, sizeof mem);
    assert_true(sip_unescape(u->user, &b));
    assert_view(buf_view(&b), text);
}

static struct view item(const struct sip_msg *m, enum sip_header id, unsigned at)
{
    struct sip_list list = {0};
    struct view v;
    do
        assert_true(sip_msg_next_value(m, id, &list, &v));
    while (at--);
    return v;
}

static void wsinv(const struct sip_msg *m)
{
    struct sip_via via;
    struct sip_name_addr contact;
    struct view newparam;
    assert_int_equal(m->max_forwards, 68);
    assert_int_equal(m->cseq.number, 9);
    assert_int_equal(m->cseq.method, SIP_INVITE);
    assert_view(m->via.host, "192.0.2.2");
    assert_view(m->via.branch, "390skdjuw");
    assert_view(m->to_tag, "1918181833n");
    assert_view(m->from_tag, "98asjd8");
    assert_view(m->from.display, "J Rosenberg \\\\\\\"");
    assert_true(sip_via_parse(item(m, SIP_H_VIA, 1), &via));
    assert_view(via.host, "spindle.example.com");
    assert_view(via.branch, "z9hG4bK9ikj8");
    assert_true(sip_via_parse(item(m, SIP_H_VIA, 2), &via));
    assert_view(via.branch, "z9hG4bK30239");
    assert_true(sip_name_addr_parse(sip_msg_value(m, SIP_H_CONTACT), &contact));
    assert_true(sip_param_get(contact.params, VIEW("newparam"), &newparam));
    assert_view(newparam, "newvalue");
    assert_view(sip_msg_value_named(m, VIEW("unknownheaderwithunusualvalue")), ";;,,;;,;");
}

static void intmeth(const struct sip_msg *m)
{
    assert_int_equal(m->method, SIP_METHOD_OTHER);
    assert_view(m->cseq.method_text, "!interesting-Method0123456789_*+`.%indeed'~");
    assert_view(m->uri.host, "example.com");
    assert_view(m->from_tag, "_token~1'+`*%!-.");
    assert_int_equal(m->to.display.n, 20); /* BEL, NUL and DEL as quoted-pairs are kept */
    char mem[64];
    struct buf b = buf_on(mem, sizeof mem);
    sip_display_text(m->to.display, &b);
    assert_view(buf_view(&b), "BEL: NUL: DEL:");
}

static void esc01(const struct sip_msg *m)
{
    struct sip_name_addr contact;
    assert_int_equal(m->uri.scheme, SIP_SCHEME_SIP);
    assert_view(m->uri.host, "example.net");
    assert_view(m->uri.user, "sips%3Auser%40example.com");
    user_is(&m->uri, "sips:user@example.com");
    user_is(&m->to.uri, "user");
    user_is(&m->from.uri, "I have spaces");
    struct view value;
    assert_true(sip_name_addr_parse(sip_msg_value(m, SIP_H_CONTACT), &contact));
    assert_true(sip_param_get(contact.uri.params, VIEW("n%61me"), &value));
    assert_view(value, "v%61lue%25%34%31");
    assert_false(sip_param_get(contact.uri.params, VIEW("lr"), &value)); /* %6C%72 is not lr to us: nothing is routed */
}

static void escnull(const struct sip_msg *m)
{
    char mem[64];
    struct buf b = buf_on(mem, sizeof mem);
    struct sip_name_addr first, second;
    assert_true(sip_name_addr_parse(item(m, SIP_H_CONTACT, 0), &first));
    assert_true(sip_name_addr_parse(item(m, SIP_H_CONTACT, 1), &second));
    assert_true(sip_unescape(first.uri.user, &b));
    assert_true(view_eq(buf_view(&b), (struct view){"\0", 1}));
    assert_view(second.uri.user, "%00%00");
    assert_false(sip_uri_eq(&first.uri, &second.uri)); /* a string that ended at NUL would make them one */
    assert_view(m->to.uri.user, "null-%00-null");
}

static void esc02(const struct sip_msg *m)
{
    assert_int_equal(m->method, SIP_METHOD_OTHER);
    assert_view(m->method_text, "RE%47IST%45R");
    assert_true(sip_msg_value_named(m, VIEW("C%6Fntact")).n > 0);
}

static void lwsdisp(const struct sip_msg *m)
{
    assert_view(m->from.display, "caller");
    assert_view(m->from.uri.user, "caller");
}

static void longreq(const struct sip_msg *m)
{
    struct sip_list list = {0};
    struct view v;
    struct sip_via via;
    unsigned n = 0;
    while (sip_msg_next_value(m, SIP_H_VIA, &list, &v)) {
        assert_true(sip_via_parse(v, &via));
        n++;
    }
    assert_int_equal(n, 34);
    assert_int_equal(m->body.n, 150);
}

static void dblreq(const struct sip_msg *m)
{
    assert_int_equal(m->method, SIP_REGISTER);
    assert_int_equal(m->body.n, 0); /* the INVITE behind it is left alone */
    assert_view(m->call_id, "dblreq.0ha0isndaksdj99sdfafnl3lk233412");
}

static void semiuri(const struct sip_msg *m)
{
    assert_view(m->uri.user, "user;par=u%40example.net");
    user_is(&m->uri, "user;par=u@example.net");
    assert_view(item(m, SIP_H_ACCEPT, 5), "message/sipfrag");
}

static void transports(const struct sip_msg *m)
{
    struct sip_via via;
    assert_true(m->via.known_transport);
    assert_true(sip_via_parse(item(m, SIP_H_VIA, 3), &via));
    assert_false(via.known_transport);
}

static void mpart01(const struct sip_msg *m)
{
    assert_int_equal(m->body.n, 553);
    assert_non_null(memchr(m->body.p, '\0', m->body.n));
}

static void unreason(const struct sip_msg *m)
{
    assert_int_equal(m->status, 200);
    assert_true(m->reason.n > 60);
}

static void noreason(const struct sip_msg *m)
{
    assert_int_equal(m->status, 100);
    assert_int_equal(m->reason.n, 0);
}

static void badvers(const struct sip_msg *m)
{
    assert_view(m->via.host, "c.example.com");
    assert_view(m->cseq.method_text, "OPTIONS");
}

static void insuf(const struct sip_msg *m)
{
    char mem[512];
    struct buf b = buf_on(mem, sizeof mem);
    struct net_addr source;
    assert_true(net_addr_parse(VIEW("192.0.2.95"), 5060, &source));
    sip_put_response_head(&b, m, 400, VIEW("Missing Call-ID"), VIEW("t"), &source);
    assert_view(buf_view(&b), "SIP/2.0 400 Missing Call-ID\r\n"
                              "Via: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKkdj.insuf\r\n"
                              "CSeq: 193942 INVITE\r\n"); /* nothing is made up */
}

static void unkscm(const struct sip_msg *m)
{
    assert_int_equal(m->uri.scheme, SIP_SCHEME_OTHER);
}

static void unksm2(const struct sip_msg *m)
{
    assert_int_equal(m->to.uri.scheme, SIP_SCHEME_OTHER); /* for the registrar to refuse */
}

static void regbadct(const struct sip_msg *m)
{
    struct sip_name_addr contact;
    assert_false(sip_name_addr_parse(sip_msg_value(m, SIP_H_CONTACT), &contact));
}

static void zeromf(const struct sip_msg *m)
{
    assert_int_equal(m->max_forwards, 0);
}

static void cparam01(const struct sip_msg *m)
{
    struct sip_name_addr contact;
    assert_true(sip_name_addr_parse(sip_msg_value(m, SIP_H_CONTACT), &contact));
    assert_view(contact.params, ";unknownparam");
    assert_view(contact.uri.text, "sip:+19725552222@gw1.example.net");
}

static void cparam02(const struct sip_msg *m)
{
    struct sip_name_addr contact;
    assert_true(sip_name_addr_parse(sip_msg_value(m, SIP_H_CONTACT), &contact));
    assert_view(contact.params, "");
    assert_view(contact.uri.params, ";unknownparam");
}

static void regescrt(const struct sip_msg *m)
{
    struct sip_name_addr contact;
    assert_true(sip_name_addr_parse(sip_msg_value(m, SIP_H_CONTACT), &contact));
    assert_view(contact.uri.headers, "Route=%3Csip:sip.example.com%3E");
}

static void inv2543(const struct sip_msg *m)
{
    assert_int_equal(m->via.branch.n, 0);
    assert_int_equal(m->from_tag.n, 0);
    assert_int_equal(m->max_forwards, -1);
    assert_view(m->to.params, ";user=phone");
    assert_true(view_starts(m->body, VIEW("v=0")) && m->body.n > 100);
}

static void port_ambiguous(const struct sip_msg *m)
{
    assert_view(m->uri.host, "[2001:db8::10:5070]");
    assert_int_equal(m->uri.port, 0);
}

static void port_unambiguous(const struct sip_msg *m)
{
    assert_view(m->uri.host, "[2001:db8::10]");
    assert_int_equal(m->uri.port, 5070);
}

static void received_bare(const struct sip_msg *m)
{
    struct view v;
    assert_true(sip_param_get(m->via.params, VIEW("received"), &v));
    assert_view(v, "2001:db8::9:255");
    assert_view(m->via.branch, "z9hG4bKas3");
}

static void received_brackets(const struct sip_msg *m)
{
    struct view v;
    assert_true(sip_param_get(m->via.params, VIEW("received"), &v));
    assert_view(v, "[2001:db8::9:255]");
    assert_view(m->via.branch, "z9hG4bKas3-111");
}

static void mapped(const struct sip_msg *m)
{
    struct net_addr a;
    assert_int_equal(m->via.port, 19823);
    assert_true(net_addr_parse(m->via.host, 0, &a));
    assert_int_equal(a.family, NET_IP4);
}

static void three_colons(const struct sip_msg *m)
{
    assert_view(m->uri.host, "[2001:db8:::192.0.2.1]");
}

struct expected {
    const char *file;
    uint16_t status; /* of the fault; 0: no fault */
    const char *text;
    bool answerable;
    void (*look)(const struct sip_msg *m);
};

static const struct expected table[] = {
    {"wsinv", 0, NULL, false, wsinv},
    {"intmeth", 0, NULL, false, intmeth},
    {"esc01", 0, NULL, false, esc01},
    {"escnull", 0, NULL, false, escnull},
    {"esc02", 0, NULL, false, esc02},
    {"lwsdisp", 0, NULL, false, lwsdisp},
    {"longreq", 0, NULL, false, longreq},
    {"dblreq", 0, NULL, false, dblreq},
    {"semiuri", 0, NULL, false, semiuri},
    {"transports", 0, NULL, false, transports},
    {"mpart01", 0, NULL, false, mpart01},
    {"unreason", 0, NULL, false, unreason},
    {"noreason", 0, NULL, false, noreason},
    {"badinv01", 400, "Bad Via", true, NULL},
    {"clerr", 400, "Content-Length Beyond Message", true, NULL},
    {"ncl", 400, "Bad Content-Length", true, NULL},
    {"scalar02", 400, "Bad CSeq", true, NULL},
    {"scalarlg", 400, "Bad CSeq", false, NULL},
    {"quotbal", 400, "Bad To", true, NULL},
    {"ltgtruri", 400, "Bad Request-URI", true, NULL},
    {"lwsruri", 400, "Bad Request-Line", true, NULL},
    {"lwsstart", 400, "Bad Request-Line", true, NULL},
    {"trws", 400, "Bad Request-Line", true, NULL},
    {"escruri", 400, "Bad Request-URI", true, NULL},
    {"baddate", 0, NULL, false, NULL},
    {"regbadct", 0, NULL, false, regbadct},
    {"badaspec", 400, "Bad To", true, NULL},
    {"baddn", 400, "Bad From", true, NULL},
    {"badvers", 505, "Version Not Supported", true, badvers},
    {"mismatch01", 400, "CSeq Method Differs", true, NULL},
    {"mismatch02", 400, "CSeq Method Differs", true, NULL},
    {"bigcode", 400, "Bad Status-Line", false, NULL},
    {"badbranch", 400, "Bad Via", true, NULL},
    {"insuf", 400, "Missing Call-ID", true, insuf},
    {"unkscm", 416, "Unsupported URI Scheme", true, unkscm},
    {"novelsc", 416, "Unsupported URI Scheme", true, unkscm},
    {"unksm2", 0, NULL, false, unksm2},
    {"bext01", 0, NULL, false, NULL},
    {"invut", 0, NULL, false, NULL},
    {"regaut01", 0, NULL, false, NULL},
    {"multi01", 400, "Duplicate CSeq", true, NULL},
    {"mcl01", 400, "Duplicate Content-Length", true, NULL},
    {"bcast", 0, NULL, false, NULL},
    {"zeromf", 0, NULL, false, zeromf},
    {"cparam01", 0, NULL, false, cparam01},
    {"cparam02", 0, NULL, false, cparam02},
    {"regescrt", 0, NULL, false, regescrt},
    {"sdp01", 0, NULL, false, NULL},
    {"inv2543", 0, NULL, false, inv2543},
    {"test", 400, "Bad Request-Line", false, NULL},
    {"ipv6-good", 0, NULL, false, NULL},
    {"ipv6-bad", 400, "Bad Request-URI", true, NULL},
    {"port-ambiguous", 0, NULL, false, port_ambiguous},
    {"port-unambiguous", 0, NULL, false, port_unambiguous},
    {"via-received-param-with-delim", 0, NULL, false, received_brackets},
    {"via-received-param-no-delim", 0, NULL, false, received_bare},
    {"ipv6-in-sdp", 0, NULL, false, NULL},
    {"mult-ip-in-header", 0, NULL, false, NULL},
    {"mult-ip-in-sdp", 0, NULL, false, NULL},
    {"ipv4-mapped-ipv6", 0, NULL, false, mapped},
    {"ipv6-bug-abnf-3-colons", 0, NULL, false, three_colons},
    {"ipv6-correct-abnf-2-colons", 0, NULL, false, NULL},
};

static const struct expected *expected_of(const char *file)
{
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
        if (strcmp(table[i].file, file) == 0)
            return &table[i];
    fail_msg("%s is in the list of messages but not in this table", file);
    return table;
}

static void check_answer(const struct parsed *p, const char *file)
{
    static char mem[65536];
    struct buf b = buf_on(mem, sizeof mem);
    struct net_addr source;
    assert_true(net_addr_parse(VIEW("198.51.100.7"), 40000, &source));
    sip_put_response_head(&b, &p->m, p->fault.status ? p->fault.status : 200, view_of(p->fault.text), VIEW("us"),
                          &source);
    sip_put_body(&b, (struct view){0}, (struct view){0});
    if (b.full)
        fail_msg("%s: the answer can't be written", file);
}

static void check_message(const char *file, struct view text)
{
    const struct expected *e = expected_of(file);
    struct parsed *p = parsed_new(text, false);
    if (p->fault.status != e->status || (e->status && strcmp(p->fault.text, e->text) != 0))
        fail_msg("%s: fault is %u %s", file, p->fault.status, p->fault.text ? p->fault.text : "");
    assert_int_equal(p->err != 0, e->status != 0);
    if (p->fault.answerable != e->answerable)
        fail_msg("%s: answerable is %d", file, p->fault.answerable);
    if (e->look)
        e->look(&p->m);
    if (p->m.is_request && (!e->status || e->answerable))
        check_answer(p, file);
    parsed_free(p);
}

/* RFC 5118's files have lone line feeds, lengths that fit neither form, and some lack the empty line. */
static GString *with_crlf(struct view text)
{
    GString *out = g_string_new(NULL);
    struct view body = {0};
    for (size_t i = 0; i + 1 < text.n; i++)
        if (text.p[i] == '\n' && text.p[i + 1] == '\n' && !body.p)
            body = view_slice(text, i + 2, text.n);
    GString *crlf = g_string_new(NULL);
    for (struct view rest = body; rest.n;) {
        struct view line = view_cut(&rest, '\n');
        g_string_append_len(crlf, line.p, (gssize)line.n);
        g_string_append(crlf, "\r\n");
    }
    for (struct view rest = text; rest.n;) {
        struct view line = view_cut(&rest, '\n');
        if (!line.n)
            break;
        if (view_starts(line, VIEW("Content-Length:")))
            g_string_append_printf(out, "Content-Length: %zu\r\n", crlf->len);
        else
            g_string_append_printf(out, "%.*s\r\n", VIEW_ARG(line));
    }
    g_string_append(out, "\r\n");
    g_string_append_len(out, crlf->str, (gssize)crlf->len);
    g_string_free(crlf, TRUE);
    return out;
}

static unsigned check_list(const char *folder, const char *extension, bool lone_feeds)
{
    unsigned n = 0;
    gchar *list, *path = g_strdup_printf("%s/%s/expected.tsv", TEST_DATA, folder);
    assert_true(g_file_get_contents(path, &list, NULL, NULL));
    gchar **lines = g_strsplit(list, "\n", -1);
    for (gchar **l = lines; *l; l++) {
        gsize bytes;
        gchar *text, *name = g_strndup(*l, strcspn(*l, "\t"));
        if (*name && *name != '#') {
            gchar *file = g_strdup_printf("%s/%s/%s%s", TEST_DATA, folder, name, extension);
            assert_true(g_file_get_contents(file, &text, &bytes, NULL));
            GString *fixed = lone_feeds ? with_crlf((struct view){text, bytes}) : g_string_new_len(text, (gssize)bytes);
            check_message(name, (struct view){fixed->str, fixed->len});
            g_string_free(fixed, TRUE);
            g_free(text);
            g_free(file);
            n++;
        }
        g_free(name);
    }
    g_strfreev(lines);
    g_free(list);
    g_free(path);
    return n;
}

static void a4_rfc4475(void **state)
{
    (void)state;
    assert_int_equal(check_list("rfc4475", ".dat", false), 50);
}

static void a4_rfc5118(void **state)
{
    (void)state;
    assert_int_equal(check_list("rfc5118", "", true), 12);
}

/* As they lie there, with lone line feeds and without the last empty line. */
static void a4_rfc5118_lone_feeds(void **state)
{
    (void)state;
    static const char *const files[] = {"ipv6-good",
                                        "ipv6-bad",
                                        "port-ambiguous",
                                        "port-unambiguous",
                                        "via-received-param-no-delim",
                                        "via-received-param-with-delim",
                                        "mult-ip-in-header",
                                        "ipv6-bug-abnf-3-colons",
                                        "ipv6-correct-abnf-2-colons",
                                        "ipv4-mapped-ipv6"};
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        gsize bytes;
        gchar *text, *path = g_strdup_printf("%s/rfc5118/%s", TEST_DATA, files[i]);
        assert_true(g_file_get_contents(path, &text, &bytes, NULL));
        check_message(files[i], (struct view){text, bytes});
        g_free(text);
        g_free(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a4_rfc4475),
        cmocka_unit_test(a4_rfc5118),
        cmocka_unit_test(a4_rfc5118_lone_feeds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
