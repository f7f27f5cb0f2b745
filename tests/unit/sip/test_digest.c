/* SPDX-License-Identifier: Apache-2.0
 *
 * Digest: vectors of RFC 7616, 2617 and 2069, reading and writing the headers (SIP-3, F4).
 */
#include "tests/unit/sip/sip_helper.h"

#include "sip/digest.h"

static void rfc7616_vectors(void **state)
{
    (void)state;
    static const struct {
        enum digest_algorithm algorithm;
        const char *name, *response;
    } table[] = {
        {DIGEST_MD5, "MD5", "8ca523f5e9506fed4657c9700eebdbec"},
        {DIGEST_SHA256, "SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        gchar *text =
            g_strdup_printf("Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", "
                            "algorithm=%s, nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, "
                            "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, response=\"%s\", "
                            "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
                            table[i].name, table[i].response);
        struct digest_credentials c;
        char ha1[DIGEST_HEX_MAX], response[DIGEST_HEX_MAX];
        assert_true(digest_credentials_parse(view_of(text), &c));
        assert_true(c.known_algorithm);
        assert_int_equal(c.algorithm, table[i].algorithm);
        assert_int_equal(c.nc, 1);
        digest_ha1(c.algorithm, c.username, c.realm, VIEW("Circle of Life"), ha1);
        digest_response(&c, ha1, VIEW("GET"), response);
        assert_string_equal(response, table[i].response);
        assert_true(digest_matches(&c, ha1, VIEW("GET")));
        assert_false(digest_matches(&c, ha1, VIEW("PUT")));
        digest_ha1(c.algorithm, c.username, c.realm, VIEW("circle of life"), ha1);
        assert_false(digest_matches(&c, ha1, VIEW("GET")));
        g_free(text);
    }
}

static void rfc2617_and_2069_vectors(void **state)
{
    (void)state;
    struct digest_credentials c;
    char ha1[DIGEST_HEX_MAX];
    assert_true(digest_credentials_parse(
        VIEW("Digest username=\"Mufasa\", realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
             "uri=\"/dir/index.html\", qop=auth, nc=00000001, cnonce=\"0a4f113b\", "
             "response=\"6629FAE49393a05397450978507c4ef1\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\""),
        &c));
    digest_ha1(DIGEST_MD5, VIEW("Mufasa"), VIEW("testrealm@host.com"), VIEW("Circle Of Life"), ha1);
    assert_string_equal(ha1, "939e7578ed9e3c518a452acee763bce9");
    assert_true(digest_matches(&c, ha1, VIEW("GET")));
    assert_view(c.opaque, "5ccc069c403ebaf9f0171e9517f40e41");
    /* Without qop: RFC 2069 with its erratum. */
    assert_true(digest_credentials_parse(
        VIEW("digest username=\"Mufasa\",realm=\"testrealm@host.com\",nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\","
             "uri=\"/dir/index.html\",response=\"1949323746fe6a43ef61f9606e7febea\""),
        &c));
    assert_int_equal(c.nc, 0);
    assert_int_equal(c.qop.n, 0);
    digest_ha1(DIGEST_MD5, c.username, c.realm, VIEW("CircleOfLife"), ha1);
    assert_true(digest_matches(&c, ha1, VIEW("GET")));
}

#define GOOD "username=\"u\", realm=\"r\", nonce=\"n\", uri=\"sip:a\", response=\"00\""

static void credentials_that_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "Digest",
        "Digest ",
        "Basic dTpw",
        "Digestusername=\"u\"",
        "Digest username=\"u\"",
        "Digest realm=\"r\", nonce=\"n\", uri=\"sip:a\", response=\"00\"",
        "Digest username=\"u\", nonce=\"n\", uri=\"sip:a\", response=\"00\"",
        "Digest username=\"u\", realm=\"r\", uri=\"sip:a\", response=\"00\"",
        "Digest username=\"u\", realm=\"r\", nonce=\"n\", response=\"00\"",
        "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"sip:a\"",
        "Digest " GOOD ", username=\"v\"", /* twice */
        "Digest " GOOD ", response=\"01\"",
        "Digest " GOOD ", nc=1",
        "Digest " GOOD ", nc=00000000",
        "Digest " GOOD ", nc=0000000g",
        "Digest " GOOD ", nc=000000001",
        "Digest " GOOD ", qop=auth", /* no nc, no cnonce */
        "Digest " GOOD ", qop=auth, nc=00000001",
        "Digest " GOOD ",",
        "Digest " GOOD ", x",
        "Digest " GOOD " x=y",
        "Digest " GOOD ", x=\"open",
    };
    struct digest_credentials c;
    assert_true(digest_credentials_parse(VIEW("Digest " GOOD), &c));
    assert_true(digest_credentials_parse(VIEW("Digest " GOOD ", auth-param=anything, other=\"x\""), &c));
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        if (digest_credentials_parse(view_of(bad[i]), &c))
            fail_msg("%s", bad[i]);
}

static void an_unknown_algorithm_matches_nothing(void **state)
{
    (void)state;
    struct digest_credentials c;
    char ha1[DIGEST_HEX_MAX] = "";
    assert_true(digest_credentials_parse(VIEW("Digest " GOOD ", algorithm=MD5-sess"), &c));
    assert_false(c.known_algorithm);
    assert_false(digest_matches(&c, ha1, VIEW("X")));
    assert_true(digest_credentials_parse(VIEW("Digest " GOOD ", algorithm=\"md5\""), &c));
    assert_true(c.known_algorithm);
    assert_false(digest_matches(&c, ha1, VIEW("X"))); /* a response that is too short */
}

static void sip3_two_challenges(void **state)
{
    (void)state;
    char mem[512];
    struct buf b = buf_on(mem, sizeof mem);
    struct digest_challenge c;
    digest_put_challenges(&b, VIEW("The \"Company\""), "abc", true);
    assert_false(b.full);
    assert_view(
        buf_view(&b),
        "WWW-Authenticate: Digest realm=\"The \\\"Company\\\"\", nonce=\"abc\", algorithm=SHA-256, qop=\"auth\", "
        "stale=true\r\n"
        "WWW-Authenticate: Digest realm=\"The \\\"Company\\\"\", nonce=\"abc\", algorithm=MD5, qop=\"auth\", "
        "stale=true\r\n");
    assert_true(digest_challenge_parse(view_slice(buf_view(&b), 18, view_find(buf_view(&b), '\r')), &c));
    assert_true(c.stale && c.qop_auth && c.known_algorithm);
    assert_int_equal(c.algorithm, DIGEST_SHA256);
    b = buf_on(mem, sizeof mem);
    digest_put_challenges(&b, VIEW("r"), "n", false);
    assert_null(g_strstr_len(mem, (gssize)b.n, "stale"));
}

static void challenges_of_peers(void **state)
{
    (void)state;
    struct digest_challenge c;
    assert_true(digest_challenge_parse(
        VIEW("Digest realm=\"atlanta.com\", domain=\"sip:boxesbybob.com\", qop=\"auth-int,auth\", "
             "nonce=\"f84f1cec\", opaque=\"\", stale=FALSE, algorithm=MD5"),
        &c));
    assert_true(c.qop_auth && !c.stale);
    assert_view(c.realm, "atlanta.com");
    assert_true(c.opaque.p && c.opaque.n == 0);
    assert_true(digest_challenge_parse(VIEW("Digest realm=\"r\", nonce=n"), &c));
    assert_false(c.qop_auth);
    assert_int_equal(c.algorithm, DIGEST_MD5);
    assert_true(digest_challenge_parse(VIEW("Digest realm=\"r\", nonce=n, algorithm=SHA-512-256"), &c));
    assert_false(c.known_algorithm);
    assert_false(digest_challenge_parse(VIEW("Digest realm=\"r\""), &c));
    assert_false(digest_challenge_parse(VIEW("Digest nonce=\"r\""), &c));
    assert_false(digest_challenge_parse(VIEW("NoOneKnowsThisScheme opaque-data=here"), &c)); /* RFC 4475 regaut01 */
}

/* What we write to a trunk is what its server would accept. */
static void our_answer_is_right(void **state)
{
    (void)state;
    static const char *const offers[] = {
        "Digest realm=\"r \\\"x\\\"\", nonce=\"n1\", qop=\"auth,auth-int\", algorithm=SHA-256, opaque=\"o\"",
        "Digest realm=\"r\", nonce=\"n1\", qop=\"auth\"",
        "Digest realm=\"r\", nonce=\"n1\"",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(offers); i++) {
        struct digest_challenge c;
        struct digest_credentials mine = {
            .username = VIEW("us"), .uri = VIEW("sip:trunk"), .cnonce = VIEW("0a4f"), .nc = 26};
        struct digest_credentials back;
        char mem[512], ha1[DIGEST_HEX_MAX];
        struct buf b = buf_on(mem, sizeof mem);
        assert_true(digest_challenge_parse(view_of(offers[i]), &c));
        digest_ha1(c.algorithm, mine.username, c.realm, VIEW("pw"), ha1);
        digest_put_authorization(&b, SIP_H_PROXY_AUTHORIZATION, &c, &mine, ha1, VIEW("REGISTER"));
        assert_false(b.full);
        assert_true(view_starts(buf_view(&b), VIEW("Proxy-Authorization: Digest ")));
        assert_true(digest_credentials_parse(view_slice(buf_view(&b), 21, b.n), &back));
        assert_true(digest_matches(&back, ha1, VIEW("REGISTER")));
        assert_int_equal(back.nc, i < 2 ? 26 : 0);
        assert_true(view_eq(back.opaque, c.opaque));
        assert_true(view_eq(back.realm, c.realm));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc7616_vectors),
        cmocka_unit_test(rfc2617_and_2069_vectors),
        cmocka_unit_test(credentials_that_are_refused),
        cmocka_unit_test(an_unknown_algorithm_matches_nothing),
        cmocka_unit_test(sip3_two_challenges),
        cmocka_unit_test(challenges_of_peers),
        cmocka_unit_test(our_answer_is_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
