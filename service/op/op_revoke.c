/* Operators revoke: in one step the certificate's row, the next CRL, the device's connections, the event, the audit
 * record. docs/security.md says what a revocation does not end. */
#include "certs/crl.h"
#include "service/core/certificates.h"
#include "service/core/crl.h"
#include "service/op/certificate.h"
#include "service/op/hold.h"
#include "service/op/op.h"
#include "service/op/scope.h"
#include "service/op/standing.h"

#include <stdio.h>
#include <string.h>

static enum status read_reason(struct request *request, const char **reason)
{
    enum crl_reason ignored;
    *reason = (request->in.has & M(REASON)) != 0 ? request->in.reason : "unspecified";
    if (crl_reason_from_name(*reason, &ignored))
        return ST_OK;
    return fail(&request->why, ST_INVALID_FIELD, "/reason",
                "The member reason must be unspecified, keyCompromise, cACompromise, affiliationChanged, superseded, "
                "cessationOfOperation or privilegeWithdrawn.");
}

/* Revokes up to a page of them; `*found` says how many. The first page is named: an answer cannot hold them all. */
static enum status revoke_page(struct core *core, int64_t row, const char *reason, struct json_writer *names,
                               size_t *found)
{
    struct certificate_entry *entries = core->page.certificates;
    int64_t counts = core->now.wall / 1000 - CRL_LINGER_S;
    enum status status = store_certificate_lineage(core->store, row, counts, entries, LIMIT_PAGE_ITEMS, found);
    for (size_t i = 0; names != NULL && i < *found; i++)
        json_text(names, NULL, entries[i].id);
    return status == ST_OK && *found > 0 ? certificates_end(core, entries, *found, "revoked", reason) : status;
}

/* The certificate and all that its device got by it: who stole one may have used it so. What no list would name
 * any more stays as it is. */
static enum status revoke_lineage(struct core *core, int64_t row, const char *reason, struct reply *reply, bool *any)
{
    size_t found = 0, count = 0;
    json_open(&reply->json, "revoked", '[');
    enum status status = revoke_page(core, row, reason, &reply->json, &found);
    json_close(&reply->json, ']');
    for (count = found; found == LIMIT_PAGE_ITEMS && status == ST_OK; count += found)
        status = revoke_page(core, row, reason, NULL, &found);
    json_int(&reply->json, "revokedCount", (int64_t)count);
    *any = count > 0;
    return status;
}

static enum status revoke(struct core *core, struct request *request, struct certificate_entry *entry,
                          const char *reason, struct reply *reply)
{
    bool any = false; /* what is revoked stays as it is */
    enum status status = ST_OK;
    if (request->in.lineage) {
        status = revoke_lineage(core, entry->row, reason, reply, &any);
    } else if (strcmp(entry->state, "revoked") != 0) {
        status = certificates_end(core, entry, 1, "revoked", reason);
        any = true;
    }
    /* One that was only replaced says nothing against the hardware. */
    if (status == ST_OK && any && strcmp(reason, "superseded") != 0)
        status = hold_device(core);
    if (any)
        scope_audit(reply, entry->tenant, entry->uuid, "certificateId=%s reason=%s%s", entry->id, reason,
                    request->in.lineage ? " lineage" : "");
    return status;
}

enum status op_certificate_revoke(struct core *core, struct request *request, struct reply *reply)
{
    struct certificate_entry entry;
    const char *reason = NULL;
    bool held = false;
    enum status status = read_reason(request, &reason);
    if (status == ST_OK)
        status = certificate_find(core, request, &entry);
    if (status == ST_OK)
        status = revoke(core, request, &entry, reason, reply);
    if (status == ST_OK) /* as it is now */
        status = certificate_find(core, request, &entry);
    if (status == ST_OK)
        status = store_hold_of(core->store, entry.uuid, &held);
    if (status != ST_OK)
        return status;
    standing_sessions(reply, entry.uuid, SESSIONS_CHECK);
    certificate_write(&reply->json, &entry);
    json_bool(&reply->json, "held", held);
    return ST_OK;
}

/* The hardware may enrol again with the provisioning key that it used. */
enum status op_device_release(struct core *core, struct request *request, struct reply *reply)
{
    bool released = false;
    enum status status = scope_device(core, request);
    if (status == ST_OK)
        status = store_hold_release(core->store, core->device.uuid, &released);
    if (status != ST_OK)
        return status;
    json_text(&reply->json, "uuid", core->device.uuid);
    json_bool(&reply->json, "released", released);
    if (released)
        scope_audit(reply, core->device.tenant, core->device.uuid, "released");
    return ST_OK;
}
