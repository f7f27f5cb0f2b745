/* SPDX-License-Identifier: Apache-2.0
 *
 * What codecs are and how two descriptions meet: see media_desc.h. Pure functions.
 */
#include "sip/media_desc.h"

#include <string.h>

enum { PT_DYNAMIC = 0xff };

static const struct {
    const char *name;
    uint32_t clock_hz;
    uint8_t static_pt;
    bool voice;
} codecs[CODECS] = {
    [CODEC_NONE] = {"", 8000, PT_DYNAMIC, false},
    [CODEC_OPUS] = {"opus", 48000, PT_DYNAMIC, true},
    [CODEC_G722] = {"G722", 8000, 9, true}, /* the clock is 8 kHz by an old mistake kept for ever (RFC 3551 4.5.2) */
    [CODEC_PCMA] = {"PCMA", 8000, 8, true},
    [CODEC_PCMU] = {"PCMU", 8000, 0, true},
    [CODEC_CN] = {"CN", 8000, 13, false},
    [CODEC_EVENT8] = {"telephone-event", 8000, PT_DYNAMIC, false},
    [CODEC_EVENT48] = {"telephone-event", 48000, PT_DYNAMIC, false},
};

const char *codec_name(enum codec c)
{
    return codecs[c].name;
}

uint32_t codec_clock_hz(enum codec c)
{
    return codecs[c].clock_hz;
}

uint8_t codec_static_pt(enum codec c)
{
    return codecs[c].static_pt;
}

bool codec_is_voice(enum codec c)
{
    return codecs[c].voice;
}

enum codec codec_event_for(enum codec voice)
{
    return codecs[voice].clock_hz == 48000 ? CODEC_EVENT48 : CODEC_EVENT8;
}

enum media_dir media_dir_reverse(enum media_dir d)
{
    return (enum media_dir)(((d & MEDIA_SEND) ? MEDIA_RECV : 0) | ((d & MEDIA_RECV) ? MEDIA_SEND : 0));
}

size_t media_suite_key_bytes(enum media_suite s)
{
    static const uint8_t bytes[MEDIA_SUITES] = {[SUITE_AES_256_GCM] = 32 + 12,
                                                [SUITE_AES_128_GCM] = 16 + 12,
                                                [SUITE_AES_CM_80] = 16 + 14,
                                                [SUITE_AES_CM_32] = 16 + 14};
    return bytes[s];
}

void media_desc_wipe(struct media_desc *d)
{
    explicit_bzero(&d->crypto, sizeof d->crypto);
}

enum codec media_desc_voice(const struct media_desc *d)
{
    for (unsigned i = 0; i < d->n_formats; i++)
        if (codecs[d->format[i].codec].voice)
            return (enum codec)d->format[i].codec;
    return CODEC_NONE;
}

int media_desc_pt(const struct media_desc *d, enum codec c)
{
    for (unsigned i = 0; i < d->n_formats; i++)
        if (d->format[i].codec == c)
            return d->format[i].pt;
    return -1;
}

bool media_desc_has_voice(const struct media_desc *d, enum codec c)
{
    return codecs[c].voice && media_desc_pt(d, c) >= 0;
}

void media_desc_add(struct media_desc *d, enum codec c, uint8_t pt)
{
    if (d->n_formats < MEDIA_FORMATS_MAX && media_desc_pt(d, c) < 0)
        d->format[d->n_formats++] = (struct media_format){(uint8_t)c, pt};
}

static bool among(enum codec c, const enum codec *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == c)
            return true;
    return false;
}

/* Does d hold a voice codec with this RTP clock? Events and comfort noise only make sense beside one (RFC 4733 2.1). */
static bool has_voice_with_clock(const struct media_desc *d, uint32_t clock_hz)
{
    for (unsigned i = 0; i < d->n_formats; i++)
        if (codecs[d->format[i].codec].voice && codecs[d->format[i].codec].clock_hz == clock_hz)
            return true;
    return false;
}

struct media_desc media_desc_common(const struct media_desc *from, const enum codec *allowed, size_t n)
{
    struct media_desc both = *from;
    both.n_formats = 0;
    for (unsigned i = 0; i < from->n_formats; i++) {
        enum codec c = (enum codec)from->format[i].codec;
        if (codecs[c].voice && among(c, allowed, n))
            media_desc_add(&both, c, from->format[i].pt);
    }
    for (unsigned i = 0; i < from->n_formats; i++) {
        enum codec c = (enum codec)from->format[i].codec;
        if (!codecs[c].voice && has_voice_with_clock(&both, codecs[c].clock_hz))
            media_desc_add(&both, c, from->format[i].pt);
    }
    return both;
}

bool media_desc_choose(const struct media_desc *offer, enum codec voice, struct media_desc *ret)
{
    int pt = codecs[voice].voice ? media_desc_pt(offer, voice) : -1;
    if (pt < 0)
        return false;
    ret->n_formats = 0;
    media_desc_add(ret, voice, (uint8_t)pt);
    int event_pt = media_desc_pt(offer, codec_event_for(voice));
    if (event_pt >= 0)
        media_desc_add(ret, codec_event_for(voice), (uint8_t)event_pt);
    return true;
}
