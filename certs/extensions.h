/*
 * The X.509 extensions that this authority writes (RFC 5280, 4.2.1), one function each, made as ASN.1 objects and
 * never from text in OpenSSL's configuration language. Knows nothing of certificates or files.
 * Each returns a new extension, which the caller frees, or NULL when OpenSSL fails or the input cannot be written.
 */
#ifndef MUSTER_CERTS_EXTENSIONS_H
#define MUSTER_CERTS_EXTENSIONS_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

#define KEY_IDENTIFIER 20 /* octets */

/* RFC 7093, 2, method 1: the leftmost 160 bits of SHA-256 over the key's BIT STRING. */
bool extension_key_identifier(const unsigned char *bits, size_t length, unsigned char out[KEY_IDENTIFIER]);

/* Critical (4.2.1.9). What may stand below an authority: leaves only (pathLenConstraint 0), or CAs of leaves (1). */
enum basic_constraints { BASIC_LEAF = -1, BASIC_ISSUER = 0, BASIC_ROOT = 1 };
X509_EXTENSION *extension_basic_constraints(enum basic_constraints kind);

/* Critical. `bits` are numbers of KeyUsage (4.2.1.3), ended by -1. */
X509_EXTENSION *extension_key_usage(const int bits[]);

/* Not critical; one purpose, such as NID_client_auth (4.2.1.12). */
X509_EXTENSION *extension_extended_key_usage(int purpose);

/* Not critical (4.2.1.2, 4.2.1.1). */
X509_EXTENSION *extension_subject_key(const unsigned char identifier[KEY_IDENTIFIER]);
X509_EXTENSION *extension_authority_key(const unsigned char *identifier, size_t length);

/* Not critical, as the subject is not empty (4.2.1.6). A URI must be one of visible ASCII; a name is an IP address as
 * text or else a DNS name (letters, digits, '-', '.', '_', and '*'). */
X509_EXTENSION *extension_uri(const char *uri);
X509_EXTENSION *extension_server_names(const char *const names[], size_t count);

#endif
