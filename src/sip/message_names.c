/* SPDX-License-Identifier: Apache-2.0
 *
 * Method names and reason phrases (RFC 3261 section 21 and IANA's list of the extensions). Pure functions.
 */
#include "sip/message.h"

#include <stdlib.h>

static const char *const methods[SIP_METHODS] = {
    [SIP_METHOD_OTHER] = "",       [SIP_INVITE] = "INVITE",     [SIP_ACK] = "ACK",         [SIP_BYE] = "BYE",
    [SIP_CANCEL] = "CANCEL",       [SIP_REGISTER] = "REGISTER", [SIP_OPTIONS] = "OPTIONS", [SIP_PRACK] = "PRACK",
    [SIP_UPDATE] = "UPDATE",       [SIP_INFO] = "INFO",         [SIP_REFER] = "REFER",     [SIP_NOTIFY] = "NOTIFY",
    [SIP_SUBSCRIBE] = "SUBSCRIBE", [SIP_PUBLISH] = "PUBLISH",   [SIP_MESSAGE] = "MESSAGE",
};

enum sip_method sip_method_of(struct view name)
{
    for (unsigned m = SIP_INVITE; name.n && m < SIP_METHODS; m++)
        if (methods[m][0] == name.p[0] && view_eq(name, view_of(methods[m])))
            return (enum sip_method)m;
    return SIP_METHOD_OTHER;
}

const char *sip_method_name(enum sip_method m)
{
    return methods[m];
}

struct phrase {
    uint16_t status;
    const char *text;
};

static const struct phrase phrases[] = {
    /* sorted by status */
    {100, "Trying"},
    {180, "Ringing"},
    {181, "Call Is Being Forwarded"},
    {182, "Queued"},
    {183, "Session Progress"},
    {199, "Early Dialog Terminated"},
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Notification"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Moved Temporarily"},
    {305, "Use Proxy"},
    {380, "Alternative Service"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {410, "Gone"},
    {412, "Conditional Request Failed"},
    {413, "Request Entity Too Large"},
    {414, "Request-URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Unsupported URI Scheme"},
    {417, "Unknown Resource-Priority"},
    {420, "Bad Extension"},
    {421, "Extension Required"},
    {422, "Session Interval Too Small"},
    {423, "Interval Too Brief"},
    {428, "Use Identity Header"},
    {429, "Provide Referrer Identity"},
    {430, "Flow Failed"},
    {433, "Anonymity Disallowed"},
    {436, "Bad Identity Info"},
    {437, "Unsupported Credential"},
    {438, "Invalid Identity Header"},
    {439, "First Hop Lacks Outbound Support"},
    {440, "Max-Breadth Exceeded"},
    {469, "Bad Info Package"},
    {470, "Consent Needed"},
    {480, "Temporarily Unavailable"},
    {481, "Call/Transaction Does Not Exist"},
    {482, "Loop Detected"},
    {483, "Too Many Hops"},
    {484, "Address Incomplete"},
    {485, "Ambiguous"},
    {486, "Busy Here"},
    {487, "Request Terminated"},
    {488, "Not Acceptable Here"},
    {489, "Bad Event"},
    {491, "Request Pending"},
    {493, "Undecipherable"},
    {494, "Security Agreement Required"},
    {500, "Server Internal Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Server Time-out"},
    {505, "Version Not Supported"},
    {513, "Message Too Large"},
    {555, "Push Notification Service Not Supported"},
    {580, "Precondition Failure"},
    {600, "Busy Everywhere"},
    {603, "Decline"},
    {604, "Does Not Exist Anywhere"},
    {606, "Not Acceptable"},
    {607, "Unwanted"},
    {608, "Rejected"},
};

static int phrase_order(const void *key, const void *member)
{
    return (int)*(const unsigned *)key - (int)((const struct phrase *)member)->status;
}

const char *sip_reason_phrase(unsigned status)
{
    const struct phrase *found =
        bsearch(&status, phrases, sizeof phrases / sizeof *phrases, sizeof *phrases, phrase_order);
    return found ? found->text : "Unknown";
}
