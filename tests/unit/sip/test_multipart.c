/* SPDX-License-Identifier: Apache-2.0
 *
 * Multipart bodies: RFC 4475's own, broken ones from advisories, limits, finding the SDP.
 */
#include "tests/unit/sip/sip_helper.h"

#include "sip/multipart.h"

static void the_parts_of_rfc4475(void **state)
{
    (void)state;
    gchar *text;
    gsize n;
    assert_true(g_file_get_contents(TEST_DATA "/rfc4475/mpart01.dat", &text, &n, NULL));
    struct parsed *p = parsed_new((struct view){text, n}, false);
    struct multipart m;
    struct multipart_part part;
    assert_true(multipart_open(&m, sip_msg_value(&p->m, SIP_H_CONTENT_TYPE), p->m.body));
    assert_true(multipart_next(&m, &part));
    assert_view(part.content_type, "text/plain");
    assert_view(part.body, "Hello");
    assert_true(multipart_next(&m, &part));
    assert_view(part.content_type, "application/octet-stream");
    assert_non_null(memchr(part.body.p, '\0', part.body.n)); /* all octets, NUL included */
    assert_true(part.body.n > 300);
    assert_false(multipart_next(&m, &part));
    parsed_free(p);
    g_free(text);
}

static void forms(void **state)
{
    (void)state;
    struct multipart m;
    struct multipart_part part;
    struct view body = VIEW("preamble\n--x y\ncontent-type : a/b\nContent-ID: <1>\n\nline\r\n--x yz\r\n\n--x y  "
                            "\r\n\r\n--x y--\r\nend\r\n--x y\r\n");
    assert_true(multipart_open(&m, VIEW("multipart/mixed;boundary=\"x y\""), body));
    assert_true(multipart_next(&m, &part));
    assert_view(part.content_type, "a/b");
    assert_view(part.content_id, "<1>");
    assert_view(part.body, "line\r\n--x yz\r\n"); /* the last line end is the delimiter's */
    assert_true(multipart_next(&m, &part));
    assert_int_equal(part.body.n, 0);
    assert_false(multipart_next(&m, &part)); /* what follows the last delimiter is none */
    assert_false(multipart_next(&m, &part));
}

static void broken_ones(void **state)
{
    (void)state;
    struct multipart m;
    struct multipart_part part;
    static const char *const types[] = {"multipart/mixed",
                                        "multipart/mixed;boundary=\"\"",
                                        "text/plain;boundary=x",
                                        "",
                                        "multipart/mixed;boundary=\"x \"",
                                        "multipart/mixed;boundary=\"x\\\"y\""};
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
        assert_false(multipart_open(&m, view_of(types[i]), VIEW("--x\r\n\r\n--x--")));
    /* AST-2017-003: a body that only looks like its boundary "++". */
    assert_false(multipart_open(&m, VIEW("multipart/mixed;boundary=\"++\""), VIEW("++\n++\n++")));
    assert_false(multipart_open(&m, VIEW("multipart/mixed;boundary=x"), VIEW("")));
    assert_false(multipart_open(&m, VIEW("multipart/mixed;boundary=x"), VIEW("--x--"))); /* no parts at all */
    assert_true(multipart_open(&m, VIEW("multipart/mixed;boundary=x"), VIEW("--x\r\n")));
    assert_false(multipart_next(&m, &part));
    assert_true(
        multipart_open(&m, VIEW("multipart/mixed;boundary=x"), VIEW("--x\r\nContent-Type: a/b\r\n\r\nnever ended")));
    assert_false(multipart_next(&m, &part));
    for (unsigned n = 70; n <= 71; n++) {
        char *b = g_strnfill(n, 'b'), *type = g_strdup_printf("multipart/mixed;boundary=%s", b);
        char *body = g_strdup_printf("--%s\r\n\r\n--%s--", b, b);
        assert_int_equal(multipart_open(&m, view_of(type), view_of(body)), n <= 70);
        g_free(b);
        g_free(type);
        g_free(body);
    }
}

static void at_most_sixteen_parts(void **state)
{
    (void)state;
    for (unsigned n = 15; n <= 17; n++) {
        GString *s = g_string_new("--x\r\n");
        for (unsigned i = 0; i < n; i++)
            g_string_append_printf(s, "\r\nbody\r\n--x%s\r\n", i + 1 == n ? "--" : "");
        struct multipart m;
        struct multipart_part part;
        unsigned found = 0;
        assert_true(multipart_open(&m, VIEW("multipart/mixed;boundary=x"), (struct view){s->str, s->len}));
        while (multipart_next(&m, &part))
            found++;
        assert_int_equal(found, MIN(n, 16));
        g_string_free(s, TRUE);
    }
}

#define SDP_PART "--x\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n"
#define ISUP_PART(handling) \
    "\r\n--x\r\nContent-Type: application/isup\r\nContent-Disposition: signal" handling "\r\n\r\nisup\r\n"

static void finding_the_sdp(void **state)
{
    (void)state;
    static const struct {
        const char *type, *disposition, *body, *sdp;
        bool unsupported;
    } table[] = {
        {"application/sdp", "", "v=0", "v=0", false},
        {"Application/SDP;x=y", "session", "v=0", "v=0", false},
        {"application/sdp", "session;handling=optional", "v=0", "v=0", false},
        {"application/sdp", "early-session", "v=0", "", true},
        {"application/sdp", "early-session;handling=optional", "v=0", "", false},
        {"application/unknownformat", "", "x", "", true},
        {"application/unknownformat", "render;handling=optional", "x", "", false},
        {"application/unknownformat", "", "", "", false},
        {"multipart/mixed;boundary=x", "", SDP_PART "--x--", "v=0", false},
        {"multipart/mixed;boundary=x", "", SDP_PART ISUP_PART("") "--x--", "v=0\r\n", false},
        {"multipart/mixed;boundary=x", "", SDP_PART ISUP_PART(";handling=optional") "--x--", "v=0\r\n", false},
        {"multipart/mixed;boundary=x", "", SDP_PART ISUP_PART(";handling=required") "--x--", "v=0\r\n", true},
        {"multipart/mixed;boundary=x", "", ISUP_PART("") "--x--", "", true},
        {"multipart/mixed;boundary=x", "handling=optional", "garbage", "", true},
        {"", "", "x", "", true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        bool unsupported;
        struct view sdp = multipart_find_sdp(view_of(table[i].type), view_of(table[i].disposition),
                                             view_of(table[i].body), &unsupported);
        if (!view_eq(sdp, view_of(table[i].sdp)) || unsupported != table[i].unsupported)
            fail_msg("%zu: '%.*s' %d", i, VIEW_ARG(sdp), unsupported);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parts_of_rfc4475),  cmocka_unit_test(forms),           cmocka_unit_test(broken_ones),
        cmocka_unit_test(at_most_sixteen_parts), cmocka_unit_test(finding_the_sdp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
