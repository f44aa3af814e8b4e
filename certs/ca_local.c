#include "certs/ca_local.h"

#include "certs/ca_files.h"
#include "certs/draft.h"
#include "certs/extensions.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All certificates, without the text between, and those that go behind a leaf: from the issuing CA up to the root. */
static bool write_texts(struct ca *ca)
{
    const struct ca_member *at = ca->current;
    for (size_t i = 0; i < ca->members.count; i++)
        if (!ca_member_write(&ca->members.all[i], ca->bundle, sizeof ca->bundle))
            return false;
    for (size_t i = 0; i < ca->members.count && at != NULL && !ca_member_is_root(at); i++) {
        if (!ca_member_write(at, ca->chain, sizeof ca->chain))
            return false;
        at = ca_members_issuer(&ca->members, at);
    }
    return true;
}

/* What is the same in every certificate is made once: it would cost more than the signature. */
static bool make_fixed(struct ca *ca)
{
    static const int leaf_usage[] = {0, -1}; /* digitalSignature: all that TLS 1.3 needs (RFC 8446, 4.4.2.2) */
    const ASN1_OCTET_STRING *identifier = X509_get0_subject_key_id(ca->current->certificate);
    ca->fixed[BASIC] = extension_basic_constraints(BASIC_LEAF);
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
    if (ca_members_read(options->certificate_file, &ca->members, error, error_size) != 0 ||
        ca_members_find_keys(&ca->members, options, error, error_size) != 0)
        return -1;
    if (!write_texts(ca))
        return ca_files_say(error, error_size, "There are too many certificates in %s.", options->certificate_file);
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
    ca->current = ca->members.all;
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
    ca_members_free(&ca->members);
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

const char *ca_chain(const struct ca *ca)
{
    return ca->chain;
}

const char *ca_issuer_id(const struct ca *ca)
{
    return ca->current->id;
}

void ca_issuer_id_write(const unsigned char identifier[CA_ISSUER_ID / 2], char out[CA_ISSUER_ID + 1])
{
    for (size_t i = 0; i < CA_ISSUER_ID / 2; i++)
        snprintf(out + 2 * i, 3, "%02x", identifier[i]);
}

/* RFC 4514, in UTF-8; no character is cut in two. */
static void write_subject(const X509 *certificate, char *out, size_t size)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    unsigned long flags = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
    out[0] = '\0';
    if (bio != NULL && X509_NAME_print_ex(bio, X509_get_subject_name(certificate), 0, flags) >= 0) {
        size_t length = (size_t)BIO_get_mem_data(bio, &text);
        if (length >= size)
            for (length = size - 1; length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80; length--)
                ;
        memcpy(out, text, length);
        out[length] = '\0';
    }
    BIO_free(bio);
}

size_t ca_issuers(const struct ca *ca, struct ca_issuer *out, size_t most)
{
    for (size_t i = 0; i < ca->members.count && i < most; i++) {
        const struct ca_member *member = &ca->members.all[i];
        unsigned length = 0;
        out[i] = (struct ca_issuer){.validity = member->read->validity, .current = member == ca->current};
        memcpy(out[i].id, member->id, sizeof out[i].id);
        write_subject(member->certificate, out[i].subject, sizeof out[i].subject);
        (void)X509_digest(member->certificate, EVP_sha256(), out[i].fingerprint, &length);
        out[i].root = ca_member_is_root(member);
        out[i].has_key = member->key != NULL;
    }
    ERR_clear_error();
    return ca->members.count;
}
