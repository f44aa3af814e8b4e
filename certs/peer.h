/*
 * The certificate that a client has shown in TLS, as far as it is compared with what the database knows of it. The
 * chain was checked by TLS.
 */
#ifndef MUSTER_CERTS_PEER_H
#define MUSTER_CERTS_PEER_H

#include "certs/profile.h"

#include <stdbool.h>

#define PEER_FINGERPRINT 32 /* SHA-256 */

struct peer {
    char certificate_id[PROFILE_CERTIFICATE_ID + 1]; /* "" when its serial is not of this authority's shape */
    unsigned char fingerprint[PEER_FINGERPRINT];     /* over its DER */
};

/* Reads `certificate`, an X509 of OpenSSL, and frees it. False when OpenSSL fails. Thread-safe. */
bool peer_take(void *certificate, struct peer *out);

#endif
