/* SPDX-License-Identifier: Apache-2.0
 *
 * TLS as we allow it: 1.2 and 1.3, no compression, no renegotiation, forward secrecy. Any thread.
 */
#pragma once

#include <openssl/ssl.h>

void tls_restrict(SSL_CTX *ctx);
/* A server's context with that certificate chain and key, or NULL. */
SSL_CTX *tls_server_new(const char *cert_file, const char *key_file);
/* For connecting to phones, whose certificates nobody has signed: not verified. NULL when OpenSSL has no memory. */
SSL_CTX *tls_client_new(void);
/* Gives dst the certificate, chain and key of src, for connections to come. */
void tls_copy_certificate(SSL_CTX *dst, SSL_CTX *src);
