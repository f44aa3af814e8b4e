#include "service/core/effects.h"

#include "service/core/secret.h"
#include "topics/stamp.h"

#include <string.h>

void effects_clear(struct effects *effects)
{
    secret_wipe(effects->arena, effects->used);
    effects->count = effects->used = 0;
}

void effects_cut(struct effects *effects, size_t count)
{
    effects->count = count; /* the octets stay in use: effects_clear wipes them */
}

bool effects_has_room(const struct effects *effects, size_t length)
{
    return effects->count < EFFECTS_MAX &&
           effects->used + length + LIMIT_TOPIC + STAMP_RECEIVER + LIMIT_CORRELATION + 3 <= EFFECTS_ARENA;
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
    if (!effects_has_room(effects, effect->length) || effect->correlation_length > LIMIT_CORRELATION)
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
