/* SPDX-License-Identifier: Apache-2.0
 *
 * SIP-20, SIP-27: peers without a common codec hear each other's tone through the engine, each of the four codecs with
 * each; keys, hold music, re-joining, SRTP.
 */
#include "dsp/level.h"
#include "dsp/voice.h"
#include "media/dtmf_priv.h"
#include "media/srtp_session_priv.h"
#include "media_world.h"
#include "tests/cmocka_all.h"

#include <glib.h>
#include <math.h>

#define PORT(w, f, ...) (w)->port.f((w)->port.arg, __VA_ARGS__)

enum { TONE_HZ = 1000, OTHER_HZ = 700, TALK_FRAMES = 60 };
static const double TONE_DB = -13.32; /* a sine of 10000 */

static enum voice_coding coding_of(enum codec c)
{
    return c == CODEC_OPUS ? VOICE_OPUS : c == CODEC_G722 ? VOICE_G722 : c == CODEC_PCMU ? VOICE_PCMU : VOICE_PCMA;
}

static uint8_t pt_of(enum codec c)
{
    return c == CODEC_OPUS ? 111 : codec_static_pt(c);
}

/* A peer that codes a tone, and decodes what it hears. */
struct talker {
    struct peer peer;
    enum codec codec;
    unsigned hz, frames;
    struct voice_encoder *encoder;
    struct voice_decoder *decoder;
    struct srtp_session *srtp; /* the peer's own end */
    GArray *heard;             /* int16_t */
    unsigned packets, gaps, events;
    bool begun;
    uint32_t ssrc, ts;
    uint16_t seq;
    struct dtmf_in dtmf;
    char keys[32];
};

static void set_codec(struct talker *t, enum codec c)
{
    voice_encoder_free(t->encoder);
    voice_decoder_free(t->decoder);
    t->codec = c;
    t->encoder = voice_encoder_new(coding_of(c));
    t->decoder = voice_decoder_new(coding_of(c));
    enum codec event = codec_event_for(c);
    struct media_format formats[] = {{(uint8_t)c, pt_of(c)}, {(uint8_t)event, 101}};
    memcpy(t->peer.local.format, formats, sizeof formats);
    memcpy(t->peer.remote.format, formats, sizeof formats);
    t->peer.local.n_formats = t->peer.remote.n_formats = 2;
    peer_set(&t->peer);
}

static void talker_open(struct talker *t, struct world *w, enum codec c, unsigned hz)
{
    *t = (struct talker){.hz = hz, .heard = g_array_new(FALSE, FALSE, sizeof(int16_t))};
    peer_open(&t->peer, w, "127.0.0.1", MEDIA_STRICT);
    t->peer.ssrc = hz;
    set_codec(t, c);
}

static void talker_close(struct talker *t)
{
    peer_close(&t->peer);
    voice_encoder_free(t->encoder);
    voice_decoder_free(t->decoder);
    srtp_session_free(t->srtp);
    g_array_free(t->heard, TRUE);
}

static void send_packet(struct talker *t, uint8_t *packet, const struct rtp *r)
{
    size_t bytes = (size_t)RTP_HEADER_BYTES + r->payload_bytes;
    (void)rtp_write_header(r);
    if (t->srtp)
        assert_true(srtp_session_seal_rtp(t->srtp, packet, &bytes, world_now_us()));
    peer_send(&t->peer, packet, bytes);
}

static void talk(struct talker *t)
{
    int16_t linear[VOICE_SAMPLES_MAX];
    _Alignas(4) uint8_t packet[RTP_HEADER_BYTES + VOICE_BYTES_MAX + SRTP_TRAILER_BYTES];
    size_t n = voice_frame_samples(coding_of(t->codec));
    for (size_t i = 0; i < n; i++)
        linear[i] =
            (int16_t)(10000 * sin(2 * M_PI * t->hz * (double)(t->frames * n + i) / voice_rate_hz(coding_of(t->codec))));
    t->frames++;
    struct rtp r = {.payload = packet + RTP_HEADER_BYTES, .pt = pt_of(t->codec), .ssrc = t->peer.ssrc};
    r.seq = ++t->peer.seq;
    r.ts = t->peer.ts += codec_clock_hz(t->codec) / 50;
    r.payload_bytes = (uint16_t)voice_encode(t->encoder, linear, r.payload);
    send_packet(t, packet, &r);
}

/* One stream, whatever happens: one SSRC, no number missing, time never back. */
static void check_stream(struct talker *t, const struct rtp *r)
{
    if (t->begun) {
        assert_int_equal(r->ssrc, t->ssrc);
        t->gaps += r->seq != (uint16_t)(t->seq + 1);
        assert_true((int32_t)(r->ts - t->ts) >= 0);
    }
    t->begun = true;
    t->ssrc = r->ssrc;
    t->seq = r->seq;
    t->ts = r->ts;
}

static void hear_key(struct talker *t, const struct rtp *r)
{
    struct dtmf_key key[2];
    unsigned n = dtmf_in_add(&t->dtmf, r, codec_clock_hz(codec_event_for(t->codec)), key);
    t->events++;
    for (unsigned i = 0; i < n; i++) {
        assert_in_range(key[i].ms, 80, 120);
        t->keys[strlen(t->keys)] = key[i].digit;
    }
}

static void listen(struct talker *t)
{
    size_t n;
    struct rtp r;
    int16_t linear[VOICE_PACKET_SAMPLES_MAX];
    while ((n = socket_receive(t->peer.rtp, t->peer.packet, sizeof t->peer.packet, 0)) > 0) {
        if (t->srtp)
            assert_true(srtp_session_open_rtp(t->srtp, t->peer.packet, &n, world_now_us()));
        assert_true(rtp_parse(t->peer.packet, n, &r));
        check_stream(t, &r);
        if (r.pt == 101) {
            hear_key(t, &r);
            continue;
        }
        assert_int_equal(r.pt, pt_of(t->codec));
        t->packets++;
        size_t samples = voice_decode_packet(t->decoder, r.payload, r.payload_bytes, linear);
        g_array_append_vals(t->heard, linear, (guint)samples);
    }
}

static void forget(struct talker *t)
{
    listen(t);
    g_array_set_size(t->heard, 0);
    t->packets = t->gaps = 0;
}

/* Until the next 20 ms by the clock, however long the last ones took. */
static void pace(struct world *w, int64_t *next_us)
{
    *next_us += 20000;
    int64_t left_us = *next_us - world_now_us();
    if (left_us > 0)
        world_run(w, (int)((left_us + 500) / 1000));
}

/* Both speak for so many frames, in real time. */
static void converse(struct talker *a, struct talker *b, unsigned frames)
{
    int64_t next_us = world_now_us();
    for (unsigned i = 0; i < frames; i++) {
        talk(a);
        talk(b);
        pace(a->peer.world, &next_us);
        listen(a);
        listen(b);
    }
}

/* The last half second of what it heard is that tone, as loud as it was said. */
static void assert_tone(const struct talker *t, unsigned hz)
{
    uint32_t rate = voice_rate_hz(coding_of(t->codec));
    size_t n = rate / 2;
    assert_true(t->heard->len >= n);
    const int16_t *last = &g_array_index(t->heard, int16_t, t->heard->len - n);
    double tone = level_at_db(last, n, rate, hz), all = level_rms_db(last, n);
    if (fabs(tone - TONE_DB) > 1 || fabs(all - TONE_DB) > 1)
        fail_msg("%s: %f dB at %u Hz, %f dB in all", codec_name(t->codec), tone, hz, all);
}

static void open_two(struct world *w, struct talker *a, enum codec ca, struct talker *b, enum codec cb)
{
    talker_open(a, w, ca, TONE_HZ);
    talker_open(b, w, cb, OTHER_HZ);
    PORT(w, join, a->peer.id, b->peer.id);
    world_settle(w);
}

static void close_two(struct world *w, struct talker *a, struct talker *b)
{
    talker_close(a);
    talker_close(b);
    world_run(w, 2 * LOOP_LAZY_MS + 50);
    assert_int_equal(media_engine_sessions(w->engine), 0);
    world_close(w);
}

/* All 4 x 4 pairs at once, each both ways. */
static void matrix_sip_20(void **state)
{
    (void)state;
    static const enum codec codecs[] = {CODEC_OPUS, CODEC_G722, CODEC_PCMA, CODEC_PCMU};
    struct world *w = world_open(2, 80);
    static struct talker t[32];
    for (unsigned i = 0; i < 16; i++) {
        talker_open(&t[2 * i], w, codecs[i / 4], TONE_HZ);
        talker_open(&t[2 * i + 1], w, codecs[i % 4], OTHER_HZ);
        PORT(w, join, t[2 * i].peer.id, t[2 * i + 1].peer.id);
    }
    world_settle(w);
    int64_t next_us = world_now_us();
    for (unsigned k = 0; k < TALK_FRAMES; k++) {
        for (unsigned i = 0; i < 32; i++)
            talk(&t[i]);
        pace(w, &next_us);
        for (unsigned i = 0; i < 32; i++)
            listen(&t[i]);
    }
    for (unsigned i = 0; i < 32; i++) {
        assert_tone(&t[i], i % 2 ? TONE_HZ : OTHER_HZ);
        assert_int_equal(t[i].gaps, 0);
        talker_close(&t[i]);
    }
    world_run(w, 2 * LOOP_LAZY_MS + 50);
    world_close(w);
}

/* Keys cross from one clock to the other, once each, while the sound goes on around them. */
static void keys_sip_21(void **state)
{
    (void)state;
    struct world *w = world_open(1, 40);
    struct talker a, b;
    open_two(w, &a, CODEC_PCMU, &b, CODEC_OPUS);
    converse(&a, &b, 20);
    struct talker *from[] = {&a, &b};
    static const char keys[] = "1#";
    for (unsigned k = 0; k < 4; k++) {
        struct talker *t = from[k % 2];
        struct dtmf_event e = {.event = dtmf_code(keys[k / 2]), .volume = 10};
        uint32_t step = codec_clock_hz(t->codec) / 50, start = t->peer.ts += step;
        int64_t next_us = world_now_us();
        for (unsigned i = 1; i <= 7; i++) { /* 100 ms, the end three times */
            _Alignas(4) uint8_t packet[RTP_HEADER_BYTES + DTMF_EVENT_BYTES + SRTP_TRAILER_BYTES];
            struct rtp r = {.payload = packet + RTP_HEADER_BYTES, .payload_bytes = DTMF_EVENT_BYTES, .pt = 101};
            r.seq = ++t->peer.seq;
            r.ts = start;
            r.ssrc = t->peer.ssrc;
            e.end = i >= 5;
            e.duration = (uint16_t)(MIN(i, 5) * step);
            dtmf_write(r.payload, &e);
            send_packet(t, packet, &r);
            pace(w, &next_us);
            listen(&a);
            listen(&b);
        }
        t->peer.ts += 6 * step;
        converse(&a, &b, 10);
    }
    forget(&a);
    forget(&b);
    converse(&a, &b, 40);
    assert_tone(&a, OTHER_HZ);
    assert_tone(&b, TONE_HZ);
    assert_string_equal(a.keys, "1#");
    assert_string_equal(b.keys, "1#");
    assert_int_equal(a.events, 14);
    assert_int_equal(a.gaps + b.gaps, 0);
    assert_int_equal(w->n_events, 4); /* told of each once */
    close_two(w, &a, &b);
}

/* Hold music in between, a codec that changes on the way to a common one and back, parting and joining again. */
static void changes_sip_20(void **state)
{
    (void)state;
    struct world *w = world_open(1, 40);
    struct talker a, b;
    open_two(w, &a, CODEC_G722, &b, CODEC_PCMA);
    converse(&a, &b, TALK_FRAMES);
    assert_tone(&a, OTHER_HZ);
    PORT(w, play, b.peer.id, SOUND_MUSIC, LANGUAGE_EN);
    converse(&a, &b, 40);
    PORT(w, play, b.peer.id, SOUND_NONE, LANGUAGE_EN);
    forget(&b);
    converse(&a, &b, 40);
    assert_tone(&a, OTHER_HZ);
    assert_tone(&b, TONE_HZ);
    assert_int_equal(b.gaps, 0);
    set_codec(&a, CODEC_PCMA); /* relayed from here on */
    world_settle(w);
    forget(&a);
    forget(&b);
    converse(&a, &b, 30);
    assert_tone(&a, OTHER_HZ);
    assert_tone(&b, TONE_HZ);
    assert_in_range(b.packets, 29, 31);
    set_codec(&b, CODEC_OPUS);
    world_settle(w);
    forget(&a);
    forget(&b);
    converse(&a, &b, TALK_FRAMES);
    assert_tone(&a, OTHER_HZ);
    assert_tone(&b, TONE_HZ);
    PORT(w, part, a.peer.id);
    world_settle(w);
    forget(&a);
    converse(&a, &b, 5);
    assert_int_equal(a.packets, 0);
    PORT(w, join, b.peer.id, a.peer.id);
    forget(&b);
    converse(&a, &b, TALK_FRAMES);
    assert_tone(&a, OTHER_HZ);
    assert_tone(&b, TONE_HZ);
    close_two(w, &a, &b);
}

/* Who falls silent is silence at the other end, in packets that go on; comfort noise (RFC 3389) does no harm. */
static void silence_goes_on(void **state)
{
    (void)state;
    struct world *w = world_open(1, 40);
    struct talker a, b;
    open_two(w, &a, CODEC_PCMU, &b, CODEC_G722);
    converse(&a, &b, 30);
    forget(&b);
    int64_t next_us = world_now_us();
    for (unsigned i = 0; i < 30; i++) {
        _Alignas(4) uint8_t packet[RTP_HEADER_BYTES + 1 + SRTP_TRAILER_BYTES];
        struct rtp r = {.payload = packet + RTP_HEADER_BYTES, .payload_bytes = 1, .pt = 13, .ssrc = a.peer.ssrc};
        r.seq = ++a.peer.seq;
        r.ts = a.peer.ts += 160;
        r.payload[0] = 60;
        if (i % 10 == 0)
            send_packet(&a, packet, &r);
        talk(&b);
        pace(w, &next_us);
        listen(&a);
        listen(&b);
    }
    assert_in_range(b.packets, 25, 40);
    const int16_t *last = &g_array_index(b.heard, int16_t, b.heard->len - 4800);
    assert_true(level_rms_db(last, 4800) < -60);
    forget(&b);
    converse(&a, &b, 40);
    assert_tone(&b, TONE_HZ);
    assert_int_equal(b.gaps, 0);
    close_two(w, &a, &b);
}

/* One end ciphered, the other not (SIP-22). */
static void srtp_sip_22(void **state)
{
    (void)state;
    struct world *w = world_open(1, 40);
    struct talker a, b;
    struct media_crypto ours = {.suite = SUITE_AES_CM_80}, theirs = {.suite = SUITE_AES_CM_80};
    memset(ours.send, 1, sizeof ours.send);
    memset(ours.receive, 2, sizeof ours.receive);
    memcpy(theirs.send, ours.receive, sizeof theirs.send);
    memcpy(theirs.receive, ours.send, sizeof theirs.receive);
    open_two(w, &a, CODEC_PCMU, &b, CODEC_OPUS);
    b.peer.remote.crypto = ours;
    srtp_session_set(&b.srtp, &theirs, world_now_us());
    peer_set(&b.peer);
    world_settle(w);
    converse(&a, &b, TALK_FRAMES);
    assert_tone(&a, OTHER_HZ);
    assert_tone(&b, TONE_HZ);
    close_two(w, &a, &b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matrix_sip_20),   cmocka_unit_test(keys_sip_21), cmocka_unit_test(changes_sip_20),
        cmocka_unit_test(silence_goes_on), cmocka_unit_test(srtp_sip_22),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
