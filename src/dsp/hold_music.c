/* SPDX-License-Identifier: Apache-2.0
 *
 * Hold music: see hold_music.h. A score of sixteen bars is played by three voices into one ring of samples; a note that
 * sounds past the end goes on at the start, so the loop has no seam.
 *
 *     score -> notes (FM pairs: carrier + modulator, each with its envelope) -> ring -> low-pass -> level -> dst
 */
#include "dsp/hold_music.h"

#include <glib.h>
#include <math.h>

enum {
    BEATS_PER_BAR = 4,
    BARS = 16,
    BEAT_SAMPLES = HOLD_MUSIC_RATE_HZ * 5 / 6, /* 72 beats a minute */
    LOOP_SAMPLES = BARS * BEATS_PER_BAR * BEAT_SAMPLES,
    SINE_STEPS = 2048,
    CHORD_NOTES = 4
};

static const double LEVEL_DB = -20.0, CUTOFF_HZ = 3200.0;

/* Bass note (played an octave up, or a telephone would swallow it) and chord of each half bar of the first eight bars,
 * as MIDI key numbers; the next eight repeat them with another figure of the bell. */
struct chord {
    uint8_t bass, note[CHORD_NOTES];
};
static const struct chord SCORE[] = {
    {41, {57, 60, 64, 67}}, {41, {57, 60, 64, 67}}, /* F maj9 */
    {40, {55, 59, 62, 64}}, {45, {55, 60, 64, 67}}, /* E m7, A m7 */
    {38, {57, 60, 64, 65}}, {38, {57, 60, 64, 65}}, /* D m9 */
    {43, {55, 60, 62, 65}}, {43, {55, 59, 62, 65}}, /* G sus4, G7 */
    {36, {55, 59, 62, 64}}, {36, {55, 59, 62, 64}}, /* C maj9 */
    {45, {55, 60, 62, 64}}, {45, {55, 60, 64, 67}}, /* A m11, A m7 */
    {41, {57, 60, 62, 65}}, {43, {57, 59, 62, 65}}, /* D m7/F, G9 */
    {36, {55, 60, 64, 67}}, {36, {55, 59, 64, 67}}, /* C, C maj7 */
};
enum { HALF_BARS = sizeof SCORE / sizeof SCORE[0] };

/* Order in which the bell plays the chord's notes (-1: rests), four quavers a half bar. */
static const int8_t FIGURE[][4] = {{0, 2, 1, 3}, {3, 1, 2, -1}, {-1, 1, 3, 2}, {2, 3, -1, 0}};
enum { FIGURES = sizeof FIGURE / sizeof FIGURE[0] };

struct voice {
    double ratio;                /* modulator to carrier frequency */
    double depth, depth_decay_s; /* of the modulation: its brightness fades */
    double attack_s, decay_s, release_s;
    double gain;
};
static const struct voice PIANO = {1.0, 1.4, 0.7, 0.012, 2.2, 0.25, 0.30};
static const struct voice BELL = {3.0, 0.35, 0.25, 0.008, 0.9, 0.30, 0.32};
static const struct voice BASS = {1.0, 0.8, 0.6, 0.020, 2.5, 0.12, 0.18};

struct ring {
    float *sample;
    float sine[SINE_STEPS + 1];
};

/* Sine of a phase in turns, 32 bits to the turn. */
static float sine(const struct ring *r, uint32_t phase)
{
    uint32_t at = phase >> 21;
    float part = (float)(phase & 0x1fffff) * (1.0f / 0x200000);
    return r->sine[at] + part * (r->sine[at + 1] - r->sine[at]);
}

static float decay_of(double seconds)
{
    return (float)exp(-1.0 / (seconds * HOLD_MUSIC_RATE_HZ));
}

static void play(struct ring *r, const struct voice *v, unsigned key, size_t start, double held_s, double loudness)
{
    double hz = 440.0 * pow(2.0, ((double)key - 69.0) / 12.0), turn = 4294967296.0 / HOLD_MUSIC_RATE_HZ;
    uint32_t step = (uint32_t)(hz * turn), mod_step = (uint32_t)(hz * v->ratio * turn), phase = 0, mod_phase = 0;
    float amplitude = (float)(v->gain * loudness), depth = (float)(v->depth * loudness * 4294967296.0 / (2.0 * M_PI));
    const float fade = decay_of(v->decay_s), dull = decay_of(v->depth_decay_s);
    size_t attack = (size_t)(v->attack_s * HOLD_MUSIC_RATE_HZ), held = (size_t)(held_s * HOLD_MUSIC_RATE_HZ);
    size_t release = (size_t)(v->release_s * HOLD_MUSIC_RATE_HZ), at = start % LOOP_SAMPLES;
    const float rise = 1.0f / (float)attack, fall = 1.0f / (float)release;
    for (size_t i = 0; i < held + release; i++) {
        float edge = i < attack ? (float)i * rise : i < held ? 1.0f : (float)(held + release - i) * fall;
        uint32_t bend = (uint32_t)(int64_t)(depth * sine(r, mod_phase));
        r->sample[at] += amplitude * edge * edge * sine(r, phase + bend);
        phase += step;
        mod_phase += mod_step;
        amplitude *= fade;
        depth *= dull;
        if (++at == LOOP_SAMPLES)
            at = 0;
    }
}

static void play_half_bar(struct ring *r, unsigned half)
{
    const struct chord *c = &SCORE[half % HALF_BARS];
    const double beat_s = 60.0 / 72.0;
    size_t start = (size_t)half * 2 * BEAT_SAMPLES;
    for (unsigned i = 0; i < CHORD_NOTES; i++) /* slightly rolled, as hands do */
        play(r, &PIANO, c->note[i], start + i * 320, 1.9 * beat_s, i == CHORD_NOTES - 1 ? 0.9 : 0.7);
    play(r, &BASS, c->bass + 12u, start, 1.8 * beat_s, 0.9);
    const int8_t *figure = FIGURE[(half + (half / HALF_BARS)) % FIGURES];
    for (unsigned i = 0; i < 4; i++)
        if (figure[i] >= 0)
            play(r, &BELL, c->note[figure[i]] + 12u, start + i * BEAT_SAMPLES / 2, 0.7 * beat_s, i == 0 ? 0.9 : 0.65);
}

/* Two one-pole low-passes; run over the end first, so that their state at the start fits the loop. */
static void soften(float *sample)
{
    const float k = 1.0f - (float)exp(-2.0 * M_PI * CUTOFF_HZ / HOLD_MUSIC_RATE_HZ);
    float a = 0, b = 0;
    for (size_t i = LOOP_SAMPLES - HOLD_MUSIC_RATE_HZ / 10; i < LOOP_SAMPLES; i++) {
        a += k * (sample[i] - a);
        b += k * (a - b);
    }
    for (size_t i = 0; i < LOOP_SAMPLES; i++) {
        a += k * (sample[i] - a);
        b += k * (a - b);
        sample[i] = b;
    }
}

static void put_at_level(const float *sample, int16_t *dst)
{
    double sum = 0;
    for (size_t i = 0; i < LOOP_SAMPLES; i++)
        sum += (double)sample[i] * sample[i];
    double gain = 32768.0 * pow(10.0, LEVEL_DB / 20.0) / sqrt(sum / LOOP_SAMPLES);
    for (size_t i = 0; i < LOOP_SAMPLES; i++)
        dst[i] = (int16_t)lrint(fmax(-32767.0, fmin(32767.0, sample[i] * gain)));
}

size_t hold_music_samples(void)
{
    return LOOP_SAMPLES;
}

void hold_music_render(int16_t *dst)
{
    struct ring *r = g_new(struct ring, 1);
    r->sample = g_new0(float, LOOP_SAMPLES);
    for (unsigned i = 0; i <= SINE_STEPS; i++)
        r->sine[i] = (float)sin(2.0 * M_PI * i / SINE_STEPS);
    for (unsigned half = 0; half < 2 * BARS; half++)
        play_half_bar(r, half);
    soften(r->sample);
    put_at_level(r->sample, dst);
    g_free(r->sample);
    g_free(r);
}
