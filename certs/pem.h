/*
 * Blocks of PEM (RFC 7468) around DER of any size, as OpenSSL writes and reads them, but without its copies: a
 * revocation list may have fifty million octets. Knows nothing of what is in a block.
 */
#ifndef MUSTER_CERTS_PEM_H
#define MUSTER_CERTS_PEM_H

#include <stdbool.h>
#include <stddef.h>

/* Octets that pem_write needs for `length` octets of DER, with the closing NUL. */
size_t pem_size(const char *label, size_t length);

/* Writes one block with lines of 64 letters, NUL-terminated; `out` has pem_size octets. Returns its letters without the
 * NUL; 0 when OpenSSL fails or `length` is 0 or above 2^30. Thread-safe. */
size_t pem_write(const char *label, const unsigned char *der, size_t length, char *out);

/* Takes the next block of `label` from `*at`, which ends at `end` and need not have a NUL; text and other blocks before
 * it are skipped. Stores where it ends into `*at` and its octets into `*der` (the caller frees them) and `*length`.
 * False when there is none; then `*der` is NULL, and `*at` is NULL when there is one that cannot be read.
 * Thread-safe. */
bool pem_next(const char *label, const char **at, const char *end, unsigned char **der, size_t *length);

#endif
