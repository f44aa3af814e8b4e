/* What the broker's gate tells: a device has connected, its connection has closed, a login was refused. */
#include "service/core/authority.h"
#include "service/core/certificates.h"
#include "service/core/life.h"
#include "service/op/hint.h"
#include "service/op/op.h"
#include "service/op/standing.h"

#include <stdio.h>
#include <string.h>

uint32_t hint_connection(const struct stamp *stamp)
{
    return strchr(stamp->client_id, '~') == NULL ? (uint32_t)stamp->connection : 0;
}

enum status hint_certificate_used(struct core *core, const char *id, struct reply *reply)
{
    struct certificate_entry entry;
    bool superseded = false;
    enum status status = store_certificate_find(core->store, id, &entry);
    if (status == ST_OK)
        status = certificates_used(core, &entry, &superseded);
    if (superseded)
        standing_sessions(reply, entry.uuid, SESSIONS_CHECK);
    return status;
}

/* The one before ends, who is connected with it goes, and its successor is told no more. */
static enum status next_key_used(struct core *core, struct request *request, struct reply *reply)
{
    const struct presence_slot *slot = life_open(core, request->address.id);
    const char *id = request->sender.stamp.credential;
    request->sender.next_key = false;
    if (reply->sessions == SESSIONS_STAY)
        standing_sessions(reply, request->address.id, SESSIONS_CHECK);
    enum status status = store_api_key_promote(core->store, slot->device, id);
    return status == ST_OK ? store_request_unseal(core->store, slot->device, id) : status;
}

enum status op_credential_used(struct core *core, struct request *request, struct reply *reply)
{
    if (request->sender.next_key)
        return next_key_used(core, request, reply);
    return request->sender.pending ? hint_certificate_used(core, request->sender.stamp.credential, reply) : ST_OK;
}

/* A login is the first use of a credential; a sign of life is only what the device says itself. */
enum status op_connected(struct core *core, struct request *request, struct reply *reply)
{
    struct presence_slot *slot = life_open(core, request->address.id);
    if (slot == NULL)
        return ST_SILENT;
    enum status status = op_credential_used(core, request, reply);
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

/* What the gate found when it was asked to look at a device's connections. */
enum status op_checked(struct core *core, struct request *request, struct reply *reply)
{
    (void)reply;
    struct checked *checked = &core->checked[core->checked_next++ % CHECKED_MOST];
    memcpy(checked->uuid, request->in.uuid, sizeof checked->uuid);
    checked->closed = request->in.closed;
    checked->open = request->in.open;
    checked->at = core->now.wall;
    return ST_OK;
}

/* The broker has read its certificates and revocation lists again. */
enum status op_reloaded(struct core *core, struct request *request, struct reply *reply)
{
    (void)reply;
    return authority_known(core, request->in.number);
}
