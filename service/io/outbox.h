/*
 * Sends events to the broker, in order, a window at a time, until each is acknowledged. The rows in the store are the
 * only buffer: what was not acknowledged is sent again after every reconnect.
 */
#ifndef MUSTER_IO_OUTBOX_H
#define MUSTER_IO_OUTBOX_H

#include "service/core/time.h"
#include "service/io/mqtt.h"
#include "service/store/store.h"

#define OUTBOX_WINDOW 512 /* what is sent between two commits goes on while the next one is made */
#define OUTBOX_PAGE   64  /* events that are read at a time */

struct outbox {
    struct store *store;
    struct mqtt *mqtt;
    bool retained_status;
    bool open;            /* the publisher is connected */
    bool more;            /* there may be rows that were not sent yet */
    int64_t sent;         /* the last event handed to the broker */
    int64_t acknowledged; /* all up to it are with the broker */
    int64_t stored;       /* what the store knows of that */
    struct mono retry_at; /* nothing is sent before */
    int refusals;         /* of what can never be sent, in a row */
    bool denied;          /* the log knows that the broker denies */
    struct {
        int64_t id;
        bool acknowledged;
    } window[OUTBOX_WINDOW]; /* in flight, in order */
    size_t in_flight;
    struct event_row rows[OUTBOX_PAGE];
};

/* Starts behind what the store says was acknowledged. */
enum status outbox_start(struct outbox *outbox, struct store *store, struct mqtt *mqtt, bool retained_status);

/* The publisher is connected, or not: what is in flight is sent again. */
void outbox_open(struct outbox *outbox);
void outbox_close(struct outbox *outbox);

/* A batch with new events was committed. */
void outbox_notify(struct outbox *outbox);

/* Sends what fits into the window. Call it after each commit. */
void outbox_pump(struct outbox *outbox, struct now now);

/* How the sending of an event ended. What was lost or denied is sent again, for ever; an event that the broker says it
 * can never take is left out after ten times in a row, with a log line. */
void outbox_acknowledged(struct outbox *outbox, int64_t id, enum mqtt_outcome outcome, struct now now);

/* Writes into the open batch how far the broker has got; nothing when that is known. */
enum status outbox_save(struct outbox *outbox);

#endif
