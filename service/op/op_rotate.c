/* A device's next API key: the old one holds until the new one is used, a day at most. */
#include "service/core/notice.h"
#include "service/op/api_key.h"
#include "service/op/op.h"
#include "service/op/record.h"

#include <stdio.h>
#include <string.h>

enum status op_rotate(struct core *core, struct request *request, struct reply *reply)
{
    const struct device_row *device = &core->device;
    int64_t sequence = 0;
    enum status status = record_own(core, request);
    if (status != ST_OK)
        return status;
    snprintf(reply->audit, sizeof reply->audit, "deviceId=%s", device->device_id);
    memcpy(reply->tenant, device->tenant, sizeof reply->tenant);
    json_text(&reply->json, "uuid", device->uuid);
    status = api_key_give(core, device, API_KEY_NEXT, reply);
    return status == ST_OK ? notice_emit(core, device, "api_key_rotated", "", &sequence) : status;
}
