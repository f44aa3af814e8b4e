#include "certs/lint_issuer.h"

#include <openssl/ec.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

struct lint_issuer *lint_issuer_new(const unsigned char *der, size_t length)
{
    struct parsed *parsed = parsed_new(der, length);
    struct lint_issuer *issuer = parsed != NULL ? calloc(1, sizeof *issuer) : NULL;
    if (issuer == NULL) {
        parsed_free(parsed);
        return NULL;
    }
    const ASN1_STRING *key = parsed->body->key;
    const unsigned char *at = ASN1_STRING_get0_data(key);
    issuer->parsed = parsed;
    issuer->dated = parsed_dates(parsed, &issuer->validity);
    issuer->identifier = X509V3_get_d2i(parsed->body->extensions, NID_subject_key_identifier, NULL, NULL);
    issuer->key = d2i_PUBKEY(NULL, &at, ASN1_STRING_length(key));
    return issuer;
}

void lint_issuer_free(struct lint_issuer *issuer)
{
    if (issuer == NULL)
        return;
    parsed_free(issuer->parsed);
    ASN1_OCTET_STRING_free(issuer->identifier);
    EVP_PKEY_free(issuer->key);
    free(issuer);
}

bool lint_issuer_has_signed(const struct lint_issuer *issuer, const struct parsed *certificate)
{
    return issuer->key != NULL && parsed_is_signed_by(certificate, issuer->key);
}

/* Positive and below 2^256. */
static bool is_in_range(const BIGNUM *number)
{
    return !BN_is_negative(number) && !BN_is_zero(number) && BN_num_bits(number) <= 256;
}

/* An ECDSA-Sig-Value (RFC 3279, 2.2.3) of P-256. */
static bool is_well_formed(const ASN1_BIT_STRING *signature)
{
    const unsigned char *at = ASN1_STRING_get0_data(signature), *end = at + ASN1_STRING_length(signature);
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, end - at);
    bool ok = pair != NULL && at == end && is_in_range(ECDSA_SIG_get0_r(pair)) && is_in_range(ECDSA_SIG_get0_s(pair));
    ECDSA_SIG_free(pair);
    return ok;
}

bool lint_signed_is(const struct parsed *certificate, const struct lint_economy *economy)
{
    unsigned char digest[P256_DIGEST];
    return p256_hash(economy->p256, ASN1_STRING_get0_data(certificate->octets),
                     (size_t)ASN1_STRING_length(certificate->octets), digest) &&
           memcmp(digest, economy->signed_digest, sizeof digest) == 0 && is_well_formed(certificate->signature);
}
