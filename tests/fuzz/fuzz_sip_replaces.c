/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzes Replaces: what is read lies inside the value and keeps its bounds.
 */
#include "tests/fuzz/fuzz.h"

#include "sip/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view v = {(const char *)data, size};
    struct sip_replaces r;
    if (!sip_replaces_parse(v, &r))
        return 0;
    MUST(r.call_id.n && r.to_tag.n && r.from_tag.n);
    must_be_inside(r.call_id, v.p, v.n);
    must_be_inside(r.to_tag, v.p, v.n);
    must_be_inside(r.from_tag, v.p, v.n);
    return 0;
}
