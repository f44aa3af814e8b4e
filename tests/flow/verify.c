/* What must hold for every certificate that a trace's real authority has given out, seen by who reads it: OpenSSL's
 * verification of the path (RFC 5280, 6.1) as a TLS client's, strictly, and our own lint. */
#include "certs/lint.h"
#include "tests/flow/flow.h"

#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <time.h>

struct verification {
    X509 *authority;
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

static bool lint(struct verification *verification, X509 *certificate, const char *id)
{
    unsigned char *der = NULL, *issuer = NULL;
    char finding[128] = "it cannot be encoded";
    int length = i2d_X509(certificate, &der), issuer_length = i2d_X509(verification->authority, &issuer);
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
    ok = ok && verify_path(verification, certificate, values[0]) && lint(verification, certificate, values[0]);
    X509_free(certificate);
    return !ok;
}

bool world_certificates_are_sound(char *what, size_t size)
{
    struct verification verification = {read_pem(ca_bundle(world->core.ca)), X509_STORE_new(), what, size};
    snprintf(what, size, "the authority's certificate cannot be read");
    /* sqlite3_exec steps by itself: a failure that a trace has left over is not for this. */
    bool ok = verification.authority != NULL && X509_STORE_add_cert(verification.store, verification.authority) == 1 &&
              sqlite3_exec(world->database, "SELECT certificate_id, pem FROM certificate WHERE pem IS NOT NULL",
                           look_at, &verification, NULL) == SQLITE_OK;
    X509_STORE_free(verification.store);
    X509_free(verification.authority);
    return ok;
}
