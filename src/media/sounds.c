/* SPDX-License-Identifier: Apache-2.0
 *
 * Sounds, coded once: see sounds_priv.h. Any thread asks; one helper thread makes.
 *
 *     sounds_get: ready? --yes--> frames
 *                   | no, and nobody asked before
 *                   +--message--> helper: render at the codec's rate, encode 20 ms by 20 ms, publish
 */
#include "media/sounds_priv.h"

#include "dsp/hold_music.h"
#include "dsp/resample.h"
#include "dsp/tone.h"
#include "dsp/voice.h"
#include "sys/loop.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

struct sound_frames {
    uint32_t n;
    uint32_t *end; /* of each frame in data */
    uint8_t *data;
};

struct sounds {
    struct loop *loop; /* the helper's */
    pthread_t thread;
    bool runs;
    atomic_bool stop;
    _Atomic(struct sound_frames *) ready[SOUNDS][VOICE_CODINGS]; /* release when published, acquire when read */
    atomic_bool asked[SOUNDS][VOICE_CODINGS];
};

struct request {
    struct loop_message message;
    struct sounds *sounds;
    enum media_sound sound;
    enum voice_coding coding;
};

/* --- what they are ---------------------------------------------------------------------------------------------- */

enum { TONE_DB = -20, BEEP_DB = -16, STEPS_MAX = 12 };
#define CONGESTION_STEPS   \
    {{440}, 250, TONE_DB}, \
    {                      \
        {0}, 250, 0        \
    }
static const struct tone_step RINGBACK[] = {{{440}, 1500, TONE_DB}, {{0}, 3500, 0}}; /* France */
static const struct tone_step BUSY[] = {{{440}, 500, TONE_DB}, {{0}, 500, 0}};
static const struct tone_step CONGESTION[] = {CONGESTION_STEPS};
static const struct tone_step BEEP[] = {{{1000}, 220, BEEP_DB}, {{0}, 20, 0}};
/* Special information tone (ITU-T E.180), then congestion for two seconds. */
static const struct tone_step PROMPT[] = {
    {{950}, 330, TONE_DB}, {{1400}, 330, TONE_DB}, {{1800}, 330, TONE_DB}, {{0}, 1010, 0},
    CONGESTION_STEPS,      CONGESTION_STEPS,       CONGESTION_STEPS,       CONGESTION_STEPS,
};
#define STEPS(a) sizeof(a) / sizeof(a)[0]

bool sound_loops(enum media_sound sound)
{
    return sound == SOUND_MUSIC || sound == SOUND_RINGBACK || sound == SOUND_BUSY || sound == SOUND_CONGESTION;
}

static int16_t *render_tones(const struct tone_step *step, size_t n, uint32_t rate_hz, size_t *ret_samples)
{
    *ret_samples = tone_samples(step, n, rate_hz);
    int16_t *linear = g_new(int16_t, *ret_samples);
    tone_render(step, n, rate_hz, linear);
    return linear;
}

static int16_t *render_music(uint32_t rate_hz, size_t *ret_samples)
{
    size_t n = hold_music_samples();
    int16_t *made = g_new(int16_t, n);
    hold_music_render(made);
    *ret_samples = resample_samples(n, HOLD_MUSIC_RATE_HZ, rate_hz);
    int16_t *linear = g_new(int16_t, *ret_samples);
    resample_loop(made, n, HOLD_MUSIC_RATE_HZ, rate_hz, linear);
    g_free(made);
    return linear;
}

static int16_t *render(enum media_sound sound, uint32_t rate_hz, size_t *ret_samples)
{
    switch (sound) {
    case SOUND_MUSIC:
        return render_music(rate_hz, ret_samples);
    case SOUND_RINGBACK:
        return render_tones(RINGBACK, STEPS(RINGBACK), rate_hz, ret_samples);
    case SOUND_BUSY:
        return render_tones(BUSY, STEPS(BUSY), rate_hz, ret_samples);
    case SOUND_CONGESTION:
        return render_tones(CONGESTION, STEPS(CONGESTION), rate_hz, ret_samples);
    case SOUND_BEEP:
        return render_tones(BEEP, STEPS(BEEP), rate_hz, ret_samples);
    case SOUND_NONE:
    case SOUND_PROMPT_UNREACHABLE:
    case SOUND_PROMPT_NOT_IN_SERVICE:
    case SOUND_PROMPT_FORBIDDEN:
    case SOUND_PROMPT_BUSY:
    case SOUND_PROMPT_NO_ANSWER:
    case SOUNDS:
        break;
    }
    return render_tones(PROMPT, STEPS(PROMPT), rate_hz, ret_samples);
}

/* --- made ------------------------------------------------------------------------------------------------------- */

static void frames_free(struct sound_frames *f)
{
    if (!f)
        return;
    g_free(f->end);
    g_free(f->data);
    g_free(f);
}

/* NULL: told to stop. */
static struct sound_frames *encode(struct sounds *s, enum media_sound sound, enum voice_coding coding)
{
    size_t samples, step = voice_frame_samples(coding);
    int16_t *linear = render(sound, voice_rate_hz(coding), &samples);
    struct voice_encoder *encoder = voice_encoder_new(coding);
    struct sound_frames *f = g_new0(struct sound_frames, 1);
    f->n = (uint32_t)(samples / step);
    f->end = g_new(uint32_t, f->n);
    GByteArray *data = g_byte_array_new();
    uint32_t made = 0;
    for (; made < f->n && !atomic_load_explicit(&s->stop, memory_order_relaxed); made++) {
        uint8_t frame[VOICE_BYTES_MAX];
        size_t bytes = voice_encode(encoder, linear + made * step, frame);
        g_byte_array_append(data, frame, (guint)bytes);
        f->end[made] = data->len;
    }
    f->data = g_byte_array_free(data, FALSE);
    voice_encoder_free(encoder);
    g_free(linear);
    if (made == f->n)
        return f;
    frames_free(f);
    return NULL;
}

static void request_handle(struct loop_message *m)
{
    const struct request *r = (const struct request *)m;
    struct sound_frames *f = encode(r->sounds, r->sound, r->coding);
    atomic_store_explicit(&r->sounds->ready[r->sound][r->coding], f, memory_order_release);
    g_free(m);
}

static void request_drop(struct loop_message *m)
{
    g_free(m);
}

/* Prompts sound all alike for now, so they are made once. */
static enum media_sound sound_of(enum media_sound sound)
{
    switch (sound) {
    case SOUND_PROMPT_UNREACHABLE:
    case SOUND_PROMPT_NOT_IN_SERVICE:
    case SOUND_PROMPT_FORBIDDEN:
    case SOUND_PROMPT_BUSY:
    case SOUND_PROMPT_NO_ANSWER:
        return SOUND_PROMPT_UNREACHABLE;
    case SOUND_NONE:
    case SOUND_MUSIC:
    case SOUND_RINGBACK:
    case SOUND_BUSY:
    case SOUND_CONGESTION:
    case SOUND_BEEP:
    case SOUNDS:
        break;
    }
    return sound;
}

static enum voice_coding coding_of(enum codec c)
{
    switch (c) {
    case CODEC_PCMA:
        return VOICE_PCMA;
    case CODEC_PCMU:
        return VOICE_PCMU;
    case CODEC_G722:
        return VOICE_G722;
    case CODEC_OPUS:
        return VOICE_OPUS;
    case CODEC_NONE:
    case CODEC_CN:
    case CODEC_EVENT8:
    case CODEC_EVENT48:
    case CODECS:
        break;
    }
    return VOICE_CODINGS;
}

const struct sound_frames *sounds_get(struct sounds *s, enum media_sound sound, enum language lang, enum codec codec)
{
    (void)lang; /* no words are spoken yet */
    enum voice_coding coding = coding_of(codec);
    if (sound == SOUND_NONE || sound >= SOUNDS || coding == VOICE_CODINGS)
        return NULL;
    sound = sound_of(sound);
    struct sound_frames *f = atomic_load_explicit(&s->ready[sound][coding], memory_order_acquire);
    if (f || atomic_exchange_explicit(&s->asked[sound][coding], true, memory_order_relaxed))
        return f;
    struct request *r = g_new0(struct request, 1);
    *r = (struct request){{.handle = request_handle, .drop = request_drop}, s, sound, coding};
    loop_post(s->loop, &r->message);
    return NULL;
}

uint32_t sound_frames_count(const struct sound_frames *f)
{
    return f->n;
}

const uint8_t *sound_frame(const struct sound_frames *f, uint32_t at, size_t *bytes)
{
    uint32_t from = at ? f->end[at - 1] : 0;
    *bytes = f->end[at] - from;
    return f->data + from;
}

/* --- thread ----------------------------------------------------------------------------------------------------- */

static void *run(void *arg)
{
    loop_run(arg);
    return NULL;
}

struct sounds *sounds_open(void)
{
    struct sounds *s = g_new0(struct sounds, 1);
    s->loop = loop_new();
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    s->runs = pthread_create(&s->thread, NULL, run, s->loop) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (s->runs) {
        pthread_setname_np(s->thread, "media-sounds");
        return s;
    }
    sounds_close(s);
    return NULL;
}

void sounds_stop(struct sounds *s)
{
    if (!s || !s->runs)
        return;
    atomic_store(&s->stop, true);
    loop_stop(s->loop);
    pthread_join(s->thread, NULL);
    s->runs = false;
}

void sounds_close(struct sounds *s)
{
    if (!s)
        return;
    sounds_stop(s);
    loop_free(s->loop);
    for (unsigned i = 0; i < SOUNDS; i++)
        for (unsigned c = 0; c < VOICE_CODINGS; c++)
            frames_free(s->ready[i][c]);
    g_free(s);
}
