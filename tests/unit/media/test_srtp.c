/* SPDX-License-Identifier: Apache-2.0
 *
 * SIP-22, E3: SRTP of one session. The reference is held against the vectors of RFC 3711 and RFC 7714, the session
 * against the reference; then what is forged, replayed or cut, and changes of keys.
 */
#include "media/bytes_priv.h"
#include "media/rtp_priv.h"
#include "media/srtp_session_priv.h"
#include "srtp_reference.h"
#include "tests/cmocka_all.h"

#include <glib.h>
#include <string.h>

static const int64_t S = 1000000;

static size_t from_hex(const char *hex, uint8_t *ret)
{
    size_t n = 0;
    for (const char *c = hex; *c; c++) {
        if (!g_ascii_isxdigit(*c))
            continue;
        ret[n / 2] = (uint8_t)(ret[n / 2] << 4 | g_ascii_xdigit_value(*c));
        n++;
    }
    return n / 2;
}

/* --- the reference ---------------------------------------------------------------------------------------------- */

static char *section(const char *file, const char *title)
{
    char *path = g_build_filename(TEST_DATA, "rfc7714", file, NULL), *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    char *at = strstr(text, title);
    assert_non_null(at);
    memmove(text, at, strlen(at) + 1);
    g_free(path);
    return text;
}

/* The indented lines of hex below the first line that holds `label`. */
static size_t hex_below(const char *text, const char *label, uint8_t *ret)
{
    const char *at = strstr(text, label);
    assert_non_null(at);
    at = strchr(at, '\n') + 1;
    while (*at == '\n')
        at++;
    const char *end = strstr(at, "\n\n");
    assert_non_null(end);
    char *block = g_strndup(at, (gsize)(end - at));
    size_t n = from_hex(block, ret);
    g_free(block);
    return n;
}

static struct srtp_reference reference_of_rfc_7714(enum media_suite suite)
{
    struct srtp_reference r = {.suite = suite};
    for (uint8_t i = 0; i < 32; i++)
        r.key[i] = i;
    memcpy(r.salt, "Quid pro quo", 12);
    return r;
}

static void reference_has_the_vectors_of_rfc_7714(void **state)
{
    (void)state;
    static const struct {
        enum media_suite suite;
        const char *title;
    } rows[] = {{SUITE_AES_128_GCM, "16.1.1."}, {SUITE_AES_256_GCM, "16.2.1."}};
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint8_t packet[256], wanted[256];
        char *text = section("rtp-vectors.txt", rows[i].title);
        size_t n = hex_below(text, "Encrypting the following packet", packet);
        size_t wanted_n = hex_below(text, "Encrypted and tagged packet", wanted);
        struct srtp_reference r = reference_of_rfc_7714(rows[i].suite);
        assert_int_equal(reference_seal_rtp(&r, packet, n, 0), wanted_n);
        assert_memory_equal(packet, wanted, wanted_n);
        g_free(text);
    }
    uint8_t packet[256], wanted[256];
    char *text = section("rtcp-vectors.txt", "17.1.");
    size_t n = hex_below(text, "Encrypting the following packet", packet);
    size_t wanted_n = hex_below(text, "Encrypted and tagged packet", wanted);
    struct srtp_reference r = reference_of_rfc_7714(SUITE_AES_128_GCM);
    assert_int_equal(reference_seal_rtcp(&r, packet, n, 0x5d4), wanted_n);
    assert_memory_equal(packet, wanted, wanted_n);
    g_free(text);
}

static const char rfc_3711_master[] = "E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6";

static void reference_has_the_vectors_of_rfc_3711(void **state)
{
    (void)state;
    uint8_t master[30], wanted[32];
    from_hex(rfc_3711_master, master); /* B.3 */
    struct srtp_reference r = reference_derive(SUITE_AES_CM_80, master, false);
    from_hex("C61E7A93744F39EE10734AFE3FF7A087", wanted);
    assert_memory_equal(r.key, wanted, 16);
    from_hex("30CBBC08863D8C85D49DB34A9AE1", wanted);
    assert_memory_equal(r.salt, wanted, 14);
    from_hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4", wanted);
    assert_memory_equal(r.auth, wanted, 20);
    uint8_t packet[64] = {0x80}; /* B.2: the key stream is the cipher of zeros */
    from_hex("2B7E151628AED2A6ABF7158809CF4F3C", r.key);
    from_hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD", r.salt);
    (void)reference_seal_rtp(&r, packet, 12 + 32, 0);
    from_hex("E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB", wanted);
    assert_memory_equal(packet + 12, wanted, 32);
}

/* --- the session ------------------------------------------------------------------------------------------------ */

static struct media_crypto keys_of(enum media_suite suite, uint8_t send, uint8_t receive)
{
    struct media_crypto c = {.suite = (uint8_t)suite};
    memset(c.send, send, sizeof c.send);
    memset(c.receive, receive, sizeof c.receive);
    return c;
}

static struct srtp_session *session_of(enum media_suite suite, uint8_t send, uint8_t receive)
{
    struct srtp_session *s = NULL;
    struct media_crypto c = keys_of(suite, send, receive);
    srtp_session_set(&s, &c, 0);
    assert_non_null(s);
    return s;
}

enum { BYTES = 12 + 160, ROOM = BYTES + SRTP_TRAILER_BYTES };
struct packet {
    _Alignas(4) uint8_t b[ROOM];
    size_t n;
};

static struct packet rtp_packet(uint32_t ssrc, uint16_t seq)
{
    struct packet p = {.n = BYTES};
    struct rtp r = {.payload = p.b + 12, .pt = 8, .seq = seq, .ts = seq * 160u, .ssrc = ssrc};
    memset(r.payload, 0x5a, 160);
    (void)rtp_write_header(&r);
    return p;
}

static struct packet sealed(struct srtp_session *s, uint32_t ssrc, uint16_t seq)
{
    struct packet p = rtp_packet(ssrc, seq);
    assert_true(srtp_session_seal_rtp(s, p.b, &p.n, 0));
    return p;
}

static bool opens(struct srtp_session *s, struct packet p, int64_t now_us)
{
    struct packet wanted = p;
    bool good = srtp_session_open_rtp(s, p.b, &p.n, now_us);
    if (good) {
        assert_int_equal(p.n, BYTES);
        wanted = rtp_packet(bytes_get32(p.b + 8), bytes_get16(p.b + 2));
        assert_memory_equal(p.b, wanted.b, BYTES);
    }
    return good;
}

static struct packet rtcp_packet(void)
{
    struct packet p = {.n = 28};
    from_hex("80c80006 00001234 4e545031 4e545032 00005254 00000001 000000a0", p.b);
    return p;
}

/* The vector that libsrtp itself is tested by. */
static void a_known_packet(void **state)
{
    (void)state;
    struct media_crypto c = {.suite = SUITE_AES_CM_80};
    from_hex(rfc_3711_master, c.send);
    struct srtp_session *s = NULL;
    srtp_session_set(&s, &c, 0);
    _Alignas(4) uint8_t packet[28 + SRTP_TRAILER_BYTES];
    uint8_t wanted[64];
    size_t n = from_hex("800f1234decafbadcafebabe abababababababababababababababab", packet);
    assert_true(srtp_session_seal_rtp(s, packet, &n, 0));
    size_t wanted_n = from_hex("800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb", wanted);
    assert_int_equal(n, wanted_n);
    assert_memory_equal(packet, wanted, wanted_n);
    srtp_session_free(s);
}

static void session_is_as_the_reference_sip_22(void **state)
{
    (void)state;
    for (int suite = SUITE_NONE + 1; suite < MEDIA_SUITES; suite++) {
        struct srtp_session *s = session_of((enum media_suite)suite, 0x11, 0x22);
        struct media_crypto c = keys_of((enum media_suite)suite, 0x11, 0x22);
        struct srtp_reference out = reference_derive((enum media_suite)suite, c.send, false),
                              in = reference_derive((enum media_suite)suite, c.receive, false),
                              out_rtcp = reference_derive((enum media_suite)suite, c.send, true),
                              in_rtcp = reference_derive((enum media_suite)suite, c.receive, true);
        for (unsigned i = 0; i < 20; i++) { /* over the turn of the number: the rollover counter counts */
            uint16_t seq = (uint16_t)(65526 + i);
            struct packet ours = sealed(s, 77, seq), theirs = rtp_packet(99, seq), wanted = rtp_packet(77, seq);
            wanted.n = reference_seal_rtp(&out, wanted.b, wanted.n, i >= 10);
            assert_int_equal(ours.n, wanted.n);
            assert_memory_equal(ours.b, wanted.b, wanted.n);
            theirs.n = reference_seal_rtp(&in, theirs.b, theirs.n, i >= 10);
            assert_true(opens(s, theirs, 0));
        }
        for (uint32_t i = 1; i < 4; i++) {
            struct packet ours = rtcp_packet(), theirs = rtcp_packet(), wanted = rtcp_packet();
            assert_true(srtp_session_seal_rtcp(s, ours.b, &ours.n, 0));
            wanted.n = reference_seal_rtcp(&out_rtcp, wanted.b, wanted.n, i);
            assert_int_equal(ours.n, wanted.n);
            assert_memory_equal(ours.b, wanted.b, wanted.n);
            theirs.n = reference_seal_rtcp(&in_rtcp, theirs.b, theirs.n, i);
            assert_true(srtp_session_open_rtcp(s, theirs.b, &theirs.n, 0));
            assert_memory_equal(theirs.b, rtcp_packet().b, 28);
        }
        srtp_session_free(s);
    }
}

/* Every byte changed, every length, each packet twice: nothing opens, and the next good one does. */
static void forged_cut_and_replayed_e3(void **state)
{
    (void)state;
    for (int suite = SUITE_NONE + 1; suite < MEDIA_SUITES; suite++) {
        struct srtp_session *a = session_of((enum media_suite)suite, 1, 2),
                            *b = session_of((enum media_suite)suite, 2, 1);
        struct packet good = sealed(a, 5, 1000);
        for (size_t i = 0; i < good.n; i++) {
            struct packet bad = good;
            bad.b[i] ^= 0x40;
            assert_false(opens(b, bad, 0));
            bad = good;
            bad.n = i;
            assert_false(opens(b, bad, 0));
        }
        assert_true(opens(b, good, 0));
        assert_false(opens(b, good, 0));
        assert_false(opens(b, rtp_packet(5, 1001), 0)); /* in clear */
        struct packet late = sealed(a, 5, 1001);
        for (uint16_t seq = 1002; seq < 1002 + 200; seq++)
            assert_true(opens(b, sealed(a, 5, seq), 0));
        assert_false(opens(b, late, 0)); /* older than the window */
        struct packet report = rtcp_packet(), again;
        assert_true(srtp_session_seal_rtcp(a, report.b, &report.n, 0));
        again = report;
        for (size_t i = 0; i < report.n; i++) {
            struct packet bad = report;
            bad.b[i] ^= 1;
            assert_false(srtp_session_open_rtcp(b, bad.b, &bad.n, 0));
            bad = report;
            bad.n = i;
            assert_false(srtp_session_open_rtcp(b, bad.b, &bad.n, 0));
        }
        assert_true(srtp_session_open_rtcp(b, report.b, &report.n, 0));
        assert_false(srtp_session_open_rtcp(b, again.b, &again.n, 0));
        struct packet clear = rtcp_packet();
        assert_false(srtp_session_open_rtcp(b, clear.b, &clear.n, 0));
        srtp_session_free(a);
        srtp_session_free(b);
    }
}

/* A peer may change its SSRC (SIP-22), but not without end. */
static void sources_are_bounded_e3(void **state)
{
    (void)state;
    struct srtp_session *a = session_of(SUITE_AES_128_GCM, 1, 2), *b = session_of(SUITE_AES_128_GCM, 2, 1);
    for (uint32_t ssrc = 1; ssrc <= SRTP_SOURCES_MAX; ssrc++)
        assert_true(opens(b, sealed(a, ssrc, 10), 0));
    assert_false(opens(b, sealed(a, SRTP_SOURCES_MAX + 1, 10), 0));
    assert_true(opens(b, sealed(a, 1, 11), 0));
    srtp_session_free(a);
    srtp_session_free(b);
}

/* What was on its way by the old key is still heard; we change over once the peer shows that it has our answer. */
static void keys_change_without_a_gap_sip_22(void **state)
{
    (void)state;
    struct srtp_session *phone = session_of(SUITE_AES_CM_80, 1, 2), *ours = session_of(SUITE_AES_CM_80, 2, 1);
    struct srtp_session *phone_new = session_of(SUITE_AES_256_GCM, 3, 4);
    struct media_crypto now = keys_of(SUITE_AES_256_GCM, 4, 3);
    assert_true(opens(ours, sealed(phone, 5, 1), 0));
    struct packet on_its_way = sealed(phone, 5, 2), much_later = sealed(phone, 5, 3);
    srtp_session_set(&ours, &now, S);
    assert_true(opens(ours, on_its_way, S));
    assert_false(opens(ours, on_its_way, S));
    assert_true(opens(phone, sealed(ours, 6, 1), 0));
    assert_true(opens(ours, sealed(phone_new, 5, 4), S));
    assert_true(opens(phone_new, sealed(ours, 6, 2), 0));
    assert_false(opens(ours, much_later, S + (int64_t)SRTP_FORMER_MS * 1000));
    srtp_session_set(&ours, &now, 2 * S); /* the same again: no new context, so no second chance for a replay */
    assert_true(opens(ours, sealed(phone_new, 5, 5), 2 * S));
    srtp_session_set(&ours, &(struct media_crypto){0}, 3 * S);
    assert_null(ours);
    srtp_session_free(phone);
    srtp_session_free(phone_new);
}

static void silent_peers_get_the_new_key_after_a_second(void **state)
{
    (void)state;
    struct srtp_session *phone_new = session_of(SUITE_AES_128_GCM, 3, 4), *ours = session_of(SUITE_AES_CM_32, 2, 1);
    struct media_crypto now = keys_of(SUITE_AES_128_GCM, 4, 3);
    srtp_session_set(&ours, &now, S);
    struct packet p = rtp_packet(6, 1);
    assert_true(srtp_session_seal_rtp(ours, p.b, &p.n, S + (int64_t)SRTP_SWITCH_MS * 1000 - 1));
    assert_false(opens(phone_new, p, 0));
    p = rtp_packet(6, 2);
    assert_true(srtp_session_seal_rtp(ours, p.b, &p.n, S + (int64_t)SRTP_SWITCH_MS * 1000));
    assert_true(opens(phone_new, p, 0));
    srtp_session_free(ours);
    srtp_session_free(phone_new);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_has_the_vectors_of_rfc_7714),
        cmocka_unit_test(reference_has_the_vectors_of_rfc_3711),
        cmocka_unit_test(a_known_packet),
        cmocka_unit_test(session_is_as_the_reference_sip_22),
        cmocka_unit_test(forged_cut_and_replayed_e3),
        cmocka_unit_test(sources_are_bounded_e3),
        cmocka_unit_test(keys_change_without_a_gap_sip_22),
        cmocka_unit_test(silent_peers_get_the_new_key_after_a_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
