/*
 * Who asks. In open mode the payload says so: a provisioning key, an operator's key, or neither: then the request
 * counts as the device's own. Behind a gate the stamp of the connection would; that is the one place to change.
 */
#ifndef MUSTER_CORE_IDENTIFY_H
#define MUSTER_CORE_IDENTIFY_H

#include "service/core/core.h"

/* Fills `request->sender` and `request->scope`. ST_OK, ST_INVALID_PROVISIONING_KEY, ST_NOT_AUTHORISED, or a status of
 * the store. A key's standing (expired, disabled) is not looked at here: a spent key may still hear an old answer. */
enum status identify(struct core *core, struct request *request);

#endif
