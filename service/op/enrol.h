/*
 * What `register`, a one-shot `provision` and `device/create` share: may this uuid enrol, and its registration.
 */
#ifndef MUSTER_OP_ENROL_H
#define MUSTER_OP_ENROL_H

#include "service/core/core.h"
#include "service/core/policy.h"

/* Whether the sender's provisioning key may enrol the uuid of the request; the device's row is in core->device, zeros
 * when there is none. ST_OK with the way, or why not. Writes nothing. */
enum status enrol_admit(struct core *core, struct request *request, enum enrolment *way);

/* Counts a use of the sender's provisioning key, once per uuid; ST_PROVISIONING_KEY_EXHAUSTED when there is none left.
 */
enum status enrol_count_use(struct core *core, struct request *request);

/* Registers: writes the device, its new API key and its event, counts the key's use, and answers with the members of
 * `register`. `state` is where this leads: registered, or provisioned when a certificate comes with it. core->device is
 * the row afterwards. */
enum status enrol_register(struct core *core, struct request *request, enum enrolment way, enum device_state state,
                           struct reply *reply);

/* The same for an operator's registration by hand, in `tenant`. */
enum status enrol_by_hand(struct core *core, struct request *request, const char *uuid, const char *tenant,
                          struct reply *reply);

#endif
