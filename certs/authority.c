#include "certs/authority.h"

#include "certs/draft.h"
#include "certs/extensions.h"
#include "certs/internal.h"
#include "certs/lint_issuer.h"
#include "certs/pem.h"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

/* RFC 5280, 4.2.1.3: keyCertSign (5), cRLSign (6) */
static const int authority_usage[] = {5, 6, -1};

static const struct {
    const char *name;
    enum basic_constraints basic;
    int days;
} profiles[] = {
    [LINT_AUTHORITY] = {"Muster CA", BASIC_ISSUER, PROFILE_AUTHORITY_DAYS},
    [LINT_ROOT] = {"Muster Root CA", BASIC_ROOT, PROFILE_AUTHORITY_DAYS},
    [LINT_ISSUER] = {"Muster Issuing CA", BASIC_ISSUER, PROFILE_ISSUER_DAYS},
};

/* The issuer's certificate as the lint reads it; NULL when there is none. The caller calls lint_issuer_free. */
static struct lint_issuer *read_issuer(X509 *issuer)
{
    unsigned char *der = NULL;
    int length = issuer != NULL ? i2d_X509(issuer, &der) : 0;
    struct lint_issuer *read = length > 0 ? lint_issuer_new(der, (size_t)length) : NULL;
    OPENSSL_free(der);
    return read;
}

static bool identify(const struct public_key *key, unsigned char identifier[KEY_IDENTIFIER])
{
    size_t length = 0;
    const unsigned char *bits = draft_key_bits(key, &length);
    return bits != NULL && extension_key_identifier(bits, length, identifier);
}

/* `draft` gets what the caller frees: subject and extensions. */
static bool sketch(const struct authority *authority, const struct lint_issuer *issuer, struct draft *draft)
{
    static const struct validity always = {INT64_MIN, INT64_MAX};
    unsigned char own[KEY_IDENTIFIER];
    const unsigned char *above = issuer != NULL ? ASN1_STRING_get0_data(issuer->identifier) : own;
    size_t above_length = issuer != NULL ? (size_t)ASN1_STRING_length(issuer->identifier) : sizeof own;
    char common_name[64];
    const unsigned char *serial = draft->serial;
    if (!identify(authority->key, own))
        return false;
    snprintf(common_name, sizeof common_name, "%s %02x%02x%02x%02x", profiles[authority->profile].name, serial[0],
             serial[1], serial[2], serial[3]);
    draft->subject = draft_name(authority->country, authority->organization, common_name);
    draft->issuer = issuer != NULL ? X509_get_subject_name(authority->issuer) : draft->subject;
    draft->extensions[draft->count++] = extension_basic_constraints(profiles[authority->profile].basic);
    draft->extensions[draft->count++] = extension_key_usage(authority_usage);
    draft->extensions[draft->count++] = extension_subject_key(own);
    draft->extensions[draft->count++] = extension_authority_key(above, above_length);
    return draft->subject != NULL && profile_validity(authority->now, profiles[authority->profile].days,
                                                      issuer != NULL ? issuer->validity : always, &draft->validity);
}

static X509 *sign(const struct authority *authority, const struct lint_issuer *issuer)
{
    unsigned char serial[PROFILE_SERIAL];
    struct draft draft = {.key = authority->key, .serial = serial};
    X509 *certificate = NULL;
    if (RAND_bytes(serial, sizeof serial) != 1)
        return NULL;
    profile_serial(serial);
    if (sketch(authority, issuer, &draft))
        certificate = draft_sign(&draft, key_evp(authority->signing_key));
    X509_NAME_free(draft.subject);
    for (size_t i = 0; i < draft.count; i++)
        X509_EXTENSION_free(draft.extensions[i]);
    return certificate;
}

/* Read back and looked at before anyone trusts it. */
static bool write(X509 *certificate, const struct authority *authority, const struct lint_issuer *issuer,
                  char pem[CERTIFICATE_PEM_MAX], char *finding, size_t finding_size)
{
    static const struct lint_economy none = {NULL, NULL};
    unsigned char *der = NULL;
    int encoded = i2d_X509(certificate, &der);
    size_t length = encoded > 0 ? (size_t)encoded : 0;
    bool ok = length > 0 && length <= CERTIFICATE_DER_MAX;
    if (ok && issuer != NULL)
        ok = lint_der(der, length, issuer, authority->profile, none, finding, finding_size);
    else if (ok)
        ok = lint_certificate(der, length, NULL, 0, authority->profile, finding, finding_size);
    ok = ok && pem_write("CERTIFICATE", der, length, pem) > 0;
    OPENSSL_free(der);
    return ok;
}

bool authority_make(const struct authority *authority, char pem[CERTIFICATE_PEM_MAX], char *finding,
                    size_t finding_size)
{
    struct lint_issuer *issuer = read_issuer(authority->issuer);
    bool known = (issuer != NULL) == (authority->profile == LINT_ISSUER) &&
                 (issuer == NULL || (issuer->dated && issuer->identifier != NULL));
    snprintf(finding, finding_size, "%s", "its issuer has no key identifier or dates");
    X509 *certificate = NULL;
    if (known) {
        snprintf(finding, finding_size, "%s", "OpenSSL failed, or the issuer is not valid at present");
        certificate = sign(authority, issuer);
    }
    bool ok = certificate != NULL && write(certificate, authority, issuer, pem, finding, finding_size);
    X509_free(certificate);
    lint_issuer_free(issuer);
    ERR_clear_error();
    return ok;
}
