#include "certs/ca_local.h"

#include "certs/ca_files.h"
#include "certs/draft.h"
#include "certs/extensions.h"
#include "certs/file.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIGNATURE_MAX 1024 /* octets; RSA-8192 */

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
        if (ca->current->certificate == NULL)
            ca->current->certificate = next;
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

static bool take_id(struct ca_member *member)
{
    const ASN1_OCTET_STRING *identifier = member->read->identifier;
    if (identifier == NULL || ASN1_STRING_length(identifier) != KEY_IDENTIFIER)
        return false;
    ca_issuer_id_write(ASN1_STRING_get0_data(identifier), member->id);
    return true;
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
    if (X509_check_ca(ca->current->certificate) != 1 ||
        (X509_get_key_usage(ca->current->certificate) & KU_KEY_CERT_SIGN) == 0)
        return ca_files_say(error, error_size,
                            "The first certificate in %s is not an authority's (CA:TRUE, keyCertSign).", path);
    ca->current->read = read_issuer(ca->current->certificate);
    if (ca->current->read == NULL || !ca->current->read->dated || !take_id(ca->current))
        return ca_files_say(error, error_size,
                            "The first certificate in %s has no subject key identifier of 20 octets, or no dates.",
                            path);
    return 0;
}

/* Signs once and verifies it with the certificate's key: X509_check_private_key looks at the public halves only, and
 * EVP_PKEY_pairwise_check takes most of a second for RSA-4096. */
static bool signs_for(EVP_PKEY *own, EVP_PKEY *public)
{
    static const unsigned char text[] = "an authority's key";
    unsigned char signature[SIGNATURE_MAX];
    size_t length = sizeof signature;
    EVP_MD_CTX *signer = EVP_MD_CTX_new(), *verifier = EVP_MD_CTX_new();
    bool ok = signer != NULL && verifier != NULL && public != NULL &&
              EVP_DigestSignInit_ex(signer, NULL, "SHA256", NULL, NULL, own, NULL) == 1 &&
              EVP_DigestSign(signer, signature, &length, text, sizeof text) == 1 &&
              EVP_DigestVerifyInit_ex(verifier, NULL, "SHA256", NULL, NULL, public, NULL) == 1 &&
              EVP_DigestVerify(verifier, signature, length, text, sizeof text) == 1;
    EVP_MD_CTX_free(signer);
    EVP_MD_CTX_free(verifier);
    return ok;
}

static int open_key(struct ca *ca, const struct ca_options *options, char *error, size_t error_size)
{
    ca->current->key = ca_files_read_key(options, error, error_size);
    if (ca->current->key == NULL)
        return -1;
    if (X509_check_private_key(ca->current->certificate, key_evp(ca->current->key)) != 1)
        return ca_files_say(error, error_size, "The authority's key %s does not belong to the certificate %s.",
                            options->key_file, options->certificate_file);
    if (!key_type_of(ca->current->key, &ca->current->type) || ca->current->type == KEY_ED25519)
        return ca_files_say(error, error_size, "The authority's key %s is neither EC P-256 or P-384 nor RSA.",
                            options->key_file);
    if (!signs_for(key_evp(ca->current->key), ca->current->read->key))
        return ca_files_say(error, error_size,
                            "The halves of the authority's key %s do not belong together: restore it from a copy.",
                            options->key_file);
    return 0;
}

/* What is the same in every certificate is made once: it would cost more than the signature. */
static bool make_fixed(struct ca *ca)
{
    static const int leaf_usage[] = {0, -1}; /* digitalSignature: all that TLS 1.3 needs (RFC 8446, 4.4.2.2) */
    const ASN1_OCTET_STRING *identifier = X509_get0_subject_key_id(ca->current->certificate);
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

/* Requests are read the quick way under any authority; issuing is quick under one on P-256. */
static bool make_quick(struct ca *ca)
{
    X509_EXTENSION *const fixed[] = {ca->fixed[BASIC], ca->fixed[USAGE], ca->fixed[CLIENT], ca->fixed[AUTHORITY]};
    bool signs = ca->current->type == KEY_EC_P256;
    X509_NAME *start = draft_name(ca->country, ca->organization, NULL);
    ca->p256 = p256_new(signs ? key_evp(ca->current->key) : NULL);
    if (signs && start != NULL)
        ca->template = device_template_new(X509_get_subject_name(ca->current->certificate), start, fixed);
    X509_NAME_free(start);
    return ca->p256 != NULL && (ca->template != NULL) == signs;
}

static int open_all(struct ca *ca, const struct ca_options *options, char *error, size_t error_size)
{
    if (open_certificate(ca, options->certificate_file, error, error_size) != 0 ||
        open_key(ca, options, error, error_size) != 0)
        return -1;
    if (options->organization != NULL)
        snprintf(ca->organization, sizeof ca->organization, "%s", options->organization);
    if (options->country != NULL)
        snprintf(ca->country, sizeof ca->country, "%s", options->country);
    if (!make_fixed(ca) || !make_quick(ca))
        return ca_files_say(error, error_size, "OpenSSL cannot make the authority's extensions.");
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
    ca->current = ca->members;
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
    device_template_free(ca->template);
    p256_free(ca->p256); /* before the key, which it borrows */
    lint_issuer_free(ca->current->read);
    X509_free(ca->current->certificate);
    key_free(ca->current->key);
    free(ca);
}

struct validity ca_validity(const struct ca *ca)
{
    return ca->current->read->validity;
}

const char *ca_bundle(const struct ca *ca)
{
    return ca->bundle;
}

const char *ca_issuer_id(const struct ca *ca)
{
    return ca->current->id;
}

const struct ca_member *ca_member_find(const struct ca *ca, const char *id)
{
    return strcmp(ca->current->id, id) == 0 ? ca->current : NULL;
}

void ca_issuer_id_write(const unsigned char identifier[CA_ISSUER_ID / 2], char out[CA_ISSUER_ID + 1])
{
    for (size_t i = 0; i < CA_ISSUER_ID / 2; i++)
        snprintf(out + 2 * i, 3, "%02x", identifier[i]);
}
