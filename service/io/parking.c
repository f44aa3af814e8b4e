#include "service/io/parking.h"

#include "service/core/secret.h"

#include <stdlib.h>
#include <string.h>

size_t parking_room(const struct parking *parking)
{
    return PARKING_PLACES - parking->count;
}

bool parking_may_wait(const struct parking *parking, const char *topic, size_t length)
{
    size_t waiting = 0, same = 0;
    for (size_t i = 0; i < PARKING_PLACES && parking->count > 0; i++) {
        const struct parked *parked = &parking->places[i];
        if (parked->copy == NULL)
            continue;
        waiting += parked->ticket.stage == TICKET_WAITS;
        same += parked->event.topic_length == length && memcmp(parked->event.topic, topic, length) == 0;
    }
    return waiting < PARKING_WAITING && same < PARKING_PER_TOPIC;
}

static size_t octets(const struct event *event)
{
    return event->topic_length + event->length + event->response_topic_length + event->correlation_length +
           event->stamp_length + 1;
}

static const char *keep(char **at, const void *from, size_t length)
{
    char *copy = *at;
    if (from == NULL)
        return NULL;
    memcpy(copy, from, length);
    *at += length;
    return copy;
}

bool parking_add(struct parking *parking, const struct event *event, const struct ticket *ticket)
{
    struct parked *parked = parking->places;
    while (parked < parking->places + PARKING_PLACES && parked->copy != NULL)
        parked++;
    char *at = parking_room(parking) == 0 ? NULL : malloc(octets(event));
    if (at == NULL)
        return false;
    parked->copy = at;
    parked->event = *event;
    parked->event.topic = keep(&at, event->topic, event->topic_length);
    parked->event.payload = keep(&at, event->payload, event->length);
    parked->event.response_topic = keep(&at, event->response_topic, event->response_topic_length);
    parked->event.correlation = keep(&at, event->correlation, event->correlation_length);
    parked->event.stamp = keep(&at, event->stamp, event->stamp_length);
    parked->ticket = *ticket;
    if (ticket->stage == TICKET_NEW) {
        parked->ticket.stage = TICKET_WAITS;
        parked->ticket.since = event->now.mono;
    }
    parked->stepped = parked->durable = parked->told = false;
    parking->count++;
    return true;
}

void parking_free(struct parking *parking, struct parked *parked)
{
    core_ticket_end(&parked->ticket);
    secret_wipe(parked->copy, octets(&parked->event));
    free(parked->copy);
    parked->copy = NULL;
    parked->durable = false;
    parking->count--;
}

void parking_leave(struct parking *parking)
{
    for (size_t i = 0; i < PARKING_PLACES && parking->count > 0; i++)
        if (parking->places[i].copy != NULL && parking->places[i].stepped)
            parking_free(parking, &parking->places[i]);
}

void parking_mark_durable(struct parking *parking)
{
    for (size_t i = 0; i < PARKING_PLACES && parking->count > 0; i++)
        parking->places[i].durable = parking->places[i].ticket.stage == TICKET_INTENT;
}

bool parking_has_intents(const struct parking *parking)
{
    bool found = false;
    for (size_t i = 0; i < PARKING_PLACES && parking->count > 0; i++)
        found = found || parking->places[i].durable;
    return found;
}
