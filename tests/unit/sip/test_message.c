/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading messages: strict framing (A5), limits (A6), numbers, folding, compact forms, lists, RFC 2543, and time.
 */
#include "tests/unit/sip/sip_helper.h"

static const char typical[] = "INVITE sip:bob@biloxi.example.com SIP/2.0\r\n"
                              "Via: SIP/2.0/UDP pc33.atlanta.example.com:5060;branch=z9hG4bKnashds8;rport\r\n"
                              "Max-Forwards: 70\r\n"
                              "To: Bob <sip:bob@biloxi.example.com>\r\n"
                              "From: \"Alice\" <sip:alice@atlanta.example.com>;tag=1928301774\r\n"
                              "Call-ID: a84b4c76e66710@pc33.atlanta.example.com\r\n"
                              "CSeq: 314159 INVITE\r\n"
                              "Contact: <sip:alice@pc33.atlanta.example.com:5060;transport=udp>\r\n"
                              "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, INFO, UPDATE\r\n"
                              "Supported: replaces, timer, 100rel\r\n"
                              "Session-Expires: 1800;refresher=uac\r\n"
                              "User-Agent: Example Phone 1.2.3\r\n"
                              "Content-Type: application/sdp\r\n"
                              "Content-Length: 132\r\n"
                              "\r\n"
                              "v=0\r\no=alice 2890844526 2890844526 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\n"
                              "t=0 0\r\nm=audio 49172 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";

/* The same message in its least form, with one line of the test's. */
static struct parsed *with_line(struct view line, bool stream)
{
    GString *s =
        g_string_new("OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\n"
                     "To: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n");
    g_string_append_len(s, line.p, (gssize)line.n);
    g_string_append(s, "\r\nContent-Length: 0\r\n\r\n");
    struct parsed *p = parsed_new((struct view){s->str, s->len}, stream);
    g_string_free(s, TRUE);
    return p;
}

static void expect(const char *line, const char *fault)
{
    struct parsed *p = with_line(view_of(line), true);
    const char *got = p->fault.status ? p->fault.text : NULL;
    if (g_strcmp0(got, fault) != 0)
        fail_msg("'%s': %s", line, got ? got : "no fault");
    assert_int_equal(p->err != 0, fault != NULL);
    parsed_free(p);
}

static void a_typical_invite(void **state)
{
    (void)state;
    struct parsed *p = parsed_new(view_of(typical), true);
    assert_int_equal(p->err, 0);
    assert_true(p->m.is_request);
    assert_int_equal(p->m.method, SIP_INVITE);
    assert_view(p->m.uri.user, "bob");
    assert_view(p->m.via.host, "pc33.atlanta.example.com");
    assert_int_equal(p->m.via.port, 5060);
    assert_true(p->m.via.rport);
    assert_int_equal(p->m.via.transport, SIP_UDP);
    assert_view(p->m.from.display, "Alice");
    assert_view(p->m.from_tag, "1928301774");
    assert_int_equal(p->m.to_tag.n, 0);
    assert_int_equal(p->m.cseq.number, 314159);
    assert_int_equal(p->m.max_forwards, 70);
    assert_int_equal(p->m.n_fields, 13);
    assert_int_equal(p->m.body.n, 132);
    assert_true(sip_msg_has_token(&p->m, SIP_H_SUPPORTED, VIEW("TIMER")));
    assert_false(sip_msg_has_token(&p->m, SIP_H_SUPPORTED, VIEW("time")));
    assert_true(sip_msg_has_token(&p->m, SIP_H_ALLOW, VIEW("UPDATE")));
    parsed_free(p);
}

/* A5: what a byte does at each place of "X-Name: v", all 256 of them. */
static void a5_every_byte_at_every_position(void **state)
{
    (void)state;
    static const char line[] = "X-Name: value";
    for (size_t at = 0; at < sizeof line - 1; at++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            char text[sizeof line];
            memcpy(text, line, sizeof line);
            text[at] = (char)byte;
            struct parsed *p = with_line((struct view){text, sizeof line - 1}, true);
            bool token = byte && byte < 128 && (g_ascii_isalnum((char)byte) || strchr("-.!%*_+`'~", (int)byte));
            bool good;
            if (at < 6) /* the name; a colon ends it sooner, a blank before it folds CSeq */
                good = token || (byte == ':' && at > 0);
            else if (at == 6) /* the colon itself: nothing else may stand there */
                good = byte == ':';
            else /* the value: anything but NUL and line ends */
                good = byte != '\0' && byte != '\r' && byte != '\n';
            if (at == 12 && byte == '\r') /* in front of a line end this is white space, which the value loses */
                good = p->err == 0;
            if ((p->err == 0) != good)
                fail_msg("byte %02x at %zu: %s", byte, at, p->err ? p->fault.text : "accepted");
            parsed_free(p);
        }
    }
}

/* A5: a name that we don't know may not be hidden by what stands before its colon; one that we know means the same with
 * the blanks that RFC 3261's grammar allows there (RFC 4475 section 3.1.1.1). */
static void a5_between_name_and_colon(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        char hidden[] = "P-Secret#: v", known[] = "Subject#: v";
        hidden[8] = (char)byte;
        known[7] = (char)byte;
        struct parsed *p = with_line((struct view){hidden, sizeof hidden - 1}, true);
        struct parsed *k = with_line((struct view){known, sizeof known - 1}, true);
        bool token = byte && byte < 128 && (g_ascii_isalnum((char)byte) || strchr("-.!%*_+`'~", (int)byte));
        bool colon = byte == ':', blank = byte == ' ' || byte == '\t';
        assert_int_equal(p->err == 0, token || colon);
        assert_int_equal(k->err == 0, token || colon || blank);
        if (blank)
            assert_view(sip_msg_value(&k->m, SIP_H_SUBJECT), "v");
        parsed_free(p);
        parsed_free(k);
    }
    expect("X-Name : v", "Blank Before Header Colon");
    expect("X-Name\x01: v", "Bad Header Name");
    expect("To\x01: <sip:x@y>", "Bad Header Name");
    expect("no colon here", "Bad Header Name");
    expect(": v", "Bad Header Name");
}

static void a5_nul_and_duplicates(void **state)
{
    (void)state;
    struct parsed *p = with_line(VIEW("Subject: a\0b"), true);
    assert_string_equal(p->fault.text, "NUL in Header");
    parsed_free(p);
    p = with_line(VIEW("Contact: \"a\\\0b\" <sip:a@b>"), true); /* a quoted-pair: RFC 4475 section 3.1.1.2 */
    assert_int_equal(p->err, 0);
    parsed_free(p);
    p = with_line(VIEW("Contact: \"a\" \\\0b <sip:a@b>"), true);
    assert_string_equal(p->fault.text, "NUL in Header");
    parsed_free(p);
    expect("Content-Length: 0", "Duplicate Content-Length");
    expect("l: 0", "Duplicate Content-Length");
    expect("CSeq: 1 OPTIONS", "Duplicate CSeq");
    expect("t: <sip:a@b>", "Duplicate To");
    expect("f: <sip:a@b>;tag=1", "Duplicate From");
    expect("i: c", "Duplicate Call-ID");
    expect("Max-Forwards: 1\r\nMax-Forwards: 1", "Duplicate Max-Forwards");
    expect("Subject: a\r\nSubject: b", NULL);
    expect("Subject: a\rb", "Lone CR in Header");
}

static void numbers_never_wrap(void **state)
{
    (void)state;
    expect("Max-Forwards: 255", NULL);
    expect("Max-Forwards: 256", "Bad Max-Forwards");
    expect("Max-Forwards: 4294967296", "Bad Max-Forwards");
    expect("Max-Forwards: -1", "Bad Max-Forwards");
    expect("Max-Forwards:", "Bad Max-Forwards");
    struct sip_cseq c;
    assert_true(sip_cseq_parse(VIEW("2147483647 INVITE"), &c));
    assert_int_equal(c.number, 2147483647);
    assert_false(sip_cseq_parse(VIEW("2147483648 INVITE"), &c));
    assert_false(sip_cseq_parse(VIEW("4294967297 INVITE"), &c));
    assert_false(sip_cseq_parse(VIEW("18446744073709551617 INVITE"), &c));
    assert_false(sip_cseq_parse(VIEW("-1 INVITE"), &c));
    assert_false(sip_cseq_parse(VIEW("1INVITE"), &c));
    assert_false(sip_cseq_parse(VIEW("1 INVITE x"), &c));
}

static void status_lines(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        uint16_t status;
    } table[] = {{"SIP/2.0 100 ", 100}, {"SIP/2.0 699 x", 699}, {"SIP/2.0 200", 200},  {"sip/2.0 200 OK", 200},
                 {"SIP/2.0 099 x", 0},  {"SIP/2.0 700 x", 0},   {"SIP/2.0 1000 x", 0}, {"SIP/2.0 4294967496 x", 0},
                 {"SIP/2.0 20 x", 0},   {"SIP/2.0 2oo x", 0},   {"SIP/3.0 200 OK", 0}, {"SIP/2.0  200 OK", 0},
                 {"SIP/2.0 +20 OK", 0}};
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        gchar *text =
            g_strdup_printf("%s\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\n"
                            "To: <sip:a@b>;tag=2\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
                            table[i].line);
        struct parsed *p = parsed_new(view_of(text), true);
        if (p->m.status != table[i].status || (p->err == 0) != (table[i].status != 0))
            fail_msg("%s: %u", table[i].line, p->m.status);
        assert_false(p->fault.answerable); /* a response never is */
        parsed_free(p);
        g_free(text);
    }
}

static void folded_lines_are_joined_in_place(void **state)
{
    (void)state;
    struct parsed *p = with_line(VIEW("Subject: one\r\n two\r\n\tthree \r\nk:\r\n timer"), true);
    assert_int_equal(p->err, 0);
    assert_view(sip_msg_value(&p->m, SIP_H_SUBJECT), "one   two  \tthree");
    assert_view(sip_msg_value(&p->m, SIP_H_SUPPORTED), "timer");
    parsed_free(p);
    p = with_line(VIEW("Subject: one\r\n \r\nX: y"), true); /* blanks alone are no empty line */
    assert_int_equal(p->err, 0);
    assert_view(sip_msg_value_named(&p->m, VIEW("x")), "y");
    parsed_free(p);
    p = parsed_new(VIEW("OPTIONS sip:a@b SIP/2.0\r\n Via: SIP/2.0/UDP h\r\nl: 0\r\n\r\n"), true);
    assert_string_equal(p->fault.text, "Bad Header Name"); /* the start line has no continuation */
    parsed_free(p);
}

static void compact_forms(void **state)
{
    (void)state;
    struct parsed *p =
        parsed_new(VIEW("OPTIONS sip:a@b SIP/2.0\r\nv:SIP/2.0/UDP h;branch=z9hG4bKx\r\nf:<sip:a@b>;tag=1\r\n"
                        "t:<sip:a@b>\r\ni:c\r\nCSeq:1 OPTIONS\r\nm:<sip:c@d>\r\nl:0\r\n\r\n"),
                   true);
    assert_int_equal(p->err, 0);
    assert_view(sip_msg_value(&p->m, SIP_H_CONTACT), "<sip:c@d>");
    assert_view(sip_msg_value(&p->m, SIP_H_CONTENT_LENGTH), "0");
    parsed_free(p);
    static const char letters[] = "bcefiklmorstuvx";
    for (unsigned c = 'a'; c <= 'z'; c++) {
        char upper = (char)(c - 32), lower = (char)c;
        bool known = strchr(letters, (int)c) != NULL;
        assert_int_equal(sip_header_of((struct view){&lower, 1}) != SIP_H_OTHER, known);
        assert_int_equal(sip_header_of((struct view){&upper, 1}), sip_header_of((struct view){&lower, 1}));
    }
    assert_int_equal(sip_header_of(VIEW("\x56")), SIP_H_VIA);
    assert_int_equal(sip_header_of(VIEW("\x16")), SIP_H_OTHER); /* 'V' without its letter bits */
}

static void every_name_is_found(void **state)
{
    (void)state;
    for (unsigned id = SIP_H_OTHER + 1; id < SIP_HEADERS; id++) {
        const char *name = sip_header_name((enum sip_header)id);
        gchar *upper = g_ascii_strup(name, -1), *lower = g_ascii_strdown(name, -1),
              *longer = g_strconcat(name, "x", NULL);
        assert_int_equal(sip_header_of(view_of(name)), id);
        assert_int_equal(sip_header_of(view_of(upper)), id);
        assert_int_equal(sip_header_of(view_of(lower)), id);
        assert_int_equal(sip_header_of(view_of(longer)), SIP_H_OTHER);
        if (strlen(name) > 2)
            assert_int_not_equal(sip_header_of((struct view){name, strlen(name) - 1}), id);
        g_free(upper);
        g_free(lower);
        g_free(longer);
    }
    assert_int_equal(sip_header_of(VIEW("")), SIP_H_OTHER);
    assert_int_equal(sip_header_of(VIEW("Call\rID")), SIP_H_OTHER);
    for (unsigned m = SIP_INVITE; m < SIP_METHODS; m++)
        assert_int_equal(sip_method_of(view_of(sip_method_name((enum sip_method)m))), m);
    assert_int_equal(sip_method_of(VIEW("invite")), SIP_METHOD_OTHER);
    assert_int_equal(sip_method_of(VIEW("INVITES")), SIP_METHOD_OTHER);
    assert_int_equal(sip_method_of(VIEW("")), SIP_METHOD_OTHER);
    assert_string_equal(sip_reason_phrase(486), "Busy Here");
    assert_string_equal(sip_reason_phrase(100), "Trying");
    assert_string_equal(sip_reason_phrase(608), "Rejected");
    assert_string_equal(sip_reason_phrase(499), "Unknown");
}

static void lists_over_several_fields(void **state)
{
    (void)state;
    struct parsed *p =
        with_line(VIEW("Contact: \"a, b\" <sip:x@y;p=1,2>;q=1, <sip:z@y>\r\nSubject: s\r\nm: sip:last@y, ,"), true);
    struct sip_list at = {0};
    struct view v;
    assert_true(sip_msg_next_value(&p->m, SIP_H_CONTACT, &at, &v));
    assert_view(v, "\"a, b\" <sip:x@y;p=1,2>;q=1");
    assert_true(sip_msg_next_value(&p->m, SIP_H_CONTACT, &at, &v));
    assert_view(v, "<sip:z@y>");
    assert_true(sip_msg_next_value(&p->m, SIP_H_CONTACT, &at, &v));
    assert_view(v, "sip:last@y");
    assert_false(sip_msg_next_value(&p->m, SIP_H_CONTACT, &at, &v));
    at = (struct sip_list){0};
    assert_false(sip_msg_next_value(&p->m, SIP_H_ROUTE, &at, &v));
    parsed_free(p);
    struct view rest = VIEW("a, \"b\\\", c\", \"open, d");
    assert_true(sip_list_cut(&rest, &v));
    assert_view(v, "a");
    assert_true(sip_list_cut(&rest, &v));
    assert_view(v, "\"b\\\", c\"");
    assert_true(sip_list_cut(&rest, &v));
    assert_view(v, "\"open, d");
    assert_false(sip_list_cut(&rest, &v));
}

static void rfc2543_messages(void **state)
{
    (void)state;
    struct parsed *p =
        parsed_new(VIEW("BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1\r\nFrom: sip:a@b\r\nTo: sip:a@b\r\n"
                        "Call-ID: c@d\r\nCSeq: 2 BYE\r\n\r\nbody"),
                   false);
    assert_int_equal(p->err, 0);
    assert_int_equal(p->m.max_forwards, -1);
    assert_int_equal(p->m.via.branch.n, 0);
    assert_view(p->m.body, "body");
    parsed_free(p);
}

static void content_length_rules(void **state)
{
    (void)state;
    static const struct {
        const char *length;
        const char *fault; /* over a datagram */
        size_t body;
    } table[] = {{"Content-Length: 4\r\n", NULL, 4},
                 {"Content-Length: 2\r\n", NULL, 2},
                 {"Content-Length: 5\r\n", "Content-Length Beyond Message", 0},
                 {"Content-Length: 4294967300\r\n", "Bad Content-Length", 0},
                 {"Content-Length: 18446744073709551620\r\n", "Bad Content-Length", 0},
                 {"Content-Length: -4\r\n", "Bad Content-Length", 0},
                 {"Content-Length: +4\r\n", "Bad Content-Length", 0},
                 {"Content-Length: 0x4\r\n", "Bad Content-Length", 0},
                 {"Content-Length: 4 4\r\n", "Bad Content-Length", 0},
                 {"Content-Length: 4, 4\r\n", "Bad Content-Length", 0},
                 {"Content-Length:\r\n", "Bad Content-Length", 0},
                 {"Content-Length: 70000\r\n", "Message Too Large", 0},
                 {"", NULL, 4}};
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        gchar *text =
            g_strdup_printf("BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1\r\nFrom: sip:a@b\r\nTo: sip:a@b\r\n"
                            "Call-ID: c@d\r\nCSeq: 2 BYE\r\n%s\r\nbody",
                            table[i].length);
        struct parsed *p = parsed_new(view_of(text), false);
        if (g_strcmp0(p->fault.text, table[i].fault) != 0)
            fail_msg("%s: %s", table[i].length, p->fault.text);
        assert_int_equal(p->m.body.n, table[i].body);
        parsed_free(p);
        g_free(text);
    }
    struct parsed *p =
        parsed_new(VIEW("BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.1\r\nFrom: sip:a@b\r\nTo: sip:a@b\r\n"
                        "Call-ID: c@d\r\nCSeq: 2 BYE\r\n\r\n"),
                   true);
    assert_string_equal(p->fault.text, "Missing Content-Length");
    parsed_free(p);
}

/* SIP-10: a bad message is answered 400 with the field named, and nothing of its content. */
static void what_is_missing_is_named(void **state)
{
    (void)state;
    static const char *const lines[] = {"Via: SIP/2.0/UDP h;branch=z9hG4bKx", "From: <sip:a@b>;tag=1", "To: <sip:a@b>",
                                        "Call-ID: c", "CSeq: 1 OPTIONS"};
    static const char *const faults[] = {"Missing Via", "Missing From", "Missing To", "Missing Call-ID",
                                         "Missing CSeq"};
    for (size_t left_out = 0; left_out < G_N_ELEMENTS(lines); left_out++) {
        GString *s = g_string_new("OPTIONS sip:a@b SIP/2.0\r\n");
        for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
            if (i != left_out)
                g_string_append_printf(s, "%s\r\n", lines[i]);
        g_string_append(s, "\r\n");
        struct parsed *p = parsed_new((struct view){s->str, s->len}, false);
        assert_string_equal(p->fault.text, faults[left_out]);
        assert_int_equal(p->fault.status, 400);
        assert_int_equal(p->fault.answerable, left_out >= 1 && left_out <= 3);
        parsed_free(p);
        g_string_free(s, TRUE);
    }
    expect("Foo", "Bad Header Name");
    struct parsed *p = parsed_new(VIEW("ACK sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nCSeq: 1 ACK\r\n\r\n"), false);
    assert_false(p->fault.answerable); /* an ACK never is */
    parsed_free(p);
}

/* A6 at n-1, n, n+1. */
static struct parsed *with_size(size_t total)
{
    GString *s =
        g_string_new("OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\n"
                     "To: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: ");
    size_t body = total - s->len - 9;
    g_string_append_printf(s, "%05zu\r\n\r\n", body);
    while (s->len < total)
        g_string_append_c(s, 'b');
    struct parsed *p = parsed_new((struct view){s->str, s->len}, true);
    g_string_free(s, TRUE);
    return p;
}

/* SIP-18: 64 KiB + 1 is refused 513. */
static void a6_message_bytes(void **state)
{
    (void)state;
    for (size_t n = SIP_MESSAGE_BYTES_MAX - 1; n <= SIP_MESSAGE_BYTES_MAX + 1; n++) {
        struct parsed *p = with_size(n);
        assert_int_equal(p->n, n);
        assert_int_equal(p->fault.status, n > SIP_MESSAGE_BYTES_MAX ? 513 : 0);
        assert_int_equal(p->fault.answerable, n > SIP_MESSAGE_BYTES_MAX);
        parsed_free(p);
    }
}

static void a6_headers(void **state)
{
    (void)state;
    for (unsigned n = SIP_HEADERS_MAX - 1; n <= SIP_HEADERS_MAX + 1; n++) {
        GString *s = g_string_new("X: 1");
        for (unsigned i = 7; i < n; i++) /* with_line has six of its own */
            g_string_append(s, "\r\nX: 1");
        struct parsed *p = with_line((struct view){s->str, s->len}, false);
        assert_int_equal(p->fault.status, n > SIP_HEADERS_MAX ? 400 : 0);
        if (n > SIP_HEADERS_MAX)
            assert_string_equal(p->fault.text, "Too Many Headers");
        else
            assert_int_equal(p->m.n_fields, n);
        assert_int_equal(p->fault.answerable, n > SIP_HEADERS_MAX);
        parsed_free(p);
        g_string_free(s, TRUE);
    }
}

static void a6_header_bytes(void **state)
{
    (void)state;
    for (size_t n = SIP_HEADER_BYTES_MAX - 1; n <= SIP_HEADER_BYTES_MAX + 1; n++) {
        for (unsigned folded = 0; folded < 2; folded++) {
            GString *s = g_string_new(folded ? "Subject: a\r\n b" : "Subject: ");
            while (s->len < n)
                g_string_append_c(s, 'x');
            struct parsed *p = with_line((struct view){s->str, s->len}, true);
            assert_int_equal(p->fault.status, n > SIP_HEADER_BYTES_MAX ? 400 : 0);
            if (p->fault.status)
                assert_string_equal(p->fault.text, "Header Too Long");
            parsed_free(p);
            g_string_free(s, TRUE);
        }
    }
}

static void a6_vias(void **state)
{
    (void)state;
    for (unsigned n = SIP_VIAS_MAX - 1; n <= SIP_VIAS_MAX + 1; n++) {
        for (unsigned listed = 0; listed < 2; listed++) {
            GString *s = g_string_new("Via: SIP/2.0/UDP x");
            for (unsigned i = 2; i < n; i++) /* with_line has one of its own */
                g_string_append(s, listed ? ", SIP/2.0/UDP x" : "\r\nVia: SIP/2.0/UDP x");
            struct parsed *p = with_line((struct view){s->str, s->len}, true);
            assert_int_equal(p->fault.status, n > SIP_VIAS_MAX ? 400 : 0);
            if (p->fault.status)
                assert_string_equal(p->fault.text, "Too Many Via");
            parsed_free(p);
            g_string_free(s, TRUE);
        }
    }
}

/* CPU time of one parse, the least of a few. */
static double parse_us(const char *text, size_t n, unsigned runs)
{
    char *copy = g_malloc(n);
    struct arena arena;
    arena_init(&arena, 64 * 1024);
    double best = 1e9;
    for (unsigned round = 0; round < 5; round++) {
        struct timespec a, b;
        (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
        for (unsigned i = 0; i < runs; i++) {
            struct sip_msg m;
            struct sip_fault fault;
            memcpy(copy, text, n);
            arena_clear(&arena);
            int err = sip_msg_parse(&m, &arena, copy, n, true, &fault);
            (void)err;
        }
        (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
        double us = ((double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3) / runs;
        best = MIN(best, us);
    }
    arena_release(&arena);
    g_free(copy);
    return best;
}

/* No message of 64 KiB costs more than a few times what its bytes cost: a square would take seconds. */
static void hostile_messages_take_no_time(void **state)
{
    (void)state;
    static const char *const patterns[] = {
        "\"", "<", ",",    ";", ";a=\"", ";a", "\\",  "\r\n ", "\r\n", "\n", "a:b\r\n", "Via: ,\r\n",    "\r",
        " ",  ":", "\"\\", "=", "%",     "@",  "<>,", "\",",   ";;",   "a,", "v:\r\n",  "From: \"<\r\n", "\r\n\t,"};
    static const char *const heads[] = {"", "Via: SIP/2.0/UDP h", "From: ", "To: \"", "Contact: <", "CSeq: ", "X: "};
    printf("typical INVITE of %zu bytes: %.2f us\n", sizeof typical - 1, parse_us(typical, sizeof typical - 1, 2000));
    for (size_t h = 0; h < G_N_ELEMENTS(heads); h++) {
        for (size_t i = 0; i < G_N_ELEMENTS(patterns); i++) {
            GString *s = g_string_new("OPTIONS sip:a@b SIP/2.0\r\n");
            g_string_append(s, heads[h]);
            while (s->len < SIP_MESSAGE_BYTES_MAX - 16)
                g_string_append(s, patterns[i]);
            double us = parse_us(s->str, s->len, 1);
            if (us > 20000) /* far above what a loaded machine under ASan needs, far below a square */
                fail_msg("pattern %zu behind head %zu takes %.0f us", i, h, us);
            g_string_free(s, TRUE);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_typical_invite),
        cmocka_unit_test(a5_every_byte_at_every_position),
        cmocka_unit_test(a5_between_name_and_colon),
        cmocka_unit_test(a5_nul_and_duplicates),
        cmocka_unit_test(numbers_never_wrap),
        cmocka_unit_test(status_lines),
        cmocka_unit_test(folded_lines_are_joined_in_place),
        cmocka_unit_test(compact_forms),
        cmocka_unit_test(every_name_is_found),
        cmocka_unit_test(lists_over_several_fields),
        cmocka_unit_test(rfc2543_messages),
        cmocka_unit_test(content_length_rules),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(a6_message_bytes),
        cmocka_unit_test(a6_headers),
        cmocka_unit_test(a6_header_bytes),
        cmocka_unit_test(a6_vias),
        cmocka_unit_test(hostile_messages_take_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
