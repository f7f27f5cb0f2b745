/* SPDX-License-Identifier: Apache-2.0
 *
 * What we make ourselves for the peer: sounds, and keys as telephone events. One step each 20 ms. Owner: the session's
 * worker.
 */
#include "media/rtp_session_priv.h"
#include "media/sounds_priv.h"
#include "media/worker_priv.h"

#include <glib.h>
#include <stdalign.h>

static const uint32_t FRAMES_PER_S = 50;

void rtp_session_play(struct rtp_session *s, enum media_sound sound, enum language lang)
{
    if (sound >= SOUNDS)
        sound = SOUND_NONE;
    s->sound = (uint8_t)sound;
    s->language = (uint8_t)lang;
    s->frame = 0;
    s->frames = NULL;
    if (sound != SOUND_NONE)
        s->out.seq_anew = true;
    worker_want_tick(rtp_session_worker(s), s);
}

void rtp_session_send_dtmf(struct rtp_session *s, char digit, uint16_t ms)
{
    if (!s->dtmf_out)
        s->dtmf_out = g_new0(struct dtmf_out, 1);
    if (dtmf_out_push(s->dtmf_out, digit, ms))
        worker_want_tick(rtp_session_worker(s), s);
}

bool rtp_session_sends_key(const struct rtp_session *s)
{
    return s->dtmf_out && (s->dtmf_out->n || s->dtmf_out->pause);
}

bool rtp_session_wants_tick(const struct rtp_session *s)
{
    return s->sound != SOUND_NONE || rtp_session_sends_key(s) || (s->peer && s->peer->heard);
}

/* One step of the key that is being sent. */
static void key_step(struct rtp_session *s, int64_t now_us)
{
    struct dtmf_event e;
    enum codec c = s->event;
    enum dtmf_step step = dtmf_out_step(s->dtmf_out, codec_clock_hz(c != CODEC_NONE ? c : CODEC_EVENT8), &e);
    if (step == DTMF_IDLE || step == DTMF_PAUSE || c == CODEC_NONE || !s->sends)
        return;
    alignas(4) uint8_t packet[RTP_HEADER_BYTES + DTMF_EVENT_BYTES + SRTP_TRAILER_BYTES];
    struct rtp p = {.payload = packet + RTP_HEADER_BYTES,
                    .payload_bytes = DTMF_EVENT_BYTES,
                    .pt = s->pt_of[c],
                    .marker = step == DTMF_START};
    if (step == DTMF_START)
        s->dtmf_out->ts = out_stream_next_ts(&s->out, codec_clock_hz(s->voice), now_us);
    p.ts = s->dtmf_out->ts;
    dtmf_write(p.payload, &e);
    out_stream_insert(&s->out, &p);
    (void)rtp_session_send(s, &p, now_us);
}

static void send_frame(struct rtp_session *s, const uint8_t *frame, size_t bytes, int64_t now_us)
{
    alignas(4) uint8_t packet[RTP_HEADER_BYTES + SOUND_FRAME_MAX + SRTP_TRAILER_BYTES];
    struct rtp p = {.payload = packet + RTP_HEADER_BYTES, .payload_bytes = (uint16_t)bytes, .pt = s->pt_of[s->voice]};
    memcpy(p.payload, frame, bytes);
    uint32_t clock_hz = codec_clock_hz(s->voice);
    out_stream_play(&s->out, clock_hz, clock_hz / FRAMES_PER_S, &p, now_us);
    s->codec_seen = s->voice;
    (void)rtp_session_send(s, &p, now_us);
}

static void sound_step(struct rtp_session *s, int64_t now_us)
{
    enum codec c = s->voice != CODEC_NONE ? (enum codec)s->voice : CODEC_PCMA; /* prompts end even when unheard */
    if (!s->frames || s->frames_codec != c) {
        s->frames = sounds_get(rtp_session_worker(s)->sounds, s->sound, s->language, c);
        s->frames_codec = (uint8_t)c;
    }
    if (!s->frames)
        return; /* being made */
    size_t bytes;
    const uint8_t *frame = sound_frame(s->frames, s->frame, &bytes);
    if (s->sends && s->voice != CODEC_NONE)
        send_frame(s, frame, bytes, now_us);
    if (++s->frame < sound_frames_count(s->frames))
        return;
    s->frame = 0;
    if (sound_loops(s->sound))
        return;
    s->sound = SOUND_NONE;
    worker_tell(rtp_session_worker(s), s->id, &(struct media_event){.kind = MEDIA_PLAYED});
}

bool rtp_session_tick(struct rtp_session *s, int64_t now_us)
{
    if (s->peer && s->peer->heard)
        rtp_session_transcode_step(s, rtp_session_sends_key(s) || s->sound != SOUND_NONE, now_us);
    if (rtp_session_sends_key(s))
        key_step(s, now_us);
    else if (s->sound != SOUND_NONE)
        sound_step(s, now_us);
    return rtp_session_wants_tick(s);
}
