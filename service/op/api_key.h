/*
 * API keys: made at registration and at rotation.
 */
#ifndef MUSTER_OP_API_KEY_H
#define MUSTER_OP_API_KEY_H

#include "service/core/core.h"

enum api_key_generation {
    API_KEY_ONLY, /* all others end now */
    API_KEY_NEXT, /* the others hold until it is used, a day at most */
};

/* Makes one for `device`, stores its hash, and answers it as a secret, with its end where keys have one. */
enum status api_key_give(struct core *core, const struct device_row *device, enum api_key_generation generation,
                         struct reply *reply);

#endif
