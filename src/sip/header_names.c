/* SPDX-License-Identifier: Apache-2.0
 *
 * Header names to ids and back, compact forms included. A name is looked up by its length and first letter, so at most
 * a handful of comparisons are made. Pure functions.
 */
#include "sip/chars_priv.h"
#include "sip/message.h"

static const char *const names[SIP_HEADERS] = {
    [SIP_H_OTHER] = "",
    [SIP_H_ACCEPT] = "Accept",
    [SIP_H_ALERT_INFO] = "Alert-Info",
    [SIP_H_ALLOW] = "Allow",
    [SIP_H_ALLOW_EVENTS] = "Allow-Events",
    [SIP_H_AUTHORIZATION] = "Authorization",
    [SIP_H_CALL_ID] = "Call-ID",
    [SIP_H_CALL_INFO] = "Call-Info",
    [SIP_H_CONTACT] = "Contact",
    [SIP_H_CONTENT_DISPOSITION] = "Content-Disposition",
    [SIP_H_CONTENT_ENCODING] = "Content-Encoding",
    [SIP_H_CONTENT_LENGTH] = "Content-Length",
    [SIP_H_CONTENT_TYPE] = "Content-Type",
    [SIP_H_CSEQ] = "CSeq",
    [SIP_H_DIVERSION] = "Diversion",
    [SIP_H_EVENT] = "Event",
    [SIP_H_EXPIRES] = "Expires",
    [SIP_H_FROM] = "From",
    [SIP_H_HISTORY_INFO] = "History-Info",
    [SIP_H_MAX_FORWARDS] = "Max-Forwards",
    [SIP_H_MIN_EXPIRES] = "Min-Expires",
    [SIP_H_MIN_SE] = "Min-SE",
    [SIP_H_P_ASSERTED_IDENTITY] = "P-Asserted-Identity",
    [SIP_H_P_PREFERRED_IDENTITY] = "P-Preferred-Identity",
    [SIP_H_PATH] = "Path",
    [SIP_H_PRIVACY] = "Privacy",
    [SIP_H_PROXY_AUTHENTICATE] = "Proxy-Authenticate",
    [SIP_H_PROXY_AUTHORIZATION] = "Proxy-Authorization",
    [SIP_H_PROXY_REQUIRE] = "Proxy-Require",
    [SIP_H_RACK] = "RAck",
    [SIP_H_REASON] = "Reason",
    [SIP_H_RECORD_ROUTE] = "Record-Route",
    [SIP_H_REFER_SUB] = "Refer-Sub",
    [SIP_H_REFER_TO] = "Refer-To",
    [SIP_H_REFERRED_BY] = "Referred-By",
    [SIP_H_REMOTE_PARTY_ID] = "Remote-Party-ID",
    [SIP_H_REPLACES] = "Replaces",
    [SIP_H_REQUIRE] = "Require",
    [SIP_H_RETRY_AFTER] = "Retry-After",
    [SIP_H_ROUTE] = "Route",
    [SIP_H_RSEQ] = "RSeq",
    [SIP_H_SESSION_EXPIRES] = "Session-Expires",
    [SIP_H_SUBJECT] = "Subject",
    [SIP_H_SUBSCRIPTION_STATE] = "Subscription-State",
    [SIP_H_SUPPORTED] = "Supported",
    [SIP_H_TARGET_DIALOG] = "Target-Dialog",
    [SIP_H_TO] = "To",
    [SIP_H_UNSUPPORTED] = "Unsupported",
    [SIP_H_USER_AGENT] = "User-Agent",
    [SIP_H_USER_TO_USER] = "User-to-User",
    [SIP_H_VIA] = "Via",
    [SIP_H_WARNING] = "Warning",
    [SIP_H_WWW_AUTHENTICATE] = "WWW-Authenticate",
};

/* All names, by length and then by name; begins[n] is where those of n characters start. */
static const uint8_t by_length[] = {
    SIP_H_TO,  /* 2 */
    SIP_H_VIA, /* 3 */
    SIP_H_CSEQ,
    SIP_H_FROM,
    SIP_H_PATH,
    SIP_H_RACK,
    SIP_H_RSEQ, /* 4 */
    SIP_H_ALLOW,
    SIP_H_EVENT,
    SIP_H_ROUTE, /* 5 */
    SIP_H_ACCEPT,
    SIP_H_MIN_SE,
    SIP_H_REASON, /* 6 */
    SIP_H_CALL_ID,
    SIP_H_CONTACT,
    SIP_H_EXPIRES,
    SIP_H_PRIVACY,
    SIP_H_REQUIRE,
    SIP_H_SUBJECT,
    SIP_H_WARNING, /* 7 */
    SIP_H_REFER_TO,
    SIP_H_REPLACES, /* 8 */
    SIP_H_CALL_INFO,
    SIP_H_DIVERSION,
    SIP_H_REFER_SUB,
    SIP_H_SUPPORTED, /* 9 */
    SIP_H_ALERT_INFO,
    SIP_H_USER_AGENT, /* 10 */
    SIP_H_MIN_EXPIRES,
    SIP_H_REFERRED_BY,
    SIP_H_RETRY_AFTER,
    SIP_H_UNSUPPORTED, /* 11 */
    SIP_H_ALLOW_EVENTS,
    SIP_H_CONTENT_TYPE,
    SIP_H_HISTORY_INFO,
    SIP_H_MAX_FORWARDS,
    SIP_H_RECORD_ROUTE,
    SIP_H_USER_TO_USER, /* 12 */
    SIP_H_AUTHORIZATION,
    SIP_H_PROXY_REQUIRE,
    SIP_H_TARGET_DIALOG,  /* 13 */
    SIP_H_CONTENT_LENGTH, /* 14 */
    SIP_H_REMOTE_PARTY_ID,
    SIP_H_SESSION_EXPIRES, /* 15 */
    SIP_H_CONTENT_ENCODING,
    SIP_H_WWW_AUTHENTICATE, /* 16 */
    SIP_H_PROXY_AUTHENTICATE,
    SIP_H_SUBSCRIPTION_STATE, /* 18 */
    SIP_H_CONTENT_DISPOSITION,
    SIP_H_P_ASSERTED_IDENTITY,
    SIP_H_PROXY_AUTHORIZATION,  /* 19 */
    SIP_H_P_PREFERRED_IDENTITY, /* 20 */
};

enum { NAME_CHARS_MAX = 20 };
static const uint8_t begins[NAME_CHARS_MAX + 2] = {0,  0,  0,  1,  2,  7,  10, 13, 20, 22, 26,
                                                   28, 32, 38, 41, 42, 44, 46, 46, 48, 51, 52};

/* RFC 3261 section 7.3.3, and the documents that registered more letters. */
static enum sip_header compact_form(char letter)
{
    switch (letter | 0x20) {
    case 'b':
        return SIP_H_REFERRED_BY; /* RFC 3892 */
    case 'c':
        return SIP_H_CONTENT_TYPE;
    case 'e':
        return SIP_H_CONTENT_ENCODING;
    case 'f':
        return SIP_H_FROM;
    case 'i':
        return SIP_H_CALL_ID;
    case 'k':
        return SIP_H_SUPPORTED;
    case 'l':
        return SIP_H_CONTENT_LENGTH;
    case 'm':
        return SIP_H_CONTACT;
    case 'o':
        return SIP_H_EVENT; /* RFC 6665 */
    case 'r':
        return SIP_H_REFER_TO; /* RFC 3515 */
    case 's':
        return SIP_H_SUBJECT;
    case 't':
        return SIP_H_TO;
    case 'u':
        return SIP_H_ALLOW_EVENTS; /* RFC 6665 */
    case 'v':
        return SIP_H_VIA;
    case 'x':
        return SIP_H_SESSION_EXPIRES; /* RFC 4028 */
    default:
        return SIP_H_OTHER;
    }
}

enum sip_header sip_header_of(struct view name)
{
    if (name.n == 1)
        return ch_is(name.p[0], CH_ALPHA) ? compact_form(name.p[0]) : SIP_H_OTHER;
    if (name.n > NAME_CHARS_MAX)
        return SIP_H_OTHER;
    for (unsigned at = begins[name.n]; at < begins[name.n + 1]; at++) {
        const char *known = names[by_length[at]];
        if ((known[0] ^ name.p[0]) & ~0x20)
            continue;
        if (view_same(name, (struct view){known, name.n}))
            return (enum sip_header)by_length[at];
    }
    return SIP_H_OTHER;
}

const char *sip_header_name(enum sip_header id)
{
    return names[id];
}
