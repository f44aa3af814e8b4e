#include "device-client/inbox.h"

#include "certs/key.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

bool inbox_begin(struct inbox *inbox)
{
    memset(inbox, 0, sizeof *inbox);
    pthread_mutex_init(&inbox->lock, NULL);
    inbox->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return inbox->wake >= 0;
}

void inbox_end(struct inbox *inbox)
{
    inbox_open(inbox, false);
    if (inbox->wake >= 0)
        close(inbox->wake);
    pthread_mutex_destroy(&inbox->lock);
}

void paho_event_wipe(struct paho_event *event)
{
    if (event->topic != NULL)
        key_wipe(event->topic, event->topic_length + event->length + 2);
    free(event->topic);
    event->topic = event->payload = NULL;
}

/* With the lock held. What the event owns belongs to the caller. */
static struct paho_event pop(struct inbox *inbox)
{
    struct paho_event event = inbox->queue[inbox->first];
    inbox->queue[inbox->first].topic = NULL;
    inbox->first = (inbox->first + 1) % INBOX_SIZE;
    inbox->count--;
    return event;
}

void inbox_open(struct inbox *inbox, bool open)
{
    pthread_mutex_lock(&inbox->lock);
    inbox->open = open;
    while (inbox->count > 0) {
        struct paho_event event = pop(inbox);
        paho_event_wipe(&event);
    }
    pthread_mutex_unlock(&inbox->lock);
}

void inbox_put(struct inbox *inbox, struct paho_event *event)
{
    struct paho_event dropped = {.topic = NULL};
    pthread_mutex_lock(&inbox->lock);
    bool full = inbox->count == INBOX_SIZE;
    if (!inbox->open || (full && event->kind == PAHO_MESSAGE)) {
        dropped = *event;
    } else {
        if (full)
            dropped = pop(inbox);
        inbox->queue[(inbox->first + inbox->count++) % INBOX_SIZE] = *event;
    }
    pthread_mutex_unlock(&inbox->lock);
    paho_event_wipe(&dropped);
    uint64_t one = 1;
    if (write(inbox->wake, &one, sizeof one) < 0)
        errno = 0; /* the counter is full: then it is readable already */
}

/* The counter is cleared before the look into the queue: an event that comes after the look sets it again. */
bool inbox_take(struct inbox *inbox, struct paho_event *out)
{
    uint64_t counter;
    if (read(inbox->wake, &counter, sizeof counter) < 0)
        errno = 0; /* nobody woke us: look all the same */
    pthread_mutex_lock(&inbox->lock);
    bool has = inbox->count > 0;
    if (has)
        *out = pop(inbox);
    pthread_mutex_unlock(&inbox->lock);
    return has;
}
