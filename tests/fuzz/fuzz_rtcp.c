/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzes RTCP compounds: nothing outside is read, and what is understood is bounded (E5).
 */
#include "media/rtcp_priv.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rtcp_heard h;
    uint8_t *packet = g_malloc(size ? size : 1);
    if (size)
        memcpy(packet, data, size);
    if (rtcp_parse(packet, size, 0x01020304, &h)) {
        MUST(size >= 8 && size <= RTCP_PACKET_MAX && size % 4 == 0);
        MUST(h.lost <= 0xffffff);
        MUST(rtp_is_rtcp(packet, size));
    }
    g_free(packet);
    return 0;
}
