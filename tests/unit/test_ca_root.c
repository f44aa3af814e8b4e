/* An authority with a root: how it is made, what a crash leaves, and chains that OpenSSL's strictest verification
 * takes. */
#include "certs/ca.h"

#include "certs/file.h"
#include "certs/lint.h"
#include "tests/unit/chain.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY ((int64_t)86400)
#define NOW ((int64_t)1800000000) /* 2027-01-15 08:00:00 */

static char folder[] = "/tmp/test_ca_root.XXXXXX";
static char ca_pem[64], ca_key[64], root_pem[64], root_key[64], passphrase[64];
static char error[512];

static const char *const files[] = {ca_pem, ca_key, root_pem, root_key, passphrase};

static struct ca_options options(void)
{
    return (struct ca_options){.certificate_file = ca_pem,
                               .key_file = ca_key,
                               .root_certificate_file = root_pem,
                               .root_key_file = root_key,
                               .organization = "Example"};
}

static void clear(void)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        unlink(files[i]);
}

static const char *get(const char *path)
{
    static char text[CA_BUNDLE_MAX];
    size_t length;
    return file_read(path, text, sizeof text, &length) == 0 ? text : "(unreadable)";
}

static struct ca *fresh(enum key_type type, int64_t now)
{
    struct ca_options o = options();
    clear();
    CHECK(ca_create(&o, type, now, error, sizeof error) == 0, "%s", error);
    struct ca *ca = ca_new(&o, error, sizeof error);
    CHECK(ca != NULL, "%s", error);
    return ca;
}

static bool lints(X509 *certificate, X509 *issuer, enum lint_profile profile)
{
    unsigned char *der = NULL, *above = NULL;
    char finding[128] = "";
    int length = i2d_X509(certificate, &der), above_length = issuer != NULL ? i2d_X509(issuer, &above) : 0;
    bool ok = lint_certificate(der, (size_t)length, above, (size_t)above_length, profile, finding, sizeof finding);
    CHECK(ok, "%s", finding);
    OPENSSL_free(der);
    OPENSSL_free(above);
    return ok;
}

static void check_mode(const char *path, mode_t mode)
{
    struct stat st;
    CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == mode, "%s", path);
}

/* Every certificate of an authority and a leaf of each kind of key, under each kind of authority. */
static void chains(void)
{
    static const enum key_type types[] = {KEY_EC_P256, KEY_EC_P384, KEY_RSA_2048};
    struct public_key keys[KEY_TYPE_COUNT];
    for (int type = 0; type < KEY_TYPE_COUNT; type++) {
        struct key *key = key_new((enum key_type)type);
        CHECK(key_public(key, &keys[type]), "key");
        key_free(key);
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct ca *ca = fresh(types[i], NOW);
        char root[CA_BUNDLE_MAX];
        snprintf(root, sizeof root, "%s", get(root_pem));
        STACK_OF(X509) *all = chain_parse(ca_bundle(ca));
        CHECK_INT(sk_X509_num(all), 2);
        X509 *issuing = sk_X509_value(all, 0), *top = sk_X509_value(all, 1);
        CHECK(lints(top, NULL, LINT_ROOT) && lints(issuing, top, LINT_ISSUER), "%s", key_type_name(types[i]));
        CHECK_INT(X509_get_pathlen(top), 1);
        CHECK_INT(X509_get_pathlen(issuing), 0);
        CHECK_INT(chain_verify(ca_bundle(ca), root, X509_PURPOSE_CRL_SIGN, NOW), X509_V_OK);
        for (int type = 0; type < KEY_TYPE_COUNT; type++) {
            struct certificate_request request = {
                .key = &keys[type], .device_id = "D", .uuid = "u", .tenant = "default"};
            struct certificate leaf;
            struct why why = {0};
            memset(request.serial, 0x41, sizeof request.serial);
            CHECK(profile_validity(NOW, 365, ca_validity(ca), &request.validity), "validity");
            CHECK(ca_issue_device(ca, &request, &leaf, &why) == ST_OK, "%s", why.detail);
            CHECK_TEXT(leaf.issuer, ca_issuer_id(ca));
            CHECK_INT(chain_verify(leaf.pem, ca_bundle(ca), X509_PURPOSE_SSL_CLIENT, NOW), X509_V_OK);
            /* Whoever knows the root alone needs the chain. */
            char chain[CERTIFICATE_PEM_MAX + CA_BUNDLE_MAX];
            snprintf(chain, sizeof chain, "%s%s", leaf.pem, ca_chain(ca));
            CHECK_INT(chain_verify(chain, root, X509_PURPOSE_SSL_CLIENT, NOW), X509_V_OK);
            CHECK_INT(chain_verify(leaf.pem, root, X509_PURPOSE_SSL_CLIENT, NOW),
                      X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
        }
        sk_X509_pop_free(all, X509_free);
        ca_free(ca);
    }
}

static void what_is_told(void)
{
    struct ca *ca = fresh(KEY_EC_P256, NOW);
    struct ca_issuer issuers[3];
    struct certificate leaf;
    struct why why;
    struct public_key public;
    struct key *key = key_new(KEY_EC_P256);
    CHECK_INT(ca_issuers(ca, issuers, 3), 2);
    CHECK_INT(ca_issuers(ca, NULL, 0), 2);
    CHECK_TEXT(issuers[0].id, ca_issuer_id(ca));
    CHECK(strlen(issuers[1].id) == CA_ISSUER_ID && strcmp(issuers[0].id, issuers[1].id) != 0, "ids");
    CHECK(issuers[0].current && !issuers[0].root && issuers[0].has_key, "the issuing CA");
    CHECK(!issuers[1].current && issuers[1].root && !issuers[1].has_key, "the root");
    CHECK(strncmp(issuers[0].subject, "CN=Muster Issuing CA ", 21) == 0 &&
              strstr(issuers[0].subject, ",O=Example") != NULL,
          "%s", issuers[0].subject);
    CHECK(strncmp(issuers[1].subject, "CN=Muster Root CA ", 18) == 0, "%s", issuers[1].subject);
    CHECK_INT(issuers[0].validity.not_after - issuers[0].validity.not_before + 1, PROFILE_ISSUER_DAYS * DAY);
    CHECK_INT(issuers[1].validity.not_after - issuers[1].validity.not_before + 1, PROFILE_AUTHORITY_DAYS * DAY);
    CHECK(memcmp(&issuers[0].validity, &(struct validity){ca_validity(ca).not_before, ca_validity(ca).not_after},
                 sizeof(struct validity)) == 0,
          "ca_validity is the issuing CA's");
    /* A leaf never ends after its issuer. */
    int64_t late = ca_validity(ca).not_after - DAY;
    struct validity validity;
    CHECK(profile_validity(late, 365, ca_validity(ca), &validity) && validity.not_after == late + DAY, "cut");
    struct certificate_request request = {.key = &public, .device_id = "D", .uuid = "u", .tenant = "default"};
    memset(request.serial, 0x41, sizeof request.serial);
    request.validity = (struct validity){late, late + DAY + 1};
    CHECK(key_public(key, &public) && ca_issue_device(ca, &request, &leaf, &why) == ST_INTERNAL, "beyond its issuer");
    request.validity.not_after--;
    CHECK_INT(ca_issue_device(ca, &request, &leaf, &why), ST_OK);
    check_mode(ca_key, 0600);
    check_mode(root_key, 0600);
    check_mode(ca_pem, 0644);
    check_mode(root_pem, 0644);
    key_free(key);
    ca_free(ca);
}

/* Whatever a crash leaves of the four files is taken up: the keys that are there stay, and the end is whole. */
static void crashes(void)
{
    static const char *const order[] = {root_key, root_pem, ca_key, ca_pem};
    char before[4][CA_BUNDLE_MAX];
    struct ca_options o = options();
    struct ca *ca = fresh(KEY_EC_P256, NOW);
    ca_free(ca);
    for (size_t i = 0; i < 4; i++)
        snprintf(before[i], sizeof before[i], "%s", get(order[i]));
    for (size_t written = 0; written < 4; written++) {
        clear();
        for (size_t i = 0; i < written; i++)
            CHECK_INT(file_write(order[i], before[i], strlen(before[i]), i % 2 == 0 ? 0600 : 0644), 0);
        CHECK(ca_create(&o, KEY_EC_P256, NOW, error, sizeof error) == 0, "%zu: %s", written, error);
        for (size_t i = 0; i < written; i++)
            CHECK_TEXT(get(order[i]), before[i]);
        ca = ca_new(&o, error, sizeof error);
        CHECK(ca != NULL && ca_issuers(ca, NULL, 0) == 2, "%zu: %s", written, error);
        ca_free(ca);
    }
    CHECK(ca_create(&o, KEY_EC_P256, NOW, error, sizeof error) == -1 && strstr(error, "never replaced") != NULL, "%s",
          error);
}

static void refusals(void)
{
    struct ca_options o = options();
    struct ca *ca = fresh(KEY_EC_P256, NOW);
    ca_free(ca);
    unlink(root_key); /* kept elsewhere: the authority opens all the same */
    ca = ca_new(&o, error, sizeof error);
    CHECK(ca != NULL, "%s", error);
    ca_free(ca);
    unlink(ca_pem); /* but no new one is made beside the old root */
    CHECK(ca_create(&o, KEY_EC_P256, NOW, error, sizeof error) == -1 && strstr(error, "root.key") != NULL, "%s", error);
    CHECK(access(root_key, F_OK) != 0, "another root's key");
    struct key *other = key_new(KEY_EC_P256);
    char pem[KEY_PEM_MAX];
    CHECK(key_write_pem(other, NULL, pem, sizeof pem) && file_write(root_key, pem, strlen(pem), 0600) == 0, "key");
    CHECK(ca_create(&o, KEY_EC_P256, NOW, error, sizeof error) == -1 && strstr(error, "does not belong") != NULL, "%s",
          error);
    key_free(other);
    o.root_key_file = NULL;
    CHECK(ca_create(&o, KEY_EC_P256, NOW, error, sizeof error) == -1 && strstr(error, "name both") != NULL, "%s",
          error);
    /* Beyond the root's own end nothing is signed. */
    o = options();
    ca = fresh(KEY_EC_P256, NOW);
    ca_free(ca);
    unlink(ca_pem);
    CHECK(ca_create(&o, KEY_EC_P256, NOW + PROFILE_AUTHORITY_DAYS * DAY, error, sizeof error) == -1 &&
              strstr(error, "not valid") != NULL,
          "%s", error);
    CHECK(access(ca_pem, F_OK) != 0, "a part of an authority");
}

static void sealed(void)
{
    struct ca_options o = options();
    clear();
    o.passphrase_file = passphrase;
    CHECK_INT(file_write(passphrase, "secret\n", 7, 0600), 0);
    CHECK(ca_create(&o, KEY_EC_P256, NOW, error, sizeof error) == 0, "%s", error);
    CHECK(strstr(get(root_key), "ENCRYPTED") != NULL && strstr(get(ca_key), "ENCRYPTED") != NULL, "open keys");
    struct ca *ca = ca_new(&o, error, sizeof error);
    CHECK(ca != NULL, "%s", error);
    ca_free(ca);
    o.passphrase_file = NULL;
    CHECK(ca_new(&o, error, sizeof error) == NULL, "opened without its passphrase");
}

/* Dates that need care: the root or the issuing CA ends after 2049, on a 29 February, past 31 bits. */
static void dates(void)
{
    static const int64_t moments[] = {
        1835438400, /* 2028-02-29 12:00:00 */
        2147483647, /* 2038-01-19 03:14:07 */
        2208988800, /* 2040-01-01: the issuing CA ends in 2049, the root in 2059 */
        2524611599, /* 2050-01-01 00:59:59: begins in 2049 */
        2524611600, /* 2050-01-01 01:00:00: begins in 2050 */
        4107542400, /* 2100-03-01 */
    };
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        struct ca *ca = fresh(KEY_EC_P256, moments[i]);
        struct ca_issuer issuers[2];
        STACK_OF(X509) *all = chain_parse(ca_bundle(ca));
        CHECK_INT(ca_issuers(ca, issuers, 2), 2);
        for (int j = 0; j < 2; j++) {
            const ASN1_TIME *begin = X509_get0_notBefore(sk_X509_value(all, j));
            const ASN1_TIME *end = X509_get0_notAfter(sk_X509_value(all, j));
            CHECK_INT(ASN1_TIME_cmp_time_t(begin, issuers[j].validity.not_before), 0);
            CHECK_INT(ASN1_TIME_cmp_time_t(end, issuers[j].validity.not_after), 0);
            CHECK_INT(issuers[j].validity.not_before, moments[i] - PROFILE_BACKDATE);
            CHECK_INT(ASN1_STRING_type(begin),
                      issuers[j].validity.not_before < 2524608000 ? V_ASN1_UTCTIME : V_ASN1_GENERALIZEDTIME);
            CHECK_INT(ASN1_STRING_type(end),
                      issuers[j].validity.not_after < 2524608000 ? V_ASN1_UTCTIME : V_ASN1_GENERALIZEDTIME);
        }
        CHECK_INT(chain_verify(ca_bundle(ca), get(root_pem), X509_PURPOSE_CRL_SIGN, moments[i]), X509_V_OK);
        sk_X509_pop_free(all, X509_free);
        ca_free(ca);
    }
}

int main(void)
{
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(ca_pem, sizeof ca_pem, "%s/ca.pem", folder);
    snprintf(ca_key, sizeof ca_key, "%s/ca.key", folder);
    snprintf(root_pem, sizeof root_pem, "%s/root.pem", folder);
    snprintf(root_key, sizeof root_key, "%s/root.key", folder);
    snprintf(passphrase, sizeof passphrase, "%s/passphrase", folder);
    chains();
    what_is_told();
    crashes();
    refusals();
    sealed();
    dates();
    clear();
    rmdir(folder);
    return check_done();
}
