/* SPDX-License-Identifier: Apache-2.0
 *
 * RTCP: see rtcp_priv.h. Reports are ours on each side of a call: what a peer reports on its stream to us says nothing
 * about the stream that we send on, so nothing is relayed.
 */
#include "media/rtcp_priv.h"

#include "media/bytes_priv.h"

#include <string.h>

enum { SR = 200, RR = 201, SDES = 202, BYE = 203 };
enum { SENDER_BYTES = 20, BLOCK_BYTES = 24 };
static const int64_t NTP_TO_UNIX_S = INT64_C(2208988800);

static void read_blocks(const uint8_t *p, size_t n, uint32_t our_ssrc, struct rtcp_heard *ret)
{
    for (; n > 0; n--, p += BLOCK_BYTES) {
        if (bytes_get32(p) != our_ssrc)
            continue;
        ret->block = true;
        ret->fraction_lost = p[4];
        ret->lost = bytes_get32(p + 4) & 0xffffff;
        ret->jitter = bytes_get32(p + 12);
        ret->last_sr = bytes_get32(p + 16);
        ret->since_sr = bytes_get32(p + 20);
    }
}

/* One packet of the compound, its header included; its length was checked against the whole. */
static bool read_one(const uint8_t *p, size_t bytes, uint32_t our_ssrc, struct rtcp_heard *ret)
{
    size_t count = p[0] & 0x1f;
    size_t blocks_at = 8;
    switch (p[1]) {
    case SR:
        blocks_at += SENDER_BYTES;
        if (bytes < blocks_at + count * BLOCK_BYTES)
            return false;
        ret->sender = true;
        ret->sender_ntp = bytes_get32(p + 10);
        read_blocks(p + blocks_at, count, our_ssrc, ret);
        return true;
    case RR:
        if (bytes < blocks_at + count * BLOCK_BYTES)
            return false;
        read_blocks(p + blocks_at, count, our_ssrc, ret);
        return true;
    case BYE:
        ret->bye = true;
        return true;
    default:
        return true;
    }
}

bool rtcp_parse(const uint8_t *packet, size_t bytes, uint32_t our_ssrc, struct rtcp_heard *ret)
{
    *ret = (struct rtcp_heard){0};
    if (bytes < 8 || bytes > RTCP_PACKET_MAX || bytes % 4 != 0)
        return false;
    while (bytes > 0) {
        if (bytes < 4 || packet[0] >> 6 != 2 || packet[1] < 192 || packet[1] > 223)
            return false;
        size_t length = ((size_t)bytes_get16(packet + 2) + 1) * 4;
        if (length > bytes || !read_one(packet, length, our_ssrc, ret))
            return false;
        packet += length;
        bytes -= length;
    }
    return true;
}

uint32_t rtcp_ntp_middle(int64_t wall_us)
{
    uint64_t s = (uint64_t)(wall_us / 1000000 + NTP_TO_UNIX_S),
             fraction = (uint64_t)(wall_us % 1000000) * 65536 / 1000000;
    return (uint32_t)(s << 16 | fraction);
}

static uint8_t *write_sender(uint8_t *p, const struct rtcp_report *r)
{
    bytes_put32(p, (uint32_t)(r->wall_us / 1000000 + NTP_TO_UNIX_S));
    bytes_put32(p + 4, (uint32_t)(((uint64_t)(r->wall_us % 1000000) << 32) / 1000000));
    bytes_put32(p + 8, r->ts);
    bytes_put32(p + 12, r->packets);
    bytes_put32(p + 16, r->octets);
    return p + SENDER_BYTES;
}

static uint8_t *write_block(uint8_t *p, const struct rtcp_report *r)
{
    bytes_put32(p, r->rx.ssrc);
    bytes_put32(p + 4, (uint32_t)r->rx.fraction << 24 | r->rx.lost);
    bytes_put32(p + 8, r->rx.highest_seq);
    bytes_put32(p + 12, r->rx.jitter);
    bytes_put32(p + 16, r->last_sr);
    bytes_put32(p + 20, r->since_sr);
    return p + BLOCK_BYTES;
}

static uint8_t *write_sdes(uint8_t *p, const struct rtcp_report *r)
{
    enum { ITEM_BYTES = 2 + RTCP_CNAME_CHARS, CHUNK_BYTES = (4 + ITEM_BYTES + 4) / 4 * 4 }; /* ends in 1 to 4 zeros */
    memset(p, 0, 4 + CHUNK_BYTES);
    p[0] = 0x81;
    p[1] = SDES;
    bytes_put16(p + 2, CHUNK_BYTES / 4);
    bytes_put32(p + 4, r->ssrc);
    p[8] = 1; /* CNAME */
    p[9] = RTCP_CNAME_CHARS;
    memcpy(p + 10, r->cname, RTCP_CNAME_CHARS);
    return p + 4 + CHUNK_BYTES;
}

size_t rtcp_write(uint8_t dst[RTCP_REPORT_BYTES], const struct rtcp_report *r)
{
    uint8_t *p = dst + 8;
    if (r->sends)
        p = write_sender(p, r);
    if (r->hears)
        p = write_block(p, r);
    dst[0] = (uint8_t)(0x80 | (r->hears ? 1 : 0));
    dst[1] = r->sends ? SR : RR;
    bytes_put16(dst + 2, (uint16_t)((p - dst) / 4 - 1));
    bytes_put32(dst + 4, r->ssrc);
    return (size_t)(write_sdes(p, r) - dst);
}
