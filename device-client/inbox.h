/*
 * The events of a connection on their way from Paho's threads to the one that owns the connection: a bounded queue and
 * a descriptor to wait for. What it holds may be secret and is wiped. Thread-safe; its lock is held for a few copies
 * only.
 */
#ifndef MUSTER_DEVICE_INBOX_H
#define MUSTER_DEVICE_INBOX_H

#include "device-client/paho.h"

#include <pthread.h>

#define INBOX_SIZE 64 /* answers to one question at a time never fill it */

struct inbox {
    pthread_mutex_t lock;
    int wake; /* eventfd: readable while events wait */
    bool open;
    struct paho_event queue[INBOX_SIZE];
    size_t first, count;
};

/* Prepares a closed inbox; false when there is no descriptor to be had. `inbox_end` in either case. */
bool inbox_begin(struct inbox *inbox);
void inbox_end(struct inbox *inbox);

/* From now on events are taken, or thrown away; what waits is thrown away. */
void inbox_open(struct inbox *inbox, bool open);

/* Takes over what `event` owns. A message that does not fit is thrown away: a lost answer is asked for again. Other
 * events always fit: they take the place of the oldest. */
void inbox_put(struct inbox *inbox, struct paho_event *event);

/* As paho_next. */
bool inbox_take(struct inbox *inbox, struct paho_event *out);

#endif
