/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzes STUN datagrams: what is read lies inside, and our answer can be read by ourselves.
 */
#include "tests/fuzz/fuzz.h"

#include "sip/stun.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct view v = {(const char *)data, n}, value;
    struct stun_msg m, answer;
    struct net_addr source, seen;
    char mem[256];
    struct buf b = buf_on(mem, sizeof mem);
    if (!stun_parse(v, &m))
        return 0;
    MUST(stun_looks_like(v));
    must_be_inside(m.attributes, v.p, v.n);
    if (stun_xor_address(&m, &seen))
        MUST(seen.family == NET_IP4 || seen.family == NET_IP6);
    for (unsigned type = 0; type < 0x30; type++)
        if (stun_attribute(&m, (uint16_t)type, &value))
            must_be_inside(value, v.p, v.n);
    MUST(net_addr_parse(VIEW("2001:db8::1"), 3478, &source));
    stun_put_binding_answer(&b, &m, &source);
    MUST(!b.full && stun_parse(buf_view(&b), &answer) && memcmp(answer.transaction, m.transaction, 12) == 0);
    if (answer.class == STUN_SUCCESS)
        MUST(stun_xor_address(&answer, &seen) && net_addr_eq(&seen, &source));
    else
        MUST(answer.class == STUN_ERROR && b.n <= n * 3 / 2); /* D7 */
    return 0;
}
