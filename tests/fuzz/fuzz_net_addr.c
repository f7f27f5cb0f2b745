/* SPDX-License-Identifier: Apache-2.0
 *
 * Numeric addresses as they come in Via, Contact and SDP: what is accepted must survive being written and read again.
 */
#include "base/net_addr.h"
#include "tests/fuzz/replay.h"

#include <glib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct net_addr a, b;
    if (!net_addr_parse((struct view){(const char *)data, size}, 0, &a))
        return 0;
    char text[NET_ADDR_TEXT];
    net_addr_text(&a, text);
    if (!net_addr_parse(view_of(text), 0, &b) || !net_addr_eq(&a, &b))
        fuzz_broken("%s does not read back as it was written", text);
    return 0;
}
