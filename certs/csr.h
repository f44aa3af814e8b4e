/*
 * PKCS#10 requests (RFC 2986). The service takes nothing from them but the public key.
 */
#ifndef MUSTER_CERTS_CSR_H
#define MUSTER_CERTS_CSR_H

#include "certs/key.h"

#define CSR_PEM_MAX 4096

/* Reads one request in PEM (only white space may stand around it), checks its signature and its key, and gives the
 * public key. Subject, attributes and requested extensions are ignored, except that a request which asks for CA:TRUE
 * is refused: whoever made it expects something that is never granted.
 * ST_OK, ST_CSR_INVALID (not PEM, trailing bytes, bad signature, weak digest (MD5, SHA-1), CA:TRUE) or
 * ST_CSR_KEY_UNSUPPORTED; `why->field` is "/csr". */
enum status csr_read(const char *pem, size_t length, struct public_key *out, struct why *why);

/* Makes a request for `key` with subject CN=`common_name`, signed with SHA-256 (Ed25519: its own), PEM, NUL-terminated.
 * False when it does not fit or OpenSSL fails. Thread-safe. */
bool csr_write(const struct key *key, const char *common_name, char *out, size_t size);

#endif
