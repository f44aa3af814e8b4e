/* The API key's life: when it ends, and its replacement. The old one works until the new one is first used. */
#include "device-client/client_internal.h"

#include "certs/key.h"
#include "device-client/backoff.h"

#include <string.h>

/* Between two thirds and five sixths of what is left, so that a fleet of one day does not rotate on one day. */
static int64_t rotation_ms(const struct step *step, int64_t end_ms)
{
    int64_t left_s = (end_ms - step->wall_ms) / 1000; /* seconds: milliseconds of years would be too much to spread */
    int64_t spread_s = left_s > 0 ? backoff_spread_ms(left_s / 6, client_random32(step, RANDOM_SPREAD)) : 0;
    return step->wall_ms + (left_s / 3 * 2 + spread_s) * 1000;
}

void client_take_expiry(struct step *step, const struct value *answer, bool fresh)
{
    struct kept *kept = step->client->kept;
    char expires_at[TIMESTAMP_SIZE];
    int64_t end = 0;
    client_take_time(expires_at, client_member(answer, "apiKeyExpiresAt"));
    bool ends = client_wall_ms(expires_at, &end), known = strcmp(expires_at, kept->api_key_expires_at) == 0;
    if (!fresh && (!ends || (known && kept->rotate_after[0] != '\0')))
        return;
    memcpy(kept->api_key_expires_at, expires_at, sizeof expires_at);
    kept->rotate_after[0] = '\0';
    if (ends && step->wall_ms != 0)
        timestamp_format(rotation_ms(step, end), kept->rotate_after);
    step->out->save = true;
}

/* The service tells a secret only for an hour: whoever comes later asks anew. Once; then it would not help. */
static void ask_anew(struct step *step)
{
    static const char what[] = "the answer to rotate has no usable API key";
    struct client *client = step->client;
    client_new_request(step);
    if (client->tries[TASK_ROTATE]++ == 0)
        client_ask(step);
    else if (client->options.goal != GOAL_RUN)
        client_done(step, MUSTER_DEVICE_FAILED, "the old one is still in use; see the service's log", what);
    else
        client_upkeep_failed(step, 0);
    if (!step->out->done)
        client_say(step, "%s; asking again", what);
}

void client_accept_rotate(struct step *step, const struct value *answer)
{
    struct client *client = step->client;
    struct kept *kept = client->kept;
    char api_key[LIMIT_CREDENTIAL + 1];
    if (!kept_copy(api_key, sizeof api_key, client_readable(client_member(answer, "apiKey"), NULL))) {
        ask_anew(step);
        return;
    }
    memcpy(kept->api_key, api_key, sizeof api_key);
    key_wipe(api_key, sizeof api_key);
    kept->rotate_id[0] = '\0';
    step->out->save = true;
    client_take_expiry(step, answer, true);
    client->tries[TASK_ROTATE] = 0;
    client->hold_ms[TASK_ROTATE] = 0;
    client->task = TASK_NONE;
    client->next_ms = 0;
    if (client->options.goal == GOAL_ROTATE)
        client_done(step, MUSTER_DEVICE_OK, NULL, "rotated");
    else
        client_say(step, "the API key was replaced%s%s", kept->api_key_expires_at[0] != '\0' ? "; it ends " : "",
                   kept->api_key_expires_at);
}
