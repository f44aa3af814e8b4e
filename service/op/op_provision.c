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

/* The device may have changed while its intent was made durable: everything was looked up again. */
static enum status finish(struct core *core, struct request *request, enum enrolment way, struct reply *reply)
{
    enum status status = ST_OK;
    if (core->device.certificate_id[0] != '\0') /* it will be superseded, and who is connected with it goes */
        standing_sessions(reply, request->address.id, SESSIONS_CHECK);
    if (request->sender.may == MAY_PROVISION)
        status = enrol_register(core, request, way, DEVICE_PROVISIONED, reply);
    if (status == ST_OK)
        status = issue_finish(core, request, 0, reply);
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
