/*
 * What an event wants done outside once its batch is durable, in order: messages to publish, connections to end. Lives
 * in memory of the caller; holds a batch at a time.
 */
#ifndef MUSTER_CORE_EFFECTS_H
#define MUSTER_CORE_EFFECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EFFECTS_MAX   512
#define EFFECTS_ARENA (4u * 1024 * 1024)

/* What becomes of a device's connections when the batch is durable; the broker's gate does it.
 * X(enumerator, name) */
#define SESSIONS_LIST(X)                                                                                               \
    X(SESSIONS_STAY, "stay")                                                                                           \
    X(SESSIONS_CHECK, "check") /* those end whose credential no longer holds */                                        \
    X(SESSIONS_CLOSE, "close") /* all end */

enum sessions {
#define SESSIONS_ENUM(name, text) name,
    SESSIONS_LIST(SESSIONS_ENUM)
#undef SESSIONS_ENUM
};

/* A message, or, where `sessions` is not SESSIONS_STAY, what becomes of the connections of `uuid`, or, where `reload`
 * is not 0, that the broker reads its files again. */
struct effect {
    enum sessions sessions;
    int64_t reload;
    const char *uuid;
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

/* Drops all but the first `count` effects. */
void effects_cut(struct effects *effects, size_t count);

/* Whether all that one event wants fits for sure: a message of `length` octets, its topic, an offer to renew, and a
 * word about connections. */
bool effects_has_room(const struct effects *effects, size_t length);

/* Adds a message; everything is copied. False, and nothing added, when there is no room. */
bool effects_publish(struct effects *effects, const struct effect *effect);

/* Adds what becomes of the connections of `uuid`; SESSIONS_STAY adds nothing. False when there is no room. */
bool effects_sessions(struct effects *effects, enum sessions sessions, const char *uuid);

/* The broker shall read its certificates and revocation lists again; the gate says `number` when it has. False when
 * there is no room. */
bool effects_reload(struct effects *effects, int64_t number);

/* "stay", "check" or "close". */
const char *sessions_name(enum sessions sessions);

#endif
