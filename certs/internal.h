/*
 * What the modules of certs/ share and nobody outside includes: keys and certificates as OpenSSL objects, so that one
 * parse serves several checks. Nothing here owns what it is given.
 */
#ifndef MUSTER_CERTS_INTERNAL_H
#define MUSTER_CERTS_INTERNAL_H

#include "certs/key.h"
#include "certs/lint.h"
#include "certs/profile.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

/* key.c: the OpenSSL key of `key`, borrowed. */
EVP_PKEY *key_evp(const struct key *key);

/* key.c: the type of `key`; false when it is none of ours. */
bool key_type_of(const struct key *key, enum key_type *type);

/* key_check.c: key_check_public for a key that is decoded already. `evp` may be NULL: OpenSSL could not decode it. */
enum status key_check_evp(const EVP_PKEY *evp, const struct public_key *key, struct why *why);

/* key_check.c: fills in length and fingerprint of `out`, whose first `length` octets of der are set. */
bool key_public_finish(struct public_key *out, size_t length);

/* lint.c: the dates of a certificate; false when they are not readable. */
bool lint_dates(const X509 *certificate, struct validity *out);

/* lint.c: lint_certificate for certificates that were parsed (from DER) already. */
bool lint_x509(X509 *certificate, X509 *issuer, enum lint_profile profile, char *finding, size_t finding_size);

#endif
