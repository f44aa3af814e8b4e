#include "service/core/policy.h"

#include "topics/message.h"

#include <string.h>

static const struct {
    const char *name;
    enum status acts; /* by its own credential */
} states[DEVICE_STATE_COUNT] = {
    [DEVICE_UNREGISTERED] = {"unregistered", ST_INVALID_STATE},
    [DEVICE_PENDING_APPROVAL] = {"pending_approval", ST_PENDING_APPROVAL},
    [DEVICE_REGISTERED] = {"registered", ST_OK},
    [DEVICE_PROVISIONED] = {"provisioned", ST_OK},
    [DEVICE_BLOCKED] = {"blocked", ST_DEVICE_BLOCKED},
    [DEVICE_DECOMMISSIONED] = {"decommissioned", ST_INVALID_STATE},
};

const char *policy_state_name(enum device_state state)
{
    return states[state].name;
}

enum status policy_device_may_act(enum device_state state, struct why *why)
{
    if (states[state].acts == ST_OK)
        return ST_OK;
    return fail(why, states[state].acts, NULL, "The device is %s.", states[state].name);
}

enum status policy_certificate(const char *state, int64_t not_after, int64_t now)
{
    static const char *const live[] = {"pending", "active", "expiring"};
    for (size_t i = 0; i < sizeof live / sizeof *live; i++)
        if (strcmp(state, live[i]) == 0)
            return now / 1000 > not_after ? ST_CERTIFICATE_EXPIRED : ST_OK;
    /* What was revoked stays so when its time is over, too. */
    return strcmp(state, "expired") == 0 ? ST_CERTIFICATE_EXPIRED : ST_CERTIFICATE_REVOKED;
}

enum verdict { NEVER, CHANGES, SAME };

/* By the states in their order: unregistered, pending_approval, registered, provisioned, blocked, decommissioned. */
static const unsigned char verdicts[CHANGE_COUNT][DEVICE_STATE_COUNT] = {
    [CHANGE_BLOCK] = {CHANGES, CHANGES, CHANGES, CHANGES, SAME, NEVER},
    [CHANGE_UNBLOCK] = {NEVER, NEVER, NEVER, NEVER, CHANGES, NEVER},
    [CHANGE_RESET] = {SAME, NEVER, CHANGES, CHANGES, NEVER, NEVER}, /* a block stands until it is lifted */
    [CHANGE_DECOMMISSION] = {CHANGES, CHANGES, CHANGES, CHANGES, CHANGES, SAME},
};

enum status policy_change(enum change change, enum device_state from, bool *changes, struct why *why)
{
    *changes = verdicts[change][from] == CHANGES;
    if (verdicts[change][from] != NEVER)
        return ST_OK;
    return fail(why, ST_INVALID_STATE, NULL, "The device is %s.", states[from].name);
}

enum device_state policy_standing(bool has_api_key, bool has_certificate)
{
    if (has_certificate)
        return DEVICE_PROVISIONED;
    return has_api_key ? DEVICE_REGISTERED : DEVICE_UNREGISTERED;
}

enum status policy_repeat(enum device_state state, bool own, struct why *why)
{
    if (state != DEVICE_BLOCKED)
        return ST_OK;
    return own ? policy_device_may_act(state, why) : fail(why, ST_DEVICE_EXISTS, NULL, NULL);
}

enum status policy_enrol(const struct device_row *device, const struct key_row *key, enum enrolment *way,
                         struct why *why)
{
    *way = ENROL_NEW;
    if (device == NULL)
        return ST_OK;
    bool same_tenant = strcmp(device->tenant, key->tenant) == 0;
    bool acts = states[device->state].acts == ST_OK;
    if (same_tenant && device->state == DEVICE_UNREGISTERED)
        *way = ENROL_AGAIN;
    else if (same_tenant && acts && device->manual && !device->credential_used)
        *way = ENROL_COMPLETE;
    else if (same_tenant && acts && key->replace)
        *way = ENROL_REPLACE;
    else
        return fail(why, ST_DEVICE_EXISTS, NULL, NULL);
    return ST_OK;
}

enum status policy_key_standing(const struct key_row *key, int64_t now, struct why *why)
{
    if (key->disabled_at != 0)
        return fail(why, ST_PROVISIONING_KEY_DISABLED, NULL, NULL);
    if (now >= key->expires_at)
        return fail(why, ST_PROVISIONING_KEY_EXPIRED, NULL, NULL);
    return ST_OK;
}

enum status policy_key_type(const struct key_row *key, const char *type, struct why *why)
{
    if (key->device_types[0] == '\0' || message_list_holds(key->device_types, type))
        return ST_OK;
    return fail(why, ST_DEVICE_TYPE_NOT_ALLOWED, "/deviceType", NULL);
}

const char *policy_key_state(const struct key_row *key, int64_t now)
{
    if (key->disabled_at != 0)
        return "disabled";
    if (now >= key->expires_at)
        return "expired";
    return key->used >= key->uses ? "exhausted" : "active";
}
