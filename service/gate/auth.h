/*
 * Whether a login is let in, and as whom: docs/protocol.md, section 2. Decides from what the client showed and what the
 * database knows; keeps nothing. One thread.
 */
#ifndef MUSTER_GATE_AUTH_H
#define MUSTER_GATE_AUTH_H

#include "certs/peer.h"
#include "service/gate/identity.h"
#include "service/gate/lookup.h"

#define AUTH_KEEPALIVE_MAX 300 /* seconds, of devices; a longer silence would hide a lost connection */

/* X(enumerator, word in the log and in the audit, sentence) */
#define REFUSAL_LIST(X)                                                                                                \
    X(REFUSE_NOT, "accepted", "let in")                                                                                \
    X(REFUSE_CLIENT_ID, "client_id", "the client id is not one that may stand with this credential")                   \
    X(REFUSE_PROTOCOL, "protocol", "websockets are not served")                                                        \
    X(REFUSE_KEEPALIVE, "keepalive", "a device's keepalive must be 1 to 300 seconds")                                  \
    X(REFUSE_CREDENTIAL, "credential", "no such credential, or a wrong one")                                           \
    X(REFUSE_ENDED, "ended", "the credential was right, but it or its device is blocked, revoked or expired")          \
    X(REFUSE_TAKEN, "taken", "another client is connected with this client id")                                        \
    X(REFUSE_FULL, "full", "too many connections of this kind")                                                        \
    X(REFUSE_AGAIN, "again", "the same wrong credential again, too soon")                                              \
    X(REFUSE_UNREADABLE, "unreadable", "the database cannot be read")

enum refusal {
#define REFUSAL_ENUM(name, word, sentence) name,
    REFUSAL_LIST(REFUSAL_ENUM)
#undef REFUSAL_ENUM
        REFUSAL_COUNT
};

const char *refusal_word(enum refusal refusal);
const char *refusal_sentence(enum refusal refusal);

/* What a client shows; borrowed. */
struct login {
    const char *client_id, *username, *password; /* NULL: absent */
    const char *address;
    const struct peer *peer; /* its certificate; NULL: none */
    int keepalive;           /* seconds */
    int64_t now;             /* seconds since 1970 */
};

struct auth_options {
    unsigned char service_hash[SECRET_HASH]; /* of the service's secret */
};

/* REFUSE_NOT and the identity (without a number of its connection), or why not; `out` then holds what is known: client
 * id and address where they are well-formed, and the credential where it is a right one. */
enum refusal auth_login(struct lookup *lookup, const struct auth_options *options, const struct login *login,
                        struct identity *out);

/* Whether a connection's credential would still be let in at `now` (seconds since 1970). */
enum holds {
    HOLDS,
    HOLDS_NOT,
    HOLDS_PERHAPS, /* the database cannot be read: that ends no connection, and is asked again */
};
enum holds auth_still_holds(struct lookup *lookup, const struct identity *who, int64_t now);

/* Whether an address is this machine's own. */
bool auth_is_loopback(const char *address);

#endif
