/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing SIP messages into a bounded buffer. Everything written from outside text goes through functions that refuse
 * line ends and NUL (the value is dropped and the buffer marked full), so no header can be smuggled.
 */
#pragma once

#include "base/buf.h"
#include "sip/message.h"

void sip_put_request_line(struct buf *b, enum sip_method m, struct view uri);
void sip_put_status_line(struct buf *b, unsigned status, struct view reason); /* empty reason: the usual phrase */
/* "Name: value\r\n". */
void sip_put(struct buf *b, enum sip_header id, struct view value);
void sip_put_named(struct buf *b, struct view name, struct view value);
[[gnu::format(printf, 3, 4)]] void sip_putf(struct buf *b, enum sip_header id, const char *format, ...);
/* `"Display" <uri>` with quoting; params as they stand (";tag=x"). Empty display: none. */
void sip_put_name_addr(struct buf *b, enum sip_header id, struct view display, struct view uri, struct view params);
/* Content-Type (unless body is empty), Content-Length, empty line, body. */
void sip_put_body(struct buf *b, struct view content_type, struct view body);

/*
 * Starts a response to a request: status line, all Vias (received and rport filled in for the topmost, RFC 3581),
 * From, To (with to_tag added unless it has one; empty: none), Call-ID, CSeq, and for 1xx/2xx Record-Route. More
 * headers and sip_put_body follow. `source` is where the request really came from. Works for a request that failed to
 * parse but is answerable.
 */
void sip_put_response_head(struct buf *b, const struct sip_msg *request, unsigned status, struct view reason,
                           struct view to_tag, const struct net_addr *source);
