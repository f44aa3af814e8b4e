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
bool key_evp_type(const EVP_PKEY *evp, enum key_type *type);

/* key_check.c: key_check_public for a key that is decoded already. `evp` may be NULL: OpenSSL could not decode it. */
enum status key_check_evp(const EVP_PKEY *evp, const struct public_key *key, struct why *why);

/* key_check.c: whether `spki` begins as the one encoding that we accept of a P-256 key does, and is as long; the point
 * is not looked at. */
bool key_is_p256(const unsigned char *spki, size_t length);

/* key_check.c: fills in length and fingerprint of `out`, whose first `length` octets of der are set. */
bool key_public_finish(struct public_key *out, size_t length);

/* csr.c: csr_read, the quick way where there is one. `p256` may be NULL. */
enum status csr_read_with(struct p256 *p256, const char *pem, size_t length, struct public_key *out, struct why *why);

struct lint_issuer; /* lint_issuer.h */

/* What spares the lint some of its work. */
struct lint_economy {
    struct p256 *p256;                  /* for the device's key; NULL: the general way */
    const unsigned char *signed_digest; /* the SHA-256 that was signed, with P-256: stands in for verifying the
                                           signature, and needs `p256`; NULL: the signature is verified */
};

/* lint.c: lint_certificate against an issuer (or NULL) that was read before. May leave errors in OpenSSL's queue. */
bool lint_der(const unsigned char *der, size_t length, const struct lint_issuer *issuer, enum lint_profile profile,
              struct lint_economy economy, char *finding, size_t finding_size);

#endif
