/* SPDX-License-Identifier: Apache-2.0
 *
 * For the SIP message tests: a message read out of a copy of its own, so that ASan sees a read past its end.
 */
#pragma once

#include "tests/cmocka_all.h"

#include "sip/message.h"

#include <glib.h>

struct parsed {
    struct arena arena;
    char *bytes;
    size_t n;
    struct sip_msg m;
    struct sip_fault fault;
    int err;
};

static inline struct parsed *parsed_new(struct view text, bool stream)
{
    struct parsed *p = g_new0(struct parsed, 1);
    p->bytes = g_malloc(text.n ? text.n : 1);
    p->n = text.n;
    memcpy(p->bytes, text.p, text.n);
    arena_init(&p->arena, 64 * 1024);
    p->err = sip_msg_parse(&p->m, &p->arena, p->bytes, p->n, stream, &p->fault);
    return p;
}

static inline void parsed_free(struct parsed *p)
{
    arena_release(&p->arena);
    g_free(p->bytes);
    g_free(p);
}

#define assert_view(v, text)                                                             \
    do {                                                                                 \
        struct view got_ = (v);                                                          \
        if (!view_eq(got_, view_of(text)))                                               \
            fail_msg("is '%.*s', should be '%s'", VIEW_ARG(got_), (const char *)(text)); \
    } while (0)
