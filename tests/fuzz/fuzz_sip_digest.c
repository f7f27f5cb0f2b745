/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzes the digest headers: credentials, challenges, our answer to a challenge, and nonces that a stranger made up.
 */
#include "tests/fuzz/fuzz.h"

#include "sip/digest.h"

static void fill(void *arg, void *dst, size_t bytes)
{
    (void)arg;
    memset(dst, 0x5a, bytes);
}

static void credentials(struct view v)
{
    struct digest_credentials c;
    if (!digest_credentials_parse(v, &c))
        return;
    const struct view all[] = {c.username, c.realm, c.nonce, c.uri, c.response, c.cnonce, c.opaque, c.qop, c.nc_text};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        must_be_inside(all[i], v.p, v.n);
    char ha1[DIGEST_HEX_MAX];
    digest_ha1(DIGEST_MD5, c.username, c.realm, VIEW("a secret that no input holds"), ha1);
    MUST(!digest_matches(&c, ha1, VIEW("REGISTER")));
    const struct entropy entropy = {fill, NULL};
    struct nonce_keeper *k = nonce_keeper_new(&entropy);
    enum nonce_verdict verdict = nonce_check(k, c.nonce, 1, c.nc, 1000);
    MUST(verdict == NONCE_FOREIGN || verdict == NONCE_STALE);
    nonce_keeper_free(k);
}

static void challenge(struct view v)
{
    struct digest_challenge c;
    if (!digest_challenge_parse(v, &c))
        return;
    must_be_inside(c.realm, v.p, v.n);
    must_be_inside(c.nonce, v.p, v.n);
    char *mem = g_malloc(v.n + 1024);
    struct buf b = buf_on(mem, v.n + 1024);
    const struct digest_credentials mine = {
        .username = VIEW("u\"v"), .uri = VIEW("sip:a@b"), .cnonce = VIEW("0a"), .nc = 1};
    struct digest_credentials back;
    digest_put_authorization(&b, SIP_H_AUTHORIZATION, &c, &mine, "00", VIEW("INVITE"));
    if (!b.full) {
        MUST(b.n > 17 && memchr(mem, '\n', b.n) == mem + b.n - 1); /* one line, whatever the challenge holds */
        MUST(digest_credentials_parse(view_slice(buf_view(&b), 15, b.n), &back));
        MUST(view_eq(back.nonce, c.nonce) && view_eq(back.realm, c.realm));
    }
    g_free(mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct view v = {(const char *)data, n};
    credentials(v);
    challenge(v);
    return 0;
}
