/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzes URIs: two, with a line feed between them. Parts lie inside the text; comparing is symmetric and reflexive;
 * escaping and undoing it gives the same bytes.
 */
#include "tests/fuzz/fuzz.h"

#include "sip/uri.h"

static void must_be_sound(const struct sip_uri *u, struct view text)
{
    const struct view all[] = {u->text, u->user, u->password, u->host, u->params, u->headers};
    enum sip_transport t;
    struct view value;
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        must_be_inside(all[i], text.p, text.n);
        for (size_t k = 0; k < all[i].n; k++)
            MUST((uint8_t)all[i].p[k] > ' ' && !strchr("<>\"", all[i].p[k])); /* can be put into brackets as it is */
    }
    MUST(sip_params_valid(u->params));
    if (sip_param_get(u->params, VIEW("lr"), &value))
        must_be_inside(value, text.p, text.n);
    if (sip_uri_transport(u, &t))
        MUST(t < SIP_TRANSPORTS);
    MUST(sip_uri_eq(u, u));
}

static void escape_and_back(struct view text)
{
    char escaped[1024], plain[1024];
    struct buf e = buf_on(escaped, sizeof escaped), p = buf_on(plain, sizeof plain);
    sip_escape_user(view_slice(text, 0, 300), &e);
    MUST(!e.full && sip_unescape(buf_view(&e), &p) && view_eq(buf_view(&p), view_slice(text, 0, 300)));
    p.n = 0;
    if (!sip_unescape(text, &p))
        MUST(p.full || view_find(text, '%') < text.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct view rest = {(const char *)data, n}, text = view_cut(&rest, '\n'), value;
    struct sip_uri a, b;
    int first = sip_uri_parse(text, &a), second = sip_uri_parse(rest, &b);
    escape_and_back(text);
    if (sip_params_valid(rest) && sip_param_get(rest, VIEW("lr"), &value))
        must_be_inside(value, rest.p, rest.n);
    if (first == 0)
        must_be_sound(&a, text);
    if (second == 0)
        must_be_sound(&b, rest);
    if (first == 0 && second == 0)
        MUST(sip_uri_eq(&a, &b) == sip_uri_eq(&b, &a));
    return 0;
}
