#include "certs/p256.h"

#include "certs/internal.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

struct p256 {
    EVP_MD *sha256;
    EVP_MD_CTX *hash;
    EVP_PKEY *key; /* one object for all keys: only its point changes */
    EVP_PKEY_CTX *verifier, *signer;
    bool loaded;
};

/* A key of the curve that has no point yet. */
static EVP_PKEY *bare_key(void)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (context != NULL && EVP_PKEY_paramgen_init(context) == 1 &&
        EVP_PKEY_CTX_set_group_name(context, "prime256v1") == 1)
        (void)EVP_PKEY_paramgen(context, &key);
    EVP_PKEY_CTX_free(context);
    return key;
}

static bool is_on_curve(const EVP_PKEY *key)
{
    char group[32] = "";
    return EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1 && strcmp(group, "prime256v1") == 0;
}

static bool set_up_signer(struct p256 *p256, EVP_PKEY *key)
{
    if (!is_on_curve(key))
        return false;
    p256->signer = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    return p256->signer != NULL && EVP_PKEY_sign_init(p256->signer) == 1 &&
           EVP_PKEY_CTX_set_signature_md(p256->signer, p256->sha256) == 1;
}

struct p256 *p256_new(EVP_PKEY *signing_key)
{
    struct p256 *p256 = calloc(1, sizeof *p256);
    if (p256 == NULL)
        return NULL;
    p256->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    p256->hash = EVP_MD_CTX_new();
    p256->key = bare_key();
    p256->verifier = p256->key != NULL ? EVP_PKEY_CTX_new_from_pkey(NULL, p256->key, NULL) : NULL;
    if (p256->sha256 != NULL && p256->hash != NULL && p256->verifier != NULL &&
        (signing_key == NULL || set_up_signer(p256, signing_key)))
        return p256;
    p256_free(p256);
    ERR_clear_error();
    return NULL;
}

void p256_free(struct p256 *p256)
{
    if (p256 == NULL)
        return;
    EVP_PKEY_CTX_free(p256->signer);
    EVP_PKEY_CTX_free(p256->verifier);
    EVP_PKEY_free(p256->key);
    EVP_MD_CTX_free(p256->hash);
    EVP_MD_free(p256->sha256);
    free(p256);
}

bool p256_hash(struct p256 *p256, const void *data, size_t length, unsigned char out[P256_DIGEST])
{
    return EVP_DigestInit_ex2(p256->hash, p256->sha256, NULL) == 1 && EVP_DigestUpdate(p256->hash, data, length) == 1 &&
           EVP_DigestFinal_ex(p256->hash, out, NULL) == 1;
}

/* EVP_PKEY_set1_encoded_public_key refuses what is not on the curve (SEC 1, 2.3.4), and may leave anything behind. */
bool p256_load(struct p256 *p256, const unsigned char *key, size_t length)
{
    p256->loaded = key_is_p256(key, length) &&
                   EVP_PKEY_set1_encoded_public_key(p256->key, key + P256_PUBLIC - P256_POINT, P256_POINT) == 1;
    return p256->loaded;
}

bool p256_verify(struct p256 *p256, const unsigned char digest[P256_DIGEST], const unsigned char *signature,
                 size_t length)
{
    return p256->loaded && EVP_PKEY_verify_init(p256->verifier) == 1 &&
           EVP_PKEY_CTX_set_signature_md(p256->verifier, p256->sha256) == 1 &&
           EVP_PKEY_verify(p256->verifier, signature, length, digest, P256_DIGEST) == 1;
}

size_t p256_sign(struct p256 *p256, const unsigned char digest[P256_DIGEST], unsigned char out[P256_SIGNATURE_MAX])
{
    size_t length = P256_SIGNATURE_MAX;
    bool signed_it = p256->signer != NULL && EVP_PKEY_sign(p256->signer, out, &length, digest, P256_DIGEST) == 1;
    return signed_it ? length : 0;
}
