/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzes Session-Expires: what is read lies inside the value and keeps its bounds.
 */
#include "tests/fuzz/fuzz.h"

#include "sip/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view v = {(const char *)data, size};
    struct sip_session_expires s;
    if (sip_session_expires_parse(v, &s))
        MUST(s.refresher <= SIP_REFRESHER_UAS);
    return 0;
}
