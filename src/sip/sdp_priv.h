/* SPDX-License-Identifier: Apache-2.0
 *
 * The cut of an SDP text into its sections, shared by reader and writer. Views into the text.
 */
#pragma once

#include "sip/sdp.h"

#include <errno.h>

struct sdp_line {
    char type; /* '\0': not of the form x=… */
    struct view value;
};

struct sdp_media {
    struct view media, proto, formats;
    uint16_t port;
    bool has_connection;
    struct net_addr connection;
    struct view lines; /* what stands below the m= line */
};

struct sdp_session {
    bool has_version;
    struct net_addr connection;
    struct view lines; /* before the first m= line */
    struct sdp_media media[SDP_MEDIA_MAX];
    unsigned n_media;
};

/* The next line that is not empty; false at the end. Line ends CRLF or LF. */
bool sdp_next_line(struct view *rest, struct sdp_line *ret);
[[gnu::warn_unused_result]] bool sdp_scan(struct view text, struct sdp_session *s, struct sdp_fault *fault);
/* An audio line by RTP or SRTP that is not refused. */
bool sdp_is_audio(const struct sdp_media *m);
/* Place of the first of them, by whatever protocol; of the first by plain RTP; or -1. */
int sdp_audio_index(const struct sdp_session *s);
int sdp_plain_index(const struct sdp_session *s);

/* sdp_crypto.c: a=crypto:<tag> <suite> inline:<key and salt>[|lifetime] [session parameters] (RFC 4568 9.1) */
struct sdp_crypto {
    uint32_t tag;
    uint8_t suite; /* enum media_suite */
    uint8_t key[MEDIA_KEY_MAX];
};
/* The first crypto line that we can use, in the order of who wrote them; with `tag` not 0 only that one. */
bool sdp_crypto_find(const struct sdp_media *m, uint32_t tag, struct sdp_crypto *ret);
/* Whether there is any, good or not. */
bool sdp_crypto_said(const struct sdp_media *m);
/* Place of the first audio line with one that we can use, or -1. */
int sdp_secure_index(const struct sdp_session *s, struct sdp_crypto *ret);
void sdp_crypto_write(struct buf *b, uint32_t tag, enum media_suite suite, const uint8_t *key);
