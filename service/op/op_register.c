#include "service/op/enrol.h"
#include "service/op/op.h"
#include "service/op/record.h"

enum status op_register(struct core *core, struct request *request, struct reply *reply)
{
    if (request->sender.may == MAY_DEVICE) { /* it is registered: it gets its record, without a new key */
        enum status status = record_own(core, request);
        if (status == ST_OK)
            record_write(core, &core->device, &reply->json);
        return status;
    }
    enum enrolment way = ENROL_NEW;
    enum status status = enrol_admit(core, request, &way);
    return status == ST_OK ? enrol_register(core, request, way, DEVICE_REGISTERED, reply) : status;
}
