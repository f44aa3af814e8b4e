#include "service/gate/identity.h"

#include <string.h>

static const char *const names[ROLE_COUNT] = {
#define ROLE_NAME(name, word) [name] = word,
    ROLE_LIST(ROLE_NAME)
#undef ROLE_NAME
};

const char *identity_role_name(enum role role)
{
    return names[role];
}

bool identity_may_displace(const struct identity *newcomer, const struct identity *live)
{
    switch (newcomer->role) {
    case ROLE_DEVICE: /* the client id is its uuid: whoever else sits there has only claimed it */
        return live->role != ROLE_SERVICE;
    case ROLE_OPERATOR:
        return live->role == ROLE_OPERATOR && strcmp(newcomer->stamp.credential, live->stamp.credential) == 0;
    case ROLE_SERVICE:
        return live->role == ROLE_SERVICE;
    case ROLE_PROVISIONING: /* nothing tells two holders of one key apart */
    case ROLE_COUNT:
        break;
    }
    return false;
}
