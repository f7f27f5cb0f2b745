/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzes CSeq, and delta-seconds: what is read lies inside the value and keeps its bounds.
 */
#include "tests/fuzz/fuzz.h"

#include "sip/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view v = {(const char *)data, size};
    struct sip_cseq c;
    uint32_t seconds;
    if (sip_cseq_parse(v, &c)) {
        MUST(c.number <= INT32_MAX && c.method_text.n);
        must_be_inside(c.method_text, v.p, v.n);
    }
    if (sip_seconds_parse(v, &seconds))
        MUST(v.n > 0);
    return 0;
}
