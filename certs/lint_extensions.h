/*
 * The part of the lint that knows what stands in the extensions and names of each profile. Inside certs/ only.
 * Returns NULL, or the first finding as static text.
 */
#ifndef MUSTER_CERTS_LINT_EXTENSIONS_H
#define MUSTER_CERTS_LINT_EXTENSIONS_H

#include "certs/lint.h"

#include <openssl/x509.h>

/* `issuer` may be NULL: then the authority key identifier is only compared where the certificate is its own issuer. */
const char *lint_extensions(X509 *certificate, X509 *issuer, enum lint_profile profile);
const char *lint_names(X509 *certificate, enum lint_profile profile);

#endif
