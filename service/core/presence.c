#include "service/core/presence.h"

#include "topics/limits.h"
#include "topics/siphash.h"

#include <string.h>

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

/* An entry of the index is the number of a slot + 1, and above it a few bits of the hash: they tell most other uuids
 * without a look at them, which would be two cache misses. */
#define NUMBER_BITS 24
#define NUMBER_MASK ((UINT32_C(1) << NUMBER_BITS) - 1)

static bool is_named(const struct presence *presence, uint32_t entry, const char *uuid, size_t length)
{
    const char *name = presence_uuid(presence, (entry & NUMBER_MASK) - 1);
    return memcmp(name, uuid, length) == 0 && name[length] == '\0'; /* each name has LIMIT_UUID + 1 octets to look at */
}

/* Where in the index the uuid stands, or would stand; `tag` is of its hash. */
static uint32_t probe(const struct presence *presence, const char *uuid, size_t length, uint32_t *tag)
{
    uint64_t hash = siphash(presence->hash_key, uuid, length);
    uint32_t at = (uint32_t)hash & presence->index_mask, entry;
    *tag = (uint32_t)(hash >> 32) & ~NUMBER_MASK;
    for (; (entry = presence->index[at]) != 0; at = (at + 1) & presence->index_mask)
        if ((entry & ~NUMBER_MASK) == *tag && is_named(presence, entry, uuid, length))
            break;
    return at;
}

uint32_t presence_find(const struct presence *presence, const char *uuid, size_t length)
{
    uint32_t tag, entry = length <= LIMIT_UUID ? presence->index[probe(presence, uuid, length, &tag)] : 0;
    return entry != 0 ? (entry & NUMBER_MASK) - 1 : PRESENCE_NONE;
}

void presence_prefetch(const struct presence *presence, const struct text uuids[], size_t count)
{
    uint32_t entries[PRESENCE_AHEAD];
    for (size_t i = 0; i < count; i++) {
        entries[i] = (uint32_t)siphash(presence->hash_key, uuids[i].at, uuids[i].length) & presence->index_mask;
        __builtin_prefetch(&presence->index[entries[i]]);
    }
    for (size_t i = 0; i < count; i++) {
        entries[i] = presence->index[entries[i]] & NUMBER_MASK;
        if (entries[i] != 0)
            __builtin_prefetch(&presence->slots[entries[i] - 1], 1);
    }
    for (size_t i = 0; i < count; i++)
        if (entries[i] != 0)
            __builtin_prefetch(presence_uuid(presence, entries[i] - 1));
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
    uint32_t tag, at = probe(presence, uuid, length, &tag);
    presence->index[at] = tag | (number + 1);
    wheel_node_init(&presence->wheel, number);
    presence_rearm(presence, number, (struct mono){0});
    return number;
}

void presence_count(const struct presence *presence, int64_t *active, int64_t *online)
{
    *active = *online = 0;
    for (uint32_t i = 0; i < presence->count; i++) {
        *active += presence->slots[i].active;
        *online += presence->slots[i].online;
    }
}

void presence_rearm(struct presence *presence, uint32_t number, struct mono not_before)
{
    const struct presence_slot *slot = &presence->slots[number];
    if (!slot->online) {
        wheel_remove(&presence->wheel, number);
        return;
    }
    struct mono at = presence_deadline(presence, slot);
    wheel_set(&presence->wheel, number, at.ms > not_before.ms ? at : not_before);
}

/* A sign of life only moves a deadline away: the wheel finds out when it gets there. */
static bool needs_rearm(const struct presence_slot *old, const struct presence_slot *new)
{
    return old->online != new->online || old->suspect.ms != new->suspect.ms || old->offline_after != new->offline_after;
}

void presence_put(struct presence *presence, uint32_t number, const struct presence_slot *slot)
{
    struct presence_slot *old = &presence->slots[number];
    presence->undo[presence->undo_count].number = number;
    presence->undo[presence->undo_count++].old = *old;
    bool rearm = needs_rearm(old, slot) || !wheel_holds(&presence->wheel, number);
    *old = *slot;
    old->touched = true;
    if (rearm)
        presence_rearm(presence, number, (struct mono){0});
}

bool presence_has_room(const struct presence *presence, size_t count)
{
    return presence->undo_count + count <= PRESENCE_UNDO;
}

void presence_keep(struct presence *presence)
{
    for (size_t i = 0; i < presence->undo_count; i++)
        presence->slots[presence->undo[i].number].touched = false;
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
    uint32_t tag, at = probe(presence, name, strlen(name), &tag);
    presence->index[at] = 0;
    presence->names_used = presence->slots[number].name;
    presence->count--;
}

void presence_unsave(struct presence *presence)
{
    for (uint32_t i = 0; i < presence->count; i++)
        presence->slots[i].unsaved = presence->slots[i].seen.ms != 0;
}

void presence_undo(struct presence *presence)
{
    while (presence->undo_count > 0) {
        size_t last = --presence->undo_count;
        struct presence_slot *slot = &presence->slots[presence->undo[last].number], heard = *slot;
        *slot = presence->undo[last].old;
        if (heard.seen.ms > slot->seen.ms) { /* a sign of life is a fact, whatever the disk says */
            slot->seen = heard.seen;
            slot->suspect = heard.suspect;
        }
        presence_rearm(presence, presence->undo[last].number, (struct mono){0});
    }
    while (presence->count > presence->undo_slots)
        remove_last(presence);
    presence_unsave(presence); /* what was saved within the batch is not */
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

uint32_t presence_due(struct presence *presence, struct mono now, size_t *steps)
{
    return presence->hearing ? wheel_pop(&presence->wheel, now, steps) : PRESENCE_NONE;
}
