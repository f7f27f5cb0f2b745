/* SPDX-License-Identifier: Apache-2.0
 *
 * Keeping a parsed message: the bytes are copied once and every view is moved over to the copy, which is quicker than
 * parsing again and takes one piece of memory. Pure; no state.
 */
#include "sip/transaction_priv.h"

#include <stdalign.h>
#include <string.h>

struct move {
    const char *from, *to;
    size_t n;
};

static inline void move_view(const struct move *mv, struct view *v)
{
    if (v->p >= mv->from && v->p <= mv->from + mv->n)
        v->p = mv->to + (v->p - mv->from);
}

static void move_uri(const struct move *mv, struct sip_uri *u)
{
    move_view(mv, &u->text);
    move_view(mv, &u->user);
    move_view(mv, &u->password);
    move_view(mv, &u->host);
    move_view(mv, &u->params);
    move_view(mv, &u->headers);
}

static void move_name_addr(const struct move *mv, struct sip_name_addr *a)
{
    move_view(mv, &a->display);
    move_uri(mv, &a->uri);
    move_view(mv, &a->params);
}

static void move_msg(const struct move *mv, struct sip_msg *m)
{
    move_view(mv, &m->method_text);
    move_view(mv, &m->uri_text);
    move_uri(mv, &m->uri);
    move_view(mv, &m->reason);
    for (unsigned i = 0; i < m->n_fields; i++) {
        move_view(mv, &m->fields[i].name);
        move_view(mv, &m->fields[i].value);
    }
    move_view(mv, &m->body);
    move_view(mv, &m->via.host);
    move_view(mv, &m->via.branch);
    move_view(mv, &m->via.params);
    move_name_addr(mv, &m->from);
    move_name_addr(mv, &m->to);
    move_view(mv, &m->from_tag);
    move_view(mv, &m->to_tag);
    move_view(mv, &m->call_id);
    move_view(mv, &m->cseq.method_text);
}

struct sip_msg *sip_msg_keep(const struct sip_msg *m, const char *bytes, size_t n)
{
    G_STATIC_ASSERT(sizeof(struct sip_msg) % alignof(struct sip_field) == 0); /* the fields follow the message */
    size_t fields = m->n_fields * sizeof *m->fields;
    struct sip_msg *kept = g_malloc(sizeof *kept + fields + n);
    char *copy = (char *)(kept + 1) + fields;
    *kept = *m;
    kept->fields = (struct sip_field *)(kept + 1);
    if (fields)
        memcpy(kept->fields, m->fields, fields);
    memcpy(copy, bytes, n);
    move_msg(&(struct move){bytes, copy, n}, kept);
    return kept;
}
