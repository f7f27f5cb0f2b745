/* SPDX-License-Identifier: Apache-2.0
 *
 * SRTP by the letter of RFC 3711 and RFC 7714, on OpenSSL's bare ciphers: held against the vectors of the standards,
 * and then the media engine against it.
 */
#pragma once

#include "sip/media_desc.h"

struct srtp_reference { /* session keys of one direction, of RTP or of RTCP */
    enum media_suite suite;
    uint8_t key[32], salt[14], auth[20];
};

/* From master key and salt (RFC 3711 4.3, RFC 7714 11). */
struct srtp_reference reference_derive(enum media_suite suite, const uint8_t *master, bool rtcp);
/* In place; returns the new length. */
size_t reference_seal_rtp(const struct srtp_reference *r, uint8_t *packet, size_t bytes, uint32_t roc);
size_t reference_seal_rtcp(const struct srtp_reference *r, uint8_t *packet, size_t bytes, uint32_t index);
