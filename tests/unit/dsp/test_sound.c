/* SPDX-License-Identifier: Apache-2.0
 *
 * Tones, levels, resampling, codecs and the hold music.
 */
#include "dsp/hold_music.h"
#include "dsp/level.h"
#include "dsp/resample.h"
#include "dsp/tone.h"
#include "dsp/voice.h"
#include "tests/cmocka_all.h"

#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

static void assert_near(double got, double want, double tolerance)
{
    if (fabs(got - want) > tolerance)
        fail_msg("%f is not %f", got, want);
}

static void test_level(void **state)
{
    (void)state;
    int16_t linear[8000];
    memset(linear, 0, sizeof linear);
    assert_near(level_rms_db(linear, 8000), LEVEL_SILENCE_DB, 0);
    assert_near(level_rms_db(linear, 0), LEVEL_SILENCE_DB, 0);
    for (unsigned i = 0; i < 8000; i++)
        linear[i] = (int16_t)(32767 * sin(2 * M_PI * 440 * i / 8000));
    assert_near(level_rms_db(linear, 8000), -3.01, 0.02);
    assert_near(level_at_db(linear, 8000, 8000, 440), -3.01, 0.02);
    assert_true(level_at_db(linear, 8000, 8000, 500) < -60);
}

static void test_tone(void **state)
{
    (void)state;
    static const struct tone_step steps[] = {{{440, 480}, 500, -20}, {{0}, 250, 0}};
    size_t n = tone_samples(steps, 2, 8000);
    assert_int_equal(n, 6000);
    int16_t *linear = g_new(int16_t, n);
    tone_render(steps, 2, 8000, linear);
    assert_int_equal(linear[0], 0);
    assert_true(abs(linear[1]) < 40 && abs(linear[3999]) < 40); /* soft edges */
    assert_near(level_at_db(linear + 400, 3200, 8000, 440), -20, 0.3);
    assert_near(level_at_db(linear + 400, 3200, 8000, 480), -20, 0.3);
    assert_near(level_rms_db(linear + 4000, 2000), LEVEL_SILENCE_DB, 0);
    g_free(linear);
}

/* A sine that fits the loop stays a sine, also over the seam. */
static void test_resample(void **state)
{
    (void)state;
    enum { N = 24000 };
    int16_t *src = g_new(int16_t, N);
    for (unsigned i = 0; i < N; i++)
        src[i] = (int16_t)(10000 * sin(2 * M_PI * 1000 * i / 24000));
    static const uint32_t rates[] = {8000, 16000, 24000, 48000};
    for (unsigned k = 0; k < 4; k++) {
        size_t n = resample_samples(N, 24000, rates[k]);
        assert_int_equal(n, rates[k]);
        int16_t *twice = g_new(int16_t, 2 * n);
        resample_loop(src, N, 24000, rates[k], twice);
        memcpy(twice + n, twice, n * sizeof *twice);
        double all = level_rms_db(twice, 2 * n), sine = level_at_db(twice, 2 * n, rates[k], 1000);
        assert_near(all, level_rms_db(src, N), 0.1);
        assert_near(sine, all, 0.02); /* nothing but the sine: no click at the seam */
        g_free(twice);
    }
    g_free(src);
}

/* SIP-20: a tone survives each codec at its level. */
static void test_codecs(void **state)
{
    (void)state;
    for (enum voice_coding c = VOICE_PCMA; c < VOICE_CODINGS; c++) {
        uint32_t rate = voice_rate_hz(c);
        size_t step = voice_frame_samples(c), n = rate;
        const struct tone_step tone = {{1000}, 1000, -15};
        int16_t *in = g_new(int16_t, n), *out = g_new0(int16_t, n);
        tone_render(&tone, 1, rate, in);
        struct voice_encoder *e = voice_encoder_new(c);
        struct voice_decoder *d = voice_decoder_new(c);
        for (size_t at = 0; at < n; at += step) {
            uint8_t packet[VOICE_BYTES_MAX];
            size_t bytes = voice_encode(e, in + at, packet);
            assert_true(bytes > 0 && bytes <= VOICE_BYTES_MAX);
            assert_int_equal(voice_decode(d, packet, bytes, out + at), step);
        }
        assert_near(level_at_db(out + n / 4, n / 2, rate, 1000), -15, 1.0);
        assert_true(level_rms_db(out + n / 4, n / 2) < -14);
        int16_t lost[VOICE_SAMPLES_MAX];
        static const uint8_t big[VOICE_BYTES_MAX + 1];
        assert_int_equal(voice_decode(d, NULL, 0, lost), step);
        if (c != VOICE_OPUS)
            assert_int_equal(voice_decode(d, big, sizeof big, lost), 0);
        voice_encoder_free(e);
        voice_decoder_free(d);
        g_free(in);
        g_free(out);
    }
    voice_encoder_free(NULL);
    voice_decoder_free(NULL);
}

/* E5: whatever comes as Opus neither ends the process nor fills more than a frame. */
static void test_opus_nonsense(void **state)
{
    (void)state;
    struct voice_decoder *d = voice_decoder_new(VOICE_OPUS);
    uint32_t seed = 1;
    for (unsigned i = 0; i < 2000; i++) {
        uint8_t packet[64];
        for (unsigned k = 0; k < sizeof packet; k++)
            packet[k] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
        int16_t out[VOICE_SAMPLES_MAX];
        assert_true(voice_decode(d, packet, 1 + i % sizeof packet, out) <= VOICE_SAMPLES_MAX);
    }
    voice_decoder_free(d);
}

static int biggest_step(const int16_t *linear, size_t from, size_t to, size_t n)
{
    int biggest = 0;
    for (size_t i = from; i < to; i++) {
        int step = abs(linear[(i + 1) % n] - linear[i % n]);
        biggest = step > biggest ? step : biggest;
    }
    return biggest;
}

/* AUDIO-20: level, no clipping, no silence, no click anywhere nor at the seam, always the same, quickly made. */
static void test_hold_music(void **state)
{
    (void)state;
    size_t n = hold_music_samples();
    int16_t *linear = g_new(int16_t, n), *again = g_new(int16_t, n);
    clock_t from = clock();
    hold_music_render(linear);
    double seconds = (double)(clock() - from) / CLOCKS_PER_SEC;
    print_message("%.1f s of music in %.3f s of CPU\n", (double)n / HOLD_MUSIC_RATE_HZ, seconds);
    assert_true(seconds < 10); /* budget 0.3; loose, for sanitizers on a busy machine */
    assert_in_range(n / HOLD_MUSIC_RATE_HZ, 40, 60);
    assert_near(level_rms_db(linear, n), -20, 0.2);
    int peak = 0;
    for (size_t i = 0; i < n; i++)
        peak = abs(linear[i]) > peak ? abs(linear[i]) : peak;
    assert_in_range(peak, 3000, 26000);
    for (size_t at = 0; at + HOLD_MUSIC_RATE_HZ <= n; at += HOLD_MUSIC_RATE_HZ) {
        double second = level_rms_db(linear + at, HOLD_MUSIC_RATE_HZ);
        assert_true(second > -32 && second < -14);
    }
    int usual = biggest_step(linear, 0, n - 100, n), seam = biggest_step(linear, n - 50, n + 50, n);
    assert_true(seam <= usual);
    assert_true(usual < 5000);
    hold_music_render(again);
    assert_memory_equal(linear, again, n * sizeof *linear);
    g_free(linear);
    g_free(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_level),  cmocka_unit_test(test_tone),          cmocka_unit_test(test_resample),
        cmocka_unit_test(test_codecs), cmocka_unit_test(test_opus_nonsense), cmocka_unit_test(test_hold_music),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
