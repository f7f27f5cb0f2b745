/* SPDX-License-Identifier: Apache-2.0
 *
 * What is free in the number plan: see numbering.h. Any thread.
 */
#include "model/numbering.h"

#include <glib.h>

bool numbering_next(const struct model *m, char dst[NUMBERING_NUMBER_BYTES])
{
    const struct model_settings *s = model_settings(m);
    uint32_t end = 1;
    for (unsigned i = 0; i < s->extension_length; i++)
        end *= 10;
    for (uint32_t n = s->first_extension; n < end; n++) {
        (void)g_snprintf(dst, NUMBERING_NUMBER_BYTES, "%u", n);
        if (!model_user_by_number(m, dst))
            return true;
    }
    return false;
}

void numbering_login(const struct model *m, const char *number, char dst[NUMBERING_LOGIN_BYTES])
{
    (void)g_snprintf(dst, NUMBERING_LOGIN_BYTES, "%s", number);
    for (unsigned n = 2; model_device_by_auth_user(m, view_of(dst)); n++)
        (void)g_snprintf(dst, NUMBERING_LOGIN_BYTES, "%s-%u", number, n);
}
