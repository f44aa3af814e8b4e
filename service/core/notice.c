#include "service/core/notice.h"

#include <string.h>

enum status notice_emit(struct core *core, const struct device_row *device, const char *type, const char *members,
                        int64_t *sequence)
{
    struct event_row row = {.device = device->id, .at = core->now.wall};
    enum status status = store_event_sequence(core->store, device->id, &row.sequence);
    if (status != ST_OK)
        return status;
    unsigned char random[EVENT_ID];
    char id[EVENT_ID + 1];
    core->random(random, sizeof random);
    secret_base32(random, EVENT_ID, id);
    memcpy(row.uuid, device->uuid, sizeof row.uuid);
    memcpy(row.tenant, device->tenant, sizeof row.tenant);
    strncpy(row.type, type, sizeof row.type - 1);

    struct json_writer json;
    json_start(&json, row.body, sizeof row.body);
    json_open(&json, NULL, '{');
    json_text(&json, "event", type);
    json_text(&json, "id", id);
    json_int(&json, "sequence", row.sequence);
    json_text(&json, "tenant", device->tenant);
    json_text(&json, "uuid", device->uuid);
    json_text(&json, "deviceId", device->device_id[0] != '\0' ? device->device_id : NULL);
    json_time(&json, "at", core->now.wall);
    json_members(&json, members);
    json_close(&json, '}');
    *sequence = row.sequence;
    return json.overflow ? ST_INTERNAL : store_event_insert(core->store, &row);
}

enum status notice_emit_service(struct core *core, const char *type, const char *members)
{
    static const struct device_row nobody = {.uuid = "-", .tenant = "default"};
    int64_t sequence = 0;
    return notice_emit(core, &nobody, type, members, &sequence);
}
