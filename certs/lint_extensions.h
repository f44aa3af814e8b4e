/*
 * The part of the lint that knows what stands in the extensions and names of each profile. Inside certs/ only.
 * Returns NULL, or the first finding as static text.
 */
#ifndef MUSTER_CERTS_LINT_EXTENSIONS_H
#define MUSTER_CERTS_LINT_EXTENSIONS_H

#include "certs/lint_issuer.h"

/* `issuer` may be NULL: then the authority key identifier is not compared. */
const char *lint_extensions(const struct parsed *certificate, const struct lint_issuer *issuer,
                            enum lint_profile profile);
const char *lint_names(const struct parsed *certificate, enum lint_profile profile);

#endif
