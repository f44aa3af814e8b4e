/* The first certificate of a device, or another one for a device that wants to begin anew; in one shot with its
 * registration. */
#include "service/core/certificates.h"
#include "service/core/notice.h"
#include "service/op/enrol.h"
#include "service/op/issue.h"
#include "service/op/op.h"
#include "service/op/record.h"
#include "service/op/standing.h"

/* May the sender have a certificate for this uuid? `*way` counts only for a provisioning key. */
static enum status admit(struct core *core, struct request *request, enum enrolment *way)
{
    return request->sender.may == MAY_DEVICE ? record_own(core, request) : enrol_admit(core, request, way);
}

static enum status announce(struct core *core, const struct intent_row *intent)
{
    char members[160];
    struct json_writer json;
    int64_t sequence = 0;
    json_start(&json, members, sizeof members);
    json_text(&json, "certificateId", intent->certificate_id);
    json_time(&json, "notAfter", intent->not_after * 1000);
    enum status status = notice_emit(core, &core->device, "provisioned", members, &sequence);
    return status == ST_OK ? certificates_announce(core, "certificate_issued", intent->certificate_id,
                                                   intent->not_after, "provision")
                           : status;
}

static enum status save_state(struct core *core)
{
    struct device_row *device = &core->device;
    /* In one shot its row was written a moment ago. */
    bool written = device->state == DEVICE_PROVISIONED && device->updated_at == core->now.wall;
    device->state = DEVICE_PROVISIONED;
    device->updated_at = core->now.wall;
    return written ? ST_OK : store_device_update(core->store, device);
}

/* What a device gets by its own credential is of the lineage of what it had: that may have been stolen. */
static enum status find_parent(struct core *core, const struct request *request, int64_t *row)
{
    struct certificate_entry parent = {.row = 0};
    enum status status = request->sender.may == MAY_DEVICE ? issue_parent(core, request, &parent) : ST_OK;
    *row = parent.row;
    return status == ST_CERTIFICATE_NOT_FOUND ? ST_OK : status;
}

/* The device may have changed while its intent was made durable: everything was looked up again. */
static enum status finish(struct core *core, struct request *request, enum enrolment way, struct reply *reply)
{
    int64_t parent = 0;
    enum status status = find_parent(core, request, &parent);
    if (core->device.certificate_id[0] != '\0') /* it will be superseded, and who is connected with it goes */
        standing_sessions(reply, request->address.id, SESSIONS_CHECK);
    if (status == ST_OK && request->sender.may == MAY_PROVISION)
        status = enrol_register(core, request, way, DEVICE_PROVISIONED, reply);
    if (status == ST_OK)
        status = issue_finish(core, request, parent, false, reply);
    if (status == ST_OK)
        status = save_state(core);
    return status == ST_OK ? announce(core, &request->ticket->intent) : status;
}

enum status op_provision(struct core *core, struct request *request, struct reply *reply)
{
    enum enrolment way = ENROL_NEW;
    if (issue_still_waits(core, request))
        return ST_PARKED;
    enum status status = admit(core, request, &way);
    if (status != ST_OK)
        return status;
    return request->ticket->stage == TICKET_INTENT ? finish(core, request, way, reply)
                                                   : issue_prepare(core, request, NULL);
}
