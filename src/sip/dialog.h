/* SPDX-License-Identifier: Apache-2.0
 *
 * A dialog (RFC 3261 section 12): who talks with whom, by which routes, to which target. All its strings lie in one
 * allocation, since thousands of calls stand for hours. Pure; owned by its session or subscription, one thread.
 */
#pragma once

#include "sip/build.h"
#include "sip/message.h"

enum { SIP_DIALOG_BYTES_MAX = 8192 }; /* of all strings together: what one peer may make us keep and repeat */

enum sip_dialog_part {
    SIP_DIALOG_CALL_ID,
    SIP_DIALOG_LOCAL_TAG,
    SIP_DIALOG_REMOTE_TAG, /* empty: not known yet */
    SIP_DIALOG_LOCAL,      /* name-addr without tag, as our From says it */
    SIP_DIALOG_REMOTE,     /* the same of the peer, as our To says it */
    SIP_DIALOG_TARGET,     /* the peer's Contact URI */
    SIP_DIALOG_ROUTES,     /* value of Route, nearest first; empty: none */
    SIP_DIALOG_PARTS
};

struct sip_dialog {
    char *text;
    uint16_t end[SIP_DIALOG_PARTS];
    uint32_t remote_cseq; /* highest that the peer used; 0: none yet */
};

/* Copies all parts. EMSGSIZE: longer than SIP_DIALOG_BYTES_MAX (the dialog is then unchanged). */
[[gnu::warn_unused_result]] int sip_dialog_init(struct sip_dialog *d, const struct view part[SIP_DIALOG_PARTS]);
void sip_dialog_release(struct sip_dialog *d);
struct view sip_dialog_get(const struct sip_dialog *d, enum sip_dialog_part which);

/* The dialog that a request outside of dialogs begins, seen by its receiver (12.1.1). EBADMSG: no usable Contact. */
[[gnu::warn_unused_result]] int sip_dialog_of_request(struct sip_dialog *d, const struct sip_msg *m,
                                                      struct view local_tag);
/* The dialog that a response begins, seen by who sent the request with `asked` as its (half) dialog (12.1.2). */
[[gnu::warn_unused_result]] int sip_dialog_of_response(struct sip_dialog *d, const struct sip_dialog *asked,
                                                       const struct sip_msg *m);
/* Takes the Contact of a target refresh request or of its 2xx as the new target (12.2). What is unusable is ignored. */
void sip_dialog_refresh(struct sip_dialog *d, const struct sip_msg *m);
/* Is this request's CSeq higher than all before (12.2.2)? Remembers it if so. */
bool sip_dialog_in_order(struct sip_dialog *d, const struct sip_msg *m);

/* Request URI of a request inside the dialog: the target, or the first route if that one is a strict router. */
struct view sip_dialog_uri(const struct sip_dialog *d);
/* Route, From, To, Call-ID and CSeq lines of a request inside it. */
void sip_dialog_put(const struct sip_dialog *d, struct buf *b, enum sip_method m, uint32_t cseq);
