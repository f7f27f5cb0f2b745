/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzes Via: what is read lies inside the value and keeps its bounds.
 */
#include "tests/fuzz/fuzz.h"

#include "sip/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view v = {(const char *)data, size};
    struct sip_via via;
    if (!sip_via_parse(v, &via))
        return 0;
    MUST(via.host.n);
    must_be_inside(via.host, v.p, v.n);
    must_be_inside(via.branch, v.p, v.n);
    must_be_inside(via.params, v.p, v.n);
    return 0;
}
