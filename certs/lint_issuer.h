/*
 * The part of the lint that knows the issuer: taken apart and decoded once for all the certificates that are held
 * against it. Inside certs/ only.
 */
#ifndef MUSTER_CERTS_LINT_ISSUER_H
#define MUSTER_CERTS_LINT_ISSUER_H

#include "certs/internal.h"
#include "certs/lint_parse.h"

struct lint_issuer {
    struct parsed *parsed;
    struct validity validity;
    bool dated;                    /* its validity is readable */
    ASN1_OCTET_STRING *identifier; /* of its key; may be NULL */
    EVP_PKEY *key;                 /* NULL: OpenSSL cannot decode it */
};

/* NULL when `der` is not one certificate. The caller calls lint_issuer_free, which takes NULL, too. */
struct lint_issuer *lint_issuer_new(const unsigned char *der, size_t length);
void lint_issuer_free(struct lint_issuer *issuer);

/* Whether the certificate is signed with this issuer's key (RFC 5280, 6.1.3 (a) (1)). */
bool lint_issuer_has_signed(const struct lint_issuer *issuer, const struct parsed *certificate);

/* What is left of 6.1.3 (a) (1) without its arithmetic: the octets that were signed are those that stand here, and
 * beside them is a well-formed ECDSA-Sig-Value. */
bool lint_signed_is(const struct parsed *certificate, const struct lint_economy *economy);

#endif
