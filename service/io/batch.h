/*
 * What the core is stepped through together, made durable together, and refused together when it cannot be.
 */
#ifndef MUSTER_IO_BATCH_H
#define MUSTER_IO_BATCH_H

#include "service/core/core.h"
#include "service/io/log.h"
#include "service/io/parking.h"

#define BATCH_EVENTS 64

struct batch {
    struct core *core;
    struct effects *effects;
    struct parking parking;
    struct log_batch held;             /* what the batch in hand did, for the log */
    struct event events[BATCH_EVENTS]; /* what was stepped: to be refused when it cannot be committed */
    size_t count;
    struct limit refusals; /* lines about refusals */
    struct mono next_waiting, next_intent;
};

/* Makes the batch the one that the core tells what happens. Core and effects are borrowed. */
void batch_init(struct batch *batch, struct core *core, struct effects *effects);

/* How many more events it takes: 0 also when there is no room for their answers. */
size_t batch_room(const struct batch *batch);

/* Steps the core through a message; what it points to stays as it is until the batch is committed. Needs room. */
void batch_step(struct batch *batch, struct event event);

/* Steps those whose wait may be over: an intent that the last commit made durable; now and then the others. */
void batch_step_parked(struct batch *batch, struct now now);

/* Whether an intent is durable and waits for its signature: the next turn shall not wait. */
bool batch_signs(const struct batch *batch, struct now now);

/* Commits, or refuses everyone: then the effects hold only that. Only now may the effects be spoken. ST_OK,
 * ST_STORAGE_UNAVAILABLE, or ST_INTERNAL: nothing written since the last commit can be trusted. */
enum status batch_commit(struct batch *batch);

#endif
