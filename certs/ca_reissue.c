#include "certs/ca_local.h"
#include "certs/extensions.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

static enum status no_certificate(struct why *why)
{
    ERR_clear_error();
    fail(why, ST_INTERNAL, NULL, NULL);
    return fail_detail(why, "certificate not issued: the one before is not a TLS server's or the service's");
}

static X509 *first_of(const char *pem, size_t length)
{
    char no_passphrase[] = "";
    BIO *bio = length <= CA_BUNDLE_MAX ? BIO_new_mem_buf(pem, (int)length) : NULL;
    X509 *certificate = bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, no_passphrase) : NULL;
    BIO_free(bio);
    return certificate;
}

static bool take_key(X509 *certificate, struct public_key *out)
{
    unsigned char *der = NULL;
    int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    bool fits = length > 0 && (size_t)length <= sizeof out->der;
    *out = (struct public_key){0};
    if (fits)
        memcpy(out->der, der, (size_t)length);
    OPENSSL_free(der);
    return fits && key_public_finish(out, (size_t)length);
}

/* C and O are the authority's, as in every leaf; the CN stays. */
static X509_NAME *take_subject(const struct ca *ca, const X509 *certificate)
{
    const X509_NAME *subject = X509_get_subject_name(certificate);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    unsigned char *text = NULL;
    if (at < 0 || ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))) < 0)
        return NULL;
    X509_NAME *name = draft_name(ca->country, ca->organization, (const char *)text);
    OPENSSL_free(text);
    return name;
}

static X509_EXTENSION *take_names(const X509 *certificate)
{
    int at = X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1);
    return at >= 0 ? X509_EXTENSION_dup(X509_get_ext(certificate, at)) : NULL;
}

enum status ca_reissue_server(struct ca *ca, const char *old_pem, size_t length,
                              const unsigned char serial[PROFILE_SERIAL], struct validity validity,
                              struct certificate *out, struct why *why)
{
    struct public_key key;
    struct draft draft = {.serial = serial, .validity = validity, .key = &key};
    X509_EXTENSION *names = NULL;
    X509 *old = first_of(old_pem, length);
    *out = (struct certificate){0};
    if (old != NULL && take_key(old, &key)) {
        draft.subject = take_subject(ca, old);
        names = take_names(old);
    }
    X509_free(old);
    if (draft.subject != NULL && names != NULL)
        return ca_issue_leaf(ca, &draft, SERVER, names, LINT_SERVER, out, why);
    X509_NAME_free(draft.subject);
    X509_EXTENSION_free(names);
    return no_certificate(why);
}

enum status ca_reissue_service(struct ca *ca, const char *old_pem, size_t length,
                               const unsigned char serial[PROFILE_SERIAL], struct validity validity,
                               struct certificate *out, struct why *why)
{
    struct public_key key;
    X509 *old = first_of(old_pem, length);
    bool known = old != NULL && take_key(old, &key);
    X509_free(old);
    *out = (struct certificate){0};
    return known ? ca_issue_service(ca, &key, serial, validity, out, why) : no_certificate(why);
}
