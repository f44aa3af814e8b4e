/*
 * The request that nearly all devices send: P-256, ecdsa-with-SHA256, no attributes. Read without OpenSSL's decoders,
 * at hardly more than the price of verifying its signature. Only an economy: it takes nothing that csr.c would refuse,
 * and whatever it does not take says nothing about the request. Inside certs/ only.
 */
#ifndef MUSTER_CERTS_CSR_QUICK_H
#define MUSTER_CERTS_CSR_QUICK_H

#include "certs/p256.h"

/* Whether `der` is such a request, well-formed, with a point on the curve and the signature of its own key; then the
 * key is in `out`. Otherwise `out` is undefined, and errors may stand in OpenSSL's queue. */
bool csr_quick(struct p256 *p256, const unsigned char *der, size_t length, struct public_key *out);

#endif
