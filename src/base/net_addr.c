/* SPDX-License-Identifier: Apache-2.0
 *
 * IP addresses as values: see net_addr.h. inet_pton and inet_ntop are used as pure text functions.
 */
#include "base/net_addr.h"

#include <arpa/inet.h>
#include <string.h>

bool net_addr_parse(struct view host, uint16_t port, struct net_addr *ret)
{
    char text[INET6_ADDRSTRLEN];
    struct net_addr a = {.port = port};
    if (host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        host = view_slice(host, 1, host.n - 1);
    if (host.n == 0 || memchr(host.p, '\0', host.n) || !view_copy(host, text, sizeof text))
        return false;
    if (inet_pton(AF_INET, text, a.ip) == 1) {
        a.family = NET_IP4;
    } else if (inet_pton(AF_INET6, text, a.ip) == 1) {
        static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
        a.family = NET_IP6;
        if (memcmp(a.ip, mapped, sizeof mapped) == 0) {
            memmove(a.ip, a.ip + 12, 4);
            memset(a.ip + 4, 0, 12);
            a.family = NET_IP4;
        }
    } else {
        return false;
    }
    *ret = a;
    return true;
}

void net_addr_write_host(const struct net_addr *a, bool brackets, struct buf *out)
{
    char text[INET6_ADDRSTRLEN] = "";
    bool six = a->family == NET_IP6;
    if (a->family != NET_NONE)
        (void)inet_ntop(six ? AF_INET6 : AF_INET, a->ip, text, sizeof text);
    if (six && brackets)
        buf_add_char(out, '[');
    buf_add_text(out, text);
    if (six && brackets)
        buf_add_char(out, ']');
}

void net_addr_write(const struct net_addr *a, struct buf *out)
{
    net_addr_write_host(a, a->port != 0, out);
    if (a->port) {
        buf_add_char(out, ':');
        buf_add_u64(out, a->port);
    }
}

char *net_addr_text(const struct net_addr *a, char dst[NET_ADDR_TEXT])
{
    struct buf b = buf_on(dst, NET_ADDR_TEXT - 1);
    net_addr_write(a, &b);
    dst[b.n] = '\0';
    return dst;
}

bool net_addr_eq_host(const struct net_addr *a, const struct net_addr *b)
{
    return a->family == b->family && memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

bool net_addr_eq(const struct net_addr *a, const struct net_addr *b)
{
    return a->port == b->port && net_addr_eq_host(a, b);
}

unsigned net_addr_hash_host(const void *addr)
{
    uint32_t part[4];
    memcpy(part, ((const struct net_addr *)addr)->ip, sizeof part);
    return (part[0] ^ part[1] * 31 ^ part[2] * 961 ^ part[3] * 29791) * 2654435761U;
}

int net_addr_equal_host(const void *a, const void *b)
{
    return net_addr_eq_host(a, b);
}

bool net_addr_is_any(const struct net_addr *a)
{
    static const uint8_t zero[16];
    return a->family == NET_NONE || memcmp(a->ip, zero, sizeof zero) == 0;
}

static bool in_any(const struct net_addr *a, const struct net_range *ranges, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (net_range_has(&ranges[i], a))
            return true;
    return false;
}

/* clang-format off */
#define IP4(a, b, c, d, bits) {{{a, b, c, d}, 0, NET_IP4}, bits}
#define IP6(a, b, bits) {{{a, b}, 0, NET_IP6}, bits}
/* clang-format on */

bool net_addr_is_loopback(const struct net_addr *a)
{
    static const struct net_range loop[] = {IP4(127, 0, 0, 0, 8), {{{[15] = 1}, 0, NET_IP6}, 128}};
    return in_any(a, loop, sizeof loop / sizeof *loop);
}

bool net_addr_is_private(const struct net_addr *a)
{
    static const struct net_range inside[] = {IP4(10, 0, 0, 0, 8),    IP4(172, 16, 0, 0, 12),  IP4(192, 168, 0, 0, 16),
                                              IP4(100, 64, 0, 0, 10), IP4(169, 254, 0, 0, 16), IP6(0xfc, 0, 7),
                                              IP6(0xfe, 0x80, 10)};
    return net_addr_is_loopback(a) || in_any(a, inside, sizeof inside / sizeof *inside);
}

bool net_addr_is_multicast(const struct net_addr *a)
{
    static const struct net_range many[] = {IP4(224, 0, 0, 0, 4), IP4(255, 255, 255, 255, 32), IP6(0xff, 0, 8)};
    return in_any(a, many, sizeof many / sizeof *many);
}

uint64_t net_addr_source_key(const struct net_addr *a)
{
    uint64_t key = 0;
    memcpy(&key, a->ip, a->family == NET_IP6 ? 8 : 4);
    return a->family == NET_IP6 ? key ^ 0x8000000000000000ULL : key;
}

bool net_range_parse(struct view text, struct net_range *ret)
{
    struct net_range r;
    struct view host = view_cut(&text, '/');
    if (!net_addr_parse(host, 0, &r.base))
        return false;
    uint32_t most = r.base.family == NET_IP6 ? 128 : 32, bits = most;
    if (text.n && !view_to_u32(text, most, &bits))
        return false;
    r.bits = (uint8_t)bits;
    *ret = r;
    return true;
}

bool net_range_has(const struct net_range *r, const struct net_addr *a)
{
    if (r->base.family != a->family)
        return false;
    size_t whole = r->bits / 8, rest = r->bits % 8;
    if (memcmp(r->base.ip, a->ip, whole) != 0)
        return false;
    if (!rest)
        return true;
    uint8_t mask = (uint8_t)(0xff << (8 - rest));
    return (r->base.ip[whole] & mask) == (a->ip[whole] & mask);
}
