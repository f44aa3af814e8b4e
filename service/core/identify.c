#include "service/core/identify.h"

#include <stdio.h>
#include <string.h>

static enum status by_provisioning_key(struct core *core, struct request *request)
{
    struct sender *sender = &request->sender;
    char id[LIMIT_KEY_ID + 1];
    unsigned char hash[SECRET_HASH];
    enum status status = ST_OK;
    bool found = secret_parse(SECRET_PROVISIONING, request->in.provisioning_key, id, hash) &&
                 store_key_find(core->store, id, &sender->key, &status);
    if (status != ST_OK)
        return fail(&request->why, status, NULL, NULL);
    if (!found || !secret_equal(hash, sender->key.hash))
        return fail(&request->why, ST_INVALID_PROVISIONING_KEY, NULL, NULL);
    sender->may = MAY_PROVISION;
    snprintf(sender->name, sizeof sender->name, "key:%s", id);
    memcpy(sender->tenant, sender->key.tenant, sizeof sender->tenant);
    return ST_OK;
}

static const struct {
    const char *role;
    unsigned may;
} roles[] = {{"viewer", MAY_VIEWER}, {"operator", MAY_OPERATOR}, {"admin", MAY_ADMIN}};

static enum status by_operator_key(struct core *core, struct request *request)
{
    struct sender *sender = &request->sender;
    struct operator_row row;
    char id[LIMIT_KEY_ID + 1];
    unsigned char hash[SECRET_HASH];
    enum status status = ST_OK;
    bool found = secret_parse(SECRET_OPERATOR, request->in.operator_key, id, hash) &&
                 store_operator_find(core->store, id, &row, &status);
    if (status != ST_OK)
        return fail(&request->why, status, NULL, NULL);
    if (!found || !secret_equal(hash, row.hash) || row.disabled_at != 0)
        return fail(&request->why, ST_NOT_AUTHORISED, NULL, "The operator key is missing or not valid.");
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (strcmp(roles[i].role, row.role) == 0)
            sender->may = roles[i].may;
    snprintf(sender->name, sizeof sender->name, "operator:%s", id);
    memcpy(sender->tenant, row.tenant, sizeof sender->tenant);
    return ST_OK;
}

enum status identify(struct core *core, struct request *request)
{
    struct sender *sender = &request->sender;
    sender->may = 0;
    sender->tenant[0] = '\0';
    enum status status = ST_OK;
    if (request->address.admin) {
        status = by_operator_key(core, request);
    } else if ((request->in.has & M(PROVISIONING_KEY)) != 0) {
        status = by_provisioning_key(core, request);
    } else {
        sender->may = MAY_DEVICE;
        snprintf(sender->name, sizeof sender->name, "device");
    }
    snprintf(request->scope, sizeof request->scope, "%s %s", sender->name,
             request->address.admin ? "-" : request->address.id);
    return status;
}
