/* SPDX-License-Identifier: Apache-2.0
 *
 * SDP from a stranger: reading never leaves the text, and an answer to whatever was read is itself readable, with the
 * same number of media lines; so it is with keys of SRTP (RFC 4568).
 */
#include "sip/sdp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned media_lines(struct view text)
{
    unsigned n = 0;
    while (text.n)
        n += view_starts(view_cut(&text, '\n'), VIEW("m="));
    return n;
}

static void answer_as(struct view text, enum sdp_srtp srtp)
{
    static char mem[1 << 18];
    struct media_desc d, again;
    struct sdp_fault fault;
    if (sdp_read_offer(text, srtp, &d, &fault) != 0)
        return;
    if (srtp == SDP_SRTP_OFF && d.crypto.suite != SUITE_NONE)
        abort();
    struct media_desc ours = d;
    if (ours.rtp.port == 0)
        ours.rtp.port = 9000;
    struct sdp_origin origin = {1, 1};
    struct buf b = buf_on(mem, sizeof mem);
    sdp_write_answer(&b, &ours, &origin, text);
    if (b.full)
        return;
    struct view answer = buf_view(&b);
    if (sdp_read_answer(answer, text, srtp, &again, &fault) != 0 || again.present != (d.present && d.n_formats > 0) ||
        (again.present && again.crypto.suite != d.crypto.suite) || media_lines(answer) != media_lines(text))
        abort();
    char second[1 << 12];
    struct buf o = buf_on(second, sizeof second);
    sdp_write_offer(&o, &ours, &origin, answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view text = {(const char *)data, size};
    answer_as(text, SDP_SRTP_OFF);
    answer_as(text, SDP_SRTP_PREFERRED);
    answer_as(text, SDP_SRTP_REQUIRED);
    return 0;
}
