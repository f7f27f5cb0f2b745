/* SPDX-License-Identifier: Apache-2.0
 *
 * Splitting the head of a message into fields. Private to sip.
 */
#pragma once

#include "sip/message.h"

/* Where a line ends and the next one starts. */
struct line_end {
    size_t length; /* without the line end */
    size_t next;   /* behind it */
    bool ended;    /* false: the text stops without a line end */
};

/* The line at the head of v; CRLF, or a lone LF (RFC 5118's own files come with it, and so do many test tools). */
struct line_end line_at(struct view v);

struct field_scan {
    struct sip_field fields[SIP_HEADERS_MAX];
    uint16_t n;
    size_t head_bytes; /* behind the empty line */
    bool ended;        /* the empty line was there */
};

/* Reads all fields from `bytes` on, joining folded lines in place. What is wrong is put into *fault (the first thing
 * wins) and left out; the rest is still read. */
void fields_scan(struct field_scan *scan, char *bytes, size_t n, struct sip_fault *fault);

/* Notes the first thing that is wrong. */
void fault_set(struct sip_fault *fault, uint16_t status, const char *text);
