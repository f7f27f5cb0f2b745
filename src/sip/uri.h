/* SPDX-License-Identifier: Apache-2.0
 *
 * SIP and tel URIs (RFC 3261 section 19.1, RFC 3966) as views into the text they were read from.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "sip/flow.h"

enum sip_scheme { SIP_SCHEME_SIP, SIP_SCHEME_SIPS, SIP_SCHEME_TEL, SIP_SCHEME_OTHER };

struct sip_uri {
    struct view text; /* the whole URI as it stood, without angle brackets */
    enum sip_scheme scheme;
    struct view user; /* as it stood, escapes included; the number for tel: */
    struct view password;
    struct view host;    /* IPv6 with its brackets */
    uint16_t port;       /* 0: none given */
    struct view params;  /* ";name=value…" with the first semicolon, or empty */
    struct view headers; /* behind '?', or empty */
};

/* Reads a whole URI (no angle brackets). 0, EINVAL (malformed), or EPROTONOSUPPORT: a well-formed URI of another
 * scheme (only text and scheme are then set). */
[[gnu::warn_unused_result]] int sip_uri_parse(struct view text, struct sip_uri *ret);

/* A parameter of a ";a=b;c" list: false when absent; *value is empty for one without '='. Names without case.
 * Quoted values come with their quotes taken off, escapes still in. */
bool sip_param_get(struct view params, struct view name, struct view *value);
/* Well-formed as RFC 3261's generic-param list? At most 32. */
[[gnu::warn_unused_result]] bool sip_params_valid(struct view params);

/* Undoes %XX into dst (which gets no closing zero); false when a escape is broken or it does not fit. NUL octets stay.
 */
[[gnu::warn_unused_result]] bool sip_unescape(struct view v, struct buf *dst);
/* Writes v as the user part of a URI, escaping what must be. */
void sip_escape_user(struct view v, struct buf *dst);

/* Equal by RFC 3261 section 19.1.4 (escapes, case of host, order of parameters). */
bool sip_uri_eq(const struct sip_uri *a, const struct sip_uri *b);

/* The transport that the URI asks for: its transport parameter, TLS for sips:, otherwise UDP. False: unknown name. */
[[gnu::warn_unused_result]] bool sip_uri_transport(const struct sip_uri *u, enum sip_transport *ret);
