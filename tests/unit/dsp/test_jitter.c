/* SPDX-License-Identifier: Apache-2.0
 *
 * The jitter buffer with its decoder, in virtual time: jitter, loss, order, doubles, drift (SIP-27).
 */
#include "dsp/level.h"
#include "dsp/voice_in.h"
#include "tests/cmocka_all.h"

#include <glib.h>
#include <math.h>
#include <stdlib.h>

enum { PENDING_MAX = 256, TICK_US = 20000, WINDOW_MS = 5 };

struct in_flight {
    int64_t at_us;
    uint32_t ts;
    uint16_t bytes;
    uint8_t payload[VOICE_BYTES_MAX];
};

/* A network between a speaker and a voice_in; the speaker's tone is steady, or comes in words of 2 s with 1 s of
 * silence behind. */
struct line {
    enum voice_coding coding;
    unsigned jitter_ms, loss_percent, double_percent;
    int drift_ppm;
    bool words;
    uint32_t chance;
    int64_t now_us, speak_us; /* the speaker's next frame by our clock */
    uint32_t frames, lost, lost_run, worst_lost_run;
    struct voice_encoder *encoder;
    struct voice_in *in;
    struct in_flight pending[PENDING_MAX];
    unsigned n;
    GArray *heard; /* int16_t */
};

static void line_open(struct line *l)
{
    l->chance = 1;
    l->now_us = l->speak_us = 1000000;
    l->encoder = voice_encoder_new(l->coding);
    l->in = voice_in_new(l->coding);
    l->heard = g_array_new(FALSE, FALSE, sizeof(int16_t));
}

static void line_close(struct line *l)
{
    voice_encoder_free(l->encoder);
    voice_in_free(l->in);
    g_array_free(l->heard, TRUE);
}

static unsigned below(struct line *l, unsigned n)
{
    l->chance = l->chance * 1664525 + 1013904223;
    return n ? (l->chance >> 8) % n : 0;
}

static void speak(struct line *l)
{
    int16_t linear[VOICE_SAMPLES_MAX];
    uint32_t rate = voice_rate_hz(l->coding);
    size_t n = voice_frame_samples(l->coding);
    bool silent = l->words && l->frames % 150 >= 100;
    for (size_t i = 0; i < n; i++)
        linear[i] = silent ? 0 : (int16_t)(10000 * sin(2 * M_PI * 1000 * (double)(l->frames * n + i) / rate));
    struct in_flight f = {.at_us = l->speak_us + below(l, l->jitter_ms * 1000 + 1)};
    f.ts = l->frames++ * (uint32_t)(l->coding == VOICE_G722 ? n / 2 : n);
    f.bytes = (uint16_t)voice_encode(l->encoder, linear, f.payload);
    l->speak_us += TICK_US;
    if (l->drift_ppm && l->frames % 50 == 0)
        l->speak_us += l->drift_ppm; /* each second so many us late: a slow clock */
    if (below(l, 100) < l->loss_percent) {
        l->lost++;
        l->lost_run++;
        l->worst_lost_run = MAX(l->worst_lost_run, l->lost_run);
        return;
    }
    l->lost_run = 0;
    assert_true(l->n + 2 < PENDING_MAX);
    l->pending[l->n++] = f;
    if (below(l, 100) < l->double_percent)
        l->pending[l->n++] = f;
}

static void deliver(struct line *l)
{
    for (;;) {
        unsigned first = 0;
        for (unsigned i = 1; i < l->n; i++)
            if (l->pending[i].at_us < l->pending[first].at_us)
                first = i;
        if (!l->n || l->pending[first].at_us > l->now_us)
            return;
        const struct in_flight *f = &l->pending[first];
        struct jitter_packet p = {f->payload, f->bytes, 7, f->ts + 0xfffff000u};
        voice_in_put(l->in, &p, f->at_us);
        l->pending[first] = l->pending[--l->n];
    }
}

static void line_run(struct line *l, unsigned seconds, bool keep)
{
    int16_t frame[VOICE_SAMPLES_MAX];
    for (int64_t end_us = l->now_us + seconds * INT64_C(1000000); l->now_us < end_us; l->now_us += TICK_US) {
        while (l->speak_us <= l->now_us)
            speak(l);
        deliver(l);
        (void)voice_in_get(l->in, l->now_us, frame);
        if (keep)
            g_array_append_vals(l->heard, frame, (guint)voice_frame_samples(l->coding));
    }
}

/* The longest time, in ms, in which nothing was heard. */
static unsigned worst_gap_ms(const struct line *l)
{
    size_t n = voice_rate_hz(l->coding) * WINDOW_MS / 1000;
    unsigned worst = 0, run = 0;
    for (size_t i = 0; i + n <= l->heard->len; i += n) {
        run = level_rms_db(&g_array_index(l->heard, int16_t, i), n) < -40 ? run + WINDOW_MS : 0;
        worst = MAX(worst, run);
    }
    return worst;
}

static double tone_db(const struct line *l)
{
    uint32_t rate = voice_rate_hz(l->coding);
    double sum = 0;
    unsigned n = 0;
    for (size_t i = 0; i + rate / 10 <= l->heard->len; i += rate / 10, n++)
        sum += pow(10, level_at_db(&g_array_index(l->heard, int16_t, i), rate / 10, rate, 1000) / 10);
    return 10 * log10(sum / n);
}

static const double TONE_DB = -13.32; /* a sine of 10000 */

static void assert_near(double got, double want, double tolerance)
{
    if (fabs(got - want) > tolerance)
        fail_msg("%f is not %f", got, want);
}

/* Each codec, a perfect network: the least delay, nothing made up, level and tone kept. */
static void clean_sip_27(void **state)
{
    (void)state;
    for (int c = 0; c < VOICE_CODINGS; c++) {
        struct line l = {.coding = (enum voice_coding)c};
        line_open(&l);
        line_run(&l, 2, false);
        line_run(&l, 10, true);
        struct voice_in_stats s = voice_in_stats(l.in);
        assert_int_equal(s.concealed, 0);
        assert_int_equal(worst_gap_ms(&l), 0);
        assert_near(tone_db(&l), TONE_DB, 0.5);
        assert_in_range(s.jitter.delay_ms, JITTER_MS_MIN, 65);
        line_close(&l);
    }
}

/* 80 ms of jitter, 5 % of loss, some doubles: no gap longer than the loss, the tone stays. */
static void jitter_and_loss_sip_27(void **state)
{
    (void)state;
    for (int c = 0; c < VOICE_CODINGS; c++) {
        struct line l = {.coding = (enum voice_coding)c, .jitter_ms = 80, .loss_percent = 5, .double_percent = 3};
        line_open(&l);
        line_run(&l, 5, false);
        unsigned lost = l.lost;
        line_run(&l, 60, true);
        struct voice_in_stats s = voice_in_stats(l.in);
        assert_in_range(worst_gap_ms(&l), 0, l.worst_lost_run * 20);
        assert_near(tone_db(&l), TONE_DB, 2);
        assert_in_range(s.jitter.wanted_ms, 70, 110);
        assert_in_range(s.jitter.delay_ms, 50, 170);
        assert_in_range(s.jitter.late, 0, 20);
        assert_true(s.concealed >= (l.lost - lost) * 9 / 10 && s.concealed <= l.lost + 40);
        assert_true(s.jitter.doubles > 20);
        line_close(&l);
    }
}

/* What comes later than the most that it waits is lost; it never waits longer. */
static void delay_has_a_limit(void **state)
{
    (void)state;
    struct line l = {.coding = VOICE_PCMU, .jitter_ms = 400};
    line_open(&l);
    line_run(&l, 30, false);
    struct voice_in_stats s = voice_in_stats(l.in);
    assert_int_equal(s.jitter.wanted_ms, JITTER_MS_MAX);
    assert_in_range(s.jitter.delay_ms, JITTER_MS_MAX - 40, JITTER_MS_MAX + 80);
    assert_true(s.jitter.late > 100);
    /* the network calms down: so does the delay */
    l.jitter_ms = 0;
    l.words = true;
    line_run(&l, 30, false);
    s = voice_in_stats(l.in);
    assert_in_range(s.jitter.delay_ms, JITTER_MS_MIN, 66);
    line_close(&l);
}

/* Two hours with a clock 200 ppm beside ours, each way: the delay stays, and words are not touched. */
static void drift_for_hours_sip_27(void **state)
{
    (void)state;
    for (int way = 0; way < 2; way++) {
        struct line l = {.coding = VOICE_PCMA, .words = true, .drift_ppm = way ? -200 : 200};
        line_open(&l);
        line_run(&l, 7200, false);
        struct voice_in_stats s = voice_in_stats(l.in);
        assert_in_range(s.jitter.delay_ms, 5, 70);
        assert_int_equal(s.jitter.restarts, 0);
        assert_in_range(way ? s.dropped : s.inserted, 60, 85); /* 1.44 s */
        assert_in_range(way ? s.inserted : s.dropped, 0, 3);
        assert_in_range(s.jitter.late, 0, 5);
        line_close(&l);
    }
}

/* A stream that begins anew (SSRC, or a jump of its timestamps) is heard at once. */
static void begins_anew(void **state)
{
    (void)state;
    struct voice_in *in = voice_in_new(VOICE_PCMU);
    uint8_t payload[160];
    int16_t frame[VOICE_SAMPLES_MAX];
    memset(payload, 0x10, sizeof payload); /* loud */
    int64_t now_us = 5000000;
    static const struct {
        uint32_t ssrc, ts;
    } streams[] = {{1, 0}, {1, 500000}, {1, 100}, {2, 0}, {2, 0xfffffff0u}};
    for (size_t k = 0; k < G_N_ELEMENTS(streams); k++) {
        unsigned last_quiet = 0;
        for (unsigned i = 0; i < 50; i++, now_us += TICK_US) {
            struct jitter_packet p = {payload, sizeof payload, streams[k].ssrc, streams[k].ts + i * 160};
            voice_in_put(in, &p, now_us);
            (void)voice_in_get(in, now_us, frame);
            bool loud = level_rms_db(frame, 160) > -20;
            last_quiet = loud ? last_quiet : i;
        }
        assert_in_range(last_quiet, 0, 16); /* late ones at first look like disorder */
    }
    voice_in_free(in);
}

/* Rubbish is not sound, and does no harm. */
static void bad_packets(void **state)
{
    (void)state;
    for (int c = 0; c < VOICE_CODINGS; c++) {
        struct voice_in *in = voice_in_new((enum voice_coding)c);
        uint8_t payload[JITTER_BYTES_MAX + 1];
        int16_t frame[VOICE_SAMPLES_MAX];
        memset(payload, 0xff, sizeof payload);
        int64_t now_us = 5000000;
        uint32_t chance = 9;
        for (unsigned i = 0; i < 3000; i++, now_us += TICK_US) {
            chance = chance * 1664525 + 1013904223;
            unsigned bytes = i < 3 ? JITTER_BYTES_MAX - 1 + i : (chance >> 8) % sizeof payload;
            payload[(chance >> 4) % sizeof payload] = (uint8_t)(chance >> 16);
            struct jitter_packet p = {payload, (uint16_t)bytes, 1 + (chance >> 30) / 3,
                                      i * 160 + (chance >> 12) % 3000};
            voice_in_put(in, &p, now_us);
            (void)voice_in_get(in, now_us, frame);
        }
        voice_in_free(in);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clean_sip_27),      cmocka_unit_test(jitter_and_loss_sip_27),
        cmocka_unit_test(delay_has_a_limit), cmocka_unit_test(drift_for_hours_sip_27),
        cmocka_unit_test(begins_anew),       cmocka_unit_test(bad_packets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
