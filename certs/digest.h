/*
 * SHA-256 (FIPS 180-4) as the text that people compare: lower-case hex. Knows nothing of what is hashed.
 */
#ifndef MUSTER_CERTS_DIGEST_H
#define MUSTER_CERTS_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#define DIGEST_HEX_SIZE 65 /* 64 digits and the NUL */

/* Writes the digest of `length` octets at `data`. False, and "" in `out`, only when OpenSSL fails. Thread-safe. */
bool digest_sha256_hex(const void *data, size_t length, char out[DIGEST_HEX_SIZE]);

#endif
