/*
 * The service's two connections to the broker: the subscriber hears requests, the publisher speaks (a message that the
 * broker chokes on must not make the service deaf). Connects, reconnects, and probes itself: only a probe that came all
 * the way round counts as hearing.
 */
#ifndef MUSTER_IO_BROKER_H
#define MUSTER_IO_BROKER_H

#include "service/config.h"
#include "service/core/time.h"
#include "service/io/mqtt.h"
#include "service/io/queue.h"

enum { BROKER_SUBSCRIBER, BROKER_PUBLISHER, BROKER_CONNECTIONS };

struct connection {
    struct broker *broker;
    struct mqtt *mqtt;
    int number;
    bool up, connecting, told; /* told: the log knows that it is down */
    int failures;              /* in a row */
    struct mono next_attempt;  /* while it is connecting: when that counts as failed */
};

struct broker {
    struct connection connections[BROKER_CONNECTIONS];
    struct queue *queue; /* where the callbacks put what they hear */
    const struct config *config;
    bool hearing;
    const uint64_t *stamp_key; /* of the broker's gate; NULL in open mode */
    bool ungated;              /* no gate guards the broker; the log knows */
    bool exposed;              /* other machines reach it; the log knows */
    bool unsure;               /* perhaps they do, that could not be seen; the log knows */
    bool probing;              /* a probe is out */
    bool announce;             /* when the next probe returns: say `online` again, let the gate check everyone */
    uint32_t nonce;            /* of the last probe */
    struct mono probe_at;      /* when to send the next one, or to give up waiting for this one */
    char state_topic[64], probe_topic[64], publisher_id[64];
};

enum broker_change { BROKER_NO_CHANGE, BROKER_HEARS, BROKER_DEAF };

/* Makes both connections, does not connect yet. `stamp_key` is what the broker's gate gets at each connect to make
 * stamps with (NULL in open mode); it outlives the broker. False without memory, or when the password file cannot be
 * read (then a sentence is in `error`). */
bool broker_start(struct broker *broker, const struct config *config, const uint64_t *stamp_key, struct queue *queue,
                  struct now now, char *error, size_t error_size);

/* Takes what the callbacks said (QUEUE_UP, QUEUE_DOWN). Says whether the service has become deaf. */
enum broker_change broker_event(struct broker *broker, const struct queue_item *item);

/* Whether a message is a probe of ours; then says whether the service hears from now on. In gated mode only a probe
 * that bears the gate's stamp counts: without one, both connections start anew. */
bool broker_is_probe(struct broker *broker, const struct mqtt_message *message, struct now now,
                     enum broker_change *change);

/* Connects (in open mode only to a broker on loopback) and probes when it is time. A probe counts as lost only when all
 * has been heard up to its time: `heard` is queue_heard(), which lies behind `now` while messages wait. */
enum broker_change broker_tick(struct broker *broker, struct now heard, struct now now);

/* Says goodbye: the service's state is offline, both connections are closed. */
void broker_stop(struct broker *broker, struct now now);

#endif
