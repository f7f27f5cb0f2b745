/* SPDX-License-Identifier: Apache-2.0
 *
 * Comma lists over one or several fields (RFC 3261 section 7.3.1), and looking fields up. Pure functions.
 */
#include "sip/chars_priv.h"
#include "sip/message.h"

#include <string.h>

/* Where the item at the head ends: at a comma outside quotes and angle brackets, else at the end. A quote or bracket
 * that is never closed takes all that is left, so each byte is looked at once. */
static size_t item_end(struct view v)
{
    bool angle = false;
    size_t i = 0;
    while (i < v.n) {
        char c = v.p[i];
        if (c == '"') {
            size_t quoted = view_quoted_span(view_from(v, i));
            if (!quoted)
                return v.n;
            i += quoted;
            continue;
        }
        if (c == '<')
            angle = true;
        else if (c == '>')
            angle = false;
        else if (c == ',' && !angle)
            return i;
        i++;
    }
    return v.n;
}

bool sip_list_cut(struct view *rest, struct view *ret)
{
    while (rest->n) {
        size_t end = item_end(*rest);
        *ret = view_trim(view_head(*rest, end));
        *rest = view_from(*rest, end < rest->n ? end + 1 : end);
        if (ret->n)
            return true; /* empty items, as in ",,", say nothing */
    }
    return false;
}

bool sip_msg_next_value(const struct sip_msg *m, enum sip_header id, struct sip_list *at, struct view *ret)
{
    for (;;) {
        if (at->open && sip_list_cut(&at->rest, ret))
            return true;
        at->open = false;
        while (at->field < m->n_fields && m->fields[at->field].id != id)
            at->field++;
        if (at->field >= m->n_fields)
            return false;
        at->rest = m->fields[at->field++].value;
        at->open = true;
    }
}

bool sip_msg_has_token(const struct sip_msg *m, enum sip_header id, struct view token)
{
    struct sip_list at = {0};
    struct view one;
    while (sip_msg_next_value(m, id, &at, &one))
        if (view_same(one, token))
            return true;
    return false;
}

const struct sip_field *sip_msg_field(const struct sip_msg *m, enum sip_header id)
{
    for (unsigned i = 0; i < m->n_fields; i++)
        if (m->fields[i].id == id)
            return &m->fields[i];
    return NULL;
}

struct view sip_msg_value(const struct sip_msg *m, enum sip_header id)
{
    const struct sip_field *f = sip_msg_field(m, id);
    return f ? f->value : (struct view){0};
}

struct view sip_msg_value_named(const struct sip_msg *m, struct view name)
{
    for (unsigned i = 0; i < m->n_fields; i++)
        if (view_same(m->fields[i].name, name))
            return m->fields[i].value;
    return (struct view){0};
}
