#include "service/io/speak.h"

#include "service/io/guard.h"
#include "service/io/log.h"

static bool send_answer(struct mqtt *mqtt, const struct effect *effect)
{
    return mqtt_send(mqtt, &(struct mqtt_publish){.topic = effect->topic,
                                                  .payload = effect->payload,
                                                  .length = effect->length,
                                                  .qos = effect->qos,
                                                  .retained = effect->retained,
                                                  .correlation = effect->correlation,
                                                  .correlation_length = effect->correlation_length});
}

/* What the gate does; without one nobody can. */
static void command(struct mqtt *mqtt, const struct effect *effect, bool gated)
{
    if (gated && effect->reload != 0)
        guard_send_reload(mqtt, effect->reload);
    else if (gated)
        guard_send_sessions(mqtt, effect->sessions, effect->uuid);
    else if (effect->reload == 0)
        log_line(LOG_DEBUG, "sessions", "uuid=%s do=%s", effect->uuid, sessions_name(effect->sessions));
}

unsigned speak(struct effects *effects, struct mqtt *mqtt, bool gated)
{
    unsigned lost = 0;
    for (size_t i = 0; i < effects->count; i++) {
        const struct effect *effect = &effects->list[i];
        if (effect->sessions != SESSIONS_STAY || effect->reload != 0)
            command(mqtt, effect, gated);
        else
            lost += !(effect->receiver != NULL ? guard_send_answer(mqtt, effect) : send_answer(mqtt, effect));
    }
    effects_clear(effects);
    return lost;
}
