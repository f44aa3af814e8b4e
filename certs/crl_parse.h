/*
 * A revocation list taken apart where it lies (RFC 5280, 5.1), without an object per entry. Inside certs/ only.
 */
#ifndef MUSTER_CERTS_CRL_PARSE_H
#define MUSTER_CERTS_CRL_PARSE_H

#include "certs/crl.h"
#include "certs/der.h"

#include <openssl/evp.h>

#define CRL_LABEL "X509 CRL" /* in PEM (RFC 7468, 7) */

struct crl_parts {
    struct der_reader body;      /* TBSCertList, with identifier and length: what was signed */
    struct der_reader algorithm; /* AlgorithmIdentifier, with identifier and length; the same inside and outside */
    struct der_reader issuer;    /* Name, with identifier and length */
    struct der_reader entries;   /* what is in revokedCertificates; nothing when there is none */
    struct der_reader signature; /* without the count of unused bits */
    struct crl_info info;
};

/* False unless `der` is one list of version 2 and nothing else. All parts point into `der`. */
bool crl_parse(const unsigned char *der, size_t length, struct crl_parts *out);

/* Whether the list is signed with this key, and SHA-256. */
bool crl_is_signed(const struct crl_parts *parts, EVP_PKEY *key);

struct crl_entry {
    struct der_reader serial; /* its octets */
    int64_t reason;           /* the CRLReason, whether or not it is one of CRL_REASON_LIST */
};

/* Takes the next entry. */
bool crl_parse_entry(struct der_reader *entries, struct crl_entry *out);

#endif
