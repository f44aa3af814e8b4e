#include "certs/peer.h"

#include <openssl/x509.h>
#include <string.h>

bool peer_take(void *certificate, struct peer *out)
{
    X509 *x509 = certificate;
    unsigned length = 0;
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x509);
    *out = (struct peer){.certificate_id = ""};
    if (ASN1_STRING_type(serial) == V_ASN1_INTEGER && ASN1_STRING_length(serial) == PROFILE_SERIAL)
        profile_certificate_id(ASN1_STRING_get0_data(serial), out->certificate_id);
    bool read = X509_digest(x509, EVP_sha256(), out->fingerprint, &length) == 1 && length == PEER_FINGERPRINT;
    X509_free(x509);
    return read;
}
