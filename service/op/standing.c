#include "service/op/standing.h"

#include "service/core/certificates.h"
#include "service/core/life.h"
#include "service/core/notice.h"

#include <string.h>

void standing_sessions(struct reply *reply, const char *uuid, enum sessions sessions)
{
    reply->sessions = sessions;
    memcpy(reply->sessions_of, uuid, strlen(uuid) + 1);
}

enum status standing_end_credentials(struct core *core, const char *reason)
{
    enum status status = store_api_key_drop(core->store, core->device.id);
    if (status == ST_OK)
        status = certificates_revoke_all(core, reason);
    return status == ST_OK ? store_request_forget_device(core->store, core->device.id) : status;
}

enum status standing_leave(struct core *core, struct device_row *device, enum reason reason)
{
    struct presence_slot *slot = life_open(core, device->uuid);
    slot->active = false;
    return life_write(core, device, presence_on_end(slot), reason);
}

enum status standing_reset(struct core *core)
{
    struct device_row *device = &core->device;
    int64_t sequence = 0;
    enum status status = standing_end_credentials(core, "reset");
    if (status == ST_OK)
        status = standing_leave(core, device, REASON_RESET);
    if (status == ST_OK)
        status = notice_emit(core, device, "reset", "", &sequence);
    device->state = DEVICE_UNREGISTERED;
    device->device_id[0] = '\0';
    device->manual = false;
    device->updated_at = core->now.wall;
    return status == ST_OK ? store_device_update(core->store, device) : status;
}
