#include "certs/ca_members.h"

#include "certs/ca_files.h"
#include "certs/extensions.h"
#include "certs/file.h"
#include "certs/pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

/* The certificate once more, as the lint holds leaves against it. */
static struct lint_issuer *read_issuer(X509 *certificate)
{
    unsigned char *der = NULL;
    int length = i2d_X509(certificate, &der);
    struct lint_issuer *issuer = length > 0 ? lint_issuer_new(der, (size_t)length) : NULL;
    OPENSSL_free(der);
    return issuer;
}

/* Takes over the certificate. */
static bool add(struct ca_members *members, X509 *certificate)
{
    if (members->count == CA_ISSUERS_MAX) {
        X509_free(certificate);
        return false;
    }
    struct ca_member *member = &members->all[members->count++];
    member->certificate = certificate;
    member->read = read_issuer(certificate);
    const ASN1_OCTET_STRING *identifier = member->read != NULL ? member->read->identifier : NULL;
    if (identifier != NULL && ASN1_STRING_length(identifier) == KEY_IDENTIFIER)
        ca_issuer_id_write(ASN1_STRING_get0_data(identifier), member->id);
    return member->read != NULL;
}

bool ca_members_parse(const char *pem, size_t length, struct ca_members *out)
{
    char no_passphrase[] = "";
    BIO *bio = BIO_new_mem_buf(pem, (int)length);
    X509 *next = NULL;
    bool ok = bio != NULL;
    while (ok && (next = PEM_read_bio_X509(bio, NULL, NULL, no_passphrase)) != NULL)
        ok = add(out, next);
    ok = ok && out->count > 0 && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    BIO_free(bio);
    ERR_clear_error();
    return ok;
}

int ca_members_read(const char *path, struct ca_members *out, char *error, size_t error_size)
{
    char text[CA_BUNDLE_MAX];
    size_t length = 0;
    int failed = file_read(path, text, sizeof text, &length);
    if (failed != 0)
        return ca_files_say(error, error_size, "Cannot read the authority's certificate %s: %s.", path,
                            strerror(failed));
    if (!ca_members_parse(text, length, out))
        return ca_files_say(error, error_size,
                            "There is something else than certificates in PEM in %s, or more than %d of them.", path,
                            CA_ISSUERS_MAX);
    X509 *first = out->all[0].certificate;
    if (X509_check_ca(first) != 1 || (X509_get_key_usage(first) & KU_KEY_CERT_SIGN) == 0)
        return ca_files_say(error, error_size,
                            "The first certificate in %s is not an authority's (CA:TRUE, keyCertSign).", path);
    if (out->all[0].id[0] == '\0' || !out->all[0].read->dated)
        return ca_files_say(error, error_size,
                            "The first certificate in %s has no subject key identifier of 20 octets, or no dates.",
                            path);
    return 0;
}

void ca_members_free(struct ca_members *members)
{
    for (size_t i = 0; i < members->count; i++) {
        lint_issuer_free(members->all[i].read);
        X509_free(members->all[i].certificate);
        key_free(members->all[i].key);
    }
    members->count = 0;
}

const struct ca_member *ca_members_find(const struct ca_members *members, const char *id)
{
    for (size_t i = 0; i < members->count; i++)
        if (id[0] != '\0' && strcmp(members->all[i].id, id) == 0)
            return &members->all[i];
    return NULL;
}

static bool has_signed(const struct ca_member *issuer, const struct ca_member *member)
{
    bool has = X509_check_issued(issuer->certificate, member->certificate) == X509_V_OK &&
               lint_issuer_has_signed(issuer->read, member->read->parsed);
    ERR_clear_error();
    return has;
}

bool ca_member_is_root(const struct ca_member *member)
{
    return has_signed(member, member);
}

const struct ca_member *ca_members_issuer(const struct ca_members *members, const struct ca_member *member)
{
    for (size_t i = 0; i < members->count; i++)
        if (has_signed(&members->all[i], member))
            return &members->all[i];
    return NULL;
}

bool ca_member_write(const struct ca_member *member, char *out, size_t size)
{
    unsigned char *der = NULL;
    size_t have = strlen(out);
    int length = i2d_X509(member->certificate, &der);
    bool ok = length > 0 && pem_size("CERTIFICATE", (size_t)length) <= size - have &&
              pem_write("CERTIFICATE", der, (size_t)length, out + have) > 0;
    OPENSSL_free(der);
    return ok;
}
