/*
 * What the gate reads in the service's database, and nothing else: the only file of the gate that sees SQLite. Opened
 * when it is first needed and again after an error or when the file is another one; read-only; never waits for a lock.
 * One thread.
 */
#ifndef MUSTER_GATE_LOOKUP_H
#define MUSTER_GATE_LOOKUP_H

#include "service/core/secret.h"
#include "service/store/store.h"

struct lookup;

/* `path` is copied. NULL without memory, or when it has 1024 octets and more. The caller owns it. */
struct lookup *lookup_new(const char *path);
void lookup_free(struct lookup *lookup);

enum found {
    FOUND,
    FOUND_NOTHING,
    FOUND_UNREADABLE, /* the database cannot be read; lookup_error() says why */
};

/* A credential as its row has it. What a kind of credential has no column for stays empty. */
struct found_credential {
    unsigned char hash[SECRET_HASH]; /* of the secret; of a certificate: SHA-256 of its DER */
    char uuid[LIMIT_UUID + 1], tenant[LIMIT_TENANT + 1];
    bool good;         /* not disabled, revoked or superseded, and its device may act */
    int64_t not_after; /* of a certificate or an API key, in seconds since 1970; 0: it has no end */
};

enum lookup_kind { LOOKUP_PROVISIONING, LOOKUP_API, LOOKUP_OPERATOR, LOOKUP_CERTIFICATE };

/* Finds the row of an id. `out` is zeroed when there is none. */
enum found lookup_credential(struct lookup *lookup, enum lookup_kind kind, const char *id,
                             struct found_credential *out);

/* Whether there is a device of this uuid (`length` octets). */
enum found lookup_device(struct lookup *lookup, const char *uuid, size_t length);

/* The engine's words for the last failure. */
const char *lookup_error(const struct lookup *lookup);

#endif
