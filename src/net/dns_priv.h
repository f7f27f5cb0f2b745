/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the records out of a DNS answer (RFC 1035 section 4, 2782, 3403, 3596). Pure; for dns.c and its tests.
 */
#pragma once

#include "sip/resolve.h"

enum { DNS_RECORDS_MAX = 64, DNS_TTL_MAX_S = 86400 };

struct dns_answer {
    struct sip_dns_record record[DNS_RECORDS_MAX];
    size_t n;
    char *text[DNS_RECORDS_MAX * 2]; /* what the records point to */
    size_t n_texts;
};

/* Records of that type in the answer section, at most DNS_RECORDS_MAX; those that are broken end the reading. */
void dns_answer_read(struct dns_answer *a, enum sip_dns_type type, const unsigned char *bytes, int n);
void dns_answer_release(struct dns_answer *a);
/* The type's number in DNS. */
int dns_type_number(enum sip_dns_type type);
