/* What the authority does with signatures that are wrong, and that its quick way stays within what the lint allows. */
#include "certs/ca_local.h"
#include "certs/csr.h"
#include "tests/unit/check.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <unistd.h>

#define DAY ((int64_t)86400)
#define NOW ((int64_t)1800000000)

static char folder[] = "/tmp/test_ca_issue.XXXXXX";
static char certificate_file[64], key_file[64], error[512];
static struct public_key device_key;

static struct ca_options options(void)
{
    return (struct ca_options){.certificate_file = certificate_file, .key_file = key_file, .organization = "Example"};
}

static struct ca *open_authority(enum key_type type)
{
    struct ca_options o = options();
    unlink(certificate_file);
    unlink(key_file);
    CHECK(ca_create(&o, type, NOW, error, sizeof error) == 0, "%s", error);
    struct ca *ca = ca_new(&o, error, sizeof error);
    CHECK(ca != NULL, "%s", error);
    return ca;
}

static enum status issue(struct ca *ca, struct certificate *out, struct why *why)
{
    struct certificate_request request = {.key = &device_key,
                                          .device_id = "SENSOR-1",
                                          .uuid = "u-1",
                                          .tenant = "default",
                                          .serial = {0x42, 1, 2, 3},
                                          .validity = {NOW, NOW + 365 * DAY - 1}};
    *why = (struct why){.status = ST_OK};
    return ca_issue_device(ca, &request, out, why);
}

/* Signs with another key than the certificate's from now on, as a key does that was damaged in memory. */
static void damage(struct ca *ca)
{
    struct key *other = key_new(KEY_EC_P256);
    p256_free(ca->p256);
    ca->p256 = p256_new(key_evp(other)); /* which holds a reference */
    CHECK(ca->p256 != NULL, "another key");
    key_free(other);
}

/* How many of `count` certificates come, and that the others say why not. */
static size_t issued(struct ca *ca, size_t count)
{
    struct certificate out;
    struct why why;
    size_t good = 0;
    for (size_t i = 0; i < count; i++) {
        enum status status = issue(ca, &out, &why);
        good += status == ST_OK;
        CHECK(status == ST_OK || (status == ST_INTERNAL && strstr(why.detail, "the signature is not its issuer's") &&
                                  out.pem[0] == '\0'),
              "%zu: %s", i, why.detail);
        CHECK(ERR_peek_error() == 0, "an error is left for libssl");
    }
    return good;
}

/* A damaged key is found at once in a new authority, within 64 certificates later, and then lets nothing more out. */
static void wrong_signatures(void)
{
    struct ca *ca = open_authority(KEY_EC_P256);
    damage(ca);
    CHECK_INT(issued(ca, 100), 0);
    ca_free(ca);
    ca = open_authority(KEY_EC_P256);
    CHECK_INT(issued(ca, 20), 20);
    damage(ca);
    size_t out = issued(ca, 64);
    CHECK(out < 64, "%zu of 64", out);
    CHECK_INT(issued(ca, 300), 0);
    ca_free(ca);
}

/* A private key that stands beside the right public one, in the file. */
static void halves_that_differ(void)
{
    struct ca_options o = options();
    struct ca *ca = open_authority(KEY_EC_P256);
    struct key *other = key_new(KEY_EC_P256);
    BIGNUM *number = NULL;
    unsigned char point[P256_POINT];
    size_t length = 0;
    EVP_PKEY *mixed = NULL;
    CHECK(EVP_PKEY_get_bn_param(key_evp(other), OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1 &&
              EVP_PKEY_get_octet_string_param(key_evp(ca->current->key), OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point,
                                              sizeof point, &length) == 1,
          "halves");
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, length);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, number);
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    CHECK(EVP_PKEY_fromdata_init(context) == 1 && EVP_PKEY_fromdata(context, &mixed, EVP_PKEY_KEYPAIR, parameters) == 1,
          "mixed");
    FILE *file = fopen(key_file, "w");
    CHECK(file != NULL && PEM_write_PrivateKey(file, mixed, NULL, NULL, 0, NULL, NULL) == 1 && fclose(file) == 0,
          "write");
    ca_free(ca);
    ca = ca_new(&o, error, sizeof error);
    CHECK(ca == NULL && strstr(error, "do not belong together") != NULL, "%s", error);
    ca_free(ca);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    BN_clear_free(number);
    EVP_PKEY_free(mixed);
    key_free(other);
}

/* Where the signature is not verified, it must still be over what stands there, and one at all. */
static void without_arithmetic(void)
{
    struct ca *ca = open_authority(KEY_EC_P256);
    struct certificate out;
    struct why why;
    unsigned char digest[P256_DIGEST], *der = NULL;
    char finding[128] = "";
    long length = 0;
    CHECK(issue(ca, &out, &why) == ST_OK, "%s", why.detail);
    BIO *bio = BIO_new_mem_buf(out.pem, -1);
    CHECK(PEM_bytes_read_bio(&der, &length, NULL, PEM_STRING_X509, bio, NULL, NULL) == 1, "%s", out.pem);
    struct parsed *parsed = parsed_new(der, (size_t)length);
    const struct lint_economy economy = {ca->p256, digest};
    p256_hash(ca->p256, ASN1_STRING_get0_data(parsed->octets), (size_t)ASN1_STRING_length(parsed->octets), digest);
    size_t signature = (size_t)length - (size_t)ASN1_STRING_length(parsed->signature);
    CHECK(lint_der(der, (size_t)length, ca->current->read, LINT_DEVICE, economy, finding, sizeof finding), "%s",
          finding);
    static const struct {
        const char *what;
        size_t at; /* in the signature */
        unsigned char value;
    } changes[] = {{"no SEQUENCE", 0, 0x31}, {"its length", 1, 0x20},      {"no INTEGER", 2, 0x04},
                   {"negative", 4, 0x80},    {"a length within", 3, 0x10}, {"nothing", 3, 0}};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        unsigned char kept = der[signature + changes[i].at];
        der[signature + changes[i].at] = changes[i].value;
        CHECK(!lint_der(der, (size_t)length, ca->current->read, LINT_DEVICE, economy, finding, sizeof finding) &&
                  strstr(finding, "signature is not") != NULL,
              "%s: %s", changes[i].what, finding);
        der[signature + changes[i].at] = kept;
    }
    digest[0] ^= 1;
    CHECK(!lint_der(der, (size_t)length, ca->current->read, LINT_DEVICE, economy, finding, sizeof finding),
          "other digest");
    digest[0] ^= 1;
    CHECK(lint_der(der, (size_t)length, ca->current->read, LINT_DEVICE, economy, finding, sizeof finding), "%s",
          finding);
    parsed_free(parsed);
    OPENSSL_free(der);
    BIO_free(bio);
    ERR_clear_error();
    ca_free(ca);
}

/* Requests are read under every kind of authority; only one on P-256 issues the quick way, and not to every key. */
static void kinds(void)
{
    static const enum key_type types[] = {KEY_EC_P256, KEY_EC_P384, KEY_RSA_2048};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct ca *ca = open_authority(types[i]);
        const char *name = key_type_name(types[i]);
        for (size_t k = 0; k < sizeof types / sizeof *types; k++) {
            char pem[CSR_PEM_MAX];
            struct key *key = key_new(types[k]);
            struct certificate out;
            struct why why = {0};
            CHECK(csr_write(key, "sensor", pem, sizeof pem), "%s", name);
            CHECK(ca_read_request(ca, pem, strlen(pem), &device_key, &why) == ST_OK, "%s: %s", name, why.message);
            unsigned before = ca->trusted;
            CHECK(issue(ca, &out, &why) == ST_OK, "%s: %s", name, why.detail);
            CHECK((ca->trusted > before) == (types[i] == KEY_EC_P256 && types[k] == KEY_EC_P256), "%s for %s", name,
                  key_type_name(types[k]));
            CHECK(ca_read_request(ca, pem, strlen(pem) - 30, &device_key, &why) == ST_CSR_INVALID, "cut");
            key_free(key);
        }
        ca_free(ca);
    }
}

int main(void)
{
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(certificate_file, sizeof certificate_file, "%s/ca.pem", folder);
    snprintf(key_file, sizeof key_file, "%s/ca.key", folder);
    struct key *key = key_new(KEY_EC_P256);
    CHECK(key_public(key, &device_key), "key");
    key_free(key);
    wrong_signatures();
    halves_that_differ();
    without_arithmetic();
    kinds();
    unlink(certificate_file);
    unlink(key_file);
    rmdir(folder);
    return check_done();
}
