/*
 * Who stands behind a connection: what a login proved. Plain values.
 */
#ifndef MUSTER_GATE_IDENTITY_H
#define MUSTER_GATE_IDENTITY_H

#include "topics/stamp.h"

/* X(enumerator, name in logs) */
#define ROLE_LIST(X)                                                                                                   \
    X(ROLE_DEVICE, "device") /* by its own credential: API key or certificate */                                       \
    X(ROLE_PROVISIONING, "provisioning")                                                                               \
    X(ROLE_OPERATOR, "operator")                                                                                       \
    X(ROLE_SERVICE, "service")

enum role {
#define ROLE_ENUM(name, word) name,
    ROLE_LIST(ROLE_ENUM)
#undef ROLE_ENUM
        ROLE_COUNT
};

struct identity {
    enum role role;
    struct stamp stamp;            /* connection, credential (of an API key: its id), address, client id */
    size_t name_length;            /* of the client id without its suffix: the uuid of a device */
    char tenant[LIMIT_TENANT + 1]; /* an operator's; "": all tenants */
};

/* Whether a login as `newcomer` may end the live connection of the same client id: docs/protocol.md, section 2. */
bool identity_may_displace(const struct identity *newcomer, const struct identity *live);

const char *identity_role_name(enum role role);

#endif
