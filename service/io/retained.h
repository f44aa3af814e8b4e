/*
 * The retained status of each device, for whoever comes late: muster/v1/status/<tenant>/<uuid>. The service alone
 * retains it; a last will that retains would call a living device offline.
 */
#ifndef MUSTER_IO_RETAINED_H
#define MUSTER_IO_RETAINED_H

#include "service/core/core.h"
#include "service/io/mqtt.h"

/* Publishes one status; `since` is in milliseconds since 1970. */
void retained_send(struct mqtt *mqtt, const char *tenant, const char *uuid, const char *status, int64_t since,
                   int64_t sequence);

/* Empties the topic: the device is decommissioned. */
void retained_clear(struct mqtt *mqtt, const char *tenant, const char *uuid);

/* A walk over all devices: a broker that was restarted may have lost what it retained. At a walking pace (at most 5,000
 * devices a second): what the connection cannot send yet waits in memory, and beyond 65,535 messages it would drop
 * some. */
struct retained_walk {
    bool going;
    struct mono next; /* no page before */
    char after[LIMIT_UUID + 1];
};
void retained_walk_start(struct retained_walk *walk);

/* Publishes the next page from the store (core->page is used for it); the walk ends behind the last device. */
void retained_walk_on(struct retained_walk *walk, struct core *core, struct mqtt *mqtt, struct mono now);

#endif
