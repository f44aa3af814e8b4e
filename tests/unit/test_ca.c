/* The local authority: its files, what it refuses with which sentence, and certificates that OpenSSL's strictest
 * verification takes. */
#include "certs/ca.h"

#include "certs/file.h"
#include "certs/internal.h"
#include "certs/lint.h"
#include "tests/unit/check.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY ((int64_t)86400)
#define NOW ((int64_t)1800000000) /* 2027-01-15 08:00:00 */

static char folder[] = "/tmp/test_ca.XXXXXX";
static char certificate_file[64], key_file[64], passphrase_file[64];
static char error[512];

static struct ca_options options(bool sealed)
{
    return (struct ca_options){.certificate_file = certificate_file,
                               .key_file = key_file,
                               .passphrase_file = sealed ? passphrase_file : NULL,
                               .organization = "Example \xc3\x84G",
                               .country = "DE"};
}

static void clear(void)
{
    unlink(certificate_file);
    unlink(key_file);
    unlink(passphrase_file);
}

static void put(const char *path, const char *text, mode_t mode)
{
    CHECK_INT(file_write(path, text, strlen(text), mode), 0);
}

static const char *get(const char *path)
{
    static char text[CA_BUNDLE_MAX];
    size_t length;
    return file_read(path, text, sizeof text, &length) == 0 ? text : "(unreadable)";
}

static struct ca *fresh(enum key_type type, int64_t now)
{
    struct ca_options o = options(false);
    clear();
    CHECK(ca_create(&o, type, now, error, sizeof error) == 0, "%s", error);
    struct ca *ca = ca_new(&o, error, sizeof error);
    CHECK(ca != NULL, "%s", error);
    return ca;
}

static X509 *parse(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    CHECK(x != NULL, "%s", pem);
    BIO_free(bio);
    return x;
}

/* What `openssl verify -x509_strict -purpose ... -attime at -CAfile bundle` says; X509_V_OK or an error. */
static int verify(const char *pem, const char *bundle, int purpose, int64_t at)
{
    X509 *leaf = parse(pem), *root = parse(bundle);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_STORE_add_cert(store, root);
    X509_STORE_CTX_init(context, store, leaf, NULL);
    X509_STORE_CTX_set_flags(context, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
    X509_STORE_CTX_set_time(context, 0, (time_t)at);
    X509_STORE_CTX_set_purpose(context, purpose);
    int result = X509_verify_cert(context) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    X509_free(root);
    X509_free(leaf);
    return result;
}

static struct public_key public_of(enum key_type type)
{
    struct public_key public;
    struct key *key = key_new(type);
    CHECK(key_public(key, &public), "%s", key_type_name(type));
    key_free(key);
    return public;
}

static struct certificate_request request_for(const struct public_key *key, struct validity validity)
{
    struct certificate_request request = {.key = key,
                                          .device_id = "ABCDEFGHIJKL",
                                          .uuid = "550e8400-e29b-41d4-a716-446655440000",
                                          .tenant = "default",
                                          .validity = validity};
    memset(request.serial, 0xc7, sizeof request.serial);
    profile_serial(request.serial);
    return request;
}

static void check_subject(const char *pem, const char *expected)
{
    char text[256];
    X509 *x = parse(pem);
    BIO *bio = BIO_new(BIO_s_mem());
    X509_NAME_print_ex(bio, X509_get_subject_name(x), 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
    int length = BIO_read(bio, text, sizeof text - 1);
    text[length > 0 ? length : 0] = '\0';
    CHECK_TEXT(text, expected);
    BIO_free(bio);
    X509_free(x);
}

/* One device of each kind of key under each kind of authority. */
static void devices(void)
{
    static const enum key_type authorities[] = {KEY_EC_P256, KEY_RSA_2048, KEY_EC_P384, KEY_RSA_4096};
    struct public_key keys[KEY_TYPE_COUNT];
    for (int type = 0; type < KEY_TYPE_COUNT; type++)
        keys[type] = public_of((enum key_type)type);
    for (size_t i = 0; i < sizeof authorities / sizeof *authorities; i++) {
        struct ca *ca = fresh(authorities[i], NOW);
        for (int type = 0; ca != NULL && type < KEY_TYPE_COUNT; type++) {
            struct validity validity;
            struct certificate out;
            struct why why = {0};
            CHECK(profile_validity(NOW, PROFILE_DEVICE_DAYS, ca_validity(ca), &validity), "validity");
            struct certificate_request request = request_for(&keys[type], validity);
            CHECK(ca_issue_device(ca, &request, &out, &why) == ST_OK, "%s: %s", key_type_name(type), why.detail);
            CHECK_INT(verify(out.pem, ca_bundle(ca), X509_PURPOSE_SSL_CLIENT, NOW), X509_V_OK);
            CHECK_INT(verify(out.pem, ca_bundle(ca), X509_PURPOSE_SSL_SERVER, NOW), X509_V_ERR_INVALID_PURPOSE);
            CHECK_INT(verify(out.pem, ca_bundle(ca), X509_PURPOSE_SSL_CLIENT, validity.not_after + 1),
                      X509_V_ERR_CERT_HAS_EXPIRED);
            CHECK_TEXT(out.id, "47c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7");
            CHECK(out.validity.not_after - out.validity.not_before + 1 == PROFILE_DEVICE_DAYS * DAY, "a second off");
        }
        ca_free(ca);
    }
}

/* What stands in one certificate, field by field, and that its key and fingerprint are right. */
static void device_content(void)
{
    struct ca *ca = fresh(KEY_EC_P256, NOW);
    struct public_key key = public_of(KEY_EC_P256);
    struct certificate_request request = request_for(&key, (struct validity){NOW, NOW + 10});
    struct certificate out;
    struct why why;
    CHECK_INT(ca_issue_device(ca, &request, &out, &why), ST_OK);
    check_subject(out.pem, "CN=Device-ABCDEFGHIJKL,O=Example \xc3\x84G,C=DE");
    X509 *x = parse(out.pem);
    unsigned char *der = NULL, digest[32];
    unsigned length = 0;
    CHECK(i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der) == (int)key.length && memcmp(der, key.der, key.length) == 0,
          "another key");
    CHECK(X509_digest(x, EVP_sha256(), digest, &length) == 1 && memcmp(digest, out.fingerprint, 32) == 0,
          "fingerprint");
    GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    CHECK(sk_GENERAL_NAME_num(names) == 1, "one name");
    const ASN1_STRING *uri = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, 0), NULL);
    CHECK_TEXT((const char *)ASN1_STRING_get0_data(uri), "urn:muster:default:550e8400-e29b-41d4-a716-446655440000");
    CHECK_INT(X509_get_ext_count(x), 6);
    CHECK_INT(X509_get_signature_nid(x), NID_ecdsa_with_SHA256);
    GENERAL_NAMES_free(names);
    OPENSSL_free(der);
    X509_free(x);
    ca_free(ca);
}

/* RFC 5280, 4.1.2.5, on the real certificate: the type of notAfter around the end of 2049. */
static void dates(void)
{
    static const struct {
        int64_t not_after;
        int type;
        const char *text;
    } cases[] = {
        {1835438399, V_ASN1_UTCTIME, "280229115959Z"},           /* a February 29 */
        {2147483647, V_ASN1_UTCTIME, "380119031407Z"},           /* the last second of 31 bits */
        {2147483648, V_ASN1_UTCTIME, "380119031408Z"},           /* and the next */
        {2524607999, V_ASN1_UTCTIME, "491231235959Z"},           /* the last UTCTime */
        {2524608000, V_ASN1_GENERALIZEDTIME, "20500101000000Z"}, /* the first GeneralizedTime */
    };
    struct ca *ca = fresh(KEY_EC_P256, 2524608000 - 10 * 365 * DAY);
    struct ca *early = fresh(KEY_EC_P256, NOW);
    struct public_key key = public_of(KEY_EC_P256);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct certificate_request request =
            request_for(&key, (struct validity){cases[i].not_after - DAY, cases[i].not_after});
        struct certificate out;
        struct why why = {0};
        struct ca *issuer = cases[i].not_after < 2300000000 ? early : ca;
        CHECK(ca_issue_device(issuer, &request, &out, &why) == ST_OK, "row %zu: %s", i, why.detail);
        X509 *x = parse(out.pem);
        const ASN1_TIME *time = X509_get0_notAfter(x);
        CHECK(ASN1_STRING_type(time) == cases[i].type, "row %zu: type %d", i, ASN1_STRING_type(time));
        CHECK_TEXT((const char *)ASN1_STRING_get0_data(time), cases[i].text);
        X509_free(x);
    }
    ca_free(early);
    ca_free(ca);
}

/* Requests that must not become certificates. */
static void refused(void)
{
    char long_id[100];
    memset(long_id, 'X', sizeof long_id - 1);
    long_id[sizeof long_id - 1] = '\0';
    struct ca *ca = fresh(KEY_EC_P256, NOW);
    struct validity own = ca_validity(ca), good = {NOW, NOW + DAY};
    struct public_key key = public_of(KEY_EC_P256), empty = {0}, garbage = key, weak = key;
    memset(garbage.der, 0x41, garbage.length);
    weak.der[90] ^= 1; /* off the curve */
    const struct {
        const char *what, *device_id, *uuid, *tenant;
        struct validity validity;
        const struct public_key *key;
        int first_octet; /* of the serial */
    } cases[] = {
        {"long device id", long_id, "u", "t", good, &key, 1},
        {"empty device id", "", "u", "t", good, &key, 1},
        {"empty tenant", "D", "u", "", good, &key, 1},
        {"empty uuid", "D", "", "t", good, &key, 1},
        {"space in the uuid", "D", "a b", "t", good, &key, 1},
        {"umlaut in the uuid", "D", "\xc3\xa4", "t", good, &key, 1},
        {"bad UTF-8 in the device id", "\xff", "u", "t", good, &key, 1},
        {"colon in the tenant, slash in the uuid", "D", "a/b", "t:u", good, &key, 1},
        {"beyond the issuer", "D", "u", "t", {NOW, own.not_after + 1}, &key, 1},
        {"before the issuer", "D", "u", "t", {own.not_before - 1, NOW}, &key, 1},
        {"reversed", "D", "u", "t", {NOW, NOW - 1}, &key, 1},
        {"negative serial", "D", "u", "t", good, &key, 0x80},
        {"short serial", "D", "u", "t", good, &key, 0},
        {"no key", "D", "u", "t", good, &empty, 1},
        {"garbage as key", "D", "u", "t", good, &garbage, 1},
        {"a point off the curve", "D", "u", "t", good, &weak, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static const struct certificate none;
        struct certificate out;
        struct why why = {0};
        struct certificate_request request = request_for(cases[i].key, cases[i].validity);
        request.device_id = cases[i].device_id;
        request.uuid = cases[i].uuid;
        request.tenant = cases[i].tenant;
        request.serial[0] = (unsigned char)cases[i].first_octet;
        memset(&out, '#', sizeof out);
        CHECK(ca_issue_device(ca, &request, &out, &why) == ST_INTERNAL, "%s", cases[i].what);
        CHECK(why.status == ST_INTERNAL && why.detail[0] != '\0' && why.message[0] == '\0', "%s: \"%s\"", cases[i].what,
              why.message);
        CHECK(memcmp(out.pem, none.pem, sizeof none.pem) == 0 && out.id[0] == '\0', "%s: given out", cases[i].what);
        CHECK(ERR_peek_error() == 0, "%s leaves an error for libssl", cases[i].what);
    }
    ca_free(ca);
}

static void servers(void)
{
    static const char *const good[] = {"broker.example", "*.hosts.example", "192.0.2.1", "2001:db8::1"};
    static const char *const space[] = {"broker example"}, *const none[] = {""}, *const uri[] = {"http://x"};
    const struct {
        const char *what;
        const char *const *names;
        size_t count;
        enum status status;
    } cases[] = {
        {"four names", good, 4, ST_OK},    {"one name", good, 1, ST_OK},     {"an address first", good + 2, 2, ST_OK},
        {"no name", good, 0, ST_INTERNAL}, {"space", space, 1, ST_INTERNAL}, {"empty", none, 1, ST_INTERNAL},
        {"URI", uri, 1, ST_INTERNAL},
    };
    struct ca *ca = fresh(KEY_EC_P256, NOW);
    struct public_key key = public_of(KEY_EC_P256);
    const unsigned char serial[PROFILE_SERIAL] = {9};
    struct certificate out;
    struct why why = {0};
    struct validity validity = {NOW, NOW + PROFILE_SERVER_DAYS * DAY - 1};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum status status = ca_issue_server(ca, &key, cases[i].names, cases[i].count, serial, validity, &out, &why);
        CHECK(status == cases[i].status, "%s: %s", cases[i].what, why.detail);
        if (status == ST_OK) {
            CHECK_INT(verify(out.pem, ca_bundle(ca), X509_PURPOSE_SSL_SERVER, NOW), X509_V_OK);
            CHECK_INT(verify(out.pem, ca_bundle(ca), X509_PURPOSE_SSL_CLIENT, NOW), X509_V_ERR_INVALID_PURPOSE);
        }
    }
    CHECK_INT(ca_issue_server(ca, &key, good, 4, serial, validity, &out, &why), ST_OK);
    check_subject(out.pem, "CN=broker.example,O=Example \xc3\x84G,C=DE");
    X509 *x = parse(out.pem);
    CHECK(X509_check_host(x, "broker.example", 0, 0, NULL) == 1 &&
              X509_check_host(x, "a.hosts.example", 0, 0, NULL) == 1,
          "host");
    CHECK(X509_check_host(x, "other.test", 0, 0, NULL) == 0, "other host");
    CHECK(X509_check_ip_asc(x, "192.0.2.1", 0) == 1 && X509_check_ip_asc(x, "2001:db8::1", 0) == 1, "address");
    X509_free(x);
    ca_free(ca);
}

/* The service as a TLS client; it is no device. */
static void service(void)
{
    struct ca *ca = fresh(KEY_EC_P256, NOW);
    struct public_key key = public_of(KEY_EC_P256);
    const unsigned char serial[PROFILE_SERIAL] = {9};
    struct certificate out;
    struct why why = {0};
    struct validity validity = {NOW, NOW + PROFILE_SERVER_DAYS * DAY - 1};
    CHECK_INT(ca_issue_service(ca, &key, serial, validity, &out, &why), ST_OK);
    check_subject(out.pem, "CN=Service-muster,O=Example \xc3\x84G,C=DE");
    CHECK_INT(verify(out.pem, ca_bundle(ca), X509_PURPOSE_SSL_CLIENT, NOW), X509_V_OK);
    CHECK_INT(verify(out.pem, ca_bundle(ca), X509_PURPOSE_SSL_SERVER, NOW), X509_V_ERR_INVALID_PURPOSE);
    validity.not_after += PROFILE_AUTHORITY_DAYS * DAY;
    CHECK_INT(ca_issue_service(ca, &key, serial, validity, &out, &why), ST_INTERNAL);
    CHECK(out.id[0] == '\0', "given out");
    ca_free(ca);
}

/* The root itself, and the modes of its files. */
static void root(void)
{
    struct stat st;
    mode_t before = umask(0);
    struct ca *ca = fresh(KEY_EC_P256, NOW);
    umask(before);
    CHECK(stat(key_file, &st) == 0 && (st.st_mode & 07777) == 0600, "key: %o", (unsigned)st.st_mode);
    CHECK(stat(certificate_file, &st) == 0 && (st.st_mode & 07777) == 0644, "certificate: %o", (unsigned)st.st_mode);
    CHECK_TEXT(ca_bundle(ca), get(certificate_file));
    struct validity validity = ca_validity(ca);
    CHECK_INT(validity.not_before, NOW - PROFILE_BACKDATE);
    CHECK_INT(validity.not_after - validity.not_before + 1, PROFILE_AUTHORITY_DAYS * DAY);
    CHECK_INT(verify(ca_bundle(ca), ca_bundle(ca), X509_PURPOSE_CRL_SIGN, NOW), X509_V_OK);
    X509 *x = parse(ca_bundle(ca));
    char expected[128];
    const unsigned char *s = ASN1_STRING_get0_data(X509_get0_serialNumber(x));
    snprintf(expected, sizeof expected, "CN=Muster CA %02x%02x%02x%02x,O=Example \xc3\x84G,C=DE", s[0], s[1], s[2],
             s[3]);
    check_subject(ca_bundle(ca), expected);
    CHECK_INT(X509_get_pathlen(x), 0);
    X509_free(x);
    ca_free(ca);
    ca_free(NULL);
}

/* Each way in which the files or options of an authority can be wrong, and a part of the sentence. The authority is
 * sealed with "secret". */
static void wrong_options(struct ca_options *o)
{
    o->country = "DEU";
}
static void long_organization(struct ca_options *o)
{
    o->organization = "12345678901234567890123456789012345678901234567890123456789012345";
}
static void broken_organization(struct ca_options *o)
{
    o->organization = "\xff\xfe";
}
static void odd_country(struct ca_options *o)
{
    o->country = "\xc3\xa4";
}
static void no_key_name(struct ca_options *o)
{
    o->key_file = NULL;
}
static void no_passphrase(struct ca_options *o)
{
    o->passphrase_file = NULL;
}
static void open_to_group(struct ca_options *o)
{
    chmod(o->key_file, 0640);
}
static void open_to_others(struct ca_options *o)
{
    chmod(o->key_file, 0604);
}
static void key_gone(struct ca_options *o)
{
    unlink(o->key_file);
}
static void certificate_gone(struct ca_options *o)
{
    unlink(o->certificate_file);
}
static void passphrase_gone(struct ca_options *o)
{
    unlink(o->passphrase_file);
}
static void passphrase_wrong(struct ca_options *o)
{
    put(o->passphrase_file, "Secret\n", 0600);
}
static void passphrase_open(struct ca_options *o)
{
    chmod(o->passphrase_file, 0644);
}
static void passphrase_empty(struct ca_options *o)
{
    put(o->passphrase_file, "", 0600);
}
static void passphrase_blank(struct ca_options *o)
{
    put(o->passphrase_file, "\nsecret\n", 0600);
}
static void passphrase_crlf(struct ca_options *o)
{
    put(o->passphrase_file, "secret\r\nsecond line\n", 0600);
}
static void passphrase_bare(struct ca_options *o)
{
    put(o->passphrase_file, "secret", 0600);
}
static void key_text(struct ca_options *o)
{
    put(o->key_file, "hello", 0600);
}
static void certificate_text(struct ca_options *o)
{
    put(o->certificate_file, "hello", 0644);
}
static void certificate_huge(struct ca_options *o)
{
    char text[CA_BUNDLE_MAX + 1];
    memset(text, ' ', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    put(o->certificate_file, text, 0644);
}
static void other_key(struct ca_options *o)
{
    char pem[KEY_PEM_MAX];
    struct key *key = key_new(KEY_EC_P256);
    CHECK(key_write_pem(key, "secret", pem, sizeof pem), "write");
    put(o->key_file, pem, 0600);
    key_free(key);
}
static void certificate_of_a_leaf(struct ca_options *o)
{
    struct certificate out;
    struct why why;
    struct public_key key = public_of(KEY_EC_P256);
    struct ca *ca = ca_new(o, error, sizeof error);
    struct certificate_request request = request_for(&key, (struct validity){NOW, NOW + 1});
    CHECK_INT(ca_issue_device(ca, &request, &out, &why), ST_OK);
    put(o->certificate_file, out.pem, 0644);
    ca_free(ca);
}
static void second_certificate_broken(struct ca_options *o)
{
    char text[CA_BUNDLE_MAX + 100];
    snprintf(text, sizeof text, "%s-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
             get(o->certificate_file));
    put(o->certificate_file, text, 0644);
}

static void opening(void)
{
    static const struct {
        void (*spoil)(struct ca_options *options);
        const char *sentence; /* a part of it; NULL: it opens */
    } cases[] = {
        {NULL, NULL},
        {passphrase_crlf, NULL},
        {passphrase_bare, NULL},
        {wrong_options, "two letters"},
        {odd_country, "two letters"},
        {long_organization, "64 octets"},
        {broken_organization, "Organization or country"},
        {no_key_name, "name both"},
        {no_passphrase, "needs a passphrase file"},
        {open_to_group, "(mode 640): run chmod 600 "},
        {open_to_others, "(mode 604): run chmod 600 "},
        {key_gone, "No such file"},
        {certificate_gone, "No such file"},
        {passphrase_gone, "No such file"},
        {passphrase_wrong, "does not open"},
        {passphrase_open, "(mode 644): run chmod 600 "},
        {passphrase_empty, "is empty"},
        {passphrase_blank, "is empty"},
        {key_text, "no private key"},
        {certificate_text, "something else than certificates"},
        {certificate_huge, "too large"},
        {other_key, "does not belong"},
        {certificate_of_a_leaf, "not an authority's"},
        {second_certificate_broken, "something else than certificates"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ca_options o = options(true);
        clear();
        put(passphrase_file, "secret\n", 0600);
        CHECK(ca_create(&o, KEY_EC_P256, NOW, error, sizeof error) == 0, "%s", error);
        CHECK(strstr(get(key_file), "BEGIN ENCRYPTED PRIVATE KEY") != NULL, "row %zu: not encrypted", i);
        if (cases[i].spoil != NULL)
            cases[i].spoil(&o);
        error[0] = '\0';
        struct ca *ca = ca_new(&o, error, sizeof error);
        CHECK((ca != NULL) == (cases[i].sentence == NULL), "row %zu: %s", i, error);
        CHECK(ca != NULL || strstr(error, cases[i].sentence) != NULL, "row %zu: \"%s\"", i, error);
        CHECK(strstr(error, "secret") == NULL && strstr(error, "Secret") == NULL, "row %zu tells the passphrase", i);
        CHECK(ERR_peek_error() == 0, "row %zu leaves an error for libssl", i);
        ca_free(ca);
    }
}

/* Never replaces anything; a lone key of a crash is taken up. */
static void creating(void)
{
    struct ca_options o = options(false);
    struct ca *ca = fresh(KEY_EC_P256, NOW);
    ca_free(ca);
    char key[CA_BUNDLE_MAX], certificate[CA_BUNDLE_MAX];
    snprintf(key, sizeof key, "%s", get(key_file));
    snprintf(certificate, sizeof certificate, "%s", get(certificate_file));
    CHECK(ca_create(&o, KEY_EC_P256, NOW, error, sizeof error) == -1 && strstr(error, "never replaced") != NULL, "%s",
          error);
    CHECK_TEXT(get(key_file), key);
    CHECK_TEXT(get(certificate_file), certificate);

    unlink(key_file); /* a certificate alone is not replaced either */
    CHECK(ca_create(&o, KEY_EC_P256, NOW, error, sizeof error) == -1, "a certificate without a key");
    CHECK(access(key_file, F_OK) != 0, "a key was made all the same");

    unlink(certificate_file);
    put(key_file, key, 0600);
    CHECK(ca_create(&o, KEY_RSA_2048, NOW, error, sizeof error) == -1 && strstr(error, "another type") != NULL, "%s",
          error);
    CHECK(chmod(key_file, 0644) == 0 && ca_create(&o, KEY_EC_P256, NOW, error, sizeof error) == -1, "open to others");
    chmod(key_file, 0600);
    CHECK(ca_create(&o, KEY_EC_P256, NOW, error, sizeof error) == 0, "after a crash: %s", error);
    CHECK_TEXT(get(key_file), key);
    ca = ca_new(&o, error, sizeof error);
    CHECK(ca != NULL, "%s", error);
    ca_free(ca);

    clear();
    CHECK(ca_create(&o, KEY_ED25519, NOW, error, sizeof error) == -1 && access(key_file, F_OK) != 0, "Ed25519");
    CHECK(symlink("nowhere", certificate_file) == 0 && ca_create(&o, KEY_EC_P256, NOW, error, sizeof error) == -1,
          "a dangling link");
    unlink(certificate_file);
    o.certificate_file = "/nonexistent/ca.pem";
    CHECK(ca_create(&o, KEY_EC_P256, NOW, error, sizeof error) == CA_NOT_WRITTEN &&
              strstr(error, "/nonexistent/ca.pem") != NULL,
          "%s", error);
}

/* An older root behind the issuing certificate comes into the bundle, text around does not. */
static void bundle(void)
{
    struct ca_options o = options(false);
    static char old[CA_BUNDLE_MAX], all[3 * CA_BUNDLE_MAX], expected[3 * CA_BUNDLE_MAX];
    ca_free(fresh(KEY_RSA_2048, NOW));
    snprintf(old, sizeof old, "%s", get(certificate_file));
    ca_free(fresh(KEY_EC_P256, NOW));
    snprintf(expected, sizeof expected, "%s%s", get(certificate_file), old);
    snprintf(all, sizeof all, "the new one:\n%sthe old one:\n%s", get(certificate_file), old);
    put(certificate_file, all, 0644);
    struct ca *ca = ca_new(&o, error, sizeof error);
    CHECK(ca != NULL, "%s", error);
    if (ca != NULL)
        CHECK_TEXT(ca_bundle(ca), expected);
    ca_free(ca);
}

int main(void)
{
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(certificate_file, sizeof certificate_file, "%s/ca.pem", folder);
    snprintf(key_file, sizeof key_file, "%s/ca.key", folder);
    snprintf(passphrase_file, sizeof passphrase_file, "%s/passphrase", folder);
    devices();
    device_content();
    dates();
    refused();
    servers();
    service();
    root();
    opening();
    creating();
    bundle();
    clear();
    CHECK(rmdir(folder) == 0, "something is left in %s", folder);
    return check_done();
}
