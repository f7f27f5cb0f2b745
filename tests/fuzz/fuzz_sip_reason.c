/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzes Reason: what is read lies inside the value and keeps its bounds.
 */
#include "tests/fuzz/fuzz.h"

#include "sip/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view v = {(const char *)data, size};
    struct sip_reason r;
    if (!sip_reason_parse(v, &r))
        return 0;
    MUST(r.protocol.n && r.cause <= 999);
    must_be_inside(r.text, v.p, v.n);
    return 0;
}
