/*
 * A certificate before it is signed: plain parts in, one signed X.509 object out. The same road for the authority's own
 * certificate and for leaves. Decides nothing: what goes in is its caller's profile.
 */
#ifndef MUSTER_CERTS_DRAFT_H
#define MUSTER_CERTS_DRAFT_H

#include "certs/key.h"
#include "certs/profile.h"

#include <openssl/x509.h>

#define DRAFT_EXTENSIONS_MAX 8

/* Everything is borrowed. */
struct draft {
    const unsigned char *serial; /* PROFILE_SERIAL octets */
    struct validity validity;
    X509_NAME *issuer, *subject;
    const struct public_key *key;
    X509_EXTENSION *extensions[DRAFT_EXTENSIONS_MAX]; /* a NULL among the first `count` makes draft_sign fail */
    size_t count;
};

/* A name of C, O and CN, in this order; NULL or empty leaves the attribute out. The caller frees it; NULL when an
 * attribute is longer than RFC 5280, appendix A.1 allows, or not UTF-8. */
X509_NAME *draft_name(const char *country, const char *organization, const char *common_name);

/* The octets of the key's BIT STRING inside `key`, over which key identifiers are computed; NULL when it has none. */
const unsigned char *draft_key_bits(const struct public_key *key, size_t *length);

/* Signs the draft with SHA-256. The caller frees the certificate; NULL when OpenSSL fails. */
X509 *draft_sign(const struct draft *draft, EVP_PKEY *key);

#endif
