/* SPDX-License-Identifier: Apache-2.0
 *
 * What is played is heard: level and spectrum of each tone, prompt and the hold music in each codec (SIP-20, CALL-8).
 */
#include "dsp/level.h"
#include "dsp/voice.h"
#include "media_world.h"
#include "tests/cmocka_all.h"

#define PORT(w, f, ...) (w)->port.f((w)->port.arg, __VA_ARGS__)

static const struct {
    enum codec codec;
    enum voice_coding coding;
    uint8_t pt;
    uint32_t ts_step;
} CODEC[] = {{CODEC_PCMA, VOICE_PCMA, 8, 160},
             {CODEC_PCMU, VOICE_PCMU, 0, 160},
             {CODEC_G722, VOICE_G722, 9, 160},
             {CODEC_OPUS, VOICE_OPUS, 96, 960}};

/* Listens to n frames; returns them decoded. */
static int16_t *listen(struct peer *p, enum voice_coding coding, uint32_t ts_step, unsigned n)
{
    size_t step = voice_frame_samples(coding);
    int16_t *linear = g_new0(int16_t, n * step);
    struct voice_decoder *d = voice_decoder_new(coding);
    uint32_t ts = 0;
    for (unsigned i = 0; i < n; i++) {
        struct rtp r;
        assert_true(peer_hears(p, &r, 5000));
        assert_int_equal(r.marker, i == 0);
        if (i)
            assert_int_equal(r.ts - ts, ts_step);
        ts = r.ts;
        assert_int_equal(voice_decode(d, r.payload, r.payload_bytes, linear + i * step), step);
    }
    voice_decoder_free(d);
    return linear;
}

static void open_with(struct peer *p, struct world *w, unsigned k)
{
    peer_open(p, w, "127.0.0.1", MEDIA_STRICT);
    p->local.n_formats = p->remote.n_formats = 1;
    p->local.format[0] = p->remote.format[0] = (struct media_format){(uint8_t)CODEC[k].codec, CODEC[k].pt};
    peer_set(p);
}

static void test_tone_in_each_codec(void **state)
{
    (void)state;
    struct world *w = world_open(2, 40);
    for (unsigned k = 0; k < 4; k++) {
        struct peer p;
        open_with(&p, w, k);
        PORT(w, play, p.id, SOUND_BUSY, LANGUAGE_FR);
        enum { FRAMES = 50 }; /* a second: half tone, half silence */
        int16_t *linear = listen(&p, CODEC[k].coding, CODEC[k].ts_step, FRAMES);
        uint32_t rate = voice_rate_hz(CODEC[k].coding);
        size_t at = rate / 10, part = rate / 4;
        double all = level_rms_db(linear + at, part), tone = level_at_db(linear + at, part, rate, 440);
        assert_true(all > -21.5 && all < -18.5);
        assert_true(tone > all - 1.0);
        assert_true(level_rms_db(linear + rate * 6 / 10, part) < -50);
        g_free(linear);
        peer_close(&p);
    }
    world_close(w);
}

static void test_music_is_heard(void **state)
{
    (void)state;
    struct world *w = world_open(1, 40);
    struct peer p[4];
    for (unsigned k = 0; k < 4; k++) {
        open_with(&p[k], w, k);
        PORT(w, play, p[k].id, SOUND_MUSIC, LANGUAGE_EN);
    }
    for (unsigned k = 0; k < 4; k++) {
        enum { FRAMES = 50 };
        int16_t *linear = listen(&p[k], CODEC[k].coding, CODEC[k].ts_step, FRAMES);
        double all = level_rms_db(linear, FRAMES * voice_frame_samples(CODEC[k].coding));
        assert_true(all > -30 && all < -12);
        g_free(linear);
    }
    for (unsigned k = 0; k < 4; k++)
        peer_close(&p[k]);
    world_close(w);
}

/* A prompt is played once and told to be over, and then the joint is heard again; also when nobody can hear it. */
static void test_prompt_ends(void **state)
{
    (void)state;
    struct world *w = world_open(1, 40);
    struct peer a, b, mute;
    struct rtp r;
    open_with(&a, w, 0);
    open_with(&b, w, 0);
    peer_open(&mute, w, "127.0.0.1", MEDIA_STRICT); /* nothing was negotiated */
    PORT(w, join, a.id, b.id);
    PORT(w, play, b.id, SOUND_BEEP, LANGUAGE_EN);
    PORT(w, play, mute.id, SOUND_PROMPT_FORBIDDEN, LANGUAGE_FR);
    world_run_until_events(w, 1, 3000);
    assert_int_equal(w->n_events, 1);
    assert_int_equal(w->event[0].id, b.id);
    assert_int_equal(w->event[0].event.kind, MEDIA_PLAYED);
    unsigned packets = 0;
    while (peer_hears(&b, &r, 50))
        packets++;
    assert_int_equal(packets, 12);
    peer_say(&a, 9);
    assert_true(peer_hears(&b, &r, 500));
    assert_int_equal(r.payload[0], 9);
    world_run_until_events(w, 2, 6000);
    assert_int_equal(w->n_events, 2);
    assert_int_equal(w->event[1].id, mute.id);
    peer_close(&a);
    peer_close(&b);
    peer_close(&mute);
    world_close(w);
}

/* Closing while the music is still being made. */
static void test_close_early(void **state)
{
    (void)state;
    struct world *w = world_open(2, 40);
    struct peer p;
    open_with(&p, w, 3);
    PORT(w, play, p.id, SOUND_MUSIC, LANGUAGE_EN);
    world_run(w, 40);
    peer_close(&p);
    world_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tone_in_each_codec),
        cmocka_unit_test(test_music_is_heard),
        cmocka_unit_test(test_prompt_ends),
        cmocka_unit_test(test_close_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
