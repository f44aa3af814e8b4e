/*
 * What an event wants done outside once its batch is durable: messages to publish. Lives in memory of the caller; holds
 * a batch at a time.
 */
#ifndef MUSTER_CORE_EFFECTS_H
#define MUSTER_CORE_EFFECTS_H

#include <stdbool.h>
#include <stddef.h>

#define EFFECTS_MAX   256
#define EFFECTS_ARENA (4u * 1024 * 1024)

struct effect {
    const char *topic, *payload;
    size_t length;
    int qos;
    bool retained;
    const char *receiver;    /* the connection it is for: "<connection> <client id>"; NULL: whoever subscribes */
    const void *correlation; /* NULL: none */
    size_t correlation_length;
};

struct effects {
    struct effect list[EFFECTS_MAX];
    size_t count;
    size_t used;
    char arena[EFFECTS_ARENA];
};

/* Empties it; the octets of secrets that went through it are wiped. */
void effects_clear(struct effects *effects);

/* Drops all but the first `count` messages. */
void effects_cut(struct effects *effects, size_t count);

/* Whether another message of `length` octets and its topic fit for sure. */
bool effects_has_room(const struct effects *effects, size_t length);

/* Adds a message; everything is copied. False, and nothing added, when there is no room. */
bool effects_publish(struct effects *effects, const struct effect *effect);

#endif
