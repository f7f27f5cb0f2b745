/* SPDX-License-Identifier: Apache-2.0
 *
 * Digest authentication: the hashes and the headers written (RFC 7616, RFC 8760). Reading is in digest_parse.c, nonces
 * are in nonce.c. Pure functions; secrets stay in memory of the caller.
 */
#include "sip/digest.h"

#include "sip/digest_priv.h"

#include <glib.h>

static const struct {
    GChecksumType type;
    size_t hex;
    const char *name;
} algorithms[DIGEST_ALGORITHMS] = {
    [DIGEST_SHA256] = {G_CHECKSUM_SHA256, 64, "SHA-256"},
    [DIGEST_MD5] = {G_CHECKSUM_MD5, 32, "MD5"},
};

bool digest_algorithm_parse(struct view name, enum digest_algorithm *ret)
{
    for (unsigned a = 0; a < DIGEST_ALGORITHMS; a++) {
        if (view_eq_nocase(name, view_of(algorithms[a].name))) {
            *ret = (enum digest_algorithm)a;
            return true;
        }
    }
    return false;
}

/* The hash of the parts with a colon between them. */
static void hash_parts(enum digest_algorithm a, const struct view *parts, size_t n, char ret[DIGEST_HEX_MAX])
{
    GChecksum *sum = g_checksum_new(algorithms[a].type);
    for (size_t i = 0; i < n; i++) {
        if (i)
            g_checksum_update(sum, (const guchar *)":", 1);
        if (parts[i].n)
            g_checksum_update(sum, (const guchar *)parts[i].p, (gssize)parts[i].n);
    }
    g_strlcpy(ret, g_checksum_get_string(sum), DIGEST_HEX_MAX);
    g_checksum_free(sum);
}

void digest_ha1(enum digest_algorithm a, struct view user, struct view realm, struct view password,
                char ret[DIGEST_HEX_MAX])
{
    const struct view parts[] = {user, realm, password};
    hash_parts(a, parts, G_N_ELEMENTS(parts), ret);
}

void digest_response(const struct digest_credentials *c, const char *ha1_hex, struct view method,
                     char ret[DIGEST_HEX_MAX])
{
    char ha2[DIGEST_HEX_MAX];
    const struct view request[] = {method, c->uri};
    hash_parts(c->algorithm, request, G_N_ELEMENTS(request), ha2);
    if (c->qop.n) {
        const struct view parts[] = {view_of(ha1_hex), c->nonce, c->nc_text, c->cnonce, c->qop, view_of(ha2)};
        hash_parts(c->algorithm, parts, G_N_ELEMENTS(parts), ret);
    } else { /* RFC 2069: no protection against chosen plaintext; whether it will do is the caller's choice */
        const struct view parts[] = {view_of(ha1_hex), c->nonce, view_of(ha2)};
        hash_parts(c->algorithm, parts, G_N_ELEMENTS(parts), ret);
    }
}

bool digest_matches(const struct digest_credentials *c, const char *ha1_hex, struct view method)
{
    char expected[DIGEST_HEX_MAX];
    if (!c->known_algorithm || c->response.n != algorithms[c->algorithm].hex)
        return false;
    digest_response(c, ha1_hex, method, expected);
    unsigned differ = 0;
    for (size_t i = 0; i < c->response.n; i++) {
        /* Hex in capitals is not by the book, but sent; OR 0x20 leaves digits as they are. */
        differ |= (unsigned)((uint8_t)(c->response.p[i] | 0x20) ^ (uint8_t)expected[i]);
    }
    return differ == 0;
}

/* Text of ours between quotes. */
static void put_quoted(struct buf *b, const char *name, struct view text)
{
    buf_add_text(b, name);
    buf_add(b, VIEW("=\""));
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"' || text.p[i] == '\\')
            buf_add_char(b, '\\');
        if (text.p[i] == '\r' || text.p[i] == '\n' || text.p[i] == '\0')
            b->full = true;
        buf_add_char(b, text.p[i]);
    }
    buf_add_char(b, '"');
}

/* A quoted value that is given back as it was read, escapes still in. */
static void put_requoted(struct buf *b, const char *name, struct view text)
{
    if (view_find(text, '\r') < text.n || view_find(text, '\n') < text.n || view_find(text, '\0') < text.n)
        b->full = true;
    buf_addf(b, "%s=\"", name);
    buf_add(b, text);
    buf_add_char(b, '"');
}

void digest_put_challenge(struct buf *b, struct view realm, const char *nonce, enum digest_algorithm a, bool stale)
{
    buf_addf(b, "%s: Digest ", sip_header_name(SIP_H_WWW_AUTHENTICATE));
    put_quoted(b, "realm", realm);
    buf_add(b, VIEW(", "));
    put_quoted(b, "nonce", view_of(nonce));
    buf_addf(b, ", algorithm=%s, qop=\"auth\"%s\r\n", algorithms[a].name, stale ? ", stale=true" : "");
}

void digest_put_challenges(struct buf *b, struct view realm, const char *nonce, bool stale)
{
    for (unsigned a = 0; a < DIGEST_ALGORITHMS; a++)
        digest_put_challenge(b, realm, nonce, (enum digest_algorithm)a, stale);
}

void digest_put_authorization(struct buf *b, enum sip_header header, const struct digest_challenge *c,
                              const struct digest_credentials *mine, const char *ha1_hex, struct view method)
{
    char response[DIGEST_HEX_MAX], nc[9];
    struct digest_credentials full = *mine;
    (void)g_snprintf(nc, sizeof nc, "%08x", mine->nc);
    full.algorithm = c->algorithm;
    full.nonce = c->nonce;
    full.qop = c->qop_auth ? VIEW("auth") : (struct view){0};
    full.nc_text = view_of(nc);
    digest_response(&full, ha1_hex, method, response);

    buf_addf(b, "%s: Digest ", sip_header_name(header));
    put_quoted(b, "username", mine->username);
    buf_add(b, VIEW(", "));
    put_requoted(b, "realm", c->realm);
    buf_add(b, VIEW(", "));
    put_requoted(b, "nonce", c->nonce);
    buf_add(b, VIEW(", "));
    put_quoted(b, "uri", mine->uri);
    buf_addf(b, ", response=\"%s\", algorithm=%s", response, algorithms[c->algorithm].name);
    if (c->qop_auth) {
        buf_add(b, VIEW(", "));
        put_quoted(b, "cnonce", mine->cnonce);
        buf_addf(b, ", qop=auth, nc=%s", nc);
    }
    if (c->opaque.p) {
        buf_add(b, VIEW(", "));
        put_requoted(b, "opaque", c->opaque);
    }
    buf_add(b, VIEW("\r\n"));
}
