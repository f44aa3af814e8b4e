/* What an authority says of certificates that are shown to it: good ones, wrong ones, and octets that are none. */
#include "certs/validate.h"

#include "certs/ca_rotate.h"
#include "certs/pem.h"
#include "tests/unit/check.h"

#include <openssl/err.h>

#include <stdlib.h>
#include <unistd.h>

#define DAY ((int64_t)86400)
#define NOW ((int64_t)1800000000) /* 2027-01-15 08:00:00 */

static char folder[] = "/tmp/test_validate.XXXXXX";
static char ca_pem[64], ca_key[64], root_pem[64], root_key[64];
static char error[512];
static struct public_key public;

static struct ca *fresh(bool rooted)
{
    const struct ca_options options = {.certificate_file = ca_pem,
                                       .key_file = ca_key,
                                       .root_certificate_file = rooted ? root_pem : NULL,
                                       .root_key_file = rooted ? root_key : NULL};
    unlink(ca_pem);
    unlink(ca_key);
    unlink(root_pem);
    unlink(root_key);
    CHECK(ca_create(&options, KEY_EC_P256, NOW, error, sizeof error) == 0, "%s", error);
    struct ca *ca = ca_new(&options, error, sizeof error);
    CHECK(ca != NULL, "%s", error);
    return ca;
}

static struct certificate device_of(struct ca *ca, int64_t days)
{
    struct certificate leaf;
    struct why why = {0};
    struct certificate_request request = {.key = &public, .device_id = "ABC", .uuid = "u-1", .tenant = "acme"};
    memset(request.serial, 0x41, sizeof request.serial);
    request.validity = (struct validity){NOW, NOW + days * DAY};
    CHECK(ca_issue_device(ca, &request, &leaf, &why) == ST_OK, "%s", why.detail);
    return leaf;
}

/* Which checks pass, as letters: r, c, d, p; a dash for one that does not. */
static const char *verdict(const struct validation *v)
{
    static char text[VALIDATION_COUNT + 1];
    for (int i = 0; i < VALIDATION_COUNT; i++) {
        text[i] = v->checks[i].passed ? validation_name((enum validation_check)i)[0] : '-';
        CHECK(!v->checks[i].passed || v->checks[i].finding[0] == '\0', "a finding of what passed");
    }
    return text;
}

static void good(bool rooted)
{
    struct ca *ca = fresh(rooted);
    struct certificate leaf = device_of(ca, 10);
    struct validation v;
    CHECK(validate_certificate(ca, leaf.pem, strlen(leaf.pem), NOW, &v) && v.passed, "%s", v.checks[1].finding);
    CHECK_TEXT(verdict(&v), "rcdp");
    CHECK_TEXT(v.certificate_id, leaf.id);
    CHECK_TEXT(v.issuer, ca_issuer_id(ca));
    CHECK_TEXT(v.tenant, "acme");
    CHECK_TEXT(v.uuid, "u-1");
    CHECK(memcmp(v.fingerprint, leaf.fingerprint, 32) == 0, "fingerprint");
    CHECK(v.validity.not_before == NOW && v.validity.not_after == NOW + 10 * DAY, "validity");
    /* To the second, both ends inclusive. */
    CHECK(validate_certificate(ca, leaf.pem, strlen(leaf.pem), NOW + 10 * DAY, &v), "its last second");
    CHECK(!validate_certificate(ca, leaf.pem, strlen(leaf.pem), NOW + 10 * DAY + 1, &v), "a second later");
    CHECK_TEXT(verdict(&v), "rc-p");
    CHECK_TEXT(v.checks[VALIDATION_DATES].finding, "it has ended");
    CHECK(!validate_certificate(ca, leaf.pem, strlen(leaf.pem), NOW - 1, &v), "a second before");
    CHECK_TEXT(v.checks[VALIDATION_DATES].finding, "it is not valid yet");
    /* When the issuer has ended, the chain has. */
    CHECK(!validate_certificate(ca, leaf.pem, strlen(leaf.pem), ca_validity(ca).not_after + 1, &v), "the end of all");
    CHECK_TEXT(verdict(&v), "r--p");
    /* Text before it, and the chain behind it. */
    char text[VALIDATE_PEM_MAX];
    snprintf(text, sizeof text, "a certificate:\n%s%s", leaf.pem, ca_bundle(ca));
    CHECK(validate_certificate(ca, text, strlen(text), NOW, &v), "with its chain");
    ca_free(ca);
}

static void wrong(void)
{
    struct ca *other = fresh(true);
    struct certificate foreign = device_of(other, 10), server, service;
    static const char *const names[] = {"broker.example"};
    unsigned char serial[PROFILE_SERIAL] = {0x41};
    struct validation v;
    struct why why;
    ca_free(other);
    struct ca *ca = fresh(true);
    struct validity validity = {NOW, NOW + DAY};
    CHECK(!validate_certificate(ca, foreign.pem, strlen(foreign.pem), NOW, &v), "another authority's");
    CHECK_TEXT(verdict(&v), "r-dp"); /* of the same form, but not ours */
    CHECK_TEXT(v.uuid, "u-1");
    CHECK_INT(ca_issue_server(ca, &public, names, 1, serial, validity, &server, &why), ST_OK);
    CHECK(!validate_certificate(ca, server.pem, strlen(server.pem), NOW, &v), "a server's");
    CHECK_TEXT(verdict(&v), "r-d-");
    CHECK(strstr(v.checks[VALIDATION_CHAIN].finding, "purpose") != NULL, "%s", v.checks[VALIDATION_CHAIN].finding);
    CHECK_TEXT(v.uuid, "");
    CHECK_INT(ca_issue_service(ca, &public, serial, validity, &service, &why), ST_OK);
    CHECK(!validate_certificate(ca, service.pem, strlen(service.pem), NOW, &v), "the service's");
    CHECK_TEXT(verdict(&v), "rcd-");
    CHECK_TEXT(v.tenant, "");
    const char *bundle = ca_bundle(ca);
    CHECK(!validate_certificate(ca, bundle, strlen(bundle), NOW, &v), "the issuing CA itself");
    CHECK(!v.checks[VALIDATION_PROFILE].passed, "is no device");
    ca_free(ca);
}

/* After a rotation the old issuer's certificates count until it is dropped. */
static void rotated(void)
{
    const struct ca_options options = {
        .certificate_file = ca_pem, .key_file = ca_key, .root_certificate_file = root_pem, .root_key_file = root_key};
    struct ca *ca = fresh(true);
    struct certificate leaf = device_of(ca, 10);
    struct validation v;
    ca_free(ca);
    CHECK(ca_rotate(&options, NOW, error, sizeof error) == 0, "%s", error);
    ca = ca_new(&options, error, sizeof error);
    CHECK(validate_certificate(ca, leaf.pem, strlen(leaf.pem), NOW, &v), "%s", v.checks[1].finding);
    CHECK(strcmp(v.issuer, ca_issuer_id(ca)) != 0, "by the one before");
    ca_free(ca);
    CHECK(ca_drop(&options, v.issuer, error, sizeof error) == 0, "%s", error);
    ca = ca_new(&options, error, sizeof error);
    CHECK(!validate_certificate(ca, leaf.pem, strlen(leaf.pem), NOW, &v), "dropped");
    CHECK_TEXT(verdict(&v), "r-dp");
    struct ca_issuer issuers[3];
    CHECK_INT(ca_issuers(ca, issuers, 3), 2);
    char path[160];
    snprintf(path, sizeof path, "%s.%s", ca_key, issuers[0].id);
    unlink(path);
    ca_free(ca);
}

static void no_certificates(void)
{
    static const char *const texts[] = {
        "",
        "x",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n%%%%\n-----END CERTIFICATE-----\n",
        "-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n",
        "-----BEGIN CERTIFICATE-----\nMIIBhDCCASk=\n-----END CERTIFICATE-----\n",
    };
    struct ca *ca = fresh(true);
    struct validation v;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        CHECK(!validate_certificate(ca, texts[i], strlen(texts[i]), NOW, &v), "%s", texts[i]);
        CHECK_TEXT(verdict(&v), "----");
        CHECK(v.checks[VALIDATION_READABLE].finding[0] != '\0' && v.certificate_id[0] == '\0', "%s", texts[i]);
    }
    char *large = malloc(VALIDATE_PEM_MAX + 1);
    memset(large, 'A', VALIDATE_PEM_MAX + 1);
    CHECK(!validate_certificate(ca, large, VALIDATE_PEM_MAX + 1, NOW, &v), "large");
    CHECK(!validate_certificate(ca, large, VALIDATE_PEM_MAX, NOW, &v), "as large as it may be");
    free(large);
    ca_free(ca);
}

/* Every bit of a good certificate turned, and every cut: nothing of it passes, nothing crashes, and no error is left
 * for libssl. */
static void broken(void)
{
    struct ca *ca = fresh(true);
    struct certificate leaf = device_of(ca, 10);
    struct validation v;
    unsigned char *der;
    size_t length;
    char pem[CERTIFICATE_PEM_MAX];
    const char *at = leaf.pem;
    CHECK(pem_next("CERTIFICATE", &at, leaf.pem + strlen(leaf.pem), &der, &length), "PEM");
    unsigned passed = 0, left = 0;
    for (size_t i = 0; i < length * 8; i++) {
        der[i / 8] ^= (unsigned char)(1U << i % 8);
        size_t letters = pem_write("CERTIFICATE", der, length, pem);
        passed += validate_certificate(ca, pem, letters, NOW, &v);
        left += ERR_peek_error() != 0;
        der[i / 8] ^= (unsigned char)(1U << i % 8);
    }
    CHECK_INT(passed, 0);
    CHECK_INT(left, 0);
    for (size_t cut = 1; cut < length; cut++) {
        size_t letters = pem_write("CERTIFICATE", der, cut, pem);
        CHECK(!validate_certificate(ca, pem, letters, NOW, &v), "cut at %zu", cut);
    }
    size_t letters = strlen(leaf.pem);
    for (size_t cut = 0; cut + 1 < letters; cut++) { /* exactly as large, for the sanitizers */
        char *copy = malloc(cut + 1);
        memcpy(copy, leaf.pem, cut);
        CHECK(!validate_certificate(ca, copy, cut, NOW, &v), "text cut at %zu", cut);
        free(copy);
    }
    free(der);
    ca_free(ca);
}

int main(void)
{
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(ca_pem, sizeof ca_pem, "%s/ca.pem", folder);
    snprintf(ca_key, sizeof ca_key, "%s/ca.key", folder);
    snprintf(root_pem, sizeof root_pem, "%s/root.pem", folder);
    snprintf(root_key, sizeof root_key, "%s/root.key", folder);
    struct key *key = key_new(KEY_EC_P256);
    CHECK(key_public(key, &public), "key");
    key_free(key);
    good(false);
    good(true);
    wrong();
    rotated();
    no_certificates();
    broken();
    unlink(ca_pem);
    unlink(ca_key);
    unlink(root_pem);
    unlink(root_key);
    rmdir(folder);
    return check_done();
}
