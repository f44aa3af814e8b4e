/*
 * The short cuts of a heartbeat that only moves a time in memory: no batch, no savepoint, no answer. Neither decides
 * anything that op_heartbeat would decide otherwise.
 */
#ifndef MUSTER_CORE_HEARTBEAT_H
#define MUSTER_CORE_HEARTBEAT_H

#include "service/core/core.h"

/* From the octets of an event: true when it was a heartbeat in its usual form (topics/beat.h), of a device that is
 * online and stays so, and all is done. False, and nothing done: core_step says what it is. */
bool heartbeat_short(struct core *core, const struct event *event);

/* What is about to come, for presence_prefetch: the topics of the next messages, at most PRESENCE_AHEAD. */
void heartbeat_look_ahead(const struct core *core, const struct text topics[], size_t count);

/* From a request that was decoded: true also when it changes nothing at all, because nobody's it is. */
bool heartbeat_quick(struct core *core, struct request *request);

#endif
