/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzes name-addr and addr-spec, and display names as text: what is read lies inside the value and keeps its bounds.
 */
#include "tests/fuzz/fuzz.h"

#include "sip/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view v = {(const char *)data, size};
    struct sip_name_addr a;
    char mem[64];
    struct buf b = buf_on(mem, sizeof mem);
    if (!sip_name_addr_parse(v, &a))
        return 0;
    must_be_inside(a.display, v.p, v.n);
    must_be_inside(a.uri.text, v.p, v.n);
    must_be_inside(a.params, v.p, v.n);
    MUST(sip_params_valid(a.params));
    sip_display_text(a.display, &b);
    MUST(!b.full && g_utf8_validate(mem, (gssize)b.n, NULL));
    for (size_t i = 0; i < b.n; i++)
        MUST((uint8_t)mem[i] >= ' ' && mem[i] != 0x7f);
    return 0;
}
