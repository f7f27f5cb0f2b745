/* SPDX-License-Identifier: Apache-2.0
 *
 * Cutting messages out of a byte stream: split everywhere, keep-alives, broken lengths, limits (A5, A6, SIP-5).
 */
#include "tests/unit/sip/sip_helper.h"

#define HEAD "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bKx\r\n"

static void cut(struct view v, enum sip_stream_what what, size_t n)
{
    size_t got = 99;
    enum sip_stream_what is = sip_stream_cut(v, &got);
    if (is != what || got != n)
        fail_msg("'%.*s': %u, %zu bytes", VIEW_ARG(view_slice(v, 0, 120)), is, got);
}

static void a_message_split_anywhere(void **state)
{
    (void)state;
    static const char two[] = HEAD "Content-Length: 4\r\n\r\nbody" HEAD "l:0\r\n\r\n";
    size_t first = strlen(HEAD) + 21 + 4 + 0;
    for (size_t n = 1; n < sizeof two; n++) {
        char *exact = g_memdup2(two, n);
        cut((struct view){exact, n}, n < first + 0 ? SIP_STREAM_MORE : SIP_STREAM_MESSAGE, n < first ? 0 : first);
        g_free(exact);
    }
    struct view rest = view_slice(VIEW(HEAD "Content-Length: 4\r\n\r\nbody" HEAD "l:0\r\n\r\n"), first, SIZE_MAX);
    cut(rest, SIP_STREAM_MESSAGE, strlen(HEAD) + 7);
}

static void keep_alives(void **state)
{
    (void)state;
    cut(VIEW(""), SIP_STREAM_MORE, 0);
    cut(VIEW("\r\n\r\n"), SIP_STREAM_PING, 4);
    cut(VIEW("\r\n\r\nOPTIONS"), SIP_STREAM_PING, 4);
    cut(VIEW("\r\n"), SIP_STREAM_BLANK, 2);
    cut(VIEW("\r\nOPTIONS"), SIP_STREAM_BLANK, 2);
    cut(VIEW("\r"), SIP_STREAM_MORE, 0);
    cut(VIEW("\r\n\r"), SIP_STREAM_MORE, 0);
    cut(VIEW("\nX"), SIP_STREAM_BLANK, 1);
    cut(VIEW("\r\r"), SIP_STREAM_BLANK, 1);
}

static void lengths(void **state)
{
    (void)state;
    cut(VIEW(HEAD "Content-Length :\r\n 2\r\n\r\nab"), SIP_STREAM_MESSAGE, strlen(HEAD) + 24 + 2);
    cut(VIEW(HEAD "L: 2\r\n\r\nabc"), SIP_STREAM_MESSAGE, strlen(HEAD) + 8 + 2);
    cut(VIEW(HEAD "\r\n"), SIP_STREAM_BROKEN, strlen(HEAD) + 2); /* none (RFC 3261 section 18.3) */
    static const char *const broken[] = {"-999",  "4294967328", "18446744073709551617", "1 1", "1,1", "0x1", "+1", "",
                                         "70000", "1\r\n 1"};
    for (size_t i = 0; i < G_N_ELEMENTS(broken); i++) {
        gchar *text = g_strdup_printf(HEAD "Content-Length: %s\r\n\r\nbody", broken[i]);
        cut(view_of(text), SIP_STREAM_BROKEN, strlen(text) - 4);
        g_free(text);
    }
    cut(VIEW(HEAD "Content-Length: 1\r\nl: 1\r\n\r\na"), SIP_STREAM_BROKEN, strlen(HEAD) + 19 + 6 + 2);
    /* RFC 4475's clerr: waits, and answers nothing to a part. */
    cut(VIEW(HEAD "Content-Length: 9999\r\n\r\nbody"), SIP_STREAM_MORE, 0);
    /* A name that only looks like it. */
    cut(VIEW(HEAD "X-Content-Length: 1\r\nContent-Length: 0\r\n\r\n"), SIP_STREAM_MESSAGE, strlen(HEAD) + 21 + 19 + 2);
}

/* What is broken is still answered, with what is wrong in it. */
static void a_broken_one_can_be_answered(void **state)
{
    (void)state;
    struct view text = VIEW("OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\n"
                            "To: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 65400\r\n\r\n");
    size_t n;
    assert_int_equal(sip_stream_cut(text, &n), SIP_STREAM_BROKEN);
    struct parsed *p = parsed_new(view_slice(text, 0, n), true);
    assert_int_equal(p->fault.status, 513);
    assert_true(p->fault.answerable);
    parsed_free(p);
}

static void a6_limits(void **state)
{
    (void)state;
    for (size_t total = SIP_MESSAGE_BYTES_MAX - 1; total <= SIP_MESSAGE_BYTES_MAX + 1; total++) {
        GString *s = g_string_new(HEAD);
        g_string_append_printf(s, "Content-Length: %05zu\r\n\r\n", total - strlen(HEAD) - 25);
        size_t head = s->len;
        while (s->len < total)
            g_string_append_c(s, 'b');
        bool fits = total <= SIP_MESSAGE_BYTES_MAX;
        cut((struct view){s->str, s->len}, fits ? SIP_STREAM_MESSAGE : SIP_STREAM_BROKEN, fits ? total : head);
        g_string_free(s, TRUE);
    }
    GString *s = g_string_new(HEAD "X: ");
    while (s->len < SIP_MESSAGE_BYTES_MAX - 1)
        g_string_append_c(s, 'x');
    cut((struct view){s->str, s->len}, SIP_STREAM_MORE, 0);
    g_string_append_c(s, 'x');
    cut((struct view){s->str, s->len}, SIP_STREAM_BROKEN, SIP_MESSAGE_BYTES_MAX);
    g_string_append_c(s, 'x');
    cut((struct view){s->str, s->len}, SIP_STREAM_BROKEN, SIP_MESSAGE_BYTES_MAX);
    g_string_free(s, TRUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_split_anywhere),     cmocka_unit_test(keep_alives), cmocka_unit_test(lengths),
        cmocka_unit_test(a_broken_one_can_be_answered), cmocka_unit_test(a6_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
