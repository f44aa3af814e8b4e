/* A device about itself: get, update, reset. */
#include "service/core/notice.h"
#include "service/op/op.h"
#include "service/op/record.h"
#include "service/op/standing.h"

#include <stdio.h>
#include <string.h>

enum status op_get(struct core *core, struct request *request, struct reply *reply)
{
    enum status status = record_own(core, request);
    if (status == ST_OK)
        record_write(core, &core->device, &reply->json);
    return status;
}

static enum status announce_update(struct core *core, const struct device_row *device, uint64_t has)
{
    char members[LIMIT_EVENT_BODY - 512]; /* leaves room for what every event carries */
    struct json_writer json;
    int64_t sequence = 0;
    json_start(&json, members, sizeof members);
    if ((has & M(DEVICE_NAME)) != 0)
        json_text(&json, "deviceName", device->name);
    if ((has & M(API_ENDPOINT)) != 0)
        json_text(&json, "apiEndpoint", device->api_endpoint);
    if ((has & M(TAGS)) != 0 && json.length + strlen(device->tags) + 10 < sizeof members) /* else: get the record */
        json_raw(&json, "tags", device->tags);
    return notice_emit(core, device, "updated", members, &sequence);
}

enum status op_update(struct core *core, struct request *request, struct reply *reply)
{
    const struct message *in = &request->in;
    struct device_row *device = &core->device;
    enum status status = record_own(core, request);
    if (status == ST_OK && (in->has & M(TAGS)) != 0)
        status = message_merge(device->tags, in->tags, device->tags, sizeof device->tags, &request->why);
    if (status != ST_OK)
        return status;
    if ((in->has & M(DEVICE_NAME)) != 0)
        memcpy(device->name, in->device_name, sizeof device->name);
    if ((in->has & M(API_ENDPOINT)) != 0)
        memcpy(device->api_endpoint, in->api_endpoint, sizeof device->api_endpoint);
    if ((in->has & (M(DEVICE_NAME) | M(API_ENDPOINT) | M(TAGS))) != 0) {
        device->updated_at = core->now.wall;
        snprintf(reply->audit, sizeof reply->audit, "%s%s%s", (in->has & M(DEVICE_NAME)) != 0 ? "deviceName " : "",
                 (in->has & M(API_ENDPOINT)) != 0 ? "apiEndpoint " : "", (in->has & M(TAGS)) != 0 ? "tags" : "");
        memcpy(reply->tenant, device->tenant, sizeof reply->tenant);
        status = store_device_update(core->store, device);
        if (status == ST_OK)
            status = announce_update(core, device, in->has);
    }
    record_write(core, device, &reply->json);
    return status;
}

enum status op_reset(struct core *core, struct request *request, struct reply *reply)
{
    const struct device_row *device = &core->device;
    enum status status = record_own(core, request);
    if (status != ST_OK)
        return status;
    snprintf(reply->audit, sizeof reply->audit, "deviceId=%s", device->device_id);
    memcpy(reply->tenant, device->tenant, sizeof reply->tenant);
    reply->device = 0; /* a late copy of a reset must find this answer, not reset what came after */
    standing_sessions(reply, device->uuid, SESSIONS_CHECK);
    json_text(&reply->json, "uuid", device->uuid);
    return standing_reset(core);
}
