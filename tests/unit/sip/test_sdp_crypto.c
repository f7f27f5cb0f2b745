/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys in SDP (SDES, RFC 4568; SIP-22): which are taken, exact answers, offers read back, and lines that are broken.
 */
#include "tests/cmocka_all.h"

#include "sip/sdp.h"

#include <glib.h>
#include <string.h>

#define HEAD       "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
#define OUR_HEAD   "v=0\r\no=- 7 8 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
#define OUR(proto) "m=audio 9000 " proto " 8\r\na=rtpmap:8 PCMA/8000\r\na=sendrecv\r\n"
/* 30 bytes: the example of RFC 4568 6.1; 28 and 44 bytes of one letter */
#define KEY30 "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"
#define KEY28 "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQQ=="
#define KEY44 "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
#define CM80  "AES_CM_128_HMAC_SHA1_80 inline:"
#define CM32  "AES_CM_128_HMAC_SHA1_32 inline:"
#define GCM1  "AEAD_AES_128_GCM inline:"
#define GCM2  "AEAD_AES_256_GCM inline:"
#define SAVP  "m=audio 4000 RTP/SAVP 8\r\n"
#define AVP   "m=audio 4000 RTP/AVP 8\r\n"

static const struct sdp_origin origin = {7, 8};

static struct media_desc ours(void)
{
    struct media_desc d = {.present = true, .dir = MEDIA_BOTH};
    assert_true(net_addr_parse(VIEW("192.0.2.1"), 9000, &d.rtp));
    d.rtcp = d.rtp;
    d.rtcp.port = 9001;
    media_desc_add(&d, CODEC_PCMA, 8);
    memset(d.crypto.send, 'A', sizeof d.crypto.send);
    return d;
}

static struct media_desc read_offer(const char *text, enum sdp_srtp srtp)
{
    struct media_desc d;
    struct sdp_fault fault;
    if (sdp_read_offer(view_of(text), srtp, &d, &fault) != 0)
        fail_msg("%s: %s", fault.text, text);
    return d;
}

/* Which line, which suite; what is broken or asks for what we do not do counts as absent. */
static void which_keys_are_taken_sip_22(void **state)
{
    (void)state;
    static const struct {
        const char *media;
        int suite; /* -1: no usable line at all */
    } rows[] = {
        {SAVP "a=crypto:1 " CM80 KEY30 "\r\n", SUITE_AES_CM_80},
        {SAVP "a=crypto:1 " CM32 KEY30 "\r\n", SUITE_AES_CM_32},
        {SAVP "a=crypto:1 " GCM1 KEY28 "\r\n", SUITE_AES_128_GCM},
        {SAVP "a=crypto:1 " GCM2 KEY44 "\r\n", SUITE_AES_256_GCM},
        {"m=audio 4000 RTP/SAVPF 8\r\na=crypto:1 " CM80 KEY30 "\r\n", SUITE_AES_CM_80},
        {AVP "a=crypto:1 " CM80 KEY30 "\r\n", SUITE_AES_CM_80},
        {AVP "m=audio 4002 RTP/SAVP 8\r\na=crypto:1 " CM80 KEY30 "\r\n", SUITE_AES_CM_80},
        {SAVP "a=crypto:1 " CM80 KEY30 "|2^31\r\n", SUITE_AES_CM_80},
        {SAVP "a=crypto:1 " CM80 KEY30 "|2^20\r\n", SUITE_AES_CM_80},
        {SAVP "a=crypto:1 " CM80 KEY30 "|1048576\r\n", SUITE_AES_CM_80},
        {SAVP "a=crypto:999999999 " CM80 KEY30 " WSH=128 -X=1\r\n", SUITE_AES_CM_80},
        {SAVP "a=crypto:1  aes_cm_128_hmac_sha1_80  inline:" KEY30 "\r\n", SUITE_AES_CM_80},
        /* the offerer's order counts */
        {SAVP "a=crypto:1 " CM32 KEY30 "\r\na=crypto:2 " CM80 KEY30 "\r\n", SUITE_AES_CM_32},
        {SAVP "a=crypto:1 F8_128_HMAC_SHA1_80 inline:" KEY30 "\r\na=crypto:2 " CM80 KEY30 "\r\n", SUITE_AES_CM_80},
        {SAVP "a=crypto:1 " CM80 "\r\na=crypto:2 " GCM1 KEY28 "\r\n", SUITE_AES_128_GCM},
        /* broken */
        {SAVP, -1},
        {SAVP "a=crypto:\r\n", -1},
        {SAVP "a=crypto:1\r\n", -1},
        {SAVP "a=crypto:0 " CM80 KEY30 "\r\n", -1},
        {SAVP "a=crypto:-1 " CM80 KEY30 "\r\n", -1},
        {SAVP "a=crypto:1000000000 " CM80 KEY30 "\r\n", -1},
        {SAVP "a=crypto:1 " CM80 "\r\n", -1},
        {SAVP "a=crypto:1 " CM80 "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSo\r\n", -1},  /* a byte less */
        {SAVP "a=crypto:1 " CM80 KEY30 "AA\r\n", -1},                                 /* one more */
        {SAVP "a=crypto:1 " CM80 "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSo?\r\n", -1}, /* no base64 */
        {SAVP "a=crypto:1 " CM80 "====\r\n", -1},
        {SAVP "a=crypto:1 " CM80 KEY44 KEY44 KEY44 KEY44 "\r\n", -1},
        {SAVP "a=crypto:1 " GCM2 KEY28 "\r\n", -1},
        {SAVP "a=crypto:1 " CM80 KEY30 "|2^19\r\n", -1},
        {SAVP "a=crypto:1 " CM80 KEY30 "|2^49\r\n", -1},
        {SAVP "a=crypto:1 " CM80 KEY30 "|2^31|1:4\r\n", -1}, /* an MKI */
        {SAVP "a=crypto:1 " CM80 KEY30 "|1:4\r\n", -1},
        {SAVP "a=crypto:1 " CM80 KEY30 ";inline:" KEY30 "\r\n", -1},
        {SAVP "a=crypto:1 " CM80 KEY30 " UNENCRYPTED_SRTP\r\n", -1},
        {SAVP "a=crypto:1 " CM80 KEY30 " UNAUTHENTICATED_SRTP\r\n", -1},
        {SAVP "a=crypto:1 " CM80 KEY30 " KDR=1\r\n", -1},
        {SAVP "a=crypto:1 AES_CM_128_HMAC_SHA1_80 uri:" KEY30 "\r\n", -1},
        {"m=audio 4000 UDP/TLS/RTP/SAVP 8\r\na=crypto:1 " CM80 KEY30 "\r\n", -1},
        {"m=audio 0 RTP/SAVP 8\r\na=crypto:1 " CM80 KEY30 "\r\n", -1},
        {AVP, SUITE_NONE},
        {AVP "a=crypto:1 " CM80 "\r\n", SUITE_NONE},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char *text = g_strconcat(HEAD, rows[i].media, NULL);
        struct media_desc d = read_offer(text, SDP_SRTP_PREFERRED);
        if (d.present != (rows[i].suite >= 0) || (d.present && d.crypto.suite != rows[i].suite))
            fail_msg("suite %d: %s", d.crypto.suite, text);
        d = read_offer(text, SDP_SRTP_REQUIRED);
        assert_int_equal(d.present, rows[i].suite > 0);
        /* E7: where signalling is in clear no key counts */
        d = read_offer(text, SDP_SRTP_OFF);
        assert_int_equal(d.present, strstr(rows[i].media, "RTP/AVP") != NULL);
        assert_int_equal(d.crypto.suite, SUITE_NONE);
        g_free(text);
    }
}

static void the_key_of_rfc_4568_is_read(void **state)
{
    (void)state;
    struct media_desc d = read_offer(HEAD SAVP "a=crypto:1 " CM80 KEY30 "|2^20\r\n", SDP_SRTP_PREFERRED);
    gsize n;
    guchar *key = g_base64_decode(KEY30, &n);
    assert_int_equal(n, 30);
    assert_memory_equal(d.crypto.receive, key, 30);
    g_free(key);
    media_desc_wipe(&d);
    static const struct media_crypto none;
    assert_memory_equal(&d.crypto, &none, sizeof none);
}

/* To the letter (SIP-22): the tag is echoed, the protocol too, one key. */
static void exact_answers_sip_22(void **state)
{
    (void)state;
    static const struct {
        const char *offer, *answer;
    } rows[] = {
        {HEAD SAVP "a=crypto:3 " CM80 KEY30 "\r\na=crypto:4 " CM32 KEY30 "\r\n",
         OUR_HEAD OUR("RTP/SAVP") "a=crypto:3 " CM80 "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB\r\n"},
        {HEAD SAVP "a=crypto:1 NEW_SUITE inline:" KEY30 "\r\na=crypto:12 " GCM1 KEY28 "\r\n",
         OUR_HEAD OUR("RTP/SAVP") "a=crypto:12 " GCM1 KEY28 "\r\n"},
        {HEAD "m=audio 4000 RTP/SAVPF 8\r\na=crypto:1 " GCM2 KEY44 "\r\n",
         OUR_HEAD OUR("RTP/SAVPF") "a=crypto:1 " GCM2 KEY44 "\r\n"},
        {HEAD AVP "a=crypto:1 " GCM2 KEY44 "\r\n", OUR_HEAD OUR("RTP/AVP") "a=crypto:1 " GCM2 KEY44 "\r\n"},
        {HEAD AVP "m=audio 4002 RTP/SAVP 8\r\na=crypto:1 " GCM2 KEY44 "\r\n",
         OUR_HEAD "m=audio 0 RTP/AVP 8\r\n" OUR("RTP/SAVP") "a=crypto:1 " GCM2 KEY44 "\r\n"},
        {HEAD SAVP "a=crypto:1 " GCM2 KEY44 "\r\n" AVP,
         OUR_HEAD OUR("RTP/SAVP") "a=crypto:1 " GCM2 KEY44 "\r\nm=audio 0 RTP/AVP 8\r\n"},
        {HEAD SAVP "a=crypto:1 " GCM2 "\r\n" AVP, OUR_HEAD "m=audio 0 RTP/SAVP 8\r\n" OUR("RTP/AVP")},
        {HEAD SAVP "a=crypto:1 " GCM2 "\r\n", OUR_HEAD "m=audio 0 RTP/SAVP 8\r\n"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char mem[2048];
        struct buf b = buf_on(mem, sizeof mem - 1);
        struct media_desc d = ours(), theirs = read_offer(rows[i].offer, SDP_SRTP_PREFERRED);
        d.crypto.suite = theirs.crypto.suite;
        sdp_write_answer(&b, &d, &origin, view_of(rows[i].offer));
        mem[b.n] = '\0';
        assert_string_equal(mem, rows[i].answer);
    }
}

static void put_offer(char mem[2048], const struct sdp_keys *keys, const char *former)
{
    struct buf b = buf_on(mem, 2047);
    struct media_desc d = ours();
    sdp_write_offer_srtp(&b, &d, keys, &origin, view_of(former));
    mem[b.n] = '\0';
}

static struct sdp_keys four_keys(void)
{
    struct sdp_keys keys = {.n = 4, .savp = true};
    for (int s = SUITE_AES_256_GCM; s <= SUITE_AES_CM_32; s++) {
        keys.item[s - 1].suite = (uint8_t)s;
        memset(keys.item[s - 1].key, 'A', MEDIA_KEY_MAX);
    }
    return keys;
}

#define KEY30_A "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB"
#define FOUR                                                                             \
    "a=crypto:1 " GCM2 KEY44 "\r\na=crypto:2 " GCM1 KEY28 "\r\na=crypto:3 " CM80 KEY30_A \
    "\r\na=crypto:4 " CM32 KEY30_A "\r\n"

static void exact_offers_sip_22(void **state)
{
    (void)state;
    char mem[2048];
    struct sdp_keys keys = four_keys();
    put_offer(mem, &keys, "");
    assert_string_equal(mem, OUR_HEAD OUR("RTP/SAVP") FOUR);
    keys.savp = false;
    put_offer(mem, &keys, "");
    assert_string_equal(mem, OUR_HEAD OUR("RTP/AVP") FOUR);
    /* Again within a call: the place and the protocol of what was said before. */
    keys.n = 1;
    put_offer(mem, &keys, OUR_HEAD "m=video 0 RTP/AVP 96\r\n" OUR("RTP/SAVPF") "a=crypto:9 " GCM2 KEY44 "\r\n");
    assert_string_equal(mem, OUR_HEAD "m=video 0 RTP/AVP 96\r\n" OUR("RTP/SAVPF") "a=crypto:1 " GCM2 KEY44 "\r\n");
    keys.n = 0;
    put_offer(mem, &keys, OUR_HEAD OUR("RTP/SAVP") "a=crypto:9 " GCM2 KEY44 "\r\n");
    assert_string_equal(mem, OUR_HEAD OUR("RTP/AVP"));
}

/* Only a key that we offered, with its own suite, makes an agreement; required asks for one. */
static void answers_to_our_offer_sip_22(void **state)
{
    (void)state;
    static const struct {
        const char *media;
        int preferred, required; /* suite, or -1: refused */
    } rows[] = {
        {SAVP "a=crypto:1 " GCM2 KEY44 "\r\n", SUITE_AES_256_GCM, SUITE_AES_256_GCM},
        {SAVP "a=crypto:3 " CM80 KEY30 "\r\n", SUITE_AES_CM_80, SUITE_AES_CM_80},
        {SAVP "a=crypto:4 " CM32 KEY30 "\r\n", SUITE_AES_CM_32, SUITE_AES_CM_32},
        {AVP "a=crypto:4 " CM32 KEY30 "\r\n", SUITE_AES_CM_32, SUITE_AES_CM_32},
        {SAVP "a=crypto:4 " CM80 KEY30 "\r\n", -1, -1},
        {SAVP "a=crypto:5 " CM80 KEY30 "\r\n", -1, -1},
        {SAVP "a=crypto:3 " CM80 "\r\n", -1, -1},
        {SAVP, SUITE_NONE, -1},
        {AVP, SUITE_NONE, -1},
    };
    char offer[2048];
    struct sdp_keys keys = four_keys();
    memset(keys.item[SUITE_AES_CM_80 - 1].key, 'B', MEDIA_KEY_MAX);
    put_offer(offer, &keys, "");
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char *text = g_strconcat(HEAD, rows[i].media, NULL);
        struct media_desc d;
        struct sdp_fault fault;
        int e = sdp_read_answer(view_of(text), view_of(offer), SDP_SRTP_PREFERRED, &d, &fault);
        assert_int_equal(e ? -1 : d.crypto.suite, rows[i].preferred);
        if (!e && d.crypto.suite)
            assert_int_equal(d.crypto.send[0], d.crypto.suite == SUITE_AES_CM_80 ? 'B' : 'A');
        e = sdp_read_answer(view_of(text), view_of(offer), SDP_SRTP_REQUIRED, &d, &fault);
        assert_int_equal(e ? -1 : d.crypto.suite, rows[i].required);
        g_free(text);
    }
}

/* Keys that nobody asked for are no keys: we have offered none. */
static void keys_not_asked_for_are_left_out(void **state)
{
    (void)state;
    struct media_desc d;
    struct sdp_fault fault;
    struct view answer = VIEW(HEAD AVP "a=crypto:1 " GCM2 KEY44 "\r\n"), offer = VIEW(OUR_HEAD OUR("RTP/AVP"));
    assert_int_equal(sdp_read_answer(answer, offer, SDP_SRTP_PREFERRED, &d, &fault), 0);
    assert_int_equal(d.crypto.suite, SUITE_NONE);
    assert_int_not_equal(sdp_read_answer(answer, offer, SDP_SRTP_REQUIRED, &d, &fault), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(which_keys_are_taken_sip_22), cmocka_unit_test(the_key_of_rfc_4568_is_read),
        cmocka_unit_test(exact_answers_sip_22),        cmocka_unit_test(exact_offers_sip_22),
        cmocka_unit_test(answers_to_our_offer_sip_22), cmocka_unit_test(keys_not_asked_for_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
