/*
 * Requests that wait: each with a copy of its message and its ticket, until the core takes it up again.
 */
#ifndef MUSTER_IO_PARKING_H
#define MUSTER_IO_PARKING_H

#include "service/core/core.h"

#define PARKING_PLACES 256

struct parked {
    struct event event; /* its pointers mean `copy` */
    struct ticket ticket;
    char *copy;   /* NULL: the place is free */
    bool stepped; /* answered in the batch in hand: leaves when that is durable */
    bool durable; /* its intent is committed */
    bool told;    /* it has heard that the storage is unavailable */
};

struct parking {
    struct parked places[PARKING_PLACES];
    size_t count;
};

/* Whether one more request on this topic may wait for a key or a twin: half of the places are for those, and two for
 * each topic, so that no device keeps the others out. */
#define PARKING_WAITING   (PARKING_PLACES / 2)
#define PARKING_PER_TOPIC 8
bool parking_may_wait(const struct parking *parking, const char *topic, size_t length);

/* How many more can be parked. */
size_t parking_room(const struct parking *parking);

/* Copies an event into a free place and takes its ticket over. False when there is none (or no memory). */
bool parking_add(struct parking *parking, const struct event *event, const struct ticket *ticket);

/* The batch is durable: what was parked and is answered now leaves; whose intent was in it can be signed. */
void parking_leave(struct parking *parking);
void parking_mark_durable(struct parking *parking);

/* Whether an intent is durable and waits for its signature. */
bool parking_has_intents(const struct parking *parking);

/* Ends a ticket, wipes the message and frees the place. */
void parking_free(struct parking *parking, struct parked *parked);

#endif
