/* SPDX-License-Identifier: Apache-2.0
 *
 * SRTP by the letter: see srtp_reference.h. Packets have no contributing sources and no extension.
 */
#include "srtp_reference.h"

#include "media/bytes_priv.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

enum { HEADER = 12, RTCP_HEADER = 8, GCM_TAG = 16, GCM_SALT = 12, CM_SALT = 14 };

static bool is_gcm(enum media_suite s)
{
    return s == SUITE_AES_128_GCM || s == SUITE_AES_256_GCM;
}

static size_t key_bytes(enum media_suite s)
{
    return s == SUITE_AES_256_GCM ? 32 : 16;
}

static void counter_mode(const uint8_t *key, size_t n_key, const uint8_t iv[16], uint8_t *data, size_t bytes)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n;
    EVP_EncryptInit_ex(ctx, n_key == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr(), NULL, key, iv);
    EVP_EncryptUpdate(ctx, data, &n, data, (int)bytes);
    EVP_CIPHER_CTX_free(ctx);
}

static void gcm(const struct srtp_reference *r, const uint8_t iv[12], const uint8_t *aad, size_t n_aad, uint8_t *data,
                size_t bytes)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n;
    EVP_EncryptInit_ex(ctx, r->suite == SUITE_AES_256_GCM ? EVP_aes_256_gcm() : EVP_aes_128_gcm(), NULL, r->key, iv);
    EVP_EncryptUpdate(ctx, NULL, &n, aad, (int)n_aad);
    EVP_EncryptUpdate(ctx, data, &n, data, (int)bytes);
    EVP_EncryptFinal_ex(ctx, data + n, &n);
    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, GCM_TAG, data + bytes);
    EVP_CIPHER_CTX_free(ctx);
}

struct srtp_reference reference_derive(enum media_suite suite, const uint8_t *master, bool rtcp)
{
    struct srtp_reference r = {.suite = suite};
    size_t n = key_bytes(suite);
    struct {
        uint8_t label, *to;
        size_t bytes;
    } parts[] = {{0, r.key, n}, {1, r.auth, sizeof r.auth}, {2, r.salt, is_gcm(suite) ? GCM_SALT : CM_SALT}};
    for (unsigned i = 0; i < 3; i++) {
        uint8_t iv[16] = {0};
        memcpy(iv, master + n, is_gcm(suite) ? GCM_SALT : CM_SALT);
        iv[7] ^= (uint8_t)(parts[i].label + (rtcp ? 3 : 0));
        memset(parts[i].to, 0, parts[i].bytes);
        counter_mode(master, n, iv, parts[i].to, parts[i].bytes);
    }
    return r;
}

static void xor_salt(uint8_t *iv, const struct srtp_reference *r, size_t n)
{
    for (size_t i = 0; i < n; i++)
        iv[i] ^= r->salt[i];
}

static size_t authenticate(const struct srtp_reference *r, uint8_t *packet, size_t bytes, size_t hidden, size_t tag)
{
    uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned n;
    HMAC(EVP_sha1(), r->auth, sizeof r->auth, packet, bytes + hidden, mac, &n);
    memcpy(packet + bytes, mac, tag);
    return bytes + tag;
}

size_t reference_seal_rtp(const struct srtp_reference *r, uint8_t *packet, size_t bytes, uint32_t roc)
{
    uint8_t iv[16] = {0};
    if (is_gcm(r->suite)) {
        memcpy(iv + 2, packet + 8, 4);
        bytes_put32(iv + 6, roc);
        memcpy(iv + 10, packet + 2, 2);
        xor_salt(iv, r, GCM_SALT);
        gcm(r, iv, packet, HEADER, packet + HEADER, bytes - HEADER);
        return bytes + GCM_TAG;
    }
    memcpy(iv + 4, packet + 8, 4);
    bytes_put32(iv + 8, roc);
    memcpy(iv + 12, packet + 2, 2);
    xor_salt(iv, r, CM_SALT);
    counter_mode(r->key, 16, iv, packet + HEADER, bytes - HEADER);
    bytes_put32(packet + bytes, roc);
    return authenticate(r, packet, bytes, 4, r->suite == SUITE_AES_CM_32 ? 4 : 10);
}

size_t reference_seal_rtcp(const struct srtp_reference *r, uint8_t *packet, size_t bytes, uint32_t index)
{
    uint8_t iv[16] = {0}, aad[RTCP_HEADER + 4];
    uint8_t *body = packet + RTCP_HEADER;
    if (is_gcm(r->suite)) {
        memcpy(iv + 2, packet + 4, 4);
        bytes_put32(iv + 8, index);
        xor_salt(iv, r, GCM_SALT);
        memcpy(aad, packet, RTCP_HEADER);
        bytes_put32(aad + RTCP_HEADER, index | 0x80000000);
        gcm(r, iv, aad, sizeof aad, body, bytes - RTCP_HEADER);
        bytes_put32(packet + bytes + GCM_TAG, index | 0x80000000);
        return bytes + GCM_TAG + 4;
    }
    memcpy(iv + 4, packet + 4, 4);
    bytes_put32(iv + 10, index);
    xor_salt(iv, r, CM_SALT);
    counter_mode(r->key, 16, iv, body, bytes - RTCP_HEADER);
    bytes_put32(packet + bytes, index | 0x80000000);
    return authenticate(r, packet, bytes + 4, 0, 10);
}
