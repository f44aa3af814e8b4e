/*
 * ECDSA on P-256 with SHA-256 at the price of its arithmetic: contexts are made once and keys are taken as points, as
 * OpenSSL's decoders and set-up cost more than a verification. Only an economy: whatever has another key, curve or
 * digest goes the general way. One thread owns a struct p256. Inside certs/ only.
 */
#ifndef MUSTER_CERTS_P256_H
#define MUSTER_CERTS_P256_H

#include "certs/key.h"

#include <openssl/evp.h>

#define P256_DIGEST        32 /* octets of SHA-256 */
#define P256_SIGNATURE_MAX 72 /* octets of an ECDSA-Sig-Value (RFC 3279, 2.2.3) of two numbers below 2^256 */
#define P256_PUBLIC        91 /* octets of a SubjectPublicKeyInfo with an uncompressed point (RFC 5480, 2) */
#define P256_POINT         65 /* octets of that point (SEC 1, 2.3.3), the last ones */

struct p256;

/* `signing_key` is borrowed and must outlive it; NULL when nothing will be signed. The caller calls p256_free; NULL
 * when OpenSSL fails or the key is not on P-256. */
struct p256 *p256_new(EVP_PKEY *signing_key);
void p256_free(struct p256 *p256);

/* SHA-256. False only when OpenSSL fails. */
bool p256_hash(struct p256 *p256, const void *data, size_t length, unsigned char out[P256_DIGEST]);

/* Takes up a public key for p256_verify. False, and none is taken up, unless `key` is a SubjectPublicKeyInfo in DER of
 * the named curve P-256 with an uncompressed point that is on the curve. */
bool p256_load(struct p256 *p256, const unsigned char *key, size_t length);

/* Whether `signature` (an ECDSA-Sig-Value in DER) over the digest is by the key that was loaded last. */
bool p256_verify(struct p256 *p256, const unsigned char digest[P256_DIGEST], const unsigned char *signature,
                 size_t length);

/* Signs with the signing key. Octets written, 0 when there is none or OpenSSL fails. */
size_t p256_sign(struct p256 *p256, const unsigned char digest[P256_DIGEST], unsigned char out[P256_SIGNATURE_MAX]);

#endif
