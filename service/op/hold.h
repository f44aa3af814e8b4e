/*
 * Hardware that is held: its certificate was revoked, and it does not enrol again with the provisioning key that it
 * used, under whatever uuid, until an operator releases it.
 */
#ifndef MUSTER_OP_HOLD_H
#define MUSTER_OP_HOLD_H

#include "service/core/core.h"

/* Holds the hardware of core->device: its uuid, and what it said of `serial` and `mac`, when that says something. */
enum status hold_device(struct core *core);

/* Whether the hardware that enrols is held: ST_OK or ST_DEVICE_BLOCKED. Writes nothing. */
enum status hold_check(struct core *core, struct request *request);

#endif
