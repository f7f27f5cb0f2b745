/* SPDX-License-Identifier: Apache-2.0
 *
 * SDP from a stranger: reading never leaves the text, and an answer to whatever was read is itself readable, with the
 * same number of media lines.
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char mem[1 << 18];
    struct view text = {(const char *)data, size};
    struct media_desc d, again;
    struct sdp_fault fault;
    if (sdp_read(text, &d, &fault) != 0)
        return 0;
    struct media_desc ours = d;
    if (ours.rtp.port == 0)
        ours.rtp.port = 9000;
    struct sdp_origin origin = {1, 1};
    struct buf b = buf_on(mem, sizeof mem);
    sdp_write_answer(&b, &ours, &origin, text);
    if (b.full)
        return 0;
    struct view answer = buf_view(&b);
    if (sdp_read(answer, &again, &fault) != 0 || again.present != (d.present && d.n_formats > 0) ||
        media_lines(answer) != media_lines(text))
        abort();
    char second[1 << 12];
    struct buf o = buf_on(second, sizeof second);
    sdp_write_offer(&o, &ours, &origin, answer);
    return 0;
}
