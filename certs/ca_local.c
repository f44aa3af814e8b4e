#include "certs/ca_files.h"
#include "certs/draft.h"
#include "certs/extensions.h"
#include "certs/file.h"
#include "certs/lint_issuer.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is the same in every certificate is made once: it would cost more than the signature. */
enum fixed { BASIC, USAGE, CLIENT, SERVER, AUTHORITY, FIXED_COUNT };

struct ca {
    struct key *key;
    X509 *certificate;
    struct lint_issuer *issuer; /* the same certificate */
    char organization[64 + 1], country[2 + 1];
    X509_EXTENSION *fixed[FIXED_COUNT];
    char bundle[CA_BUNDLE_MAX];
};

/* The first certificate of `bio` is the issuing one; all of them, without the text between, become the bundle. */
static bool read_certificates(struct ca *ca, BIO *bio)
{
    char no_passphrase[] = "";
    BIO *text = BIO_new(BIO_s_mem());
    char *pem = NULL;
    bool ok = text != NULL;
    X509 *next;
    while (ok && (next = PEM_read_bio_X509(bio, NULL, NULL, no_passphrase)) != NULL) {
        ok = PEM_write_bio_X509(text, next) == 1;
        if (ca->certificate == NULL)
            ca->certificate = next;
        else
            X509_free(next);
    }
    long length = ok && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE ? BIO_get_mem_data(text, &pem) : 0;
    ok = length > 0 && (size_t)length < sizeof ca->bundle;
    if (ok)
        memcpy(ca->bundle, pem, (size_t)length);
    BIO_free(text);
    ERR_clear_error();
    return ok;
}

/* The issuing certificate once more, as the lint holds leaves against it. */
static struct lint_issuer *read_issuer(X509 *certificate)
{
    unsigned char *der = NULL;
    int length = i2d_X509(certificate, &der);
    struct lint_issuer *issuer = length > 0 ? lint_issuer_new(der, (size_t)length) : NULL;
    OPENSSL_free(der);
    return issuer;
}

static int open_certificate(struct ca *ca, const char *path, char *error, size_t error_size)
{
    char text[CA_BUNDLE_MAX];
    size_t length = 0;
    int failed = file_read(path, text, sizeof text, &length);
    if (failed != 0)
        return ca_files_say(error, error_size, "Cannot read the authority's certificate %s: %s.", path,
                            strerror(failed));
    BIO *bio = BIO_new_mem_buf(text, (int)length);
    bool ok = bio != NULL && read_certificates(ca, bio);
    BIO_free(bio);
    if (!ok)
        return ca_files_say(error, error_size, "There is something else than certificates in PEM in %s.", path);
    if (X509_check_ca(ca->certificate) != 1 || (X509_get_key_usage(ca->certificate) & KU_KEY_CERT_SIGN) == 0)
        return ca_files_say(error, error_size,
                            "The first certificate in %s is not an authority's (CA:TRUE, keyCertSign).", path);
    ca->issuer = read_issuer(ca->certificate);
    if (ca->issuer == NULL || ca->issuer->identifier == NULL || !ca->issuer->dated)
        return ca_files_say(error, error_size, "The first certificate in %s has no subject key identifier or dates.",
                            path);
    return 0;
}

static int open_key(struct ca *ca, const struct ca_options *options, char *error, size_t error_size)
{
    enum key_type type;
    ca->key = ca_files_read_key(options, error, error_size);
    if (ca->key == NULL)
        return -1;
    if (X509_check_private_key(ca->certificate, key_evp(ca->key)) != 1)
        return ca_files_say(error, error_size, "The authority's key %s does not belong to the certificate %s.",
                            options->key_file, options->certificate_file);
    if (!key_type_of(ca->key, &type) || type == KEY_ED25519)
        return ca_files_say(error, error_size, "The authority's key %s is neither EC P-256 or P-384 nor RSA.",
                            options->key_file);
    return 0;
}

static bool prepare(struct ca *ca)
{
    static const int leaf_usage[] = {0, -1}; /* digitalSignature: all that TLS 1.3 needs (RFC 8446, 4.4.2.2) */
    const ASN1_OCTET_STRING *identifier = X509_get0_subject_key_id(ca->certificate);
    ca->fixed[BASIC] = extension_basic_constraints(false);
    ca->fixed[USAGE] = extension_key_usage(leaf_usage);
    ca->fixed[CLIENT] = extension_extended_key_usage(NID_client_auth);
    ca->fixed[SERVER] = extension_extended_key_usage(NID_server_auth);
    ca->fixed[AUTHORITY] =
        extension_authority_key(ASN1_STRING_get0_data(identifier), (size_t)ASN1_STRING_length(identifier));
    for (int i = 0; i < FIXED_COUNT; i++)
        if (ca->fixed[i] == NULL)
            return false;
    return true;
}

static int open_all(struct ca *ca, const struct ca_options *options, char *error, size_t error_size)
{
    if (open_certificate(ca, options->certificate_file, error, error_size) != 0 ||
        open_key(ca, options, error, error_size) != 0)
        return -1;
    if (!prepare(ca))
        return ca_files_say(error, error_size, "OpenSSL cannot make the authority's extensions.");
    if (options->organization != NULL)
        snprintf(ca->organization, sizeof ca->organization, "%s", options->organization);
    if (options->country != NULL)
        snprintf(ca->country, sizeof ca->country, "%s", options->country);
    return 0;
}

struct ca *ca_new(const struct ca_options *options, char *error, size_t error_size)
{
    if (ca_files_check(options, error, error_size) != 0)
        return NULL;
    struct ca *ca = calloc(1, sizeof *ca);
    if (ca == NULL) {
        ca_files_say(error, error_size, "There is no memory for the authority.");
        return NULL;
    }
    if (open_all(ca, options, error, error_size) == 0)
        return ca;
    ERR_clear_error();
    ca_free(ca);
    return NULL;
}

void ca_free(struct ca *ca)
{
    if (ca == NULL)
        return;
    for (int i = 0; i < FIXED_COUNT; i++)
        X509_EXTENSION_free(ca->fixed[i]);
    lint_issuer_free(ca->issuer);
    X509_free(ca->certificate);
    key_free(ca->key);
    free(ca);
}

struct validity ca_validity(const struct ca *ca)
{
    return ca->issuer->validity;
}

const char *ca_bundle(const struct ca *ca)
{
    return ca->bundle;
}

/* DER to PEM, which must fit with its closing NUL. */
static bool write_pem(const unsigned char *der, int length, char out[CERTIFICATE_PEM_MAX])
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *pem = NULL;
    long octets =
        bio != NULL && PEM_write_bio(bio, PEM_STRING_X509, "", der, length) > 0 ? BIO_get_mem_data(bio, &pem) : 0;
    bool ok = octets > 0 && octets < CERTIFICATE_PEM_MAX;
    if (ok) {
        memcpy(out, pem, (size_t)octets);
        out[octets] = '\0';
    }
    BIO_free(bio);
    return ok;
}

/* Looks once more at the very octets that will be given out, and fills `out`. */
static bool finish(struct ca *ca, X509 *certificate, enum lint_profile profile, struct certificate *out, char *finding,
                   size_t finding_size)
{
    static const struct lint_economy none = {NULL, NULL};
    unsigned char *der = NULL;
    int length = i2d_X509(certificate, &der);
    bool ok = length > 0 && lint_der(der, (size_t)length, ca->issuer, profile, none, finding, finding_size) &&
              write_pem(der, length, out->pem) && SHA256(der, (size_t)length, out->fingerprint) != NULL;
    OPENSSL_free(der);
    return ok;
}

/* The way of every kind of leaf. Takes over the draft's subject and `names`. */
static enum status issue(struct ca *ca, struct draft *draft, X509_EXTENSION *purpose, X509_EXTENSION *names,
                         enum lint_profile profile, struct certificate *out, struct why *why)
{
    unsigned char identifier[KEY_IDENTIFIER];
    char finding[128] = "its names, key or serial cannot be written, or it is too long";
    size_t length = 0;
    const unsigned char *bits = draft_key_bits(draft->key, &length);
    bool known = bits != NULL && extension_key_identifier(bits, length, identifier);
    X509_EXTENSION *subject_key = known ? extension_subject_key(identifier) : NULL;
    X509_EXTENSION *const all[] = {ca->fixed[BASIC], ca->fixed[USAGE],     purpose,
                                   subject_key,      ca->fixed[AUTHORITY], names};
    for (draft->count = 0; draft->count < 6; draft->count++)
        draft->extensions[draft->count] = all[draft->count];
    draft->issuer = X509_get_subject_name(ca->certificate);
    X509 *certificate = draft->subject != NULL ? draft_sign(draft, key_evp(ca->key)) : NULL;
    *out = (struct certificate){.validity = draft->validity};
    profile_certificate_id(draft->serial, out->id);
    bool ok = certificate != NULL && finish(ca, certificate, profile, out, finding, sizeof finding);
    X509_free(certificate);
    X509_EXTENSION_free(subject_key);
    X509_EXTENSION_free(names);
    X509_NAME_free(draft->subject);
    ERR_clear_error();
    if (ok)
        return ST_OK;
    *out = (struct certificate){0};
    fail(why, ST_INTERNAL, NULL, NULL);
    return fail_detail(why, "certificate not issued: %s", finding);
}

enum status ca_issue_device(struct ca *ca, const struct certificate_request *request, struct certificate *out,
                            struct why *why)
{
    char common_name[64 + 1], uri[256]; /* urn:muster:, tenant of 63, uuid of 128 */
    int named = snprintf(common_name, sizeof common_name, "Device-%s", request->device_id);
    int placed = snprintf(uri, sizeof uri, "urn:muster:%s:%s", request->tenant, request->uuid);
    bool fits = named < (int)sizeof common_name && placed < (int)sizeof uri;
    struct draft draft = {.serial = request->serial, .validity = request->validity, .key = request->key};
    draft.subject = fits ? draft_name(ca->country, ca->organization, common_name) : NULL;
    return issue(ca, &draft, ca->fixed[CLIENT], fits ? extension_uri(uri) : NULL, LINT_DEVICE, out, why);
}

enum status ca_issue_server(struct ca *ca, const struct public_key *key, const char *const names[], size_t count,
                            const unsigned char serial[PROFILE_SERIAL], struct validity validity,
                            struct certificate *out, struct why *why)
{
    struct draft draft = {.serial = serial, .validity = validity, .key = key};
    draft.subject = count > 0 ? draft_name(ca->country, ca->organization, names[0]) : NULL;
    return issue(ca, &draft, ca->fixed[SERVER], extension_server_names(names, count), LINT_SERVER, out, why);
}

enum status ca_issue_service(struct ca *ca, const struct public_key *key, const unsigned char serial[PROFILE_SERIAL],
                             struct validity validity, struct certificate *out, struct why *why)
{
    struct draft draft = {.serial = serial, .validity = validity, .key = key};
    draft.subject = draft_name(ca->country, ca->organization, "Service-muster");
    return issue(ca, &draft, ca->fixed[CLIENT], extension_uri(LINT_SERVICE_URI), LINT_SERVICE, out, why);
}
