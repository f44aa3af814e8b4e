/*
 * What the modules of certs/ share and nobody outside includes: keys and certificates as OpenSSL objects, so that one
 * parse serves several checks. Nothing here owns what it is given.
 */
#ifndef MUSTER_CERTS_INTERNAL_H
#define MUSTER_CERTS_INTERNAL_H

#include "certs/key.h"
#include "certs/lint.h"
#include "certs/p256.h"
#include "certs/profile.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

/* key.c: the OpenSSL key of `key`, borrowed. */
EVP_PKEY *key_evp(const struct key *key);

/* key.c: the type of `key`; false when it is none of ours. */
bool key_type_of(const struct key *key, enum key_type *type);

/* key_check.c: key_check_public for a key that is decoded already. `evp` may be NULL: OpenSSL could not decode it. */
enum status key_check_evp(const EVP_PKEY *evp, const struct public_key *key, struct why *why);

/* key_check.c: whether `spki` begins as the one encoding that we accept of a P-256 key does, and is as long; the point
 * is not looked at. */
bool key_is_p256(const unsigned char *spki, size_t length);

/* key_check.c: fills in length and fingerprint of `out`, whose first `length` octets of der are set. */
bool key_public_finish(struct public_key *out, size_t length);

/* csr.c: csr_read, the quick way where there is one. `p256` may be NULL. */
enum status csr_read_with(struct p256 *p256, const char *pem, size_t length, struct public_key *out, struct why *why);

/* lint.c: the dates of a certificate; false when they are not readable. */
bool lint_dates(const X509 *certificate, struct validity *out);

/* lint.c: lint_certificate for certificates that were parsed (from DER) already. */
bool lint_x509(X509 *certificate, X509 *issuer, enum lint_profile profile, char *finding, size_t finding_size);

#endif
