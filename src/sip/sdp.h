/* SPDX-License-Identifier: Apache-2.0
 *
 * SDP (RFC 8866) read into and written from struct media_desc, keeping the rules of offer/answer (RFC 3264, 6337):
 * the number and order of media lines never change, what we do not know is answered with port 0, old hold (0.0.0.0) is
 * understood. Limits: 64 KiB of text, 32 media lines (A6), 256 attributes.
 *
 * SRTP keyed in the SDP itself (SDES, RFC 4568; SIP-22): which line of an offer is used, and in what protocol an offer
 * of ours goes, is said in docs/decisions/0012-sdes.md.
 */
#pragma once

#include "base/buf.h"
#include "sip/media_desc.h"

enum { SDP_MEDIA_MAX = 32 };

struct sdp_fault {
    const char *text; /* static, names the line: "Bad SDP: m= line"; NULL when fine */
};

/* What SRTP is for a leg. Where its signalling is not secret it is off (E7). */
enum sdp_srtp { SDP_SRTP_OFF, SDP_SRTP_PREFERRED, SDP_SRTP_REQUIRED };

/* Reads an offer. By `srtp` the first audio line with keys that we can use, else the first plain one; ret->crypto gets
 * the suite and the peer's key, ours is for the caller to fill in. 0 even when there is no such line (ret->present
 * false); EBADMSG with the fault. */
[[gnu::warn_unused_result]] int sdp_read_offer(struct view text, enum sdp_srtp srtp, struct media_desc *ret,
                                               struct sdp_fault *fault);
/* Reads the answer to `offer`, a text of ours. ret->crypto gets both keys. EBADMSG also when the answer takes keys that
 * were not offered, or none and SRTP is required. */
[[gnu::warn_unused_result]] int sdp_read_answer(struct view text, struct view offer, enum sdp_srtp srtp,
                                                struct media_desc *ret, struct sdp_fault *fault);
/* Reads either without SRTP: the first plain audio line. 0 even when there is none (ret->present false); EBADMSG with
 * the fault. */
[[gnu::warn_unused_result]] int sdp_read(struct view text, struct media_desc *ret, struct sdp_fault *fault);

struct sdp_origin {
    uint64_t session_id; /* constant for a dialog */
    uint64_t version;    /* one more with each change of content */
};

/* Keys to offer, in order of preference; their tags count from 1. */
struct sdp_keys {
    struct {
        uint8_t suite; /* enum media_suite */
        uint8_t key[MEDIA_KEY_MAX];
    } item[MEDIA_SUITES - 1];
    uint8_t n;
    bool savp; /* as RTP/SAVP, which binds; else beside RTP/AVP, so that a peer without SRTP can take it too */
};
/* As sdp_write_offer, with keys (NULL or none: plain). Where `former` spoke of keys already, its protocol stays. */
void sdp_write_offer_srtp(struct buf *b, const struct media_desc *ours, const struct sdp_keys *keys,
                          const struct sdp_origin *origin, struct view former);
/* Writes an offer of one audio line. When `former` (the text of the last SDP that we sent in this dialog; empty: none)
 * had more lines or the audio line at another place, their count and order are kept, the others refused (port 0). */
void sdp_write_offer(struct buf *b, const struct media_desc *ours, const struct sdp_origin *origin, struct view former);
/* Writes the answer to `offer`: same lines in the same order, protos and media names echoed; the audio line that
 * reading chose (with keys, if ours->crypto has a suite, and then ours->crypto.send is told) gets `ours` (ours->present
 * false: refused, port 0), all others port 0. */
void sdp_write_answer(struct buf *b, const struct media_desc *ours, const struct sdp_origin *origin, struct view offer);
/* Same content apart from the o= line? Then a re-INVITE changes nothing. */
bool sdp_same(struct view a, struct view b);
