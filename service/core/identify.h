/*
 * Whose credential a request bears. Behind the broker's gate its stamp says so; in open mode a provisioning key or an
 * operator's key in its payload does, and a device's request without one counts as the device's own.
 */
#ifndef MUSTER_CORE_IDENTIFY_H
#define MUSTER_CORE_IDENTIFY_H

#include "service/core/core.h"

/* Takes the stamp of the event in hand into request->sender. False when there is none that the gate made for this very
 * message, or when it names another sender than the topic does: then it is no request. Heartbeats have none, since only
 * a device itself can publish them. In open mode always true. */
bool identify_stamp(const struct core *core, struct request *request);

/* Fills `request->sender` and `request->scope`. ST_OK, ST_INVALID_PROVISIONING_KEY, ST_NOT_AUTHORISED,
 * ST_CERTIFICATE_REVOKED, or a status of the store. A key's standing (expired, disabled) is not looked at here: a spent
 * key may still hear an old answer. */
enum status identify(struct core *core, struct request *request);

#endif
