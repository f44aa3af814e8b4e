#include "service/core/life.h"

#include "service/core/notice.h"

#include <assert.h>
#include <string.h>

struct presence_slot *life_open(struct core *core, const char *uuid)
{
    struct life *life = &core->life;
    if (life->kind != LIFE_NONE)
        return &life->slot;
    life->number = presence_find(&core->presence, uuid, strlen(uuid));
    if (life->number == PRESENCE_NONE)
        return NULL;
    life->kind = LIFE_CHANGE;
    life->slot = core->presence.slots[life->number];
    return &life->slot;
}

struct presence_slot *life_open_new(struct core *core, const char *uuid)
{
    struct life *life = &core->life;
    life->kind = LIFE_ADD;
    life->slot = (struct presence_slot){0};
    memcpy(life->uuid, uuid, strlen(uuid) + 1);
    return &life->slot;
}

void life_fill(const struct core *core, const struct presence_slot *slot, struct presence_row *row)
{
    _Static_assert(sizeof slot->sessions == sizeof row->sessions, "a row holds the sessions of a slot");
    row->online = slot->online;
    row->last_seen = presence_last_seen(slot, core->now, row->last_seen);
    row->connection = slot->connection;
    memcpy(row->sessions, slot->sessions, sizeof row->sessions);
}

/* Tells the new status; `row` is filled, and gets the time and the sequence of the event. */
static enum status announce(struct core *core, const struct device_row *device, enum reason reason,
                            struct presence_row *row)
{
    static const char *const names[] = {"offline", "online"};
    char members[200];
    struct json_writer json;
    json_start(&json, members, sizeof members);
    json_text(&json, "from", names[!row->online]);
    json_text(&json, "to", names[row->online]);
    json_text(&json, "reason", reason_name(reason));
    json_time(&json, "lastSeen", row->last_seen);
    row->since = core->now.wall;
    return notice_emit(core, device, "status_changed", members, &row->sequence);
}

enum status life_write(struct core *core, struct device_row *device, bool changes, enum reason reason)
{
    struct presence_slot *slot = &core->life.slot;
    const struct presence_slot *old = &core->presence.slots[core->life.number];
    bool same =
        memcmp(slot->sessions, old->sessions, sizeof slot->sessions) == 0 && slot->connection == old->connection;
    if (!changes && same)
        return ST_OK;
    struct presence_row row = device->presence;
    life_fill(core, slot, &row);
    enum status status = changes ? announce(core, device, reason, &row) : ST_OK;
    slot->unsaved = false;
    device->presence = row;
    return status == ST_OK ? store_presence_set(core->store, device->id, &row) : status;
}

void life_close(struct core *core, bool keep)
{
    struct life *life = &core->life;
    if (keep && life->kind == LIFE_ADD)
        presence_add(&core->presence, life->uuid, &life->slot); /* there is room: enrol_admit looked */
    else if (keep && life->kind == LIFE_CHANGE)
        presence_put(&core->presence, life->number, &life->slot);
    life->kind = LIFE_NONE;
}

int life_offline_after(const struct core *core, const struct device_row *device)
{
    return device->offline_after > 0 ? (int)device->offline_after : config_offline_after(core->config, device->type);
}

void life_refresh(const struct core *core, struct device_row *device)
{
    const struct life *life = &core->life;
    uint32_t number = presence_find(&core->presence, device->uuid, strlen(device->uuid));
    assert(number != PRESENCE_NONE); /* presence knows every device of the store */
    bool in_hand = life->kind == LIFE_CHANGE && life->number == number;
    life_fill(core, in_hand ? &life->slot : &core->presence.slots[number], &device->presence);
}
