/* The messages that only say "I am here" or "I am gone": heartbeat, disconnect, will. None has an answer. */
#include "service/core/life.h"
#include "service/op/op.h"
#include "service/op/record.h"

#include <string.h>

bool op_heartbeat_quick(struct core *core, struct request *request)
{
    struct presence *presence = &core->presence;
    enum reason reason = REASON_HEARTBEAT;
    uint32_t number = presence_find(presence, request->address.id, strlen(request->address.id));
    if (number == PRESENCE_NONE || !presence->slots[number].active)
        return true; /* nobody's, or of one who may not: nothing changes */
    struct presence_slot slot = presence->slots[number];
    if (core->gated && slot.fresh)
        return false; /* the first use of its credential */
    if (presence_on_sign(&slot, request->in.session, REASON_HEARTBEAT, core->now, &reason))
        return false;
    presence_put(presence, number, &slot);
    core->heartbeats++;
    return true;
}

enum status op_heartbeat(struct core *core, struct request *request, struct reply *reply)
{
    (void)reply;
    enum reason reason = REASON_HEARTBEAT;
    enum status status = record_own(core, request);
    if (status != ST_OK)
        return status;
    struct presence_slot *slot = life_open(core, request->address.id);
    bool changes = presence_on_sign(slot, request->in.session, REASON_HEARTBEAT, core->now, &reason);
    core->heartbeats++;
    return life_write(core, &core->device, changes, reason);
}

enum status op_disconnect(struct core *core, struct request *request, struct reply *reply)
{
    (void)reply;
    enum reason reason = REASON_DISCONNECT;
    enum status status = record_own(core, request);
    if (status != ST_OK)
        return status;
    struct presence_slot *slot = life_open(core, request->address.id);
    bool changes = presence_on_disconnect(slot, request->in.session, &reason);
    return life_write(core, &core->device, changes, reason);
}

enum status op_will(struct core *core, struct request *request, struct reply *reply)
{
    (void)reply;
    struct presence_slot *slot = life_open(core, request->address.id);
    if (slot == NULL)
        return ST_SILENT;
    presence_on_will(&core->presence, slot, request->in.session, core->now);
    return ST_OK;
}
