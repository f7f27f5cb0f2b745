/* SPDX-License-Identifier: Apache-2.0
 *
 * DNS answers: see dns_priv.h. Read here and not by c-ares, whose SRV and NAPTR results have no time to live.
 */
#include "net/dns_priv.h"

#include <ares.h>
#include <glib.h>

enum { TYPE_A = 1, TYPE_AAAA = 28, TYPE_SRV = 33, TYPE_NAPTR = 35, CLASS_IN = 1, HEADER_BYTES = 12 };

struct reader {
    const unsigned char *start;
    int n, at;
    bool broken;
};

static bool has(struct reader *r, int more)
{
    if (!r->broken && more <= r->n - r->at)
        return true;
    r->broken = true;
    return false;
}

static unsigned take16(struct reader *r)
{
    if (!has(r, 2))
        return 0;
    unsigned v = (unsigned)r->start[r->at] << 8 | r->start[r->at + 1];
    r->at += 2;
    return v;
}

static uint32_t take32(struct reader *r)
{
    uint32_t high = take16(r);
    return high << 16 | take16(r);
}

/* A name, compressed or not; c-ares follows pointers with a bound. The caller frees it with g_free. */
static char *take_name(struct reader *r)
{
    char *name = NULL;
    long bytes = 0;
    if (!has(r, 1) || ares_expand_name(r->start + r->at, r->start, r->n, &name, &bytes) != ARES_SUCCESS) {
        r->broken = true;
        return NULL;
    }
    r->at += (int)bytes;
    char *copy = g_strdup(name);
    ares_free_string(name);
    return copy;
}

static char *take_text(struct reader *r)
{
    int n = has(r, 1) ? r->start[r->at++] : 0;
    if (!has(r, n))
        return NULL;
    char *text = g_strndup((const char *)r->start + r->at, (gsize)n);
    r->at += n;
    return text;
}

static const char *keep(struct dns_answer *a, char *text)
{
    if (text)
        a->text[a->n_texts++] = text;
    return text;
}

static void read_data(struct dns_answer *a, struct reader *r, struct sip_dns_record *d)
{
    switch (d->type) {
    case SIP_DNS_A:
    case SIP_DNS_AAAA:
        d->address.family = d->type == SIP_DNS_A ? NET_IP4 : NET_IP6;
        if (has(r, d->type == SIP_DNS_A ? 4 : 16))
            memcpy(d->address.ip, r->start + r->at, d->type == SIP_DNS_A ? 4 : 16);
        break;
    case SIP_DNS_SRV:
        d->priority = (uint16_t)take16(r);
        d->weight = (uint16_t)take16(r);
        d->port = (uint16_t)take16(r);
        d->name = keep(a, take_name(r));
        break;
    case SIP_DNS_NAPTR:
        d->priority = (uint16_t)take16(r);
        d->weight = (uint16_t)take16(r);
        g_free(take_text(r)); /* flags: RFC 3263 has "s" only */
        d->service = keep(a, take_text(r));
        g_free(take_text(r)); /* a regular expression has no place here (RFC 3263 section 4.1) */
        d->name = keep(a, take_name(r));
        break;
    }
}

static void read_record(struct dns_answer *a, struct reader *r, enum sip_dns_type type)
{
    g_free(take_name(r));
    int number = (int)take16(r), class = (int)take16(r);
    uint32_t ttl_s = take32(r);
    int bytes = (int)take16(r);
    if (!has(r, bytes))
        return;
    int end = r->at + bytes;
    if (number == dns_type_number(type) && class == CLASS_IN) {
        /* A time with the highest bit set counts as 0 (RFC 2181 section 8). */
        struct sip_dns_record d = {.type = type, .ttl_s = ttl_s > INT32_MAX ? 0 : MIN(ttl_s, DNS_TTL_MAX_S)};
        read_data(a, r, &d);
        if (!r->broken && r->at <= end)
            a->record[a->n++] = d;
        else
            r->broken = true;
    }
    r->at = end;
}

void dns_answer_read(struct dns_answer *a, enum sip_dns_type type, const unsigned char *bytes, int n)
{
    *a = (struct dns_answer){0};
    struct reader r = {.start = bytes, .n = n};
    if (n < HEADER_BYTES)
        return;
    r.at = 4;
    unsigned questions = take16(&r), answers = take16(&r);
    r.at = HEADER_BYTES;
    for (; questions && !r.broken; questions--) {
        g_free(take_name(&r));
        (void)take32(&r);
    }
    for (; answers && !r.broken && a->n < DNS_RECORDS_MAX; answers--)
        read_record(a, &r, type);
}

void dns_answer_release(struct dns_answer *a)
{
    for (size_t i = 0; i < a->n_texts; i++)
        g_free(a->text[i]);
    a->n = a->n_texts = 0;
}

int dns_type_number(enum sip_dns_type type)
{
    static const int number[] = {
        [SIP_DNS_A] = TYPE_A, [SIP_DNS_AAAA] = TYPE_AAAA, [SIP_DNS_SRV] = TYPE_SRV, [SIP_DNS_NAPTR] = TYPE_NAPTR};
    return number[type];
}
