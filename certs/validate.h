/*
 * What an authority says of a certificate that somebody shows it: each question answered by itself, so that an operator
 * sees all that is wrong, and a device what to mend. Whether it was revoked, and whose it is, the database knows.
 */
#ifndef MUSTER_CERTS_VALIDATE_H
#define MUSTER_CERTS_VALIDATE_H

#include "certs/ca.h"

#define VALIDATE_PEM_MAX 8192 /* octets of PEM that are looked at */

/* X(enumerator, name) */
#define VALIDATION_LIST(X)                                                                                             \
    X(VALIDATION_READABLE, "readable") /* PEM with a certificate at its beginning */                                   \
    X(VALIDATION_CHAIN, "chain")       /* signed by an issuer of this authority, up to a root, for a TLS client */     \
    X(VALIDATION_DATES, "dates")       /* valid at that time */                                                        \
    X(VALIDATION_PROFILE, "profile")   /* as this authority makes them for devices (lint.h) */

enum validation_check {
#define VALIDATION_ENUM(enumerator, name) enumerator,
    VALIDATION_LIST(VALIDATION_ENUM)
#undef VALIDATION_ENUM
        VALIDATION_COUNT
};

struct validation {
    struct {
        bool passed;
        char finding[128]; /* why not, a few words without a full stop; "" when it passed or was not asked */
    } checks[VALIDATION_COUNT];
    bool passed; /* all of them */
    /* What stands in the certificate, as far as it could be read; counts only as much as the checks say. */
    char certificate_id[PROFILE_CERTIFICATE_ID + 1]; /* "": its serial is not of profile_serial's shape */
    char issuer[CA_ISSUER_ID + 1];                   /* its authority key identifier; "": none of 20 octets */
    unsigned char fingerprint[32];                   /* SHA-256 over the DER */
    struct validity validity;
    char tenant[64], uuid[129]; /* of the URI urn:muster:<tenant>:<uuid>; "": there is no such name, or it is longer */
};

/* Looks at the first certificate in `pem`, at `now` (seconds since 1970); what stands behind it does not count. Fills
 * in `out` whatever the input is. True when all checks passed. `ca` is only read: safe on another thread than its own,
 * as long as it lives. */
bool validate_certificate(const struct ca *ca, const char *pem, size_t length, int64_t now, struct validation *out);

/* The name of a check. Static text. */
const char *validation_name(enum validation_check check);

#endif
