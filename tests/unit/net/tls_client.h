/* SPDX-License-Identifier: Apache-2.0
 *
 * A blocking TLS client for the tests of net/, and a certificate in a folder of its own.
 */
#pragma once

#include "tests/unit/net/net_bench.h"

#include "net/certificate.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

struct tls_client {
    int fd;
    SSL_CTX *ctx;
    SSL *ssl;
};

[[maybe_unused]] static struct certificate_files tls_files(char **ret_dir)
{
    static const char *const names[] = {"localhost", "127.0.0.1", NULL};
    struct certificate_files f;
    *ret_dir = g_dir_make_tmp("carillon-tls-XXXXXX", NULL);
    assert_int_equal(certificate_ensure(*ret_dir, names, &f), 0);
    return f;
}

[[maybe_unused]] static void tls_files_remove(struct certificate_files *f, char *dir)
{
    char *key = g_build_filename(dir, "authority.key", NULL);
    (void)unlink(f->cert_file);
    (void)unlink(f->key_file);
    (void)unlink(f->authority_file);
    (void)unlink(key);
    (void)rmdir(dir);
    g_free(key);
    g_free(dir);
    certificate_files_release(f);
}

/* false when the handshake fails; the client must be closed all the same. */
[[maybe_unused]] static bool tls_connect(struct tls_client *c, uint16_t port, const char *authority_file,
                                         int max_version)
{
    c->fd = bench_connect(SOCK_STREAM, "127.0.0.1", port);
    c->ctx = SSL_CTX_new(TLS_client_method());
    assert_int_equal(SSL_CTX_load_verify_file(c->ctx, authority_file), 1);
    SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_security_level(c->ctx, 0);
    if (max_version)
        (void)SSL_CTX_set_max_proto_version(c->ctx, max_version);
    c->ssl = SSL_new(c->ctx);
    (void)SSL_set1_host(c->ssl, "localhost");
    (void)SSL_set_tlsext_host_name(c->ssl, "localhost");
    (void)SSL_set_fd(c->ssl, c->fd);
    return SSL_connect(c->ssl) == 1;
}

[[maybe_unused]] static void tls_close(struct tls_client *c)
{
    SSL_free(c->ssl);
    SSL_CTX_free(c->ctx);
    (void)close(c->fd);
}

[[maybe_unused]] static void tls_put(struct tls_client *c, const void *bytes, size_t n)
{
    assert_int_equal(SSL_write(c->ssl, bytes, (int)n), (int)n);
}

/* Reads exactly n bytes; fewer at the end of the connection. */
[[maybe_unused]] static size_t tls_get(struct tls_client *c, char *dst, size_t n)
{
    size_t have = 0;
    while (have < n) {
        int r = SSL_read(c->ssl, dst + have, (int)(n - have));
        if (r <= 0)
            break;
        have += (size_t)r;
    }
    return have;
}
