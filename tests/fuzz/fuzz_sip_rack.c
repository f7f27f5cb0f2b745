/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzes RAck: what is read lies inside the value and keeps its bounds.
 */
#include "tests/fuzz/fuzz.h"

#include "sip/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view v = {(const char *)data, size};
    struct sip_rack r;
    if (sip_rack_parse(v, &r))
        MUST(r.rseq && r.cseq <= INT32_MAX);
    return 0;
}
