/* SPDX-License-Identifier: Apache-2.0
 *
 * STUN messages (RFC 8489 sections 5 and 14): see stun.h. Pure functions.
 */
#include "sip/stun.h"

#include <string.h>

enum { MAPPED_ADDRESS = 0x0001, ERROR_CODE = 0x0009, UNKNOWN_ATTRIBUTES = 0x000A, XOR_MAPPED_ADDRESS = 0x0020 };
enum { UNKNOWN_MAX = 8, ATTRIBUTE_HEADER_BYTES = 4 };

static uint16_t be16(const char *p)
{
    return (uint16_t)((uint8_t)p[0] << 8 | (uint8_t)p[1]);
}

static uint32_t be32(const char *p)
{
    return (uint32_t)be16(p) << 16 | be16(p + 2);
}

static void put16(struct buf *b, unsigned v)
{
    buf_add(b, (struct view){(const char[]){(char)(v >> 8), (char)v}, 2});
}

bool stun_looks_like(struct view d)
{
    return d.n >= STUN_HEADER_BYTES && (uint8_t)d.p[0] <= 3 && be32(d.p + 4) == STUN_COOKIE;
}

/* Takes one attribute with its padding to four bytes off the head. */
static bool attribute_take(struct view *rest, uint16_t *type, struct view *value)
{
    if (rest->n < ATTRIBUTE_HEADER_BYTES)
        return false;
    size_t n = be16(rest->p + 2), padded = (n + 3) & ~(size_t)3;
    if (padded > rest->n - ATTRIBUTE_HEADER_BYTES)
        return false;
    *type = be16(rest->p);
    *value = (struct view){rest->p + ATTRIBUTE_HEADER_BYTES, n};
    *rest = view_slice(*rest, ATTRIBUTE_HEADER_BYTES + padded, rest->n);
    return true;
}

bool stun_parse(struct view datagram, struct stun_msg *ret)
{
    *ret = (struct stun_msg){0};
    if (!stun_looks_like(datagram) || be16(datagram.p + 2) != datagram.n - STUN_HEADER_BYTES || datagram.n % 4)
        return false;
    unsigned type = be16(datagram.p);
    /* The class is bits 4 and 8, the method what is around them (RFC 8489 section 5). */
    ret->class = (enum stun_class)((type >> 4 & 1) | (type >> 7 & 2));
    ret->method = (uint16_t)((type & 0xf) | (type >> 1 & 0x70) | (type >> 2 & 0xf80));
    memcpy(ret->transaction, datagram.p + 8, sizeof ret->transaction);
    ret->attributes = view_slice(datagram, STUN_HEADER_BYTES, datagram.n);
    struct view rest = ret->attributes, value;
    uint16_t attribute;
    while (rest.n)
        if (!attribute_take(&rest, &attribute, &value))
            return false;
    return true;
}

bool stun_attribute(const struct stun_msg *m, uint16_t type, struct view *ret)
{
    struct view rest = m->attributes;
    uint16_t one;
    while (rest.n && attribute_take(&rest, &one, ret))
        if (one == type)
            return true;
    *ret = (struct view){0};
    return false;
}

/* The mask over the address: the cookie, then for IPv6 the transaction id (RFC 8489 section 14.2). */
static void mask_make(const uint8_t transaction[12], uint8_t ret[16])
{
    static const uint8_t cookie[4] = {0x21, 0x12, 0xA4, 0x42};
    memcpy(ret, cookie, sizeof cookie);
    memcpy(ret + 4, transaction, 12);
}

bool stun_xor_address(const struct stun_msg *m, struct net_addr *ret)
{
    struct view v;
    uint8_t mask[16];
    if (!stun_attribute(m, XOR_MAPPED_ADDRESS, &v) || v.n < 4)
        return false;
    size_t bytes = v.p[1] == 1 ? 4 : v.p[1] == 2 ? 16 : 0;
    if (!bytes || v.n != 4 + bytes)
        return false;
    mask_make(m->transaction, mask);
    *ret = (struct net_addr){.port = be16(v.p + 2) ^ (STUN_COOKIE >> 16), .family = bytes == 4 ? NET_IP4 : NET_IP6};
    for (size_t i = 0; i < bytes; i++)
        ret->ip[i] = (uint8_t)v.p[4 + i] ^ mask[i];
    return true;
}

static void put_header(struct buf *b, enum stun_class class, unsigned attribute_bytes, const uint8_t transaction[12])
{
    static const char cookie[4] = {0x21, 0x12, (char)0xA4, 0x42};
    put16(b, STUN_BINDING | (class & 1u) << 4 | (class & 2u) << 7);
    put16(b, attribute_bytes);
    buf_add(b, (struct view){cookie, sizeof cookie});
    buf_add(b, (struct view){(const char *)transaction, 12});
}

void stun_put_binding_request(struct buf *b, const uint8_t transaction[12])
{
    put_header(b, STUN_REQUEST, 0, transaction);
}

static void put_xor_address(struct buf *b, const struct stun_msg *request, const struct net_addr *source)
{
    size_t bytes = source->family == NET_IP6 ? 16 : 4;
    uint8_t mask[16];
    mask_make(request->transaction, mask);
    put_header(b, STUN_SUCCESS, (unsigned)(8 + bytes), request->transaction);
    put16(b, XOR_MAPPED_ADDRESS);
    put16(b, (unsigned)(4 + bytes));
    put16(b, source->family == NET_IP6 ? 2 : 1);
    put16(b, source->port ^ (unsigned)(STUN_COOKIE >> 16));
    for (size_t i = 0; i < bytes; i++)
        buf_add_char(b, (char)(source->ip[i] ^ mask[i]));
}

/* 420 naming what was not understood (RFC 8489 section 6.3.1). */
static void put_unknown(struct buf *b, const struct stun_msg *request, const uint16_t *types, unsigned n)
{
    unsigned list_bytes = n * 2, padding = n % 2 * 2;
    put_header(b, STUN_ERROR, 8 + 4 + list_bytes + padding, request->transaction);
    put16(b, ERROR_CODE);
    put16(b, 4);
    put16(b, 0);
    put16(b, 4 << 8 | 20);
    put16(b, UNKNOWN_ATTRIBUTES);
    put16(b, list_bytes);
    for (unsigned i = 0; i < n; i++)
        put16(b, types[i]);
    if (padding)
        put16(b, 0);
}

void stun_put_binding_answer(struct buf *b, const struct stun_msg *request, const struct net_addr *source)
{
    struct view rest = request->attributes, value;
    uint16_t type, unknown[UNKNOWN_MAX];
    unsigned n = 0;
    while (rest.n && attribute_take(&rest, &type, &value)) {
        /* Below 0x8000 an attribute must be understood. Credentials (0x0006 USERNAME, 0x0008 MESSAGE-INTEGRITY) are not
         * asked for on a SIP flow and may be there. */
        bool known = type >= 0x8000 || type == MAPPED_ADDRESS || type == 0x0006 || type == 0x0008;
        if (!known && n < UNKNOWN_MAX)
            unknown[n++] = type;
    }
    if (n)
        put_unknown(b, request, unknown, n);
    else
        put_xor_address(b, request, source);
}
