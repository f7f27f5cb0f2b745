/* SPDX-License-Identifier: Apache-2.0
 *
 * NET-15: the certificate of the first start.
 */
#include "tests/cmocka_all.h"

#include "net/certificate.h"

#include <errno.h>
#include <glib.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

static void remove_folder(const char *dir)
{
    GDir *d = g_dir_open(dir, 0, NULL);
    for (const char *name; d && (name = g_dir_read_name(d));) {
        char *path = g_build_filename(dir, name, NULL);
        (void)unlink(path);
        g_free(path);
    }
    if (d)
        g_dir_close(d);
    (void)rmdir(dir);
}

static X509 *load(const char *path)
{
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    X509 *x = PEM_read_X509(f, NULL, NULL, NULL);
    (void)fclose(f);
    assert_non_null(x);
    return x;
}

static void assert_verifies(const char *cert_file, const char *authority_file)
{
    X509 *cert = load(cert_file), *authority = load(authority_file);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    assert_int_equal(X509_STORE_add_cert(store, authority), 1);
    assert_int_equal(X509_STORE_CTX_init(ctx, store, cert, NULL), 1);
    (void)X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER);
    assert_int_equal(X509_verify_cert(ctx), 1);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    X509_free(cert);
    X509_free(authority);
}

static void is_made_kept_and_renewed_for_a_new_name(void **state)
{
    (void)state;
    char *dir = g_dir_make_tmp("carillon-cert-XXXXXX", NULL);
    const char *const two[] = {"pbx.example.com", "192.0.2.7", NULL};
    const char *const three[] = {"pbx.example.com", "192.0.2.7", "2001:db8::7", NULL};
    struct certificate_files f;
    char first[96], again[96], renewed[96];
    assert_int_equal(certificate_ensure(dir, two, &f), 0);
    assert_verifies(f.cert_file, f.authority_file);
    X509 *x = load(f.cert_file);
    assert_int_equal(X509_check_host(x, "pbx.example.com", 0, 0, NULL), 1);
    assert_int_equal(X509_check_ip_asc(x, "192.0.2.7", 0), 1);
    assert_int_equal(X509_check_host(x, "other.example.com", 0, 0, NULL), 0);
    X509_free(x);
    struct stat st;
    assert_int_equal(stat(f.key_file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600); /* K4 */
    assert_true(certificate_fingerprint(f.cert_file, first));
    assert_int_equal(strlen(first), 95);
    certificate_files_release(&f);
    assert_int_equal(certificate_ensure(dir, two, &f), 0);
    assert_true(certificate_fingerprint(f.cert_file, again));
    assert_string_equal(first, again);
    char authority[96], authority_again[96];
    assert_true(certificate_fingerprint(f.authority_file, authority));
    certificate_files_release(&f);
    assert_int_equal(certificate_ensure(dir, three, &f), 0);
    assert_true(certificate_fingerprint(f.cert_file, renewed));
    assert_string_not_equal(first, renewed);
    assert_true(certificate_fingerprint(f.authority_file, authority_again));
    assert_string_equal(authority, authority_again);
    assert_verifies(f.cert_file, f.authority_file);
    certificate_files_release(&f);
    remove_folder(dir);
    g_free(dir);
}

static void damage_is_repaired(void **state)
{
    (void)state;
    char *dir = g_dir_make_tmp("carillon-cert-XXXXXX", NULL);
    const char *const names[] = {"a.example", NULL};
    struct certificate_files f;
    assert_int_equal(certificate_ensure(dir, names, &f), 0);
    assert_true(g_file_set_contents(f.key_file, "not a key", -1, NULL));
    certificate_files_release(&f);
    assert_int_equal(certificate_ensure(dir, names, &f), 0);
    assert_verifies(f.cert_file, f.authority_file);
    assert_true(g_file_set_contents(f.authority_file, "", -1, NULL));
    certificate_files_release(&f);
    assert_int_equal(certificate_ensure(dir, names, &f), 0); /* a new authority signs a new certificate */
    assert_verifies(f.cert_file, f.authority_file);
    certificate_files_release(&f);
    remove_folder(dir);
    g_free(dir);
}

static void faults_are_told(void **state)
{
    (void)state;
    const char *const names[] = {"a.example", NULL}, *const none[] = {NULL};
    struct certificate_files f;
    char text[96];
    assert_int_equal(certificate_ensure("/nonexistent", names, &f), ENOENT);
    assert_null(f.cert_file);
    assert_int_equal(certificate_ensure("/tmp", none, &f), EINVAL);
    assert_false(certificate_fingerprint("/nonexistent", text));
    certificate_files_release(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_made_kept_and_renewed_for_a_new_name),
        cmocka_unit_test(damage_is_repaired),
        cmocka_unit_test(faults_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
