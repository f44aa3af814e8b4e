/* Operators on a device's standing: block, unblock, reset, kick, decommission. */
#include "service/core/life.h"
#include "service/core/notice.h"
#include "service/core/policy.h"
#include "service/op/op.h"
#include "service/op/record.h"
#include "service/op/scope.h"
#include "service/op/standing.h"

#include <string.h>

static enum status save(struct core *core, enum device_state state)
{
    core->device.state = state;
    core->device.updated_at = core->now.wall;
    return store_device_update(core->store, &core->device);
}

/* Nothing is revoked: what the device has works again when it is unblocked. */
static enum status block(struct core *core, struct request *request, struct reply *reply)
{
    struct device_row *device = &core->device;
    char members[LIMIT_SHORT_TEXT * 6 + 32];
    struct json_writer json;
    int64_t sequence = 0;
    json_start(&json, members, sizeof members);
    json_text(&json, "reason", request->in.reason);
    scope_audit(reply, device->tenant, device->uuid, "%s", members); /* the reason, as JSON escapes it */
    enum status status = standing_leave(core, device, REASON_BLOCKED);
    if (status == ST_OK)
        status = notice_emit(core, device, "blocked", members, &sequence);
    return status == ST_OK ? save(core, DEVICE_BLOCKED) : status;
}

/* Nothing is left that it could come with: it is as after a reset, and enrols again. */
static enum status forget(struct core *core)
{
    enum status status = standing_end_credentials(core, "reset");
    core->device.device_id[0] = '\0';
    core->device.manual = false;
    return status;
}

static enum status unblock(struct core *core, struct request *request, struct reply *reply)
{
    (void)request;
    struct device_row *device = &core->device;
    bool has_api_key = false, has_certificate = false;
    char members[64];
    struct json_writer json;
    int64_t sequence = 0;
    enum status status =
        store_device_credentials(core->store, device->id, core->now.wall, &has_api_key, &has_certificate);
    if (status != ST_OK)
        return status;
    enum device_state state = policy_standing(has_api_key, has_certificate);
    struct presence_slot *slot = life_open(core, device->uuid);
    slot->active = state != DEVICE_UNREGISTERED;
    slot->fresh = !device->credential_used;
    json_start(&json, members, sizeof members);
    json_text(&json, "state", policy_state_name(state));
    scope_audit(reply, device->tenant, device->uuid, "state=%s", policy_state_name(state));
    status = notice_emit(core, device, "unblocked", members, &sequence);
    if (status == ST_OK && state == DEVICE_UNREGISTERED)
        status = forget(core);
    return status == ST_OK ? save(core, state) : status;
}

static enum status reset(struct core *core, struct request *request, struct reply *reply)
{
    (void)request;
    scope_audit(reply, core->device.tenant, core->device.uuid, "deviceId=%s", core->device.device_id);
    return standing_reset(core);
}

static enum status decommission(struct core *core, struct request *request, struct reply *reply)
{
    (void)request;
    struct device_row *device = &core->device;
    int64_t sequence = 0;
    scope_audit(reply, device->tenant, device->uuid, "deviceId=%s", device->device_id);
    enum status status = standing_end_credentials(core, "cessationOfOperation");
    if (status == ST_OK)
        status = standing_leave(core, device, REASON_BLOCKED);
    if (status == ST_OK)
        status = notice_emit(core, device, "decommissioned", "", &sequence);
    device->manual = false;
    return status == ST_OK ? save(core, DEVICE_DECOMMISSIONED) : status;
}

static const struct {
    operation_function *run;
    enum sessions sessions;
} changes[CHANGE_COUNT] = {
    [CHANGE_BLOCK] = {block, SESSIONS_CLOSE},
    [CHANGE_UNBLOCK] = {unblock, SESSIONS_CHECK},
    [CHANGE_RESET] = {reset, SESSIONS_CLOSE},
    [CHANGE_DECOMMISSION] = {decommission, SESSIONS_CLOSE},
};

/* What was done before is accepted and writes nothing; the connections are looked at all the same, for whoever asks
 * again because one is still there. */
static enum status change(struct core *core, struct request *request, struct reply *reply, enum change what)
{
    bool is_new = false;
    enum status status = scope_device(core, request);
    if (status == ST_OK)
        status = policy_change(what, core->device.state, &is_new, &request->why);
    if (status == ST_OK && is_new)
        status = changes[what].run(core, request, reply);
    if (status == ST_OK) /* its certificate may be another's word now */
        status = store_device_get(core->store, request->in.uuid, &core->device);
    if (status != ST_OK)
        return status;
    standing_sessions(reply, core->device.uuid, changes[what].sessions);
    record_write(core, &core->device, &reply->json);
    return ST_OK;
}

enum status op_device_block(struct core *core, struct request *request, struct reply *reply)
{
    return change(core, request, reply, CHANGE_BLOCK);
}

enum status op_device_unblock(struct core *core, struct request *request, struct reply *reply)
{
    return change(core, request, reply, CHANGE_UNBLOCK);
}

enum status op_device_reset(struct core *core, struct request *request, struct reply *reply)
{
    return change(core, request, reply, CHANGE_RESET);
}

enum status op_device_decommission(struct core *core, struct request *request, struct reply *reply)
{
    return change(core, request, reply, CHANGE_DECOMMISSION);
}

enum status op_device_kick(struct core *core, struct request *request, struct reply *reply)
{
    enum status status = scope_device(core, request);
    if (status != ST_OK)
        return status;
    standing_sessions(reply, core->device.uuid, SESSIONS_CLOSE);
    scope_audit(reply, core->device.tenant, core->device.uuid, "state=%s", policy_state_name(core->device.state));
    json_text(&reply->json, "uuid", core->device.uuid);
    return ST_OK;
}
