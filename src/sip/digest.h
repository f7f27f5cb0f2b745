/* SPDX-License-Identifier: Apache-2.0
 *
 * Digest authentication (RFC 3261 section 22, RFC 7616, RFC 8760): SHA-256 and MD5, qop=auth; nonces without server
 * state (time and a keyed hash of it and the source), with a bounded window against replay.
 */
#pragma once

#include "base/buf.h"
#include "base/entropy.h"
#include "sip/message.h"

enum digest_algorithm { DIGEST_SHA256, DIGEST_MD5, DIGEST_ALGORITHMS };

struct digest_credentials {          /* as read from Authorization / Proxy-Authorization */
    enum digest_algorithm algorithm; /* MD5 when not said */
    bool known_algorithm;
    struct view username, realm, nonce, uri, response, cnonce, opaque, qop, nc_text;
    uint32_t nc; /* 0: absent */
};
/* False unless it is a well-formed Digest header. */
[[gnu::warn_unused_result]] bool digest_credentials_parse(struct view value, struct digest_credentials *ret);

struct digest_challenge { /* as read from WWW-Authenticate / Proxy-Authenticate */
    enum digest_algorithm algorithm;
    bool known_algorithm, stale, qop_auth;
    struct view realm, nonce, opaque;
};
[[gnu::warn_unused_result]] bool digest_challenge_parse(struct view value, struct digest_challenge *ret);

enum { DIGEST_HEX_MAX = 65 };
/* Hash of "user:realm:password" in hex, zero-ended: what is stored instead of the password. */
void digest_ha1(enum digest_algorithm a, struct view user, struct view realm, struct view password,
                char ret[DIGEST_HEX_MAX]);
/* The response value for these credentials (all fields but `response`), method and HA1. */
void digest_response(const struct digest_credentials *c, const char *ha1_hex, struct view method,
                     char ret[DIGEST_HEX_MAX]);
/* Compares in constant time. */
bool digest_matches(const struct digest_credentials *c, const char *ha1_hex, struct view method);

/* The server's side of nonces. One thread. */
struct nonce_keeper;
struct nonce_keeper *nonce_keeper_new(const struct entropy *entropy); /* makes a key; old nonces die with it */
void nonce_keeper_free(struct nonce_keeper *k);
enum { NONCE_CHARS = 32, NONCE_LIFE_S = 300 };
/* A fresh nonce for a source, zero-ended. Costs no state. */
void nonce_make(struct nonce_keeper *k, int64_t now_us, uint64_t source_key, char ret[NONCE_CHARS + 1]);
enum nonce_verdict {
    NONCE_GOOD,
    NONCE_STALE /* ours but too old, or from before a restart */,
    NONCE_REPLAYED,
    NONCE_FOREIGN
};
/* Judges a nonce without remembering. Call before the costly response check. */
enum nonce_verdict nonce_check(struct nonce_keeper *k, struct view nonce, uint64_t source_key, uint32_t nc,
                               int64_t now_us);
/* Remembers a nonce count as used: call once the response has proved right. False: it had been used (replay). The
 * memory is bounded (65,536 live nonces; the oldest is dropped and from then on counts as stale). */
bool nonce_use(struct nonce_keeper *k, struct view nonce, uint32_t nc, int64_t now_us);

/* WWW-Authenticate lines for SHA-256 then MD5. */
void digest_put_challenges(struct buf *b, struct view realm, const char *nonce, bool stale);
void digest_put_challenge(struct buf *b, struct view realm, const char *nonce, enum digest_algorithm a, bool stale);
/* An Authorization / Proxy-Authorization line answering a challenge of a peer, with qop=auth when it offers it. */
void digest_put_authorization(struct buf *b, enum sip_header header, const struct digest_challenge *c,
                              const struct digest_credentials *mine, const char *ha1_hex, struct view method);
