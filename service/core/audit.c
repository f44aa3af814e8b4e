#include "service/core/audit.h"

#include <stdio.h>

enum status audit_append(struct core *core, const struct request *request, const char *outcome)
{
    char action[80], origin[LIMIT_CLIENT_ID + LIMIT_ADDRESS + 16];
    const struct reply *reply = &core->reply;
    bool admin = request->address.admin;
    snprintf(action, sizeof action, "%s%s%s", admin ? request->address.noun : "", admin ? "/" : "", request->row->verb);
    const struct stamp *stamp = &request->sender.stamp;
    if (core->gated)
        snprintf(origin, sizeof origin, "mqtt:%s from %s", stamp->client_id, stamp->address);
    else
        snprintf(origin, sizeof origin, "mqtt:%s", request->address.id);
    return store_audit_append(
        core->store, &(struct audit_row){.at = core->now.wall,
                                         .actor = request->sender.name,
                                         .action = action,
                                         .tenant = reply->tenant[0] != '\0' ? reply->tenant : request->sender.tenant,
                                         .target = reply->target[0] != '\0' ? reply->target : request->address.id,
                                         .origin = origin,
                                         .outcome = outcome,
                                         .detail = reply->audit});
}
