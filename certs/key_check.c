#include "certs/internal.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/sha.h>
#include <string.h>

/* The SubjectPublicKeyInfo of a curve is fixed up to the key itself (RFC 5480, 2; RFC 8410, 4). Comparing octets leaves
 * no room for explicit parameters, compressed points or odd encodings, under which one key would have two
 * fingerprints. */
enum curve { P256, P384, ED25519, CURVE_COUNT };

static const struct {
    const char *prefix;
    size_t prefix_length, length;
} curves[CURVE_COUNT] = {
    [P256] =
        {"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04",
         27, 91},
    [P384] = {"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00\x04", 24,
              120},
    [ED25519] = {"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 12, 44},
};

static bool is_of_curve(enum curve curve, const unsigned char *spki, size_t length)
{
    return length == curves[curve].length && memcmp(spki, curves[curve].prefix, curves[curve].prefix_length) == 0;
}

bool key_is_p256(const unsigned char *spki, size_t length)
{
    return is_of_curve(P256, spki, length);
}

static bool is_curve(const struct public_key *key)
{
    for (enum curve i = P256; i < CURVE_COUNT; i++)
        if (is_of_curve(i, key->der, key->length))
            return true;
    return false;
}

/* 65537 <= e < 2^32 and odd; a small exponent is a weak one, a huge one makes each handshake slow. */
static bool exponent_is_good(const EVP_PKEY *evp)
{
    BIGNUM *e = NULL;
    bool good = EVP_PKEY_get_bn_param(evp, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_odd(e) && BN_num_bits(e) <= 32 &&
                BN_get_word(e) >= 65537;
    BN_free(e);
    return good;
}

static bool modulus_is_odd(const EVP_PKEY *evp)
{
    BIGNUM *n = NULL;
    bool odd = EVP_PKEY_get_bn_param(evp, OSSL_PKEY_PARAM_RSA_N, &n) == 1 && BN_is_odd(n);
    BN_free(n);
    return odd;
}

/* One key has one fingerprint only when its encoding is the one that OpenSSL would write. */
static bool is_canonical(const EVP_PKEY *evp, const struct public_key *key)
{
    unsigned char *der = NULL;
    int length = i2d_PUBKEY(evp, &der);
    bool same = length > 0 && (size_t)length == key->length && memcmp(der, key->der, key->length) == 0;
    OPENSSL_free(der);
    return same;
}

static enum status check_rsa(const EVP_PKEY *evp, const struct public_key *key, struct why *why)
{
    int bits = EVP_PKEY_get_bits(evp);
    if (bits < 2048 || bits > 4096)
        return fail(why, ST_CSR_KEY_UNSUPPORTED, "/csr", "The RSA key has %d bits; 2048 to 4096 are accepted.", bits);
    if (!exponent_is_good(evp))
        return fail(why, ST_CSR_KEY_UNSUPPORTED, "/csr", "The RSA key's public exponent is not accepted; use 65537.");
    if (!modulus_is_odd(evp) || !is_canonical(evp, key))
        return fail(why, ST_CSR_KEY_UNSUPPORTED, "/csr", "The RSA key is not well-formed.");
    return ST_OK;
}

enum status key_check_evp(const EVP_PKEY *evp, const struct public_key *key, struct why *why)
{
    enum status status = ST_OK;
    if (evp != NULL && EVP_PKEY_is_a(evp, "RSA"))
        status = check_rsa(evp, key, why);
    else if (evp == NULL || !is_curve(key)) /* NULL: an unknown algorithm, or a point that is not on its curve */
        status = fail(why, ST_CSR_KEY_UNSUPPORTED, "/csr", NULL);
    ERR_clear_error();
    return status;
}

enum status key_check_public(const struct public_key *key, struct why *why)
{
    const unsigned char *at = key->der;
    EVP_PKEY *evp = key->length <= sizeof key->der ? d2i_PUBKEY(NULL, &at, (long)key->length) : NULL;
    enum status status = key_check_evp(evp, key, why); /* finds trailing octets, too */
    EVP_PKEY_free(evp);
    return status;
}

bool key_public_finish(struct public_key *out, size_t length)
{
    out->length = length;
    return SHA256(out->der, length, out->fingerprint) != NULL;
}
