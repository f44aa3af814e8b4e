#include "service/op/api_key.h"

#include <string.h>

#define DAY_MS (24 * 3600 * INT64_C(1000))

static enum status save(struct core *core, const struct device_row *device, enum api_key_generation generation,
                        const struct credential *credential, struct reply *reply)
{
    int64_t now = core->now.wall, life = core->config->api_key_days * DAY_MS;
    struct api_key_row row = {.id = credential->id,
                              .hash = credential->hash,
                              .device = device->id,
                              .at = now,
                              .expires_at = life > 0 ? now + life : 0};
    json_text(&reply->secret, "apiKey", credential->text);
    memcpy(reply->credential, credential->id, sizeof credential->id);
    if (row.expires_at != 0)
        json_time(&reply->json, "apiKeyExpiresAt", row.expires_at);
    return generation == API_KEY_NEXT ? store_api_key_next(core->store, &row, now + DAY_MS)
                                      : store_api_key_set(core->store, &row);
}

enum status api_key_give(struct core *core, const struct device_row *device, enum api_key_generation generation,
                         struct reply *reply)
{
    unsigned char random[SECRET_RAW + 8];
    struct credential credential;
    core->random(random, sizeof random);
    secret_make(SECRET_API, random, &credential);
    enum status status = save(core, device, generation, &credential, reply);
    secret_wipe(random, sizeof random);
    secret_wipe(&credential, sizeof credential);
    return status;
}
