#include "service/core/life.h"
#include "service/core/policy.h"
#include "service/op/hint.h"
#include "service/op/op.h"
#include "service/op/record.h"

#include <stdio.h>
#include <string.h>

static void answer(struct core *core, const struct device_row *device, struct json_writer *json)
{
    unsigned char serial[PROFILE_SERIAL];
    int after = life_offline_after(core, device);
    int heartbeat = core->config->heartbeat_seconds;
    json_text(json, "status", "online");
    /* A device whose own threshold is shorter than the fleet's beats faster. */
    json_int(json, "heartbeatSeconds", heartbeat < after ? heartbeat : (after + 4) / 5);
    json_int(json, "offlineAfterSeconds", after);
    json_time(json, "serverTime", core->now.wall);
    if (!profile_serial_from_id(device->certificate_id, serial))
        return;
    struct validity validity = {device->certificate_not_before, device->certificate_not_after};
    json_time(json, "renewAfter", profile_renew_after(validity, device->uuid, serial) * 1000);
}

/* The certificate is used: the key that may have been made with it is not told again. Behind the gate it is the one
 * that was shown, in open mode the newest. */
static enum status first_use(struct core *core, const struct request *request, const struct device_row *device)
{
    const struct stamp *stamp = &request->sender.stamp;
    if (core->gated)
        return stamp->how == STAMP_CERTIFICATE ? hint_certificate_used(core, stamp) : ST_OK;
    if (strcmp(device->certificate_state, "pending") != 0)
        return ST_OK;
    enum status status = store_certificate_activate(core->store, device->id, core->now.wall);
    return status == ST_OK ? store_request_unseal(core->store, device->id) : status;
}

enum status op_repeated(struct core *core, struct request *request, struct reply *reply)
{
    bool own = request->sender.may == MAY_DEVICE;
    if (request->address.operation == OP_CONNECT)
        return op_connect(core, request, reply);
    if (own && (request->row->flags & OP_SIGN) != 0)
        return record_own(core, request);
    enum status status = store_device_get(core->store, request->address.id, &core->device);
    return status == ST_OK ? policy_repeat(core->device.state, own, &request->why) : status;
}

enum status op_connect(struct core *core, struct request *request, struct reply *reply)
{
    struct device_row *device = &core->device;
    enum status status = record_own(core, request);
    if (status != ST_OK)
        return status;
    status = first_use(core, request, device);
    if (status != ST_OK)
        return status;
    struct presence_slot *slot = life_open(core, device->uuid);
    enum reason reason = REASON_CONNECT;
    bool changes = presence_on_connect(slot, request->in.session, hint_connection(&request->sender.stamp),
                                       core->now.mono, &reason);
    status = life_write(core, device, changes, reason);
    answer(core, device, &reply->json);
    return status;
}
