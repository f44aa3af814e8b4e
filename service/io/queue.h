/*
 * From Paho's threads to the core's: two buffers. Callbacks fill the one, the core drains the other, and when that is
 * empty they change places. Whoever puts copies and goes; nothing here blocks but queue_turn.
 */
#ifndef MUSTER_IO_QUEUE_H
#define MUSTER_IO_QUEUE_H

#include "service/core/time.h"
#include "service/io/mqtt.h"
#include "topics/topic.h"

#include <stdbool.h>
#include <stddef.h>

enum queue_kind { QUEUE_MESSAGE, QUEUE_UP, QUEUE_DOWN, QUEUE_ACKNOWLEDGED };

struct queue_item {
    enum queue_kind kind;
    int source;                  /* the owner's number of the connection */
    uint64_t id;                 /* of QUEUE_ACKNOWLEDGED */
    enum mqtt_outcome outcome;   /* of QUEUE_ACKNOWLEDGED */
    struct now now;              /* when it came */
    struct mqtt_message message; /* of QUEUE_MESSAGE; of QUEUE_DOWN the payload is the reason */
};

struct queue;

/* Two buffers of `size` octets; NULL without memory. */
struct queue *queue_new(size_t size);
void queue_free(struct queue *queue);

/* Copies an item with the octets that its pointers mean (of a payload at most `payload_limit`). A message that finds
 * the buffer full is dropped and counted; for the other kinds room is kept. Thread-safe. */
void queue_put(struct queue *queue, const struct queue_item *item, size_t payload_limit);

/* Ends a queue_turn that waits. Thread-safe. */
void queue_wake(struct queue *queue);

/* The owner's thread: when all was taken, waits for more (`timeout_ms` at most, until a wake) and changes the buffers.
 * Sleeps `nap_us` microseconds (below a second) first, without being woken: with messages under way that is cheaper
 * than a wake for each. What was taken before is not valid any more then. True when the last call lies so far back
 * (QUEUE_PAUSE_MS) that the process must have been stopped meanwhile: messages may wait where nobody has looked yet. */
#define QUEUE_PAUSE_MS 3000
bool queue_turn(struct queue *queue, int timeout_ms, int nap_us);

/* The owner's thread: the moment up to which all that came has been taken. It lies behind the clock while messages
 * wait: who judges silence by the clock would not have heard what is already here. */
struct now queue_heard(const struct queue *queue);

/* The owner's thread: takes the next item; false when it is time for queue_turn. */
bool queue_take(struct queue *queue, struct queue_item *item);

/* The owner's thread: the topics of up to `most` messages among the next `most` items; nothing is taken. Returns how
 * many. */
size_t queue_ahead(const struct queue *queue, struct text topics[], size_t most);

/* How many messages were dropped since the last call. Thread-safe. */
uint64_t queue_dropped(struct queue *queue);

#endif
