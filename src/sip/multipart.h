/* SPDX-License-Identifier: Apache-2.0
 *
 * MIME multipart bodies (RFC 2046, RFC 5621) as views. At most 16 parts; nested multiparts are not opened.
 */
#pragma once

#include "base/view.h"

struct multipart {
    struct view rest, boundary;
    unsigned parts;
};
struct multipart_part {
    struct view content_type, content_disposition, content_id;
    struct view body; /* all octets, NUL included */
};
/* False when the Content-Type has no sound boundary or the body does not hold it. */
[[gnu::warn_unused_result]] bool multipart_open(struct multipart *m, struct view content_type, struct view body);
/* False at the end or at a broken part. */
bool multipart_next(struct multipart *m, struct multipart_part *ret);
/* The SDP of a message body: the body itself, or the first application/sdp part of a multipart one; empty when none.
 * *unsupported is set when there is a body that must be understood (handling=required) and is not. */
struct view multipart_find_sdp(struct view content_type, struct view disposition, struct view body, bool *unsupported);
