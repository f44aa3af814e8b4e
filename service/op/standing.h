/*
 * What ends with a device's standing: its credentials, its presence, its connections. Shared by the device's own reset,
 * by enrolment and by the operators' operations.
 */
#ifndef MUSTER_OP_STANDING_H
#define MUSTER_OP_STANDING_H

#include "service/core/core.h"

/* What becomes of the device's connections. */
void standing_sessions(struct reply *reply, const char *uuid, enum sessions sessions);

/* Drops API keys and remembered answers of core->device, and revokes every certificate of it that is not ended. */
enum status standing_end_credentials(struct core *core, const char *reason);

/* The device goes offline when it was online, with this reason, and its heartbeats count no more. */
enum status standing_leave(struct core *core, struct device_row *device, enum reason reason);

/* Resets core->device: it keeps its uuid and its tenant. */
enum status standing_reset(struct core *core);

#endif
