/*
 * What the tests of authorities share: certificates as OpenSSL sees them, and its strictest verification.
 */
#ifndef MUSTER_TESTS_CHAIN_H
#define MUSTER_TESTS_CHAIN_H

#include "tests/unit/check.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdint.h>

/* All certificates of a text in PEM. */
static STACK_OF(X509) * chain_parse(const char *pem)
{
    STACK_OF(X509) *all = sk_X509_new_null();
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *next;
    while ((next = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
        sk_X509_push(all, next);
    ERR_clear_error();
    BIO_free(bio);
    return all;
}

/* What `openssl verify -x509_strict -purpose ... -attime at -CAfile trusted -untrusted ...` says of the first
 * certificate in `pem`; the others in it are untrusted helpers. X509_V_OK or an error. */
static int chain_verify(const char *pem, const char *trusted, int purpose, int64_t at)
{
    STACK_OF(X509) *own = chain_parse(pem), *roots = chain_parse(trusted);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    CHECK(sk_X509_num(own) > 0 && sk_X509_num(roots) > 0, "no certificate");
    for (int i = 0; i < sk_X509_num(roots); i++)
        X509_STORE_add_cert(store, sk_X509_value(roots, i));
    X509_STORE_CTX_init(context, store, sk_X509_value(own, 0), own);
    X509_STORE_CTX_set_flags(context, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
    X509_STORE_CTX_set_time(context, 0, (time_t)at);
    X509_STORE_CTX_set_purpose(context, purpose);
    int result = X509_verify_cert(context) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    sk_X509_pop_free(own, X509_free);
    sk_X509_pop_free(roots, X509_free);
    return result;
}

#endif
