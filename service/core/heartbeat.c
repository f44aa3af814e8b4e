#include "service/core/heartbeat.h"

#include "service/core/wall.h"
#include "topics/beat.h"

#include <string.h>

static bool beat(struct core *core, uint32_t number, const char *session, size_t length)
{
    struct presence_slot *slot = &core->presence.slots[number];
    bool first_use = core->gated && slot->fresh; /* of its credential: that is written down */
    bool done = !first_use && presence_beat(slot, session, length, core->now.mono);
    core->heartbeats += done;
    return done;
}

void heartbeat_look_ahead(const struct core *core, const struct text topics[], size_t count)
{
    struct text uuids[PRESENCE_AHEAD];
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += beat_topic(topics[i].at, topics[i].length, &uuids[found]);
    presence_prefetch(&core->presence, uuids, found);
}

bool heartbeat_short(struct core *core, const struct event *event)
{
    struct text uuid, session;
    if (event->retained || !beat_topic(event->topic, event->topic_length, &uuid) ||
        !beat_payload(event->payload, event->length, &session))
        return false;
    uint32_t number = presence_find(&core->presence, uuid.at, uuid.length);
    wall_take(core, event->now);
    return number != PRESENCE_NONE && beat(core, number, session.at, session.length);
}

bool heartbeat_quick(struct core *core, struct request *request)
{
    const char *uuid = request->address.id, *session = request->in.session;
    uint32_t number = presence_find(&core->presence, uuid, strlen(uuid));
    if (number == PRESENCE_NONE || !core->presence.slots[number].active)
        return true; /* nobody's, or of one who may not: nothing changes */
    return beat(core, number, session, strlen(session));
}
