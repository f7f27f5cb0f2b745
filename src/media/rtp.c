/* SPDX-License-Identifier: Apache-2.0
 *
 * RTP headers: see rtp_priv.h. What is forwarded gets a new header of twelve bytes, so nothing that a peer hides in
 * extensions or padding crosses to the other side.
 */
#include "media/rtp_priv.h"

#include "media/bytes_priv.h"

bool rtp_parse(uint8_t *packet, size_t bytes, struct rtp *ret)
{
    if (bytes < RTP_HEADER_BYTES || bytes > RTP_PACKET_MAX || packet[0] >> 6 != 2)
        return false;
    size_t start = RTP_HEADER_BYTES + (size_t)(packet[0] & 0x0f) * 4;
    if (packet[0] & 0x10) { /* header extension: RFC 3550 5.3.1 */
        if (start + 4 > bytes)
            return false;
        start += 4 + (size_t)bytes_get16(packet + start + 2) * 4;
    }
    if (start > bytes)
        return false;
    size_t payload_bytes = bytes - start;
    if (packet[0] & 0x20) { /* padding: its last byte counts itself */
        uint8_t padding = packet[bytes - 1];
        if (payload_bytes == 0 || padding == 0 || padding > payload_bytes)
            return false;
        payload_bytes -= padding;
    }
    *ret = (struct rtp){.payload = packet + start,
                        .payload_bytes = (uint16_t)payload_bytes,
                        .seq = bytes_get16(packet + 2),
                        .ts = bytes_get32(packet + 4),
                        .ssrc = bytes_get32(packet + 8),
                        .pt = packet[1] & 0x7f,
                        .marker = packet[1] >> 7};
    return true;
}

bool rtp_is_rtcp(const uint8_t *packet, size_t bytes)
{
    return bytes >= 8 && packet[0] >> 6 == 2 && packet[1] >= 192 && packet[1] <= 223;
}

uint8_t *rtp_write_header(const struct rtp *p)
{
    uint8_t *h = p->payload - RTP_HEADER_BYTES;
    h[0] = 0x80;
    h[1] = (uint8_t)((p->marker ? 0x80 : 0) | (p->pt & 0x7f));
    bytes_put16(h + 2, p->seq);
    bytes_put32(h + 4, p->ts);
    bytes_put32(h + 8, p->ssrc);
    return h;
}
