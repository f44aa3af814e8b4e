/* What the broker's gate tells: a device has connected, its connection has closed, a login was refused. */
#include "service/core/life.h"
#include "service/op/hint.h"
#include "service/op/op.h"

#include <stdio.h>
#include <string.h>

uint32_t hint_connection(const struct stamp *stamp)
{
    return strchr(stamp->client_id, '~') == NULL ? (uint32_t)stamp->connection : 0;
}

enum status hint_certificate_used(struct core *core, const struct stamp *stamp)
{
    int64_t device = 0;
    enum status status = store_certificate_used(core->store, stamp->credential, core->now.wall, &device);
    return status == ST_OK && device != 0 ? store_request_unseal(core->store, device) : status;
}

/* A login is the first use of a credential; a sign of life is only what the device says itself. */
enum status op_connected(struct core *core, struct request *request, struct reply *reply)
{
    const struct stamp *stamp = &request->sender.stamp;
    (void)reply;
    struct presence_slot *slot = life_open(core, request->address.id);
    if (slot == NULL)
        return ST_SILENT;
    enum status status = stamp->how == STAMP_CERTIFICATE ? hint_certificate_used(core, stamp) : ST_OK;
    if (status != ST_OK || !slot->fresh)
        return status;
    slot->fresh = false;
    return store_device_credential_used(core->store, slot->device);
}

enum status op_disconnected(struct core *core, struct request *request, struct reply *reply)
{
    (void)reply;
    struct presence_slot *slot = life_open(core, request->address.id);
    if (slot == NULL)
        return ST_SILENT;
    presence_on_close(&core->presence, slot, hint_connection(&request->sender.stamp), core->now.mono);
    return ST_OK;
}

/* Whoever is refused at the broker hears no reason: the audit log has it, at a bounded rate. */
enum status op_refused(struct core *core, struct request *request, struct reply *reply)
{
    (void)core;
    snprintf(reply->audit, sizeof reply->audit, "login: %s", request->in.reason);
    fail(&request->why, ST_NOT_AUTHORISED, NULL, NULL);
    return fail_detail(&request->why, "a login at the broker from %s: %s", request->sender.stamp.address,
                       request->in.reason);
}
