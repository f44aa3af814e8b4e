/*
 * The stamp: who sent a request, in one user property that the broker's gate writes and the service reads
 * (docs/protocol.md, section 8). Its first word authenticates the rest, the topic and the payload under a key that only
 * gate and service know: a broker without the gate cannot make one, and nobody can move one to another message.
 * Pure; no heap; safe from any thread.
 */
#ifndef MUSTER_TOPICS_STAMP_H
#define MUSTER_TOPICS_STAMP_H

#include "topics/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STAMP_PROPERTY          "muster-stamp"      /* the name of the user property */
#define STAMP_RECEIVER_PROPERTY "muster-connection" /* of an answer: "<connection> <client id>" of who asked */
#define STAMP_CONNECTION        16                  /* hex digits of a connection's number */
#define STAMP_CREDENTIAL        36                  /* octets: a certificate's serial in hex, or the id of a key */

/* X(enumerator, word, whether the id of the credential follows behind a colon) */
#define STAMP_HOW_LIST(X)                                                                                              \
    X(STAMP_NOBODY, "none", false) /* a login that was refused */                                                      \
    X(STAMP_KEY, "key", true)      /* a provisioning key */                                                            \
    X(STAMP_API, "api", true)                                                                                          \
    X(STAMP_CERTIFICATE, "certificate", true)                                                                          \
    X(STAMP_OPERATOR, "operator", true)                                                                                \
    X(STAMP_SERVICE, "service", false)

enum stamp_how {
#define STAMP_HOW_ENUM(name, word, has_id) name,
    STAMP_HOW_LIST(STAMP_HOW_ENUM)
#undef STAMP_HOW_ENUM
        STAMP_HOW_COUNT
};

struct stamp {
    uint64_t connection; /* grows with every login of a broker, also over its restarts */
    enum stamp_how how;
    char credential[STAMP_CREDENTIAL + 1]; /* "" where `how` names none */
    char address[LIMIT_ADDRESS + 1];
    char client_id[LIMIT_CLIENT_ID + 1];
};

/* "key:<id>", "api:<id>", ...: who, for logs and the audit. */
#define STAMP_NAME (STAMP_CREDENTIAL + 16)
void stamp_name(const struct stamp *stamp, char out[STAMP_NAME]);

/* What a stamp authenticates beside itself; borrowed. */
struct stamped {
    const char *topic;
    size_t topic_length;
    const void *payload; /* NULL when length is 0 */
    size_t length;
};

/* "<mac> <connection> <how> <address> <client id>". Returns its length, NUL not counted. */
#define STAMP_MAX (16 + 1 + 16 + 1 + STAMP_NAME + 1 + LIMIT_ADDRESS + 1 + LIMIT_CLIENT_ID + 1)
size_t stamp_write(const struct stamp *stamp, const uint64_t key[2], const struct stamped *what, char out[STAMP_MAX]);

/* Reads a stamp; false when it is not well-formed or was not made under `key` for this topic and payload. */
bool stamp_read(const char *text, size_t length, const uint64_t key[2], const struct stamped *what, struct stamp *out);

/* The value of STAMP_RECEIVER_PROPERTY for an answer to whoever has this stamp. */
#define STAMP_RECEIVER (STAMP_CONNECTION + 1 + LIMIT_CLIENT_ID + 1)
void stamp_receiver(const struct stamp *stamp, char out[STAMP_RECEIVER]);

/* The number of a connection as 16 hex digits, and back (false: not 16 lower-case hex digits). */
void stamp_connection(uint64_t connection, char out[STAMP_CONNECTION + 1]);
bool stamp_read_connection(const char *text, size_t length, uint64_t *out);

#endif
