/* SPDX-License-Identifier: Apache-2.0
 *
 * SDP (RFC 8866) read into and written from struct media_desc, keeping the rules of offer/answer (RFC 3264, 6337):
 * the number and order of media lines never change, what we do not know is answered with port 0, old hold (0.0.0.0) is
 * understood. Limits: 64 KiB of text, 32 media lines (A6), 256 attributes.
 */
#pragma once

#include "base/buf.h"
#include "sip/media_desc.h"

enum { SDP_MEDIA_MAX = 32 };

struct sdp_fault {
    const char *text; /* static, names the line: "Bad SDP: m= line"; NULL when fine */
};

/* Reads the first usable audio line. 0 even when there is none (ret->present false); EBADMSG with the fault. */
[[gnu::warn_unused_result]] int sdp_read(struct view text, struct media_desc *ret, struct sdp_fault *fault);

struct sdp_origin {
    uint64_t session_id; /* constant for a dialog */
    uint64_t version;    /* one more with each change of content */
};

/* Writes an offer of one audio line. When `former` (the text of the last SDP that we sent in this dialog; empty: none)
 * had more lines or the audio line at another place, their count and order are kept, the others refused (port 0). */
void sdp_write_offer(struct buf *b, const struct media_desc *ours, const struct sdp_origin *origin, struct view former);
/* Writes the answer to `offer`: same lines in the same order, protos and media names echoed; the audio line that
 * sdp_read chose gets `ours` (ours->present false: refused, port 0), all others port 0. */
void sdp_write_answer(struct buf *b, const struct media_desc *ours, const struct sdp_origin *origin, struct view offer);
/* Same content apart from the o= line? Then a re-INVITE changes nothing. */
bool sdp_same(struct view a, struct view b);
