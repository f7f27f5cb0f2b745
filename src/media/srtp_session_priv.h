/* SPDX-License-Identifier: Apache-2.0
 *
 * SRTP and SRTCP of one session (RFC 3711, RFC 7714): what comes is verified and deciphered, what goes is enciphered,
 * each by its own key. It belongs to the RTP session, moves with it, and is used by one thread at a time.
 *
 *     receive:  new key --fails--> former key (for 5 s after a change)         a change loses nothing on the way:
 *     send:     former key -- first packet by the new receive key, or 1 s --> new key      the peer has our answer then
 */
#pragma once

#include "sip/media_desc.h"

struct srtp_session; /* NULL: plain RTP */

enum {
    SRTP_TRAILER_BYTES = 160, /* room behind a packet that is to be sealed: what libsrtp asks for, and more */
    SRTP_SOURCES_MAX = 8,     /* SSRCs of one key: each costs memory, and must be kept against replays */
    SRTP_FORMER_MS = 5000,
    SRTP_SWITCH_MS = 1000,
};

/* What was agreed: makes, changes or ends *s. The same keys again change nothing. Should the library fail, nothing
 * comes or goes any more; plain RTP never stands in. */
void srtp_session_set(struct srtp_session **s, const struct media_crypto *c, int64_t now_us);
void srtp_session_free(struct srtp_session *s);

/* In place; false: forged, replayed, cut or of one source too many. *bytes gets smaller. */
[[gnu::warn_unused_result]] bool srtp_session_open_rtp(struct srtp_session *s, uint8_t *packet, size_t *bytes,
                                                       int64_t now_us);
[[gnu::warn_unused_result]] bool srtp_session_open_rtcp(struct srtp_session *s, uint8_t *packet, size_t *bytes,
                                                        int64_t now_us);
/* In place, with SRTP_TRAILER_BYTES of room behind; false: not to be sent. *bytes gets larger. */
[[gnu::warn_unused_result]] bool srtp_session_seal_rtp(struct srtp_session *s, uint8_t *packet, size_t *bytes,
                                                       int64_t now_us);
[[gnu::warn_unused_result]] bool srtp_session_seal_rtcp(struct srtp_session *s, uint8_t *packet, size_t *bytes,
                                                        int64_t now_us);
