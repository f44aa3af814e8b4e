#include "tests/bench/null_arithmetic.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define SIGNATURES 1000

struct null_arithmetic {
    EVP_PKEY_CTX *signer, *verifier;
    struct {
        unsigned char digest[32], signature[80];
        size_t length;
    } signatures[SIGNATURES];
};

static bool set_up(struct null_arithmetic *null)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    null->signer = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    null->verifier = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    EVP_PKEY_free(key); /* the contexts hold it */
    bool ok = null->signer != NULL && null->verifier != NULL && EVP_PKEY_sign_init(null->signer) == 1 &&
              EVP_PKEY_verify_init(null->verifier) == 1;
    for (size_t i = 0; i < SIGNATURES && ok; i++) {
        memset(null->signatures[i].digest, (int)(i * 7), sizeof null->signatures[i].digest);
        memcpy(null->signatures[i].digest, &i, sizeof i);
        ok = null_arithmetic_sign(null, i);
    }
    return ok;
}

struct null_arithmetic *null_arithmetic_new(void)
{
    struct null_arithmetic *null = calloc(1, sizeof *null);
    if (null == NULL || set_up(null))
        return null;
    null_arithmetic_free(null);
    return NULL;
}

void null_arithmetic_free(struct null_arithmetic *null)
{
    if (null == NULL)
        return;
    EVP_PKEY_CTX_free(null->signer);
    EVP_PKEY_CTX_free(null->verifier);
    free(null);
}

bool null_arithmetic_verify(struct null_arithmetic *null, size_t i)
{
    i %= SIGNATURES;
    return EVP_PKEY_verify(null->verifier, null->signatures[i].signature, null->signatures[i].length,
                           null->signatures[i].digest, sizeof null->signatures[i].digest) == 1;
}

bool null_arithmetic_sign(struct null_arithmetic *null, size_t i)
{
    i %= SIGNATURES;
    null->signatures[i].length = sizeof null->signatures[i].signature;
    return EVP_PKEY_sign(null->signer, null->signatures[i].signature, &null->signatures[i].length,
                         null->signatures[i].digest, sizeof null->signatures[i].digest) == 1;
}
