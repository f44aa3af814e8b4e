/*
 * The last look at a certificate before it leaves: what RFC 5280 and our own profile demand, read back from the DER.
 */
#ifndef MUSTER_CERTS_LINT_H
#define MUSTER_CERTS_LINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINT_SERVICE_URI "urn:muster:_service" /* no device's: no tenant begins with _ */

/* An authority that is its own root and signs leaves; a root that signs issuing CAs; such an issuing CA; leaves. */
enum lint_profile { LINT_AUTHORITY, LINT_ROOT, LINT_ISSUER, LINT_SERVER, LINT_DEVICE, LINT_SERVICE };

/* Checks one certificate in DER against its profile and, when `issuer` is not NULL, against its issuer (names, key
 * identifiers, dates within, signature); LINT_AUTHORITY and LINT_ROOT are their own issuers. Returns true, or false
 * with the first finding as a short sentence in `finding`: version 3, serial of 18 octets and positive, dates in the
 * right ASN.1 type (UTCTime to 2049) and order, the very extensions of the profile with the right criticality and no
 * others, key usage, extended key usage, names, SAN `urn:muster:<tenant>:<uuid>` for a device and LINT_SERVICE_URI for
 * the service, signature algorithm of SHA-256 or better. Thread-safe. */
bool lint_certificate(const unsigned char *der, size_t length, const unsigned char *issuer, size_t issuer_length,
                      enum lint_profile profile, char *finding, size_t finding_size);

#endif
