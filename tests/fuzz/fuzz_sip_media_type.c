/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzes media types: what is read lies inside the value and keeps its bounds.
 */
#include "tests/fuzz/fuzz.h"

#include "sip/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view v = {(const char *)data, size};
    struct sip_media_type t;
    (void)sip_media_type_is(v, "application", "sdp");
    if (!sip_media_type_parse(v, &t))
        return 0;
    MUST(t.type.n && t.subtype.n);
    must_be_inside(t.params, v.p, v.n);
    return 0;
}
