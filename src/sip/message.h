/* SPDX-License-Identifier: Apache-2.0
 *
 * A SIP message as views into the bytes it came in (RFC 3261). Parsing copies nothing but header lists into an arena;
 * folded lines are joined in place (line ends become blanks), so the buffer must be ours to write.
 *
 * Limits (A6): message 64 KiB, 256 header lines, 8 KiB a line, 64 Via values. Strict framing (A5): a control byte
 * before the colon, white space there behind a name without an id (with a known name RFC 3261's grammar and RFC 4475
 * section 3.1.1.1 want it accepted, and it means the same to everyone who goes by the id), NUL in a header (but as a
 * quoted-pair, RFC 4475 section 3.1.1.2), and two Content-Length, CSeq, To, From, Call-ID or Max-Forwards are refused.
 */
#pragma once

#include "base/arena.h"
#include "sip/uri.h"

enum {
    SIP_MESSAGE_BYTES_MAX = 65536,
    SIP_HEADERS_MAX = 256,
    SIP_HEADER_BYTES_MAX = 8192,
    SIP_VIAS_MAX = 64,
};

enum sip_method {
    SIP_METHOD_OTHER,
    SIP_INVITE,
    SIP_ACK,
    SIP_BYE,
    SIP_CANCEL,
    SIP_REGISTER,
    SIP_OPTIONS,
    SIP_PRACK,
    SIP_UPDATE,
    SIP_INFO,
    SIP_REFER,
    SIP_NOTIFY,
    SIP_SUBSCRIBE,
    SIP_PUBLISH,
    SIP_MESSAGE,
    SIP_METHODS
};

/* Headers known by name; compact forms (RFC 3261, 3515, 3892, 4028, 6665 …) are mapped to the same id. */
enum sip_header {
    SIP_H_OTHER,
    SIP_H_ACCEPT,
    SIP_H_ALERT_INFO,
    SIP_H_ALLOW,
    SIP_H_ALLOW_EVENTS,
    SIP_H_AUTHORIZATION,
    SIP_H_CALL_ID,
    SIP_H_CALL_INFO,
    SIP_H_CONTACT,
    SIP_H_CONTENT_DISPOSITION,
    SIP_H_CONTENT_ENCODING,
    SIP_H_CONTENT_LENGTH,
    SIP_H_CONTENT_TYPE,
    SIP_H_CSEQ,
    SIP_H_DIVERSION,
    SIP_H_EVENT,
    SIP_H_EXPIRES,
    SIP_H_FROM,
    SIP_H_HISTORY_INFO,
    SIP_H_MAX_FORWARDS,
    SIP_H_MIN_EXPIRES,
    SIP_H_MIN_SE,
    SIP_H_P_ASSERTED_IDENTITY,
    SIP_H_P_PREFERRED_IDENTITY,
    SIP_H_PATH,
    SIP_H_PRIVACY,
    SIP_H_PROXY_AUTHENTICATE,
    SIP_H_PROXY_AUTHORIZATION,
    SIP_H_PROXY_REQUIRE,
    SIP_H_RACK,
    SIP_H_REASON,
    SIP_H_RECORD_ROUTE,
    SIP_H_REFER_SUB,
    SIP_H_REFER_TO,
    SIP_H_REFERRED_BY,
    SIP_H_REMOTE_PARTY_ID,
    SIP_H_REPLACES,
    SIP_H_REQUIRE,
    SIP_H_RETRY_AFTER,
    SIP_H_ROUTE,
    SIP_H_RSEQ,
    SIP_H_SESSION_EXPIRES,
    SIP_H_SUBJECT,
    SIP_H_SUBSCRIPTION_STATE,
    SIP_H_SUPPORTED,
    SIP_H_TARGET_DIALOG,
    SIP_H_TO,
    SIP_H_UNSUPPORTED,
    SIP_H_USER_AGENT,
    SIP_H_USER_TO_USER,
    SIP_H_VIA,
    SIP_H_WARNING,
    SIP_H_WWW_AUTHENTICATE,
    SIP_HEADERS
};

struct sip_field {
    enum sip_header id;
    struct view name;  /* as written */
    struct view value; /* trimmed; folded lines joined */
};

/* name-addr or addr-spec with its parameters: From, To, Contact, Route, Refer-To, P-Asserted-Identity … */
struct sip_name_addr {
    struct view display; /* quotes taken off, escapes still in; see sip_display_text */
    struct sip_uri uri;
    struct view params; /* header parameters: ";tag=…" or empty */
};

struct sip_via {
    enum sip_transport transport; /* valid if known */
    bool known_transport;
    struct view host;
    uint16_t port; /* 0: none given */
    struct view branch;
    struct view params;
    bool rport; /* an rport parameter stands there (RFC 3581) */
};

struct sip_cseq {
    uint32_t number;
    enum sip_method method;
    struct view method_text;
};

struct sip_msg {
    bool is_request;
    enum sip_method method; /* request */
    struct view method_text;
    struct view uri_text;
    struct sip_uri uri; /* request; scheme tells whether it can be used */
    uint16_t status;    /* response: 100 to 699 */
    struct view reason;

    struct sip_field *fields; /* in the arena */
    uint16_t n_fields;
    struct view body; /* what Content-Length says, or on UDP without one: all that follows */

    /* The headers that every message must have, read and checked. */
    struct sip_via via; /* topmost */
    struct sip_name_addr from, to;
    struct view from_tag, to_tag; /* empty when absent */
    struct view call_id;
    struct sip_cseq cseq;
    int16_t max_forwards; /* -1: absent */
};

/* What is wrong with a message, for the answer's reason phrase: names the field, never its content. */
struct sip_fault {
    uint16_t status;  /* 400, 413, 416, 505, 513 …; 0 = nothing wrong */
    const char *text; /* static, e.g. "Bad CSeq"; a whole reason phrase */
    bool answerable;  /* a request of which enough was read (Via, From, To, Call-ID, CSeq) to send that answer */
};

/*
 * Reads one message out of `bytes` (one datagram, or one message cut out by sip_stream). Returns 0 and fills *ret, or
 * EBADMSG with *fault filled and *ret holding what could be read (all views valid, possibly empty), so that a 400 can
 * be built from it. A response that is wrong is never answerable, nor is an ACK. Octets behind the body are ignored
 * (RFC 3261 18.3). reliable_transport: Content-Length must be there (RFC 3261 section 20.14).
 */
[[gnu::warn_unused_result]] int sip_msg_parse(struct sip_msg *ret, struct arena *arena, char *bytes, size_t n,
                                              bool reliable_transport, struct sip_fault *fault);

/* First field of that id, or NULL. */
const struct sip_field *sip_msg_field(const struct sip_msg *m, enum sip_header id);
struct view sip_msg_value(const struct sip_msg *m, enum sip_header id); /* of the first; empty when absent */
/* Any header by name, case-insensitive: for those without an id. */
struct view sip_msg_value_named(const struct sip_msg *m, struct view name);

/* Goes over the values of all fields of one id as one comma list (RFC 3261 7.3.1), quotes and brackets respected:
 * start with a zeroed iterator; false at the end. */
struct sip_list {
    uint16_t field;
    struct view rest;
    bool open;
};
bool sip_msg_next_value(const struct sip_msg *m, enum sip_header id, struct sip_list *at, struct view *ret);
/* The same inside one value: takes the next comma-separated item off *rest. */
bool sip_list_cut(struct view *rest, struct view *ret);
/* Does a token list header (Supported, Require, Allow …) hold this token (no case)? */
bool sip_msg_has_token(const struct sip_msg *m, enum sip_header id, struct view token);

[[gnu::warn_unused_result]] bool sip_name_addr_parse(struct view value, struct sip_name_addr *ret);
[[gnu::warn_unused_result]] bool sip_via_parse(struct view value, struct sip_via *ret);
[[gnu::warn_unused_result]] bool sip_cseq_parse(struct view value, struct sip_cseq *ret);
/* delta-seconds as Expires has them, parameters behind it allowed; cut to 2^32-1 is not done: false above it. */
[[gnu::warn_unused_result]] bool sip_seconds_parse(struct view value, uint32_t *ret);
struct sip_rack {
    uint32_t rseq, cseq;
    enum sip_method method;
};
[[gnu::warn_unused_result]] bool sip_rack_parse(struct view value, struct sip_rack *ret);
struct sip_replaces {
    struct view call_id, to_tag, from_tag;
    bool early_only;
};
[[gnu::warn_unused_result]] bool sip_replaces_parse(struct view value, struct sip_replaces *ret);
struct sip_session_expires {
    uint32_t seconds;
    enum { SIP_REFRESHER_NONE, SIP_REFRESHER_UAC, SIP_REFRESHER_UAS } refresher;
};
[[gnu::warn_unused_result]] bool sip_session_expires_parse(struct view value, struct sip_session_expires *ret);
/* Reason (RFC 3326): the protocol ("SIP", "Q.850"), cause (0: none) and text of the first value. */
struct sip_reason {
    struct view protocol, text;
    uint32_t cause;
};
[[gnu::warn_unused_result]] bool sip_reason_parse(struct view value, struct sip_reason *ret);
struct sip_media_type {
    struct view type, subtype, params; /* "application", "sdp", ";charset=…" */
};
[[gnu::warn_unused_result]] bool sip_media_type_parse(struct view value, struct sip_media_type *ret);
bool sip_media_type_is(struct view content_type, const char *type, const char *subtype);

/* Display name with escapes undone, control characters dropped, cut at whole UTF-8 characters to fit. */
void sip_display_text(struct view display, struct buf *dst);

enum sip_method sip_method_of(struct view name); /* exact case (RFC 3261 7.1) */
const char *sip_method_name(enum sip_method m);
enum sip_header sip_header_of(struct view name); /* no case; compact forms too */
const char *sip_header_name(enum sip_header id); /* full form */
const char *sip_reason_phrase(unsigned status);  /* RFC 3261 and extensions; "Unknown" otherwise */

/*
 * Takes one message off a stream (TCP, TLS): Content-Length tells its end (RFC 3261 18.3). Leading CRLFs are
 * keep-alives.
 */
enum sip_stream_what {
    SIP_STREAM_MORE,    /* not whole yet: come back with more bytes */
    SIP_STREAM_MESSAGE, /* bytes [0, *n) are one message */
    SIP_STREAM_PING,    /* bytes [0, *n) are a double CRLF (RFC 5626 4.4.1): answer one CRLF */
    SIP_STREAM_BLANK,   /* bytes [0, *n) are a lone CRLF (a pong): skip them */
    SIP_STREAM_BROKEN,  /* framing lost: bytes [0, *n) may be answered 400 / 513 if they parse that far; then close */
};
enum sip_stream_what sip_stream_cut(struct view bytes, size_t *n);
