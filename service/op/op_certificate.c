/* Operators on certificates: list, show, and asking for a renewal. */
#include "service/core/certificates.h"
#include "service/op/certificate.h"
#include "service/op/op.h"
#include "service/op/scope.h"

#include <stdio.h>
#include <string.h>

void certificate_write(struct json_writer *json, const struct certificate_entry *entry)
{
    char fingerprint[2 * HASH_SIZE + 1];
    for (size_t i = 0; i < HASH_SIZE; i++)
        snprintf(fingerprint + 2 * i, 3, "%02x", entry->fingerprint[i]);
    json_text(json, "certificateId", entry->id);
    json_text(json, "uuid", entry->uuid);
    json_text(json, "tenant", entry->tenant);
    json_text(json, "state", entry->state);
    json_text(json, "reason", entry->reason[0] != '\0' ? entry->reason : NULL);
    json_time(json, "notBefore", entry->not_before * 1000);
    json_time(json, "notAfter", entry->not_after * 1000);
    json_text(json, "fingerprint", entry->has_fingerprint ? fingerprint : NULL);
    json_text(json, "issuerId", entry->has_fingerprint && entry->issuer[0] != '\0' ? entry->issuer : NULL);
    json_time(json, "createdAt", entry->created_at);
    json_time(json, "activatedAt", entry->activated_at);
    json_time(json, "endedAt", entry->ended_at);
}

/* The device whose certificates are asked for, or 0 for all of `tenant`. */
static enum status find_owner(struct core *core, struct request *request, const char **tenant, int64_t *device)
{
    enum status status = scope_tenant(request, tenant);
    if (status != ST_OK || (request->in.has & M(UUID)) == 0)
        return status;
    status = scope_device(core, request);
    if (status == ST_OK && *tenant != NULL && strcmp(*tenant, core->device.tenant) != 0)
        return fail(&request->why, ST_DEVICE_NOT_FOUND, "/uuid", NULL);
    *device = core->device.id;
    return status;
}

/* Of a page by issuer only a part may be of the tenant and the device; the page is shorter then. */
static bool is_asked_for(const struct certificate_entry *entry, const char *tenant, int64_t device)
{
    return (tenant == NULL || strcmp(entry->tenant, tenant) == 0) && (device == 0 || entry->device == device);
}

enum status op_certificate_list(struct core *core, struct request *request, struct reply *reply)
{
    struct certificate_entry *entries = core->page.certificates;
    const char *tenant = NULL;
    size_t found = 0, count = scope_page(request);
    int64_t after = 0, device = 0;
    char last[24] = "";
    enum status status = scope_number(request, &after);
    if (status == ST_OK)
        status = find_owner(core, request, &tenant, &device);
    if (status == ST_OK && (request->in.has & M(ISSUER_ID)) != 0)
        status = store_certificate_list_issuer(core->store, request->in.issuer_id, after, entries, count, &found);
    else if (status == ST_OK)
        status = store_certificate_list(core->store, device, tenant, after, entries, count, &found);
    if (status != ST_OK)
        return status;
    struct scope_list list = scope_list_begin(&reply->json, found, count);
    for (size_t i = 0; scope_list_next(&list); i++) {
        if (is_asked_for(&entries[i], tenant, device)) {
            json_open(&reply->json, NULL, '{');
            certificate_write(&reply->json, &entries[i]);
            json_close(&reply->json, '}');
        }
        snprintf(last, sizeof last, "%lld", (long long)entries[i].row);
    }
    scope_list_end(&list, last);
    return ST_OK;
}

enum status certificate_find(struct core *core, struct request *request, struct certificate_entry *entry)
{
    enum status status = store_certificate_find(core->store, request->in.certificate_id, entry);
    if (status == ST_CERTIFICATE_NOT_FOUND || (status == ST_OK && !scope_sees(request, entry->tenant)))
        return fail(&request->why, ST_CERTIFICATE_NOT_FOUND, "/certificateId", NULL);
    return status;
}

enum status op_certificate_show(struct core *core, struct request *request, struct reply *reply)
{
    struct certificate_entry entry;
    enum status status = certificate_find(core, request, &entry);
    if (status == ST_OK)
        certificate_write(&reply->json, &entry);
    return status;
}

/* The device renews when it hears of it; nothing changes before. */
enum status op_certificate_renew(struct core *core, struct request *request, struct reply *reply)
{
    struct certificate_entry *entry = &reply->offered;
    enum status status = scope_device(core, request);
    if (status != ST_OK)
        return status;
    status = store_certificate_find(core->store, core->device.certificate_id, entry);
    bool ended = status == ST_OK && entry->ended_at != 0;
    if (status == ST_CERTIFICATE_NOT_FOUND || ended)
        return fail(&request->why, ST_CERTIFICATE_NOT_FOUND, "/uuid", "The device has no certificate to renew.");
    if (status != ST_OK)
        return status;
    reply->offers = true;
    reply->offer_reason = "operator";
    scope_audit(reply, entry->tenant, entry->uuid, "certificateId=%s", entry->id);
    certificate_write(&reply->json, entry);
    return ST_OK;
}
