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

unsigned speak(struct effects *effects, struct mqtt *mqtt, bool gated)
{
    unsigned lost = 0;
    for (size_t i = 0; i < effects->count; i++) {
        const struct effect *effect = &effects->list[i];
        if (effect->sessions == SESSIONS_STAY)
            lost += !(effect->receiver != NULL ? guard_send_answer(mqtt, effect) : send_answer(mqtt, effect));
        else if (gated)
            guard_send_sessions(mqtt, effect->sessions, effect->uuid);
        else /* without a gate nobody can end them */
            log_line(LOG_DEBUG, "sessions", "uuid=%s do=%s", effect->uuid, sessions_name(effect->sessions));
    }
    effects_clear(effects);
    return lost;
}
