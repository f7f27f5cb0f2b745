/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzes multipart bodies: the first line is the Content-Type, the rest the body.
 */
#include "tests/fuzz/fuzz.h"

#include "sip/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct view body = {(const char *)data, n}, type = view_cut(&body, '\n');
    struct multipart m;
    struct multipart_part part;
    bool unsupported;
    unsigned parts = 0;
    if (multipart_open(&m, type, body)) {
        const char *last = body.p;
        while (multipart_next(&m, &part)) {
            const struct view all[] = {part.body, part.content_type, part.content_disposition, part.content_id};
            for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
                must_be_inside(all[i], body.p, body.n);
            MUST(!part.body.n || part.body.p >= last); /* parts do not overlap */
            last = part.body.n ? part.body.p + part.body.n : last;
            parts++;
        }
        MUST(parts <= 16);
    }
    must_be_inside(multipart_find_sdp(type, (struct view){0}, body, &unsupported), body.p, body.n);
    return 0;
}
