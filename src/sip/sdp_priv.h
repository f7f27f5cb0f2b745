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
/* An audio line by plain RTP that is not refused. */
bool sdp_usable_audio(const struct sdp_media *m);
/* Place of the one that we use, or -1. */
int sdp_audio_index(const struct sdp_session *s);
