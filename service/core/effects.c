#include "service/core/effects.h"

#include "service/core/secret.h"
#include "topics/limits.h"
#include "topics/stamp.h"

#include <string.h>

/* All of a message but its payload, and what closes texts. */
#define MESSAGE_HEAD (LIMIT_TOPIC + STAMP_RECEIVER + LIMIT_CORRELATION + 4)

void effects_clear(struct effects *effects)
{
    secret_wipe(effects->arena, effects->used);
    effects->count = effects->used = 0;
}

void effects_cut(struct effects *effects, size_t count)
{
    effects->count = count; /* the octets stay in use: effects_clear wipes them */
}

const char *sessions_name(enum sessions sessions)
{
    static const char *const names[] = {
#define SESSIONS_NAME(name, text) [name] = text,
        SESSIONS_LIST(SESSIONS_NAME)
#undef SESSIONS_NAME
    };
    return names[sessions];
}

static bool fits(const struct effects *effects, size_t count, size_t octets)
{
    return effects->count + count <= EFFECTS_MAX && effects->used + octets <= EFFECTS_ARENA;
}

bool effects_has_room(const struct effects *effects, size_t length)
{
    return fits(effects, 3, length + 2 * MESSAGE_HEAD + LIMIT_UUID + 200);
}

static const char *keep(struct effects *effects, const void *at, size_t length)
{
    char *copy = effects->arena + effects->used;
    memcpy(copy, at, length);
    copy[length] = '\0';
    effects->used += length + 1;
    return copy;
}

bool effects_publish(struct effects *effects, const struct effect *effect)
{
    if (!fits(effects, 1, effect->length + MESSAGE_HEAD) || effect->correlation_length > LIMIT_CORRELATION)
        return false;
    struct effect *own = &effects->list[effects->count++];
    *own = *effect;
    own->topic = keep(effects, effect->topic, strlen(effect->topic));
    own->payload = keep(effects, effect->payload, effect->length);
    if (effect->receiver != NULL)
        own->receiver = keep(effects, effect->receiver, strlen(effect->receiver));
    if (effect->correlation != NULL)
        own->correlation = keep(effects, effect->correlation, effect->correlation_length);
    return true;
}

bool effects_sessions(struct effects *effects, enum sessions sessions, const char *uuid)
{
    size_t length = strlen(uuid);
    if (sessions == SESSIONS_STAY || !fits(effects, 1, length + 1))
        return sessions == SESSIONS_STAY;
    effects->list[effects->count++] = (struct effect){.sessions = sessions, .uuid = keep(effects, uuid, length)};
    return true;
}

bool effects_reload(struct effects *effects, int64_t number)
{
    if (!fits(effects, 1, 0))
        return false;
    effects->list[effects->count++] = (struct effect){.reload = number};
    return true;
}
