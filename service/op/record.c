#include "service/op/record.h"

#include "service/core/life.h"
#include "service/core/policy.h"

static const char *or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

void record_write(const struct core *core, struct device_row *device, struct json_writer *json)
{
    life_refresh(core, device);
    json_text(json, "uuid", device->uuid);
    json_text(json, "deviceId", or_null(device->device_id));
    json_text(json, "tenant", device->tenant);
    json_text(json, "deviceName", device->name);
    json_text(json, "deviceType", device->type);
    json_raw(json, "hardware", device->hardware[0] != '\0' ? device->hardware : "{}");
    json_raw(json, "tags", device->tags[0] != '\0' ? device->tags : "{}");
    json_text(json, "apiEndpoint", device->api_endpoint);
    json_text(json, "state", policy_state_name(device->state));
    json_bool(json, "provisioned", device->state == DEVICE_PROVISIONED);
    json_text(json, "status", device->presence.online ? "online" : "offline");
    json_time(json, "lastSeen", device->presence.last_seen);
    json_time(json, "createdAt", device->created_at);
    json_time(json, "updatedAt", device->updated_at);
    json_time(json, "registeredAt", device->registered_at);
    if (device->certificate_id[0] == '\0') {
        json_raw(json, "certificate", NULL);
        return;
    }
    json_open(json, "certificate", '{');
    json_text(json, "certificateId", device->certificate_id);
    json_time(json, "notAfter", device->certificate_not_after * 1000);
    json_text(json, "state", device->certificate_state);
    json_close(json, '}');
}

static enum status sign_of_life(struct core *core)
{
    enum reason reason = REASON_REQUEST;
    struct presence_slot *slot = life_open(core, core->device.uuid);
    return life_write(core, &core->device, presence_on_sign(slot, NULL, REASON_REQUEST, core->now.mono, &reason),
                      reason);
}

enum status record_own(struct core *core, struct request *request)
{
    enum status status = store_device_get(core->store, request->address.id, &core->device);
    if (status != ST_OK)
        return fail(&request->why, status, NULL, NULL);
    status = policy_device_may_act(core->device.state, &request->why);
    if (status != ST_OK)
        return status;
    core->reply.device = core->device.id;
    return (request->row->flags & OP_SIGN) != 0 ? sign_of_life(core) : ST_OK;
}
