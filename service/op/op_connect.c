#include "service/core/authority.h"
#include "service/core/certificates.h"
#include "service/core/life.h"
#include "service/core/policy.h"
#include "service/op/hint.h"
#include "service/op/op.h"
#include "service/op/record.h"

#include <stdio.h>
#include <string.h>

/* The bundle of authorities, for a device that says which one it trusts, and that is another one. */
static void answer_bundle(struct core *core, const struct request *request, struct json_writer *json)
{
    const char *known = request->in.ca_fingerprint, *bundle = ca_bundle(authority_newest(core));
    char fingerprint[2 * SECRET_HASH + 1];
    if (known[0] == '\0')
        return;
    secret_fingerprint(bundle, strlen(bundle), fingerprint);
    if (strcmp(known, fingerprint) != 0)
        json_text(json, "caPem", bundle);
}

static void answer(struct core *core, const struct device_row *device, int64_t key_expires_at, struct json_writer *json)
{
    unsigned char serial[PROFILE_SERIAL];
    int after = life_offline_after(core, device);
    int heartbeat = core->config->heartbeat_seconds;
    json_text(json, "status", "online");
    /* A device whose own threshold is shorter than the fleet's beats faster. */
    json_int(json, "heartbeatSeconds", heartbeat < after ? heartbeat : (after + 4) / 5);
    json_int(json, "offlineAfterSeconds", after);
    json_time(json, "serverTime", core->now.wall);
    if (key_expires_at != 0)
        json_time(json, "apiKeyExpiresAt", key_expires_at);
    if (!profile_serial_from_id(device->certificate_id, serial))
        return;
    struct validity validity = {device->certificate_not_before, device->certificate_not_after};
    json_time(json, "renewAfter", profile_renew_after(validity, device->uuid, serial) * 1000);
}

/* The certificate is used: the key that may have been made with it is not told again. Behind the gate it is the one
 * that was shown, in open mode the newest. */
static enum status first_use(struct core *core, const struct request *request, struct reply *reply)
{
    const struct stamp *stamp = &request->sender.stamp;
    struct certificate_entry newest;
    size_t found = 0;
    if (core->gated)
        return stamp->how == STAMP_CERTIFICATE ? hint_certificate_used(core, stamp->credential, reply) : ST_OK;
    enum status status = store_certificate_live(core->store, core->device.id, &newest, 1, &found);
    return status == ST_OK && found > 0 ? hint_certificate_used(core, newest.id, reply) : status;
}

/* One that is late, and connects, is asked to renew: what it was asked before it may not have heard. */
static void offer_when_late(const struct core *core, struct reply *reply)
{
    const struct device_row *device = &core->device;
    int64_t life = device->certificate_not_after - device->certificate_not_before + 1;
    int64_t left = (device->certificate_not_after + 1) * 1000 - core->now.wall;
    if (strcmp(device->certificate_state, "expiring") != 0 || left > expiry_margin(core->config, life, 1))
        return;
    struct certificate_entry *entry = &reply->offered;
    reply->offers = true;
    entry->not_after = device->certificate_not_after;
    memcpy(entry->id, device->certificate_id, sizeof entry->id);
    memcpy(entry->uuid, device->uuid, sizeof entry->uuid);
    reply->offer_reason = expiry_reason(EXPIRY_RENEWAL);
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
    int64_t key_expires_at = 0;
    enum status status = record_own(core, request);
    if (status != ST_OK)
        return status;
    status = first_use(core, request, reply);
    if (status == ST_OK) /* its certificate may be another one now */
        status = store_device_get(core->store, request->address.id, device);
    if (status == ST_OK)
        status = store_api_key_expiry(core->store, device->id, request->sender.stamp.credential, &key_expires_at);
    if (status != ST_OK)
        return status;
    struct presence_slot *slot = life_open(core, device->uuid);
    enum reason reason = REASON_CONNECT;
    bool changes = presence_on_connect(slot, request->in.session, hint_connection(&request->sender.stamp),
                                       core->now.mono, &reason);
    status = life_write(core, device, changes, reason);
    answer(core, device, key_expires_at, &reply->json);
    answer_bundle(core, request, &reply->json);
    offer_when_late(core, reply);
    return status;
}
