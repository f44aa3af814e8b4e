#include "service/op/enrol.h"

#include "service/core/certificates.h"
#include "service/core/life.h"
#include "service/core/notice.h"
#include "service/op/api_key.h"
#include "service/op/hold.h"
#include "service/op/standing.h"

#include <stdio.h>
#include <string.h>

enum status enrol_admit(struct core *core, struct request *request, enum enrolment *way)
{
    const struct key_row *key = &request->sender.key;
    enum status status = store_device_get(core->store, request->address.id, &core->device);
    bool exists = status == ST_OK;
    if (!exists && status != ST_DEVICE_NOT_FOUND)
        return fail(&request->why, status, NULL, NULL);
    if (!exists) /* it is the row of whoever asked before */
        memset(&core->device, 0, sizeof core->device);
    status = policy_enrol(exists ? &core->device : NULL, key, way, &request->why);
    bool named = !exists || (request->in.has & M(DEVICE_TYPE)) != 0;
    if (status == ST_OK)
        status = policy_key_type(key, named ? request->in.device_type : core->device.type, &request->why);
    if (status == ST_OK && !exists && core->presence.count >= core->presence.capacity)
        status = fail(&request->why, ST_QUOTA_EXCEEDED, NULL, "The service holds as many devices as it may.");
    return status == ST_OK ? hold_check(core, request) : status;
}

/* Takes over the members that the request has. */
static void take_members(const struct message *in, struct device_row *device)
{
    const struct {
        uint64_t member;
        const char *from;
        char *to;
    } members[] = {{M(DEVICE_NAME), in->device_name, device->name},
                   {M(DEVICE_TYPE), in->device_type, device->type},
                   {M(API_ENDPOINT), in->api_endpoint, device->api_endpoint},
                   {M(HARDWARE), in->hardware, device->hardware}};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if ((in->has & members[i].member) != 0)
            memcpy(members[i].to, members[i].from, strlen(members[i].from) + 1);
}

static void start_row(struct device_row *device, const char *uuid, const char *tenant, int64_t now)
{
    memset(device, 0, sizeof *device);
    memcpy(device->uuid, uuid, strlen(uuid) + 1);
    memcpy(device->tenant, tenant, strlen(tenant) + 1);
    device->created_at = now;
    device->presence.since = now;
    device->presence.sequence = 1; /* of its `registered` event, the first one */
}

static void fill_row(struct core *core, const struct message *in, bool new_id, struct device_row *device)
{
    unsigned char random[LIMIT_DEVICE_ID];
    take_members(in, device);
    if (new_id) {
        core->random(random, sizeof random);
        secret_base32(random, sizeof random, device->device_id);
    }
    device->credential_used = false;
    device->updated_at = device->registered_at = core->now.wall;
}

static enum status announce(struct core *core, const struct device_row *device)
{
    char members[LIMIT_DEVICE_NAME * 6 + LIMIT_DEVICE_TYPE * 6 + 64];
    struct json_writer json;
    int64_t sequence = 0;
    json_start(&json, members, sizeof members);
    json_text(&json, "deviceName", device->name);
    json_text(&json, "deviceType", device->type);
    return notice_emit(core, device, "registered", members, &sequence);
}

static enum status save_new(struct core *core, struct device_row *device)
{
    struct presence_slot *slot = life_open_new(core, device->uuid);
    enum status status = store_device_insert(core->store, device);
    *slot = (struct presence_slot){.device = (uint32_t)device->id,
                                   .offline_after = PRESENCE_SECONDS(life_offline_after(core, device)),
                                   .active = true,
                                   .fresh = true};
    return status;
}

/* The device was there: what it had until now is over. */
static enum status save_known(struct core *core, struct device_row *device, enum enrolment way)
{
    struct presence_slot *slot = life_open(core, device->uuid);
    enum status status = store_device_update(core->store, device);
    if (status == ST_OK)
        status = store_request_forget_device(core->store, device->id);
    if (status == ST_OK && way == ENROL_REPLACE)
        status = certificates_revoke_all(core, "superseded");
    if (status != ST_OK)
        return status;
    slot->offline_after = PRESENCE_SECONDS(life_offline_after(core, device));
    slot->active = slot->fresh = true;
    return way == ENROL_REPLACE ? life_write(core, device, presence_on_end(slot), REASON_RESET) : ST_OK;
}

static void answer(const struct device_row *device, struct reply *reply)
{
    struct json_writer *json = &reply->json;
    json_text(json, "uuid", device->uuid);
    json_text(json, "deviceId", device->device_id);
    json_text(json, "tenant", device->tenant);
    json_text(json, "deviceName", device->name);
    json_text(json, "deviceType", device->type);
    json_text(json, "state", policy_state_name(device->state));
    json_time(json, "registeredAt", device->registered_at);
    reply->device = device->id;
    memcpy(reply->tenant, device->tenant, sizeof reply->tenant);
    memcpy(reply->target, device->uuid, sizeof reply->target);
    snprintf(reply->audit, sizeof reply->audit, "deviceId=%s", device->device_id);
}

static enum status save(struct core *core, struct request *request, enum enrolment way, struct reply *reply)
{
    struct device_row *device = &core->device;
    enum status status =
        message_merge(device->tags, request->in.tags, device->tags, sizeof device->tags, &request->why);
    if (status != ST_OK)
        return status;
    fill_row(core, &request->in, device->device_id[0] == '\0', device);
    status = way == ENROL_NEW ? save_new(core, device) : save_known(core, device, way);
    if (way == ENROL_COMPLETE || way == ENROL_REPLACE)
        standing_sessions(reply, device->uuid, SESSIONS_CHECK);
    if (status == ST_OK)
        status = api_key_give(core, device, API_KEY_ONLY, reply);
    if (status == ST_OK)
        status = announce(core, device);
    if (status == ST_OK)
        answer(device, reply);
    return status;
}

enum status enrol_count_use(struct core *core, struct request *request)
{
    enum status status = store_key_use(core->store, request->sender.key.id, request->address.id, core->now.wall);
    return status == ST_PROVISIONING_KEY_EXHAUSTED ? fail(&request->why, status, NULL, NULL) : status;
}

enum status enrol_register(struct core *core, struct request *request, enum enrolment way, enum device_state state,
                           struct reply *reply)
{
    if (way == ENROL_NEW)
        start_row(&core->device, request->address.id, request->sender.tenant, core->now.wall);
    core->device.manual = false;
    core->device.state = state;
    /* An intent has counted it. */
    enum status status = request->ticket->stage == TICKET_INTENT ? ST_OK : enrol_count_use(core, request);
    return status == ST_OK ? save(core, request, way, reply) : status;
}

enum status enrol_by_hand(struct core *core, struct request *request, const char *uuid, const char *tenant,
                          struct reply *reply)
{
    start_row(&core->device, uuid, tenant, core->now.wall);
    core->device.manual = true;
    core->device.state = DEVICE_REGISTERED;
    core->device.offline_after = request->in.offline_after;
    return save(core, request, ENROL_NEW, reply);
}
