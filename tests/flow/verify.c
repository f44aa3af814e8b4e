/* What must hold for every certificate that a trace's real authority has given out, seen by who reads it: OpenSSL's
 * verification of the path (RFC 5280, 6.1) as a TLS client's, strictly, and our own lint. */
#include "certs/lint.h"
#include "service/core/authority.h"
#include "tests/flow/flow.h"

#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <time.h>

struct verification {
    STACK_OF(X509) * authorities; /* of the whole bundle */
    X509_STORE *store;
    char *what;
    size_t size;
};

static X509 *read_pem(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return certificate;
}

static STACK_OF(X509) * read_bundle(const char *pem)
{
    STACK_OF(X509) *all = sk_X509_new_null();
    BIO *bio = BIO_new_mem_buf(pem, -1);
    for (X509 *next; (next = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL;)
        sk_X509_push(all, next);
    BIO_free(bio);
    return all;
}

/* Who has signed it; NULL: an issuer that was dropped since. */
static X509 *issuer_of(const struct verification *verification, X509 *certificate)
{
    for (int i = 0; i < sk_X509_num(verification->authorities); i++) {
        X509 *authority = sk_X509_value(verification->authorities, i);
        if (X509_check_issued(authority, certificate) == X509_V_OK)
            return authority;
    }
    return NULL;
}

/* Traces live in a time of their own: at the first second of the certificate's validity. */
static bool verify_path(struct verification *verification, X509 *certificate, const char *id)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    struct tm begin = {0};
    bool ok = context != NULL && X509_STORE_CTX_init(context, verification->store, certificate, NULL) == 1 &&
              ASN1_TIME_to_tm(X509_get0_notBefore(certificate), &begin) == 1 &&
              X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_CLIENT) == 1;
    if (ok) {
        X509_STORE_CTX_set_flags(context, X509_V_FLAG_X509_STRICT);
        X509_STORE_CTX_set_time(context, 0, timegm(&begin));
        ok = X509_verify_cert(context) == 1;
    }
    if (!ok)
        snprintf(verification->what, verification->size, "certificate %s is not verified: %s", id,
                 X509_verify_cert_error_string(context != NULL ? X509_STORE_CTX_get_error(context) : 0));
    X509_STORE_CTX_free(context);
    return ok;
}

static bool lint(struct verification *verification, X509 *authority, X509 *certificate, const char *id)
{
    unsigned char *der = NULL, *issuer = NULL;
    char finding[128] = "it cannot be encoded";
    int length = i2d_X509(certificate, &der), issuer_length = i2d_X509(authority, &issuer);
    bool ok =
        length > 0 && issuer_length > 0 &&
        lint_certificate(der, (size_t)length, issuer, (size_t)issuer_length, LINT_DEVICE, finding, sizeof finding);
    if (!ok)
        snprintf(verification->what, verification->size, "certificate %s: %s", id, finding);
    OPENSSL_free(der);
    OPENSSL_free(issuer);
    return ok;
}

/* For one row; what is not 0 ends the walk over them. */
static int look_at(void *context, int columns, char **values, char **names)
{
    struct verification *verification = context;
    (void)columns;
    (void)names;
    X509 *certificate = read_pem(values[1]);
    bool ok = certificate != NULL;
    if (!ok)
        snprintf(verification->what, verification->size, "certificate %s is none", values[0]);
    X509 *issuer = ok ? issuer_of(verification, certificate) : NULL;
    if (issuer != NULL)
        ok = verify_path(verification, certificate, values[0]) && lint(verification, issuer, certificate, values[0]);
    X509_free(certificate);
    return !ok;
}

bool world_certificates_are_sound(char *what, size_t size)
{
    struct verification verification = {read_bundle(ca_bundle(authority_newest(&world->core))), X509_STORE_new(), what,
                                        size};
    snprintf(what, size, "the authority's certificates cannot be read");
    bool ok = sk_X509_num(verification.authorities) > 0;
    for (int i = 0; i < sk_X509_num(verification.authorities); i++)
        ok = ok && X509_STORE_add_cert(verification.store, sk_X509_value(verification.authorities, i)) == 1;
    char sql[120];
    snprintf(sql, sizeof sql, "SELECT certificate_id, pem FROM certificate WHERE pem IS NOT NULL AND id %% %u = 0",
             world->sample > 0 ? world->sample : 1);
    /* sqlite3_exec steps by itself: a failure that a trace has left over is not for this. */
    ok = ok && sqlite3_exec(world->database, sql, look_at, &verification, NULL) == SQLITE_OK;
    X509_STORE_free(verification.store);
    sk_X509_pop_free(verification.authorities, X509_free);
    return ok;
}
