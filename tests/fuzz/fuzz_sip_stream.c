/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzes sip_stream_cut: the same bytes in one piece and in pieces give the same cuts, and what is cut out parses or
 * fails without harm. The first byte is the size of the pieces.
 */
#include "tests/fuzz/fuzz.h"

#include "sip/message.h"

enum { CUTS_MAX = 64 };

struct cut {
    enum sip_stream_what what;
    size_t n;
};

/* Cuts with `piece` bytes more becoming visible at each MORE. */
static size_t cuts_make(struct view all, size_t piece, struct cut cuts[CUTS_MAX])
{
    size_t seen = 0, at = 0, count = 0;
    while (count < CUTS_MAX) {
        size_t n = 0;
        enum sip_stream_what what = sip_stream_cut(view_slice(all, at, seen), &n);
        MUST(n <= seen - at);
        if (what == SIP_STREAM_MORE) {
            MUST(n == 0);
            if (seen == all.n)
                break;
            seen = MIN(all.n, seen + piece);
            continue;
        }
        MUST(n > 0);
        cuts[count++] = (struct cut){what, n};
        if (what == SIP_STREAM_BROKEN)
            break;
        at += n;
    }
    return count;
}

static void parse(struct view bytes)
{
    char *copy = g_memdup2(bytes.p, bytes.n);
    struct sip_msg m;
    struct sip_fault fault;
    struct arena arena;
    arena_init(&arena, 64 * 1024);
    int err = sip_msg_parse(&m, &arena, copy, bytes.n, true, &fault);
    /* Nothing of a whole message may be taken for the start of the next one. */
    if (err == 0)
        MUST(m.body.p + m.body.n == copy + bytes.n);
    arena_release(&arena);
    g_free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct cut whole[CUTS_MAX], pieces[CUTS_MAX];
    if (n < 2)
        return 0;
    struct view all = {(const char *)data + 1, n - 1};
    size_t a = cuts_make(all, all.n, whole), b = cuts_make(all, (size_t)data[0] + 1, pieces), at = 0;
    /* A lone CRLF that may become a ping, and a message past the limit, may be told sooner or later: only messages
     * count. */
    for (size_t i = 0, k = 0; i < a && a < CUTS_MAX && b < CUTS_MAX; i++) {
        if (whole[i].what != SIP_STREAM_MESSAGE)
            continue;
        while (k < b && pieces[k].what != SIP_STREAM_MESSAGE)
            k++;
        MUST(k < b && pieces[k].n == whole[i].n);
        k++;
    }
    for (size_t i = 0; i < a; i++) {
        if (whole[i].what == SIP_STREAM_MESSAGE || whole[i].what == SIP_STREAM_BROKEN)
            parse(view_slice(all, at, at + whole[i].n));
        at += whole[i].n;
    }
    return 0;
}
