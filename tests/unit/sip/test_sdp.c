/* SPDX-License-Identifier: Apache-2.0
 *
 * SDP: reading offers, exact answers (SIP-19), keeping the order of lines over a dialog, limits (A6).
 */
#include "tests/cmocka_all.h"

#include "sip/sdp.h"

#include <glib.h>
#include <string.h>

#define HEAD     "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
#define OUR_HEAD "v=0\r\no=- 7 8 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
#define OUR_PCMA "m=audio 9000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=sendrecv\r\n"

static const struct sdp_origin origin = {7, 8};

static struct media_desc read_ok(const char *text)
{
    struct media_desc d;
    struct sdp_fault fault;
    int err = sdp_read(view_of(text), &d, &fault);
    if (err)
        fail_msg("%s: %s", fault.text, text);
    return d;
}

static struct media_desc ours(enum media_dir dir)
{
    struct media_desc d = {.present = true, .dir = (uint8_t)dir};
    assert_true(net_addr_parse(VIEW("192.0.2.1"), 9000, &d.rtp));
    d.rtcp = d.rtp;
    d.rtcp.port = 9001;
    return d;
}

/* Which codecs and payload types, direction and address an audio section says. */
static void reading_sip_19_sip_20(void **state)
{
    (void)state;
    static const struct {
        const char *media, *codecs;
        int dir, ptime;
        const char *rtp;
    } rows[] = {
        {"m=audio 4000 RTP/AVP 0 8\r\n", "PCMU/0 PCMA/8 ", MEDIA_BOTH, 0, "192.0.2.9:4000"},
        {"m=audio 4000 RTP/AVP 9 101\r\na=rtpmap:101 telephone-event/8000\r\n", "G722/9 telephone-event/101 ",
         MEDIA_BOTH, 0, "192.0.2.9:4000"},
        {"m=audio 4000 RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\na=ptime:20\r\n", "opus/111 ", MEDIA_BOTH, 20,
         "192.0.2.9:4000"},
        {"m=audio 4000 RTP/AVP 111\r\na=rtpmap:111 opus/48000\r\n", "", MEDIA_BOTH, 0, "192.0.2.9:4000"},
        {"m=audio 4000 RTP/AVP 96 97\r\na=rtpmap:96 OPUS/48000/2\r\na=rtpmap:97 telephone-event/48000\r\n",
         "opus/96 telephone-event/97 ", MEDIA_BOTH, 0, "192.0.2.9:4000"},
        {"m=audio 4000 RTP/AVP 18 4 3\r\n", "", MEDIA_BOTH, 0, "192.0.2.9:4000"},
        {"m=audio 4000 RTP/AVP 0 13\r\na=sendonly\r\n", "PCMU/0 CN/13 ", MEDIA_SEND, 0, "192.0.2.9:4000"},
        {"m=audio 4000 RTP/AVP 0\r\na=inactive\r\na=ptime:30\r\n", "PCMU/0 ", MEDIA_INACTIVE, 30, "192.0.2.9:4000"},
        {"m=audio 4000 RTP/AVP 0\r\na=recvonly\r\na=ptime:5\r\n", "PCMU/0 ", MEDIA_RECV, 0, "192.0.2.9:4000"},
        {"m=audio 4000 RTP/AVP 0\r\nc=IN IP4 198.51.100.3\r\n", "PCMU/0 ", MEDIA_BOTH, 0, "198.51.100.3:4000"},
        {"m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n", "PCMU/0 ", MEDIA_SEND, 0, "0.0.0.0:4000"},
        {"m=audio 4000 RTP/AVP 0\r\nc=IN IP6 2001:db8::5\r\n", "PCMU/0 ", MEDIA_BOTH, 0, "[2001:db8::5]:4000"},
        {"m=audio 4000/2 RTP/AVP 0\r\n", "PCMU/0 ", MEDIA_BOTH, 0, "192.0.2.9:4000"},
        {"m=audio 4000 RTP/AVP 128 300 0\r\n", "PCMU/0 ", MEDIA_BOTH, 0, "192.0.2.9:4000"},
        {"m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMA/8000\r\n", "PCMA/0 ", MEDIA_BOTH, 0, "192.0.2.9:4000"},
        {"m=video 5000 RTP/AVP 31\r\nm=audio 4000 RTP/AVP 8\r\na=sendrecv\r\n", "PCMA/8 ", MEDIA_BOTH, 0,
         "192.0.2.9:4000"},
        {"m=audio 0 RTP/AVP 0\r\nm=audio 4002 RTP/AVP 8\r\n", "PCMA/8 ", MEDIA_BOTH, 0, "192.0.2.9:4002"},
        {"m=audio 4000 RTP/AVPF 8\r\n", "PCMA/8 ", MEDIA_BOTH, 0, "192.0.2.9:4000"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char *text = g_strconcat(HEAD, rows[i].media, NULL);
        struct media_desc d = read_ok(text);
        GString *codecs = g_string_new(NULL);
        for (unsigned k = 0; k < d.n_formats; k++)
            g_string_append_printf(codecs, "%s/%u ", codec_name((enum codec)d.format[k].codec), d.format[k].pt);
        char address[NET_ADDR_TEXT];
        assert_true(d.present);
        assert_string_equal(codecs->str, rows[i].codecs);
        assert_int_equal(d.dir, rows[i].dir);
        assert_int_equal(d.ptime_ms, rows[i].ptime);
        assert_string_equal(net_addr_text(&d.rtp, address), rows[i].rtp);
        g_string_free(codecs, TRUE);
        g_free(text);
    }
}

static void session_level_direction_counts_until_the_media_says_otherwise(void **state)
{
    (void)state;
    struct media_desc d = read_ok(HEAD "a=sendonly\r\nm=audio 4000 RTP/AVP 0\r\n");
    assert_int_equal(d.dir, MEDIA_SEND);
    d = read_ok(HEAD "a=sendonly\r\nm=audio 4000 RTP/AVP 0\r\na=sendrecv\r\n");
    assert_int_equal(d.dir, MEDIA_BOTH);
}

static void rtcp_is_next_port_or_as_said(void **state)
{
    (void)state;
    char text[NET_ADDR_TEXT];
    struct media_desc d = read_ok(HEAD "m=audio 4000 RTP/AVP 0\r\n");
    assert_string_equal(net_addr_text(&d.rtcp, text), "192.0.2.9:4001");
    d = read_ok(HEAD "m=audio 4000 RTP/AVP 0\r\na=rtcp:5555 IN IP4 192.0.2.77\r\n");
    assert_string_equal(net_addr_text(&d.rtcp, text), "192.0.2.77:5555");
    d = read_ok(HEAD "m=audio 4000 RTP/AVP 0\r\na=rtcp-mux\r\n");
    assert_string_equal(net_addr_text(&d.rtcp, text), "192.0.2.9:4000");
    assert_true(d.rtcp_mux);
}

static void no_audio_is_not_a_fault(void **state)
{
    (void)state;
    static const char *const rows[] = {HEAD, HEAD "m=video 5000 RTP/AVP 96\r\n", HEAD "m=audio 0 RTP/AVP 0\r\n",
                                       HEAD "m=audio 4000 RTP/SAVP 0\r\n", HEAD "m=image 4000 udptl t38\r\n"};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        assert_false(read_ok(rows[i]).present);
}

static void broken_sdp_names_the_line_a1(void **state)
{
    (void)state;
    static const struct {
        const char *text, *fault;
    } rows[] = {
        {"", "Bad SDP: v= line missing"},
        {"v=1\r\n", "Bad SDP: v= line"},
        {"v=0\r\nhello\r\n", "Bad SDP: line without type"},
        {HEAD "m=audio\r\n", "Bad SDP: m= line"},
        {HEAD "m=audio 70000 RTP/AVP 0\r\n", "Bad SDP: m= line"},
        {HEAD "m=audio 4294967296 RTP/AVP 0\r\n", "Bad SDP: m= line"},
        {HEAD "m=audio -1 RTP/AVP 0\r\n", "Bad SDP: m= line"},
        {HEAD "m=audio 4000 RTP/AVP\r\n", "Bad SDP: m= line"},
        {"v=0\r\nc=IN IP4\r\n", "Bad SDP: c= line"},
        {"v=0\r\nc=ATM NSAP 47\r\n", "Bad SDP: c= line"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct media_desc d;
        struct sdp_fault fault;
        assert_int_not_equal(sdp_read(view_of(rows[i].text), &d, &fault), 0);
        assert_string_equal(fault.text, rows[i].fault);
    }
    struct media_desc d;
    struct sdp_fault fault;
    /* CVE-2018-1000098 and -1000099: a payload type of 2^32, and a NUL in an attribute */
    assert_int_equal(sdp_read(VIEW(HEAD "m=audio 4000 RTP/AVP 4294967296\r\n"), &d, &fault), 0);
    assert_int_equal(d.n_formats, 0);
    assert_int_not_equal(sdp_read(VIEW(HEAD "m=audio 4000 RTP/AVP 0\r\na=fmtp\0:x\r\n"), &d, &fault), 0);
    assert_string_equal(fault.text, "Bad SDP: NUL octet");
}

static void thirty_two_media_lines_and_no_more_a6(void **state)
{
    (void)state;
    for (int n = SDP_MEDIA_MAX - 1; n <= SDP_MEDIA_MAX + 1; n++) {
        GString *text = g_string_new(HEAD);
        for (int i = 0; i < n; i++)
            g_string_append(text, "m=audio 4000 RTP/AVP 0\r\n");
        struct media_desc d;
        struct sdp_fault fault;
        assert_int_equal(sdp_read(view_of(text->str), &d, &fault) == 0, n <= SDP_MEDIA_MAX);
        g_string_free(text, TRUE);
    }
}

/* What we answer to each form of offer, to the letter (SIP-19). */
static void exact_answers_sip_19(void **state)
{
    (void)state;
    static const struct {
        const char *offer, *answer;
    } rows[] = {
        {HEAD "m=audio 4000 RTP/AVP 8\r\n", OUR_HEAD OUR_PCMA},
        {HEAD "m=audio 4000 RTP/AVP 8\r\nm=video 5000 RTP/AVP 96 97\r\na=rtpmap:96 VP8/90000\r\n",
         OUR_HEAD OUR_PCMA "m=video 0 RTP/AVP 96\r\n"},
        {HEAD "m=video 5000 RTP/AVP 96\r\nm=audio 4000 RTP/AVP 8\r\n", OUR_HEAD "m=video 0 RTP/AVP 96\r\n" OUR_PCMA},
        {HEAD "m=audio 4000 RTP/SAVP 8\r\nm=audio 4002 RTP/AVP 8\r\n", OUR_HEAD "m=audio 0 RTP/SAVP 8\r\n" OUR_PCMA},
        {HEAD "m=audio 4000 RTP/AVP 8\r\nm=audio 4002 RTP/AVP 8\r\n", OUR_HEAD OUR_PCMA "m=audio 0 RTP/AVP 8\r\n"},
        {HEAD "m=image 6000 udptl t38\r\n", OUR_HEAD "m=image 0 udptl t38\r\n"},
        {HEAD "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nm=audio 4000 RTP/AVP 8\r\n",
         OUR_HEAD "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n" OUR_PCMA},
        {HEAD "m=audio 0 RTP/AVP 8\r\nm=audio 4002 RTP/AVPF 8\r\n",
         OUR_HEAD "m=audio 0 RTP/AVP 8\r\nm=audio 9000 RTP/AVPF 8\r\na=rtpmap:8 PCMA/8000\r\na=sendrecv\r\n"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char mem[2048];
        struct buf b = buf_on(mem, sizeof mem - 1);
        struct media_desc d = ours(MEDIA_BOTH);
        media_desc_add(&d, CODEC_PCMA, 8);
        sdp_write_answer(&b, &d, &origin, view_of(rows[i].offer));
        mem[b.n] = '\0';
        assert_string_equal(mem, rows[i].answer);
    }
}

/* Every direction of an offer, each of ours, and the codecs of the matrix: written, read back, the same (SIP-19,
 * SIP-20). */
static void what_we_write_reads_back(void **state)
{
    (void)state;
    static const enum codec voices[] = {CODEC_OPUS, CODEC_G722, CODEC_PCMA, CODEC_PCMU};
    static const uint8_t pts[] = {111, 9, 8, 0};
    for (int dir = MEDIA_INACTIVE; dir <= MEDIA_BOTH; dir++) {
        for (size_t v = 0; v < G_N_ELEMENTS(voices); v++) {
            char mem[2048];
            struct buf b = buf_on(mem, sizeof mem);
            struct media_desc d = ours((enum media_dir)dir);
            media_desc_add(&d, voices[v], pts[v]);
            media_desc_add(&d, codec_event_for(voices[v]), 101);
            d.ptime_ms = 20;
            sdp_write_offer(&b, &d, &origin, (struct view){0});
            struct media_desc back;
            struct sdp_fault fault;
            assert_false(b.full);
            assert_int_equal(sdp_read(buf_view(&b), &back, &fault), 0);
            assert_memory_equal(&back.format, &d.format, sizeof d.format);
            assert_int_equal(back.dir, dir);
            assert_int_equal(back.ptime_ms, 20);
            assert_true(net_addr_eq(&back.rtp, &d.rtp));
        }
    }
}

static void a_new_offer_keeps_the_lines_of_the_former_sip_19(void **state)
{
    (void)state;
    char mem[2048];
    struct buf b = buf_on(mem, sizeof mem - 1);
    struct media_desc d = ours(MEDIA_BOTH);
    media_desc_add(&d, CODEC_PCMA, 8);
    sdp_write_offer(&b, &d, &origin, view_of(OUR_HEAD "m=video 0 RTP/AVP 96\r\n" OUR_PCMA "m=image 0 udptl t38\r\n"));
    mem[b.n] = '\0';
    assert_string_equal(mem, OUR_HEAD "m=video 0 RTP/AVP 96\r\n" OUR_PCMA "m=image 0 udptl t38\r\n");
}

static void same_apart_from_the_origin(void **state)
{
    (void)state;
    assert_true(
        sdp_same(VIEW("v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\ns=-\r\n"), VIEW("v=0\r\no=- 1 2 IN IP4 1.1.1.1\r\ns=-\r\n")));
    assert_false(sdp_same(VIEW("v=0\r\ns=-\r\n"), VIEW("v=0\r\ns=-\r\na=x\r\n")));
    assert_false(sdp_same(VIEW("v=0\r\ns=-\r\n"), VIEW("v=0\r\ns=a\r\n")));
}

static void choosing_and_common(void **state)
{
    (void)state;
    struct media_desc d = read_ok(HEAD "m=audio 4000 RTP/AVP 111 0 8 100 101 13\r\na=rtpmap:111 opus/48000/2\r\n"
                                       "a=rtpmap:100 telephone-event/48000\r\na=rtpmap:101 telephone-event/8000\r\n");
    static const enum codec allowed[] = {CODEC_PCMA, CODEC_G722};
    struct media_desc both = media_desc_common(&d, allowed, G_N_ELEMENTS(allowed));
    assert_int_equal(both.n_formats, 3); /* PCMA, its event, comfort noise; no event of 48 kHz without Opus */
    assert_int_equal(media_desc_pt(&both, CODEC_EVENT8), 101);
    assert_int_equal(media_desc_pt(&both, CODEC_EVENT48), -1);
    struct media_desc answer = {0};
    assert_true(media_desc_choose(&d, CODEC_OPUS, &answer));
    assert_int_equal(answer.n_formats, 2);
    assert_int_equal(media_desc_pt(&answer, CODEC_EVENT48), 100);
    assert_false(media_desc_choose(&d, CODEC_G722, &answer));
    assert_false(media_desc_choose(&d, CODEC_CN, &answer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_sip_19_sip_20),
        cmocka_unit_test(session_level_direction_counts_until_the_media_says_otherwise),
        cmocka_unit_test(rtcp_is_next_port_or_as_said),
        cmocka_unit_test(no_audio_is_not_a_fault),
        cmocka_unit_test(broken_sdp_names_the_line_a1),
        cmocka_unit_test(thirty_two_media_lines_and_no_more_a6),
        cmocka_unit_test(exact_answers_sip_19),
        cmocka_unit_test(what_we_write_reads_back),
        cmocka_unit_test(a_new_offer_keeps_the_lines_of_the_former_sip_19),
        cmocka_unit_test(same_apart_from_the_origin),
        cmocka_unit_test(choosing_and_common),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
