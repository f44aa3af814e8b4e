/*
 * Presence on its way to the store: an event changes a copy of its device's slot, the operation writes what that means,
 * and core_step puts the copy into memory when the writes stand.
 */
#ifndef MUSTER_CORE_LIFE_H
#define MUSTER_CORE_LIFE_H

#include "service/core/core.h"

/* The copy of a device's slot for the event in hand; NULL when presence does not know the uuid (it knows every device
 * of the store). Asked again within the event it gives the same copy. */
struct presence_slot *life_open(struct core *core, const char *uuid);

/* A new device's slot; it is added when the event's writes stand. */
struct presence_slot *life_open_new(struct core *core, const char *uuid);

/* Writes what has become of the copy: with `changes` its new status and its status_changed event, else its sessions
 * and connection where they are others. `device` is the row as the store has it, before and afterwards. */
enum status life_write(struct core *core, struct device_row *device, bool changes, enum reason reason);

/* The event's writes stand (or were undone): takes the copy over, or drops it. */
void life_close(struct core *core, bool keep);

/* The offline threshold of a device, in seconds. */
int life_offline_after(const struct core *core, const struct device_row *device);

/* What presence knows of a device, newer than its row: writes it into `device->presence`. */
void life_refresh(const struct core *core, struct device_row *device);

/* Writes what a slot knows better than its row in the store into `row`. */
void life_fill(const struct core *core, const struct presence_slot *slot, struct presence_row *row);

#endif
