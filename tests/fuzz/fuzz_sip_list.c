/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzes comma lists: what is read lies inside the value and keeps its bounds.
 */
#include "tests/fuzz/fuzz.h"

#include "sip/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view v = {(const char *)data, size};
    struct view rest = v, one;
    size_t taken = 0;
    while (sip_list_cut(&rest, &one)) {
        MUST(one.n > 0);
        must_be_inside(one, v.p, v.n);
        taken += one.n;
    }
    MUST(rest.n == 0 && taken <= v.n);
    return 0;
}
