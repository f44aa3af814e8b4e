/*
 * Who is online, in memory: one slot for each device, a hash over the uuids, a timing wheel over the deadlines. A
 * device costs a slot, a node of the wheel, its uuid and its share of the hash: about 106 octets with a uuid of 36,
 * which is why a slot holds nothing that its row in the store can say. Decides by docs/protocol.md, section 4; writes
 * nothing down itself. Pure: time comes in, memory comes in.
 *
 * A change is made on a copy of a slot (presence_on_...), written to the store by the caller, and then put back with
 * presence_put. Until presence_keep the old slots are remembered: presence_undo brings them back when a commit fails.
 */
#ifndef MUSTER_CORE_PRESENCE_H
#define MUSTER_CORE_PRESENCE_H

#include "service/core/time.h"
#include "service/core/wheel.h"
#include "topics/topic.h"

#include <stdbool.h>
#include <stddef.h>

#define PRESENCE_SESSIONS 4
#define PRESENCE_UNDO     1024
#define PRESENCE_NONE     WHEEL_NONE
#define PRESENCE_MOST     16000000 /* devices */

/* X(enumerator, name on the wire) */
#define REASON_LIST(X)                                                                                                 \
    X(REASON_CONNECT, "connect")                                                                                       \
    X(REASON_HEARTBEAT, "heartbeat")                                                                                   \
    X(REASON_REQUEST, "request")                                                                                       \
    X(REASON_HEARTBEAT_TIMEOUT, "heartbeat_timeout")                                                                   \
    X(REASON_LAST_WILL, "last_will")                                                                                   \
    X(REASON_CONNECTION_LOST, "connection_lost")                                                                       \
    X(REASON_DISCONNECT, "disconnect")                                                                                 \
    X(REASON_BLOCKED, "blocked")                                                                                       \
    X(REASON_RESET, "reset")

enum reason {
#define REASON_ENUM(name, wire) name,
    REASON_LIST(REASON_ENUM)
#undef REASON_ENUM
        REASON_COUNT
};

const char *reason_name(enum reason reason);

struct presence_slot {
    struct mono seen;                     /* the last sign of life since the start; 0: none */
    struct mono suspect;                  /* a suspicion's time; 0: none */
    uint32_t device;                      /* the store's id */
    uint32_t name;                        /* offset of the uuid in the names */
    uint32_t sessions[PRESENCE_SESSIONS]; /* hashes: [0] the current one or 0, then ended and replaced ones */
    uint32_t connection;                  /* which sent the current session's connect; 0: not known, or with a suffix */
    uint32_t offline_after : 24;          /* seconds */
    bool lost : 1;                        /* the suspicion is that the connection closed, not a last will */
    bool online : 1;
    bool active : 1;  /* registered or provisioned: its heartbeats count */
    bool fresh : 1;   /* its credential was never used */
    bool unsaved : 1; /* `seen` is newer than in the store */
    bool touched : 1; /* by the batch in hand: there is an undo */
};

/* A threshold as a slot holds it; a week has 604,800 seconds. */
#define PRESENCE_SECONDS(seconds) ((uint32_t)(seconds)&0xffffff)

_Static_assert(sizeof(struct presence_slot) == 48, "a million devices shall fit into a small machine");

struct presence {
    struct presence_slot *slots;
    uint32_t *index; /* open addressing over slot numbers + 1, with bits of the hash above them */
    char *names;
    uint32_t count, capacity, index_mask, names_used;
    uint64_t hash_key[2];
    struct wheel wheel;
    bool hearing;
    struct mono hearing_since;
    int64_t grace_ms;
    struct {
        uint32_t number;
        struct presence_slot old;
    } undo[PRESENCE_UNDO];
    size_t undo_count;
    uint32_t undo_slots; /* how many slots there were at the last presence_keep */
};

/* How much memory presence_init wants for `capacity` devices (at most PRESENCE_MOST); zeroed pages that are never
 * touched cost nothing. */
size_t presence_memory(uint32_t capacity);

/* Starts empty. `memory` is zeroed, presence_memory() octets, aligned for any type, and outlives `presence`.
 * `hash_key` is random, so that no one can choose uuids that collide. */
void presence_init(struct presence *presence, void *memory, uint32_t capacity, const uint64_t hash_key[2],
                   int64_t grace_ms, struct mono now);

/* The slot of a uuid, or PRESENCE_NONE. */
uint32_t presence_find(const struct presence *presence, const char *uuid, size_t length);
const char *presence_uuid(const struct presence *presence, uint32_t number);

/* Brings what presence_find and presence_beat will read of so many uuids (at most PRESENCE_AHEAD) into the cache, for
 * all of them at a time: in a large fleet a look-up waits three times for memory, and does little else. Changes
 * nothing. */
#define PRESENCE_AHEAD 16
void presence_prefetch(const struct presence *presence, const struct text uuids[], size_t count);

/* Adds a device that is not there yet; `slot->name` is set. PRESENCE_NONE when all slots are taken. */
uint32_t presence_add(struct presence *presence, const char *uuid, const struct presence_slot *slot);

/* What a message does to a copy of a slot. Each returns true when the status changes, with the reason;
 * `session` is NULL or "" when none is named. */
bool presence_on_connect(struct presence_slot *slot, const char *session, uint32_t connection, struct mono now,
                         enum reason *reason);
bool presence_on_sign(struct presence_slot *slot, const char *session, enum reason why, struct mono now,
                      enum reason *reason);
bool presence_on_disconnect(struct presence_slot *slot, const char *session, enum reason *reason);
void presence_on_will(const struct presence *presence, struct presence_slot *slot, const char *session,
                      struct mono now);
void presence_on_close(const struct presence *presence, struct presence_slot *slot, uint32_t connection,
                       struct mono now);
bool presence_on_end(struct presence_slot *slot); /* reset, replaced, blocked: the caller knows the reason */

/* A heartbeat that only moves the time of a device that is online, or nothing because its session is over (`session` is
 * `length` octets, 0: none): done in place, nothing is written and nothing needs an undo. False, and nothing done, when
 * there is more to it: the device is not active, or not online, or what made it so is not durable yet. */
bool presence_beat(struct presence_slot *slot, const char *session, size_t length, struct mono now);

/* The last sign of life in ms since 1970: as the clocks stand at `now`, or what the store says, `stored`, when it is
 * saved there. */
int64_t presence_last_seen(const struct presence_slot *slot, struct now now, int64_t stored);

/* How many devices are active, and how many online: a walk over all of them, 15 ms for a million. */
void presence_count(const struct presence *presence, int64_t *active, int64_t *online);

/* When the time of an online device will be over, as things stand. */
struct mono presence_deadline(const struct presence *presence, const struct presence_slot *slot);

/* Whether the device's time is over at `now`; then the copy is offline, with the reason. */
bool presence_on_deadline(const struct presence *presence, struct presence_slot *slot, struct mono now,
                          enum reason *reason);

/* Puts a changed copy back, sets its deadline and remembers the old one for presence_undo. */
void presence_put(struct presence *presence, uint32_t number, const struct presence_slot *slot);

/* Whether presence_put has room for `count` more changes before presence_keep. */
bool presence_has_room(const struct presence *presence, size_t count);
void presence_keep(struct presence *presence);
void presence_undo(struct presence *presence);

/* Every sign of life since the start is to be saved again: what was saved last may be lost. */
void presence_unsave(struct presence *presence);

/* The service hears, or no longer hears, its devices. While it does not, nobody's time is over; when it hears again,
 * each device starts its whole time again and older suspicions are void. */
void presence_hear(struct presence *presence, struct mono now);
void presence_deafen(struct presence *presence);

/* The next device to look at with presence_on_deadline, or PRESENCE_NONE. It is out of the wheel until presence_put or
 * presence_rearm. Takes one off `*steps` for each device that it touches, and ends when none is left. */
uint32_t presence_due(struct presence *presence, struct mono now, size_t *steps);

/* Sets the deadline again: its own, but not before `not_before`. */
void presence_rearm(struct presence *presence, uint32_t number, struct mono not_before);

#endif
