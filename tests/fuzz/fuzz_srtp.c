/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzes SRTP and SRTCP: nothing that we did not seal opens (E3), and whatever can be sealed opens again as it was.
 * The first byte chooses the suite and RTP or RTCP.
 */
#include "media/rtp_priv.h"
#include "media/srtp_session_priv.h"
#include "tests/fuzz/fuzz.h"

typedef bool turn(struct srtp_session *s, uint8_t *packet, size_t *bytes, int64_t now_us);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > RTP_BUFFER_BYTES)
        return 0;
    struct media_crypto c = {.suite = (uint8_t)(1 + (data[0] & 3))};
    turn *opens = data[0] & 4 ? srtp_session_open_rtcp : srtp_session_open_rtp;
    turn *seals = data[0] & 4 ? srtp_session_seal_rtcp : srtp_session_seal_rtp;
    struct srtp_session *s = NULL;
    srtp_session_set(&s, &c, 0); /* one key for both ways */
    size_t n = --size, sealed = size;
    uint8_t *packet = g_malloc(size + SRTP_TRAILER_BYTES);
    memcpy(packet, ++data, size);
    MUST(!opens(s, packet, &n, 0));
    memcpy(packet, data, size);
    if (size >= RTP_HEADER_BYTES && seals(s, packet, &sealed, 0) && opens(s, packet, &sealed, 0))
        MUST(sealed == size && memcmp(packet, data, size) == 0);
    g_free(packet);
    srtp_session_free(s);
    return 0;
}
