/* SPDX-License-Identifier: Apache-2.0
 *
 * TLS contexts: see tls_priv.h.
 */
#include "net/tls_priv.h"

#include <openssl/err.h>

void tls_restrict(SSL_CTX *ctx)
{
    (void)SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    (void)SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    (void)SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20"); /* TLS 1.2; 1.3 has only good ones */
}

static SSL_CTX *context_new(const SSL_METHOD *method)
{
    SSL_CTX *ctx = SSL_CTX_new(method);
    if (!ctx)
        return NULL;
    tls_restrict(ctx);
    (void)SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                    SSL_MODE_RELEASE_BUFFERS);
    return ctx;
}

SSL_CTX *tls_server_new(const char *cert_file, const char *key_file)
{
    SSL_CTX *ctx = context_new(TLS_server_method());
    if (!ctx)
        return NULL;
    if (!cert_file || !key_file || SSL_CTX_use_certificate_chain_file(ctx, cert_file) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, key_file, SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(ctx) != 1) {
        ERR_clear_error();
        SSL_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

SSL_CTX *tls_client_new(void)
{
    return context_new(TLS_client_method());
}

void tls_copy_certificate(SSL_CTX *dst, SSL_CTX *src)
{
    STACK_OF(X509) *chain = NULL;
    (void)SSL_CTX_get0_chain_certs(src, &chain);
    (void)SSL_CTX_use_cert_and_key(dst, SSL_CTX_get0_certificate(src), SSL_CTX_get0_privatekey(src), chain, 1);
    ERR_clear_error();
}
