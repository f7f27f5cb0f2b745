/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys in SDP (SDES, RFC 4568; RFC 7714 14.2): reading and writing of a=crypto lines. A line that is broken, or asks
 * for what we do not do, counts as absent. Pure functions.
 */
#include "sip/sdp_priv.h"

#include <string.h>

enum { TAG_MAX = 999999999 };
enum { LIFETIME_LEAST_BITS = 20, LIFETIME_MOST_BITS = 48 }; /* packets; 2^20 are nearly six hours */

static const char *const suite_names[MEDIA_SUITES] = {[SUITE_NONE] = "",
                                                      [SUITE_AES_256_GCM] = "AEAD_AES_256_GCM",
                                                      [SUITE_AES_128_GCM] = "AEAD_AES_128_GCM",
                                                      [SUITE_AES_CM_80] = "AES_CM_128_HMAC_SHA1_80",
                                                      [SUITE_AES_CM_32] = "AES_CM_128_HMAC_SHA1_32"};

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static enum media_suite suite_of(struct view name)
{
    for (int s = SUITE_NONE + 1; s < MEDIA_SUITES; s++)
        if (view_eq_nocase(name, view_of(suite_names[s])))
            return (enum media_suite)s;
    return SUITE_NONE;
}

/* Exactly so many bytes; the padding may be left out (RFC 4568 6.1). */
static bool base64_read(struct view text, uint8_t *dst, size_t bytes)
{
    for (unsigned pads = 0; pads < 2 && text.n && text.p[text.n - 1] == '='; pads++)
        text.n--;
    if (text.n != (bytes * 4 + 2) / 3)
        return false;
    uint32_t bits = 0;
    unsigned held = 0;
    for (size_t i = 0; i < text.n; i++) {
        const char *digit = text.p[i] ? strchr(digits, text.p[i]) : NULL;
        if (!digit)
            return false;
        bits = bits << 6 | (uint32_t)(digit - digits);
        held += 6;
        if (held < 8)
            continue;
        held -= 8;
        *dst++ = (uint8_t)(bits >> held);
    }
    return true;
}

static void base64_write(struct buf *b, const uint8_t *p, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += 3) {
        size_t n = bytes - i < 3 ? bytes - i : 3;
        uint32_t bits = (uint32_t)p[i] << 16 | (n > 1 ? (uint32_t)p[i + 1] << 8 : 0) | (n > 2 ? p[i + 2] : 0);
        for (unsigned k = 0; k < 4; k++)
            buf_add_char(b, k <= n ? digits[bits >> (18 - 6 * k) & 63] : '=');
    }
}

/* 2^n or a plain number. We do not count packets: a key that ends within a call is not taken. */
static bool lifetime_fits(struct view text)
{
    uint32_t n;
    if (view_starts(text, VIEW("2^")))
        return view_to_u32(view_slice(text, 2, text.n), LIFETIME_MOST_BITS, &n) && n >= LIFETIME_LEAST_BITS;
    return view_to_u32(text, UINT32_MAX, &n) && n >= 1u << LIFETIME_LEAST_BITS;
}

/* inline:<key>[|lifetime]; several keys, or one with an MKI, are for what needs to tell them apart: not us. */
static bool read_key(struct view params, struct sdp_crypto *ret)
{
    if (!view_starts_nocase(params, VIEW("inline:")))
        return false;
    struct view rest = view_slice(params, 7, params.n);
    struct view key = view_cut(&rest, '|');
    if (!base64_read(key, ret->key, media_suite_key_bytes((enum media_suite)ret->suite)))
        return false;
    return !rest.n || lifetime_fits(rest);
}

/* Parameters that change what goes over the wire (UNENCRYPTED_SRTP, KDR, FEC) are declined; a hint of the window's size
 * and what says of itself that it may be ignored are not (RFC 4568 6.3). */
static bool parameters_fit(struct view rest)
{
    while (rest.n) {
        struct view one = view_cut(&rest, ' ');
        if (one.n && one.p[0] != '-' && !view_starts_nocase(one, VIEW("WSH=")))
            return false;
    }
    return true;
}

static bool read_crypto(struct view value, struct sdp_crypto *ret)
{
    struct view rest = view_trim(value);
    *ret = (struct sdp_crypto){0};
    if (!view_to_u32(view_cut(&rest, ' '), TAG_MAX, &ret->tag) || ret->tag == 0)
        return false;
    rest = view_trim(rest);
    ret->suite = (uint8_t)suite_of(view_cut(&rest, ' '));
    if (ret->suite == SUITE_NONE)
        return false;
    rest = view_trim(rest);
    return read_key(view_cut(&rest, ' '), ret) && parameters_fit(rest);
}

static bool next_crypto(struct view *lines, struct view *ret)
{
    struct sdp_line line;
    while (sdp_next_line(lines, &line)) {
        if (line.type != 'a' || !view_starts(line.value, VIEW("crypto:")))
            continue;
        *ret = view_slice(line.value, 7, line.value.n);
        return true;
    }
    return false;
}

bool sdp_crypto_find(const struct sdp_media *m, uint32_t tag, struct sdp_crypto *ret)
{
    struct view lines = m->lines, value;
    while (next_crypto(&lines, &value))
        if (read_crypto(value, ret) && (!tag || ret->tag == tag))
            return true;
    *ret = (struct sdp_crypto){0};
    return false;
}

bool sdp_crypto_said(const struct sdp_media *m)
{
    struct view lines = m->lines, value;
    return next_crypto(&lines, &value);
}

int sdp_secure_index(const struct sdp_session *s, struct sdp_crypto *ret)
{
    for (unsigned i = 0; i < s->n_media; i++)
        if (sdp_is_audio(&s->media[i]) && sdp_crypto_find(&s->media[i], 0, ret))
            return (int)i;
    *ret = (struct sdp_crypto){0};
    return -1;
}

void sdp_crypto_write(struct buf *b, uint32_t tag, enum media_suite suite, const uint8_t *key)
{
    buf_addf(b, "a=crypto:%u %s inline:", tag, suite_names[suite]);
    base64_write(b, key, media_suite_key_bytes(suite));
    buf_add(b, VIEW("\r\n"));
}
