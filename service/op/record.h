/*
 * How a device is shown: the record of docs/protocol.md, section 3. Never a secret.
 */
#ifndef MUSTER_OP_RECORD_H
#define MUSTER_OP_RECORD_H

#include "service/core/core.h"

/* Writes the record's members into the object that is open; takes the newest presence into `device` first. */
void record_write(const struct core *core, struct device_row *device, struct json_writer *json);

/* Looks up the device that speaks for itself, and whether it may. Its row is in core->device then, its answer is
 * forgotten when it is reset, and an operation that is a sign of life has been one. */
enum status record_own(struct core *core, struct request *request);

#endif
