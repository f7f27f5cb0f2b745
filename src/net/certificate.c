/* SPDX-License-Identifier: Apache-2.0
 *
 * The self-made TLS certificate: see certificate.h. Start-up and work threads.
 *
 *     authority.key -> authority.pem (10 years, kept)   server.key -> server.pem + authority (397 days, renewed)
 *
 * The authority stays when the server's certificate is renewed, so that whoever was told to trust it needs no second
 * telling. Files appear whole: written beside, fsync'd, renamed.
 */
#include "net/certificate.h"

#include "base/net_addr.h"
#include "sys/clock.h"
#include "sys/random.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

enum { AUTHORITY_DAYS = 3652, SERVER_DAYS = 397, DAY_S = 86400, SERIAL_BYTES = 16, NAMES_MAX = 64 };

struct pair {
    EVP_PKEY *key;
    X509 *cert;
};

static void pair_release(struct pair *p)
{
    EVP_PKEY_free(p->key);
    X509_free(p->cert);
    *p = (struct pair){0};
}

/* ---- files ---- */

static int sync_folder(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int e = fd < 0 || fsync(fd) < 0 ? errno : 0;
    if (fd >= 0)
        (void)close(fd);
    return e;
}

static int write_whole(int fd, const char *bytes, size_t n)
{
    while (n) {
        ssize_t r = write(fd, bytes, n);
        if (r < 0 && errno != EINTR)
            return errno;
        if (r > 0) {
            bytes += r;
            n -= (size_t)r;
        }
    }
    return fsync(fd) < 0 ? errno : 0;
}

static int replace_file(const char *path, const char *bytes, size_t n)
{
    char *beside = g_strconcat(path, ".new", NULL);
    (void)unlink(beside); /* of an interrupted try; O_EXCL then keeps anybody's link from being followed */
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int e = fd < 0 ? errno : write_whole(fd, bytes, n);
    if (fd >= 0 && close(fd) < 0 && !e)
        e = errno;
    if (!e && rename(beside, path) < 0)
        e = errno;
    if (e && fd >= 0)
        (void)unlink(beside);
    g_free(beside);
    return e;
}

static int write_bio(const char *path, BIO *b)
{
    char *bytes;
    long n = BIO_get_mem_data(b, &bytes);
    return n > 0 ? replace_file(path, bytes, (size_t)n) : EIO;
}

static int write_key(const char *path, EVP_PKEY *key)
{
    BIO *b = BIO_new(BIO_s_secmem());
    int e = b && PEM_write_bio_PrivateKey(b, key, NULL, NULL, 0, NULL, NULL) == 1 ? write_bio(path, b) : EIO;
    BIO_free(b);
    return e;
}

static int write_certs(const char *path, X509 *first, X509 *second_or_null)
{
    BIO *b = BIO_new(BIO_s_mem());
    bool good =
        b && PEM_write_bio_X509(b, first) == 1 && (!second_or_null || PEM_write_bio_X509(b, second_or_null) == 1);
    int e = good ? write_bio(path, b) : EIO;
    BIO_free(b);
    return e;
}

static X509 *read_cert(const char *path)
{
    BIO *b = BIO_new_file(path, "r");
    X509 *x = b ? PEM_read_bio_X509(b, NULL, NULL, NULL) : NULL;
    BIO_free(b);
    ERR_clear_error();
    return x;
}

static EVP_PKEY *read_key(const char *path)
{
    BIO *b = BIO_new_file(path, "r");
    EVP_PKEY *k = b ? PEM_read_bio_PrivateKey(b, NULL, NULL, NULL) : NULL;
    BIO_free(b);
    ERR_clear_error();
    return k;
}

/* False unless both are there and belong together. */
static bool read_pair(const char *cert_file, const char *key_file, struct pair *ret)
{
    *ret = (struct pair){read_key(key_file), read_cert(cert_file)};
    if (ret->key && ret->cert && X509_check_private_key(ret->cert, ret->key) == 1)
        return true;
    ERR_clear_error();
    pair_release(ret);
    return false;
}

/* ---- making ---- */

static bool add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *x = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool good = x && X509_add_ext(cert, x, -1) == 1;
    X509_EXTENSION_free(x);
    return good;
}

static bool add_name(GENERAL_NAMES *list, const char *name)
{
    struct net_addr a;
    GENERAL_NAME *g = GENERAL_NAME_new();
    bool numeric = net_addr_parse(view_of(name), 0, &a);
    ASN1_STRING *s = ASN1_STRING_type_new(numeric ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
    bool good =
        g && s && (numeric ? ASN1_STRING_set(s, a.ip, a.family == NET_IP6 ? 16 : 4) : ASN1_STRING_set(s, name, -1));
    if (!good) {
        GENERAL_NAME_free(g);
        ASN1_STRING_free(s);
        return false;
    }
    GENERAL_NAME_set0_value(g, numeric ? GEN_IPADD : GEN_DNS, s);
    if (sk_GENERAL_NAME_push(list, g))
        return true;
    GENERAL_NAME_free(g);
    return false;
}

/* Built by value and not as text: a comma in a name cannot become another name. */
static bool add_names(X509 *cert, const char *const *names)
{
    GENERAL_NAMES *list = sk_GENERAL_NAME_new_null();
    bool good = list != NULL;
    for (unsigned i = 0; good && names[i] && i < NAMES_MAX; i++)
        good = add_name(list, names[i]);
    good = good && sk_GENERAL_NAME_num(list) > 0 && X509_add1_ext_i2d(cert, NID_subject_alt_name, list, 0, 0) == 1;
    sk_GENERAL_NAME_pop_free(list, GENERAL_NAME_free);
    return good;
}

static bool set_serial(X509 *cert)
{
    uint8_t bytes[SERIAL_BYTES];
    entropy_fill(random_entropy(), bytes, sizeof bytes);
    bytes[0] = (uint8_t)((bytes[0] & 0x7f) | 0x40); /* positive, of full length */
    BIGNUM *n = BN_bin2bn(bytes, sizeof bytes, NULL);
    bool good = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert));
    BN_free(n);
    return good;
}

static bool set_common(X509 *cert, EVP_PKEY *key, const char *common_name, long days)
{
    X509_NAME *name = X509_get_subject_name(cert);
    /* A day back: clocks of phones are wrong more often than not. */
    return X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
           X509_gmtime_adj(X509_getm_notBefore(cert), -DAY_S) &&
           X509_gmtime_adj(X509_getm_notAfter(cert), days * DAY_S) && X509_set_pubkey(cert, key) == 1 &&
           X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const unsigned char *)"Carillon", -1, -1, 0) == 1 &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common_name, -1, -1, 0) == 1;
}

static bool make_authority(struct pair *ret)
{
    char token[9], name[64];
    entropy_token(random_entropy(), token, 8);
    (void)g_snprintf(name, sizeof name, "Carillon authority %s", token);
    *ret = (struct pair){EVP_EC_gen("P-256"), X509_new()};
    X509 *c = ret->cert;
    return ret->key && c && set_common(c, ret->key, name, AUTHORITY_DAYS) &&
           X509_set_issuer_name(c, X509_get_subject_name(c)) == 1 &&
           add_extension(c, c, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
           add_extension(c, c, NID_key_usage, "critical,keyCertSign,cRLSign") &&
           add_extension(c, c, NID_subject_key_identifier, "hash") && X509_sign(c, ret->key, EVP_sha256()) > 0;
}

static bool make_server(const struct pair *authority, const char *const *names, struct pair *ret)
{
    *ret = (struct pair){EVP_EC_gen("P-256"), X509_new()};
    X509 *c = ret->cert;
    char common[65]; /* ub-common-name is 64; clients read the alternative names */
    (void)g_strlcpy(common, names[0], sizeof common);
    return ret->key && c && set_common(c, ret->key, common, SERVER_DAYS) &&
           X509_set_issuer_name(c, X509_get_subject_name(authority->cert)) == 1 &&
           add_extension(c, authority->cert, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(c, authority->cert, NID_key_usage, "critical,digitalSignature") &&
           add_extension(c, authority->cert, NID_ext_key_usage, "serverAuth,clientAuth") &&
           add_extension(c, authority->cert, NID_subject_key_identifier, "hash") &&
           add_extension(c, authority->cert, NID_authority_key_identifier, "keyid:always") && add_names(c, names) &&
           X509_sign(c, authority->key, EVP_sha256()) > 0;
}

/* ---- judging what is there ---- */

static bool in_first_two_thirds(X509 *cert)
{
    int days, seconds;
    time_t now = (time_t)(clock_wall_us() / 1000000);
    if (X509_cmp_time(X509_get0_notBefore(cert), &now) >= 0)
        return false;
    if (!ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(cert), X509_get0_notAfter(cert)))
        return false;
    int64_t life_s = (int64_t)days * DAY_S + seconds;
    if (!ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(cert)))
        return false;
    return ((int64_t)days * DAY_S + seconds) * 3 > life_s;
}

static bool has_names(X509 *cert, const char *const *names)
{
    for (unsigned i = 0; names[i] && i < NAMES_MAX; i++)
        if (X509_check_ip_asc(cert, names[i], 0) != 1 && X509_check_host(cert, names[i], 0, 0, NULL) != 1)
            return false;
    return true;
}

static bool is_signed_by(X509 *cert, const struct pair *authority)
{
    return X509_verify(cert, authority->key) == 1;
}

static int ensure_authority(const char *cert_file, const char *key_file, struct pair *ret)
{
    if (read_pair(cert_file, key_file, ret) && in_first_two_thirds(ret->cert))
        return 0;
    pair_release(ret);
    if (!make_authority(ret))
        return EIO;
    int e = write_key(key_file, ret->key);
    return e ? e : write_certs(cert_file, ret->cert, NULL);
}

static int ensure_server(const struct certificate_files *f, const struct pair *authority, const char *const *names)
{
    struct pair p;
    if (read_pair(f->cert_file, f->key_file, &p)) {
        bool good = in_first_two_thirds(p.cert) && has_names(p.cert, names) && is_signed_by(p.cert, authority);
        pair_release(&p);
        if (good)
            return 0;
    }
    int e = make_server(authority, names, &p) ? write_key(f->key_file, p.key) : EIO;
    /* A crash between the two leaves a pair that does not match: it is then made anew at the next start. */
    if (!e)
        e = write_certs(f->cert_file, p.cert, authority->cert);
    pair_release(&p);
    return e;
}

int certificate_ensure(const char *dir, const char *const *names, struct certificate_files *ret)
{
    *ret = (struct certificate_files){0};
    if (!names || !names[0])
        return EINVAL;
    struct certificate_files f = {g_build_filename(dir, "server.pem", NULL), g_build_filename(dir, "server.key", NULL),
                                  g_build_filename(dir, "authority.pem", NULL)};
    char *authority_key = g_build_filename(dir, "authority.key", NULL);
    struct pair authority = {0};
    int e = ensure_authority(f.authority_file, authority_key, &authority);
    if (!e)
        e = ensure_server(&f, &authority, names);
    if (!e)
        e = sync_folder(dir);
    pair_release(&authority);
    ERR_clear_error();
    g_free(authority_key);
    if (e)
        certificate_files_release(&f);
    else
        *ret = f;
    return e;
}

void certificate_files_release(struct certificate_files *f)
{
    if (!f)
        return;
    g_free(f->cert_file);
    g_free(f->key_file);
    g_free(f->authority_file);
    *f = (struct certificate_files){0};
}

bool certificate_fingerprint(const char *cert_file, char ret[96])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    X509 *x = read_cert(cert_file);
    bool good = x && X509_digest(x, EVP_sha256(), digest, &n) == 1 && n == 32;
    X509_free(x);
    if (!good)
        return false;
    for (unsigned i = 0; i < n; i++)
        (void)g_snprintf(ret + (size_t)i * 3, i + 1 < n ? 4 : 3, "%02X:", digest[i]); /* no colon behind the last */
    return true;
}
