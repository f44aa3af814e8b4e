/*
 * A certificate taken apart, as the lint wants it: by OpenSSL's ASN.1 decoder, but without decoding the public key,
 * which costs X509 objects more than a signature. Inside certs/ only.
 */
#ifndef MUSTER_CERTS_LINT_PARSE_H
#define MUSTER_CERTS_LINT_PARSE_H

#include "certs/profile.h"

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

struct parsed_validity {
    ASN1_TIME *not_before, *not_after;
};

/* TBSCertificate (RFC 5280, 4.1); what is optional may be NULL. */
struct parsed_body {
    ASN1_INTEGER *version, *serial;
    X509_ALGOR *algorithm;
    ASN1_STRING *issuer; /* the octets of its Name */
    struct parsed_validity *validity;
    X509_NAME *subject;
    ASN1_STRING *key; /* the octets of its SubjectPublicKeyInfo */
    ASN1_BIT_STRING *issuer_identifier, *subject_identifier;
    STACK_OF(X509_EXTENSION) * extensions;
};

/* Certificate; `octets` are those of its body, as they were signed. */
struct parsed {
    ASN1_STRING *octets;
    X509_ALGOR *algorithm;
    ASN1_BIT_STRING *signature;
    struct parsed_body *body;
};

/* NULL unless `der` is one certificate and nothing else. The caller calls parsed_free, which takes NULL, too. */
struct parsed *parsed_new(const unsigned char *der, size_t length);
void parsed_free(struct parsed *parsed);

/* The dates; false when they are not readable. */
bool parsed_dates(const struct parsed *parsed, struct validity *out);

/* What is in the BIT STRING of the public key, over which key identifiers are computed; NULL when it has none. */
const unsigned char *parsed_key_bits(const struct parsed *parsed, size_t *length);

/* Whether the issuer's name is this one (RFC 5280, 7.1); with NULL, whether it is a Name at all. Equal octets, as an
 * authority writes them (4.1.2.6), are not decoded: that would take a third of the lint. */
bool parsed_is_issued_by(const struct parsed *parsed, const X509_NAME *name);

/* Whether the signature over `octets` is of this key, by the algorithm that stands beside it. */
bool parsed_is_signed_by(const struct parsed *parsed, EVP_PKEY *key);

#endif
