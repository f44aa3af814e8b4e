/* Operators on certificates: list, show, revoke. */
#include "service/core/notice.h"
#include "service/core/policy.h"
#include "service/op/op.h"
#include "service/op/scope.h"
#include "service/op/standing.h"

#include <stdio.h>
#include <string.h>

static void write_certificate(struct json_writer *json, const struct certificate_entry *entry)
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
    json_time(json, "createdAt", entry->created_at);
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
    if (status == ST_OK)
        status = store_certificate_list(core->store, device, tenant, after, entries, count, &found);
    if (status != ST_OK)
        return status;
    struct scope_list list = scope_list_begin(&reply->json, found, count);
    for (size_t i = 0; scope_list_next(&list); i++) {
        json_open(&reply->json, NULL, '{');
        write_certificate(&reply->json, &entries[i]);
        json_close(&reply->json, '}');
        snprintf(last, sizeof last, "%lld", (long long)entries[i].row);
    }
    scope_list_end(&list, last);
    return ST_OK;
}

/* The certificate that the request names, when the operator may see it. */
static enum status find_certificate(struct core *core, struct request *request, struct certificate_entry *entry)
{
    enum status status = store_certificate_find(core->store, request->in.certificate_id, entry);
    if (status == ST_CERTIFICATE_NOT_FOUND || (status == ST_OK && !scope_sees(request, entry->tenant)))
        return fail(&request->why, ST_CERTIFICATE_NOT_FOUND, "/certificateId", NULL);
    return status;
}

enum status op_certificate_show(struct core *core, struct request *request, struct reply *reply)
{
    struct certificate_entry entry;
    enum status status = find_certificate(core, request, &entry);
    if (status == ST_OK)
        write_certificate(&reply->json, &entry);
    return status;
}

/* RFC 5280, 5.3.1: the reasons that can be given for a certificate of a device for good. */
static enum status read_reason(struct request *request, const char **reason)
{
    static const char *const reasons[] = {"unspecified",        "keyCompromise", "cACompromise",
                                          "affiliationChanged", "superseded",    "cessationOfOperation",
                                          "privilegeWithdrawn"};
    *reason = (request->in.has & M(REASON)) == 0 ? reasons[0] : NULL;
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (strcmp(request->in.reason, reasons[i]) == 0)
            *reason = reasons[i];
    if (*reason != NULL)
        return ST_OK;
    return fail(&request->why, ST_INVALID_FIELD, "/reason",
                "The member reason must be unspecified, keyCompromise, cACompromise, affiliationChanged, superseded, "
                "cessationOfOperation or privilegeWithdrawn.");
}

/* A device whose only certificate ended is as it was before it had one: its API key gets it another. */
static enum status follow(struct core *core)
{
    struct device_row *device = &core->device;
    bool has_api_key = false, has_certificate = false;
    enum status status = store_device_credentials(core->store, device->id, &has_api_key, &has_certificate);
    if (status != ST_OK || device->state != DEVICE_PROVISIONED || has_certificate)
        return status;
    device->state = policy_standing(has_api_key, has_certificate);
    device->updated_at = core->now.wall;
    return store_device_update(core->store, device);
}

static enum status announce(struct core *core, const struct certificate_entry *entry)
{
    char members[200];
    struct json_writer json;
    int64_t sequence = 0;
    json_start(&json, members, sizeof members);
    json_text(&json, "certificateId", entry->id);
    json_time(&json, "notAfter", entry->not_after * 1000);
    json_text(&json, "reason", entry->reason);
    return notice_emit(core, &core->device, "certificate_revoked", members, &sequence);
}

static enum status revoke(struct core *core, struct certificate_entry *entry, const char *reason)
{
    snprintf(entry->state, sizeof entry->state, "revoked");
    snprintf(entry->reason, sizeof entry->reason, "%s", reason);
    entry->ended_at = core->now.wall;
    enum status status = store_certificate_revoke(core->store, entry->row, reason, entry->ended_at);
    if (status == ST_OK)
        status = store_device_get(core->store, entry->uuid, &core->device);
    if (status == ST_OK)
        status = follow(core);
    return status == ST_OK ? announce(core, entry) : status;
}

enum status op_certificate_revoke(struct core *core, struct request *request, struct reply *reply)
{
    struct certificate_entry entry;
    const char *reason = NULL;
    enum status status = read_reason(request, &reason);
    if (status == ST_OK)
        status = find_certificate(core, request, &entry);
    if (status == ST_OK && strcmp(entry.state, "revoked") != 0) {
        scope_audit(reply, entry.tenant, entry.uuid, "certificateId=%s reason=%s", entry.id, reason);
        status = revoke(core, &entry, reason);
    }
    if (status != ST_OK)
        return status;
    standing_sessions(reply, entry.uuid, SESSIONS_CHECK);
    write_certificate(&reply->json, &entry);
    return ST_OK;
}
