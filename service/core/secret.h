/*
 * Secrets: made, hashed, compared, sealed. A port of the core: service/io/secret.c does it with OpenSSL.
 * Credentials look like `mpk_<id>_<secret>`: the id finds the row, the secret is 256 random bits in base32.
 */
#ifndef MUSTER_CORE_SECRET_H
#define MUSTER_CORE_SECRET_H

#include "topics/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECRET_HASH     32
#define SECRET_KEY      32
#define SECRET_RAW      32
#define SECRET_OVERHEAD (12 + 16) /* nonce and tag of AES-256-GCM */

#define SECRET_PROVISIONING "mpk"
#define SECRET_API          "mdk"
#define SECRET_OPERATOR     "mok"
#define SECRET_SERVICE      "msk"

/* A new credential: all three are what SECRET_RAW + 8 octets of `random` make of `prefix`. The database gets the hash,
 * its owner the text; the text is wiped after use. */
struct credential {
    char id[LIMIT_KEY_ID + 1];
    char text[LIMIT_CREDENTIAL + 1];
    unsigned char hash[SECRET_HASH];
};
void secret_make(const char *prefix, const unsigned char random[SECRET_RAW + 8], struct credential *out);

/* Splits `text` into its id and the hash of its secret. False when it does not look like a credential of `prefix`. */
bool secret_parse(const char *prefix, const char *text, char id[LIMIT_KEY_ID + 1], unsigned char hash[SECRET_HASH]);

/* Whether two hashes are equal, in constant time. */
bool secret_equal(const unsigned char a[SECRET_HASH], const unsigned char b[SECRET_HASH]);

/* SHA-256 over the parts in order, each behind its length. */
struct secret_part {
    const void *at;
    size_t length;
};
void secret_hash(const struct secret_part *parts, size_t count, unsigned char out[SECRET_HASH]);

/* SHA-256 of a text as lower-case hex; NUL-terminated. */
void secret_fingerprint(const void *text, size_t length, char out[2 * SECRET_HASH + 1]);

/* Lower-case base32 (RFC 4648 alphabet) of `count` characters from as many octets of `random`; NUL-terminated. */
void secret_base32(const unsigned char *random, size_t count, char *out);

/* Seals `length` octets under `key` (AES-256-GCM) bound to `context`; `out` takes length + SECRET_OVERHEAD octets.
 * Returns the sealed length, 0 on failure. `nonce` is 12 random octets, never used twice with one key. */
size_t secret_seal(const unsigned char key[SECRET_KEY], const unsigned char nonce[12], const char *context,
                   const void *plain, size_t length, unsigned char *out);

/* The reverse; returns the length, or 0 when the key, the context or the octets are wrong. */
size_t secret_open(const unsigned char key[SECRET_KEY], const char *context, const unsigned char *sealed, size_t length,
                   void *out, size_t size);

/* Wipes memory in a way that the compiler keeps. */
void secret_wipe(void *at, size_t length);

#endif
