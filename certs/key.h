/*
 * Key pairs: made, read, written, wiped. Knows nothing of certificates.
 * A struct key holds a private key; a struct public_key is a plain value without secrets.
 */
#ifndef MUSTER_CERTS_KEY_H
#define MUSTER_CERTS_KEY_H

#include "topics/status.h"

#include <stdbool.h>
#include <stddef.h>

/* X(enumerator, name on the wire) */
#define KEY_TYPE_LIST(X)                                                                                               \
    X(KEY_RSA_2048, "rsa:2048")                                                                                        \
    X(KEY_RSA_3072, "rsa:3072")                                                                                        \
    X(KEY_RSA_4096, "rsa:4096")                                                                                        \
    X(KEY_EC_P256, "ec:p256")                                                                                          \
    X(KEY_EC_P384, "ec:p384")                                                                                          \
    X(KEY_ED25519, "ed25519")

enum key_type {
#define KEY_TYPE_ENUM(name, wire) name,
    KEY_TYPE_LIST(KEY_TYPE_ENUM)
#undef KEY_TYPE_ENUM
        KEY_TYPE_COUNT
};

#define KEY_PUBLIC_MAX 600  /* SubjectPublicKeyInfo of RSA-4096 in DER: 550 octets */
#define KEY_PEM_MAX    4096 /* PKCS#8 of RSA-4096 in PEM, also encrypted, with the closing NUL */

/* A public key: SubjectPublicKeyInfo in DER (RFC 5280, 4.1.2.7) and its SHA-256. Plain value, copy freely. */
struct public_key {
    unsigned char der[KEY_PUBLIC_MAX];
    size_t length;
    unsigned char fingerprint[32];
};

struct key; /* a private key; owned by whoever called key_new or key_read_pem */

/* The type of a wire name; false when there is none. The name of a type: static text. */
bool key_type_from_name(const char *name, enum key_type *type);
const char *key_type_name(enum key_type type);

/* True for types whose generation takes so long that it belongs in the pool (RSA). */
bool key_type_is_slow(enum key_type type);

/* Makes a key pair. NULL when OpenSSL fails. RSA-2048 takes 70-300 ms, the curves below 0.1 ms. Thread-safe. */
struct key *key_new(enum key_type type);

/* Wipes and frees; NULL is fine. */
void key_free(struct key *key);

/* Reads a private key in PEM, PKCS#8 or traditional, with `passphrase` when it is encrypted (NULL: never asks).
 * NULL when it cannot be read. */
struct key *key_read_pem(const char *pem, size_t length, const char *passphrase);

/* Writes PKCS#8 in PEM (RFC 5958), NUL-terminated, into `out` of `size` octets; encrypted with AES-256-CBC and
 * PBKDF2 when `passphrase` is not NULL. False when it does not fit or OpenSSL fails; then `out` is wiped.
 * The caller wipes `out` after use. */
bool key_write_pem(const struct key *key, const char *passphrase, char *out, size_t size);

/* The public half. False only when OpenSSL fails. */
bool key_public(const struct key *key, struct public_key *out);

/* Whether the service accepts this public key: EC P-256 or P-384 (named curve, point on the curve), Ed25519, RSA of
 * 2048 to 4096 bits with an odd exponent of 65537 or more below 2^32. ST_OK or ST_CSR_KEY_UNSUPPORTED. */
enum status key_check_public(const struct public_key *key, struct why *why);

/* Wipes memory in a way that the compiler keeps. */
void key_wipe(void *at, size_t length);

#endif
