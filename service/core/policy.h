/*
 * Who may become, or speak for, which device. Pure decisions on rows; nothing is looked up here.
 */
#ifndef MUSTER_CORE_POLICY_H
#define MUSTER_CORE_POLICY_H

#include "service/store/store.h"

/* How a provisioning key meets a uuid. */
enum enrolment {
    ENROL_NEW,      /* no such device yet */
    ENROL_COMPLETE, /* an operator registered it by hand and it never used a credential */
    ENROL_AGAIN,    /* it was reset */
    ENROL_REPLACE,  /* the key's policy allows it: the old credentials die */
};

/* Whether a key in good standing may enrol a uuid; `device` is NULL when there is none of it. ST_OK with the way, or
 * ST_DEVICE_EXISTS. */
enum status policy_enrol(const struct device_row *device, const struct key_row *key, enum enrolment *way,
                         struct why *why);

/* Whether a key whose secret was shown right is in good standing at `now` (wall ms): ST_OK,
 * ST_PROVISIONING_KEY_DISABLED or ST_PROVISIONING_KEY_EXPIRED. Its uses are counted where they are taken. */
enum status policy_key_standing(const struct key_row *key, int64_t now, struct why *why);

/* Whether a key admits a device type: ST_OK or ST_DEVICE_TYPE_NOT_ALLOWED. */
enum status policy_key_type(const struct key_row *key, const char *type, struct why *why);

/* Whether a device in this state may act by its own credential: ST_OK, ST_INVALID_STATE, ST_PENDING_APPROVAL or
 * ST_DEVICE_BLOCKED. */
enum status policy_device_may_act(enum device_state state, struct why *why);

/* What an operator does to a device's standing. */
enum change {
    CHANGE_BLOCK,
    CHANGE_UNBLOCK,
    CHANGE_RESET,
    CHANGE_DECOMMISSION,
    CHANGE_COUNT,
};

/* Whether a device in state `from` can be changed so: ST_OK, and whether anything changes at all (what was done before
 * is accepted), or ST_INVALID_STATE. */
enum status policy_change(enum change change, enum device_state from, bool *changes, struct why *why);

/* The state of a device that nobody blocked or took out of service, by the credentials that it still has. */
enum device_state policy_standing(bool has_api_key, bool has_certificate);

/* Whether an answer from before may be given once more about a device in this state: its `own` request hears
 * ST_DEVICE_BLOCKED, a provisioning key's ST_DEVICE_EXISTS. */
enum status policy_repeat(enum device_state state, bool own, struct why *why);

/* Whether a certificate in this state, valid until `not_after` (seconds since 1970, inclusive), may be used at `now`
 * (wall ms): ST_OK, ST_CERTIFICATE_REVOKED (superseded, too) or ST_CERTIFICATE_EXPIRED. */
enum status policy_certificate(const char *state, int64_t not_after, int64_t now);

/* The name of a state on the wire. */
const char *policy_state_name(enum device_state state);

/* "active", "expired", "exhausted" or "disabled". */
const char *policy_key_state(const struct key_row *key, int64_t now);

#endif
