/* The messages that only say "I am here" or "I am gone": heartbeat, disconnect, will. None has an answer. */
#include "service/core/life.h"
#include "service/op/op.h"
#include "service/op/record.h"

enum status op_heartbeat(struct core *core, struct request *request, struct reply *reply)
{
    (void)reply;
    enum reason reason = REASON_HEARTBEAT;
    enum status status = record_own(core, request);
    if (status != ST_OK)
        return status;
    struct presence_slot *slot = life_open(core, request->address.id);
    bool changes = presence_on_sign(slot, request->in.session, REASON_HEARTBEAT, core->now.mono, &reason);
    status = life_write(core, &core->device, changes, reason);
    core->heartbeats += status == ST_OK;
    return status;
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
    presence_on_will(&core->presence, slot, request->in.session, core->now.mono);
    return ST_OK;
}
