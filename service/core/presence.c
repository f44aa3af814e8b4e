#include "service/core/presence.h"

#include "topics/limits.h"

#include <string.h>

static const char *const reason_names[REASON_COUNT] = {
#define REASON_NAME(name, wire) [name] = wire,
    REASON_LIST(REASON_NAME)
#undef REASON_NAME
};

const char *reason_name(enum reason reason)
{
    return reason_names[reason];
}

/* --- the table of devices -------------------------------------------------------------------------------------- */

static uint64_t rotate(uint64_t value, int bits)
{
    return value << bits | value >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

/* SipHash-1-3 (Aumasson, Bernstein): keyed, so that no one can fill one chain of the index. */
static uint64_t hash(const uint64_t key[2], const char *at, size_t length)
{
    uint64_t v[4] = {key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d, key[0] ^ 0x6c7967656e657261,
                     key[1] ^ 0x7465646279746573};
    for (size_t done = 0; done <= length; done += 8) {
        uint64_t word = 0;
        size_t part = length - done < 8 ? length - done : 8;
        memcpy(&word, at + done, part);
        if (part < 8)
            word |= (uint64_t)length << 56;
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static uint64_t session_hash(const char *session)
{
    static const uint64_t fixed[2] = {1, 2}; /* stored: must be the same after a restart */
    if (session == NULL || session[0] == '\0')
        return 0;
    uint64_t value = hash(fixed, session, strlen(session));
    return value != 0 ? value : 1;
}

static uint32_t index_size(uint32_t capacity)
{
    uint32_t size = 16;
    while (size < capacity + capacity / 2)
        size *= 2;
    return size;
}

size_t presence_memory(uint32_t capacity)
{
    return (size_t)capacity * (sizeof(struct presence_slot) + sizeof(struct wheel_node) + LIMIT_UUID + 1) +
           (size_t)index_size(capacity) * sizeof(uint32_t);
}

void presence_init(struct presence *presence, void *memory, uint32_t capacity, const uint64_t hash_key[2],
                   int64_t grace_ms, struct mono now)
{
    char *at = memory;
    struct wheel_node *nodes = (struct wheel_node *)(void *)(at + capacity * sizeof(struct presence_slot));
    presence->slots = memory;
    presence->index = (uint32_t *)(void *)(nodes + capacity);
    presence->names = (char *)(presence->index + index_size(capacity));
    presence->count = presence->names_used = 0;
    presence->capacity = capacity;
    presence->index_mask = index_size(capacity) - 1;
    memcpy(presence->hash_key, hash_key, sizeof presence->hash_key);
    wheel_init(&presence->wheel, nodes, now);
    presence->hearing = false;
    presence->hearing_since = now;
    presence->grace_ms = grace_ms;
    presence->undo_count = 0;
    presence->undo_slots = 0;
}

const char *presence_uuid(const struct presence *presence, uint32_t number)
{
    return presence->names + presence->slots[number].name;
}

/* Where in the index the uuid stands, or would stand. */
static uint32_t probe(const struct presence *presence, const char *uuid, size_t length)
{
    uint32_t at = (uint32_t)hash(presence->hash_key, uuid, length) & presence->index_mask;
    for (; presence->index[at] != 0; at = (at + 1) & presence->index_mask) {
        const char *name = presence_uuid(presence, presence->index[at] - 1);
        if (strlen(name) == length && memcmp(name, uuid, length) == 0)
            break;
    }
    return at;
}

uint32_t presence_find(const struct presence *presence, const char *uuid, size_t length)
{
    return presence->index[probe(presence, uuid, length)] - 1; /* 0 - 1 is PRESENCE_NONE */
}

uint32_t presence_add(struct presence *presence, const char *uuid, const struct presence_slot *slot)
{
    if (presence->count == presence->capacity)
        return PRESENCE_NONE;
    size_t length = strlen(uuid);
    uint32_t number = presence->count++;
    presence->slots[number] = *slot;
    presence->slots[number].name = presence->names_used;
    memcpy(presence->names + presence->names_used, uuid, length + 1);
    presence->names_used += (uint32_t)length + 1;
    presence->index[probe(presence, uuid, length)] = number + 1;
    wheel_node_init(&presence->wheel, number);
    presence_rearm(presence, number, (struct mono){0});
    return number;
}

/* --- decisions ------------------------------------------------------------------------------------------------- */

/* The current session is over: its late messages are known by the list. */
static void end_session(struct presence_slot *slot)
{
    if (slot->sessions[0] == 0)
        return;
    memmove(slot->sessions + 1, slot->sessions, (PRESENCE_SESSIONS - 1) * sizeof *slot->sessions);
    slot->sessions[0] = 0;
}

static bool is_over(const struct presence_slot *slot, uint64_t session)
{
    for (int i = 1; i < PRESENCE_SESSIONS; i++)
        if (slot->sessions[i] == session)
            return true;
    return false;
}

static bool alive(struct presence_slot *slot, struct now now)
{
    bool changes = !slot->online;
    slot->seen = now.mono;
    slot->seen_wall = now.wall;
    slot->suspect.ms = 0;
    slot->unsaved = true;
    slot->online = true;
    return changes;
}

bool presence_on_connect(struct presence_slot *slot, const char *session, struct now now, enum reason *reason)
{
    uint64_t named = session_hash(session);
    if (named != slot->sessions[0]) {
        end_session(slot);
        slot->sessions[0] = named;
    }
    *reason = REASON_CONNECT;
    return alive(slot, now);
}

bool presence_on_sign(struct presence_slot *slot, const char *session, enum reason why, struct now now,
                      enum reason *reason)
{
    uint64_t named = session_hash(session);
    if (named != 0 && named != slot->sessions[0] && is_over(slot, named))
        return false;
    *reason = why;
    return alive(slot, now);
}

static bool offline(struct presence_slot *slot)
{
    bool changes = slot->online;
    slot->online = false;
    slot->suspect.ms = 0;
    return changes;
}

bool presence_on_disconnect(struct presence_slot *slot, const char *session, enum reason *reason)
{
    uint64_t named = session_hash(session);
    if (named != 0 && named != slot->sessions[0])
        return false;
    *reason = REASON_DISCONNECT;
    end_session(slot);
    return offline(slot);
}

bool presence_on_reset(struct presence_slot *slot, enum reason *reason)
{
    *reason = REASON_RESET;
    end_session(slot);
    return offline(slot);
}

static bool is_suspected(const struct presence *presence, const struct presence_slot *slot)
{
    return slot->suspect.ms != 0 && slot->suspect.ms >= presence->hearing_since.ms;
}

/* The first word counts: a second copy does not buy time. */
void presence_on_will(const struct presence *presence, struct presence_slot *slot, const char *session, struct now now)
{
    if (slot->online && session_hash(session) == slot->sessions[0] && !is_suspected(presence, slot))
        slot->suspect = now.mono;
}

static struct mono silence_deadline(const struct presence *presence, const struct presence_slot *slot)
{
    struct mono from = slot->seen.ms > presence->hearing_since.ms ? slot->seen : presence->hearing_since;
    return mono_add(from, slot->offline_after_ms);
}

static struct mono deadline(const struct presence *presence, const struct presence_slot *slot)
{
    struct mono silence = silence_deadline(presence, slot);
    struct mono verdict = mono_add(slot->suspect, presence->grace_ms);
    return is_suspected(presence, slot) && verdict.ms < silence.ms ? verdict : silence;
}

bool presence_on_deadline(const struct presence *presence, struct presence_slot *slot, struct mono now,
                          enum reason *reason)
{
    if (!presence->hearing || !slot->online || now.ms < deadline(presence, slot).ms)
        return false;
    bool silent = now.ms >= silence_deadline(presence, slot).ms;
    *reason = silent ? REASON_HEARTBEAT_TIMEOUT : REASON_LAST_WILL;
    if (!silent)
        end_session(slot); /* after mere silence the session may still be there */
    return offline(slot);
}

/* --- changes --------------------------------------------------------------------------------------------------- */

void presence_rearm(struct presence *presence, uint32_t number, struct mono not_before)
{
    const struct presence_slot *slot = &presence->slots[number];
    if (!slot->online) {
        wheel_remove(&presence->wheel, number);
        return;
    }
    struct mono at = deadline(presence, slot);
    wheel_set(&presence->wheel, number, at.ms > not_before.ms ? at : not_before);
}

/* A sign of life only moves a deadline away: the wheel finds out when it gets there. */
static bool needs_rearm(const struct presence_slot *old, const struct presence_slot *new)
{
    return old->online != new->online || old->suspect.ms != new->suspect.ms ||
           old->offline_after_ms != new->offline_after_ms;
}

void presence_put(struct presence *presence, uint32_t number, const struct presence_slot *slot)
{
    struct presence_slot *old = &presence->slots[number];
    presence->undo[presence->undo_count].number = number;
    presence->undo[presence->undo_count++].old = *old;
    bool rearm = needs_rearm(old, slot) || presence->wheel.nodes[number].list == WHEEL_NONE;
    *old = *slot;
    if (rearm)
        presence_rearm(presence, number, (struct mono){0});
}

bool presence_has_room(const struct presence *presence, size_t count)
{
    return presence->undo_count + count <= PRESENCE_UNDO;
}

void presence_keep(struct presence *presence)
{
    presence->undo_count = 0;
    presence->undo_slots = presence->count;
}

/* Slots are only ever added at the end, so the newest leave first, and their place in the index with them: nothing that
 * was added before them lies behind them in a chain. */
static void remove_last(struct presence *presence)
{
    uint32_t number = presence->count - 1;
    const char *name = presence_uuid(presence, number);
    wheel_remove(&presence->wheel, number);
    presence->index[probe(presence, name, strlen(name))] = 0;
    presence->names_used = presence->slots[number].name;
    presence->count--;
}

void presence_undo(struct presence *presence)
{
    while (presence->undo_count > 0) {
        size_t last = --presence->undo_count;
        presence->slots[presence->undo[last].number] = presence->undo[last].old;
        presence_rearm(presence, presence->undo[last].number, (struct mono){0});
    }
    while (presence->count > presence->undo_slots)
        remove_last(presence);
    for (uint32_t i = 0; i < presence->count; i++) /* what was saved within the batch is not */
        presence->slots[i].unsaved = presence->slots[i].seen_wall != 0;
}

void presence_hear(struct presence *presence, struct mono now)
{
    if (presence->hearing)
        return;
    presence->hearing = true;
    presence->hearing_since = now;
}

void presence_deafen(struct presence *presence)
{
    presence->hearing = false;
}

uint32_t presence_due(struct presence *presence, struct mono now)
{
    return presence->hearing ? wheel_pop(&presence->wheel, now) : PRESENCE_NONE;
}
