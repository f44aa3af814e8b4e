/* A device renews its certificate: old and new are valid together until it has connected with the new one. */
#include "service/core/certificates.h"
#include "service/core/policy.h"
#include "service/op/issue.h"
#include "service/op/op.h"
#include "service/op/record.h"

#include <string.h>

#define DAY_MS (24 * 3600 * INT64_C(1000))

static enum status find(struct core *core, struct request *request, struct certificate_entry *entry)
{
    enum status status = issue_parent(core, request, entry);
    return status == ST_CERTIFICATE_NOT_FOUND
               ? fail(&request->why, status, NULL, "The device has no certificate to renew.")
               : status;
}

/* After its end it is renewed within a grace, for whoever proves to hold its key: the CSR is signed with it. What is
 * given to one who only replays such a CSR is of no use to him. */
static enum status admit(const struct core *core, struct request *request, const struct certificate_entry *entry,
                         const unsigned char **same_key)
{
    enum status status = policy_certificate(entry->state, entry->not_after, core->now.wall);
    int64_t grace = entry->not_after * 1000 + core->config->certificate_grace_days * DAY_MS;
    *same_key = NULL;
    if (status == ST_CERTIFICATE_EXPIRED && core->now.wall <= grace && (request->in.has & M(CSR)) != 0) {
        *same_key = entry->public_key;
        return ST_OK;
    }
    return status == ST_OK ? ST_OK : fail(&request->why, status, NULL, NULL);
}

static enum status finish(struct core *core, struct request *request, const struct certificate_entry *entry,
                          struct reply *reply)
{
    const struct intent_row *intent = &request->ticket->intent;
    struct device_row *device = &core->device;
    enum status status = issue_finish(core, request, entry->row, true, reply);
    if (status == ST_OK && device->state != DEVICE_PROVISIONED) { /* its certificate had expired */
        device->state = DEVICE_PROVISIONED;
        device->updated_at = core->now.wall;
        status = store_device_update(core->store, device);
    }
    return status == ST_OK
               ? certificates_announce(core, "certificate_issued", intent->certificate_id, intent->not_after, "renew")
               : status;
}

enum status op_renew(struct core *core, struct request *request, struct reply *reply)
{
    struct certificate_entry entry;
    const unsigned char *same_key = NULL;
    if (issue_still_waits(core, request))
        return ST_PARKED;
    enum status status = record_own(core, request);
    if (status == ST_OK)
        status = find(core, request, &entry);
    if (status == ST_OK)
        status = admit(core, request, &entry, &same_key);
    if (status != ST_OK)
        return status;
    return request->ticket->stage == TICKET_INTENT ? finish(core, request, &entry, reply)
                                                   : issue_prepare(core, request, same_key);
}
