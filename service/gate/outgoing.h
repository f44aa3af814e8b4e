/*
 * What the gate itself sends: answers to one connection, last wills and hints. Collected during the broker's turn and
 * handed over at its end, when nothing can come between: an answer finds the very connection that asked, or nobody.
 * One thread.
 */
#ifndef MUSTER_GATE_OUTGOING_H
#define MUSTER_GATE_OUTGOING_H

#include "service/gate/session.h"
#include "topics/topic.h"

#include <mosquitto_broker.h>

struct outgoing_item {
    STAILQ_ENTRY(outgoing_item) of_items;
    uint64_t connection; /* 0: to all who subscribe */
    char client_id[LIMIT_CLIENT_ID + 1];
    char topic[LIMIT_TOPIC + 1];
    void *payload;
    size_t length;
    mosquitto_property *properties;
};

struct outgoing {
    STAILQ_HEAD(outgoing_queue, outgoing_item) items;
    bool has_key;    /* without one there is no service to speak to */
    uint64_t key[2]; /* of stamps */
};

void outgoing_init(struct outgoing *outgoing);
void outgoing_free(struct outgoing *outgoing);

/* An answer for one connection. `properties` become the item's. False without memory. */
bool outgoing_answer(struct outgoing *outgoing, uint64_t connection, const char *client_id, const char *topic,
                     const void *payload, size_t length, mosquitto_property *properties);

/* A message to the service, stamped; dropped when there is no service. False without memory. */
bool outgoing_notice(struct outgoing *outgoing, const struct stamp *stamp, const char *topic, const void *payload,
                     size_t length);

/* What the gate sees, on a topic without parameters. */
bool outgoing_hint(struct outgoing *outgoing, enum topic_id topic, const struct stamp *stamp, const char *payload);

/* Adds the stamp for a message to its properties. False without memory, or without a service. */
bool outgoing_stamp(const struct outgoing *outgoing, const struct stamp *stamp, const struct stamped *what,
                    mosquitto_property **properties);

/* Hands everything to the broker; an answer whose connection has gone is dropped. A provisioning connection that has
 * had OUTGOING_ANSWERS ends: it would fill the broker's memory by never acknowledging one. */
#define OUTGOING_ANSWERS 64
void outgoing_flush(struct outgoing *outgoing, struct sessions *sessions);

#endif
