/* SPDX-License-Identifier: Apache-2.0
 *
 * What one side of a call can do with sound (and later video), said compactly: the form in which SDP travels from the
 * lines through the call core to the media engine. A value without pointers; used for offers and answers, ours and the
 * peer's.
 */
#pragma once

#include "base/net_addr.h"

enum codec {
    CODEC_NONE,
    CODEC_OPUS, /* 48 kHz clock */
    CODEC_G722, /* 8 kHz clock in RTP, 16 kHz sound (RFC 3551 4.5.2) */
    CODEC_PCMA,
    CODEC_PCMU,
    CODEC_CN,      /* comfort noise, 8 kHz (RFC 3389) */
    CODEC_EVENT8,  /* telephone-event/8000 (RFC 4733) */
    CODEC_EVENT48, /* telephone-event/48000 */
    CODECS
};

const char *codec_name(enum codec c);         /* rtpmap encoding name: "opus", "G722", … */
uint32_t codec_clock_hz(enum codec c);        /* RTP clock */
uint8_t codec_static_pt(enum codec c);        /* 0xff: dynamic */
bool codec_is_voice(enum codec c);            /* one of Opus, G.722, PCMA, PCMU */
enum codec codec_event_for(enum codec voice); /* the telephone-event with the same clock */

enum media_dir { MEDIA_INACTIVE = 0, MEDIA_RECV = 1, MEDIA_SEND = 2, MEDIA_BOTH = 3 }; /* seen by who states it */
/* The same seen from the other side: sendonly <-> recvonly. */
enum media_dir media_dir_reverse(enum media_dir d);

struct media_format {
    uint8_t codec; /* enum codec */
    uint8_t pt;    /* payload type, 0 to 127 */
};

enum { MEDIA_FORMATS_MAX = 12 };

/* What protects the packets of a session (SRTP), in our order of preference. */
enum media_suite {
    SUITE_NONE,        /* plain RTP */
    SUITE_AES_256_GCM, /* RFC 7714 */
    SUITE_AES_128_GCM, /* RFC 7714 */
    SUITE_AES_CM_80,   /* AES_CM_128_HMAC_SHA1_80, RFC 4568 6.2.1 */
    SUITE_AES_CM_32,   /* AES_CM_128_HMAC_SHA1_32, RFC 4568 6.2.2 */
    MEDIA_SUITES
};
enum { MEDIA_KEY_MAX = 44 }; /* of AES_256_GCM */

/* Bytes of master key and master salt together; 0 for SUITE_NONE. */
size_t media_suite_key_bytes(enum media_suite s);

/* One suite with a key for each direction: master key, then master salt. Secret: wiped where it is freed. */
struct media_crypto {
    uint8_t suite;                  /* enum media_suite */
    uint8_t send[MEDIA_KEY_MAX];    /* protects what we send */
    uint8_t receive[MEDIA_KEY_MAX]; /* protects what the peer sends */
};

struct media_desc {
    struct media_format format[MEDIA_FORMATS_MAX]; /* in order of preference; those we know, others are left out */
    uint8_t n_formats;
    uint8_t dir;          /* enum media_dir */
    uint8_t ptime_ms;     /* 0: not said; 10 to 60 */
    bool rtcp_mux;        /* offered or accepted (RFC 5761) */
    bool present;         /* there is an audio line that is not refused (port not 0) */
    struct net_addr rtp;  /* where the stating side wants packets; family none with 0.0.0.0 (old hold) kept as any */
    struct net_addr rtcp; /* port + 1 unless a=rtcp says otherwise (RFC 3605) */
    struct media_crypto crypto; /* in what a peer said: how packets go both ways; in ours: of use to the line alone */
};

/* Forgets the keys. */
void media_desc_wipe(struct media_desc *d);
/* First voice codec of d, or CODEC_NONE. */
enum codec media_desc_voice(const struct media_desc *d);
/* Payload type of c in d, or -1. */
int media_desc_pt(const struct media_desc *d, enum codec c);
bool media_desc_has_voice(const struct media_desc *d, enum codec c);
/* Appends c with pt unless present or full. */
void media_desc_add(struct media_desc *d, enum codec c, uint8_t pt);
/* Keeps of `from` only voice codecs among allowed[0..n) (order of `from`), plus its telephone-events and comfort noise
 * that fit what is left. Other members are copied. */
struct media_desc media_desc_common(const struct media_desc *from, const enum codec *allowed, size_t n);
/* An answer's formats to `offer`: the one voice codec and its telephone-event, with the offer's payload types; false
 * when the offer lacks that codec. Sets format/n_formats of *ret only. */
[[gnu::warn_unused_result]] bool media_desc_choose(const struct media_desc *offer, enum codec voice,
                                                   struct media_desc *ret);
