/*
 * A certificate in PEM (RFC 7468) as octets: enough to see whether a file is whole. Trusts nothing, verifies nothing.
 */
#ifndef MUSTER_DEVICE_PEM_H
#define MUSTER_DEVICE_PEM_H

#include <stddef.h>

/* Decodes the first certificate in `text`. Returns its length, or 0 when there is none, when it is damaged (base64, or
 * an outer DER length that does not fit), or when it is longer than `size`. Pure. */
size_t pem_certificate(const char *text, unsigned char *out, size_t size);

#endif
