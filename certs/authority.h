/*
 * The certificates of authorities: roots, issuing CAs, and those that are both. Made, read back by the lint, given out
 * as PEM. Knows nothing of files. Inside certs/ only.
 */
#ifndef MUSTER_CERTS_AUTHORITY_H
#define MUSTER_CERTS_AUTHORITY_H

#include "certs/ca.h"
#include "certs/lint.h"

#include <openssl/x509.h>

/* Everything is borrowed. */
struct authority {
    enum lint_profile profile;          /* LINT_AUTHORITY, LINT_ROOT or LINT_ISSUER */
    const char *organization, *country; /* of its subject; NULL: left out */
    const struct public_key *key;
    const struct key *signing_key; /* for the first two profiles the other half of `key` */
    X509 *issuer;                  /* NULL for the first two */
    int64_t now;                   /* seconds since 1970 */
};

/* Makes the certificate as PEM, NUL-terminated. False with a finding: a few words without a full stop. */
bool authority_make(const struct authority *authority, char pem[CERTIFICATE_PEM_MAX], char *finding,
                    size_t finding_size);

#endif
