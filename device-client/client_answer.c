#include "device-client/client_internal.h"

#include "certs/key.h"
#include "device-client/backoff.h"
#include "topics/document.h"
#include "topics/id.h"
#include "topics/topic.h"

#include <string.h>

#define HEARTBEAT_MOST   86400 /* seconds */
#define CONNECT_AGAIN_MS (86400 * INT64_C(1000))

#define BASE32 "abcdefghijklmnopqrstuvwxyz234567"

const char *client_member(const struct value *answer, const char *name)
{
    return value_text(value_member(answer, name));
}

const char *client_readable(const char *text, const char *instead)
{
    return text != NULL && text[0] != '\0' && id_is_clean_text(text, strlen(text), false) ? text : instead;
}

/* Ids from the wire end up in lines for people, too. */
bool client_take_id(char *out, size_t size, const char *text, const char *octets)
{
    return kept_copy(out, size, text) && out[0] != '\0' && strspn(out, octets) == strlen(out);
}

void client_take_time(char out[TIMESTAMP_SIZE], const char *text)
{
    int64_t ignored = 0;
    if (!kept_copy(out, TIMESTAMP_SIZE, text) || !timestamp_parse(out, strlen(out), &ignored))
        out[0] = '\0';
}

static void take_tenant(struct kept *kept, const char *text)
{
    bool good = text != NULL && id_is_tenant(text, strlen(text));
    kept_copy(kept->tenant, sizeof kept->tenant, good ? text : "");
}

static void accept_register(struct step *step, const struct value *answer)
{
    struct client *client = step->client;
    struct kept *kept = client->kept;
    char api_key[LIMIT_CREDENTIAL + 1], device_id[LIMIT_DEVICE_ID + 1];
    if (!kept_copy(api_key, sizeof api_key, client_readable(client_member(answer, "apiKey"), NULL)) ||
        !client_take_id(device_id, sizeof device_id, client_member(answer, "deviceId"), BASE32)) {
        key_wipe(api_key, sizeof api_key);
        client_say(step, "the answer to register has no usable apiKey and deviceId; asking again");
        return;
    }
    step->out->erase_next = kept->next_certificate_id[0] != '\0';
    kept_forget_certificate(kept); /* those of a life before a reset */
    memcpy(kept->api_key, api_key, sizeof api_key);
    memcpy(kept->device_id, device_id, sizeof device_id);
    key_wipe(api_key, sizeof api_key);
    take_tenant(kept, client_member(answer, "tenant"));
    kept->register_id[0] = kept->register_members[0] = '\0';
    step->out->save = true;
    client_take_expiry(step, answer, true);
    kept->rotate_id[0] = '\0';
    client->ceiling = CREDENTIAL_BEST;
    client->rejections = client->failures = 0;
    client_say(step, "registered deviceId=%s tenant=%s", kept->device_id, kept->tenant);
    if (client->options.goal == GOAL_REGISTER)
        client_done(step, MUSTER_DEVICE_OK, NULL, "registered");
    else
        client_reconnect(step);
}

/* The first heartbeat comes at a random moment of the interval, so that a fleet that came back at once spreads. The
 * `connect` of every day leaves the rhythm as it is. */
static void take_rhythm(struct step *step, const struct value *answer)
{
    struct client *client = step->client;
    long long seconds = 60;
    (void)value_integer(value_member(answer, "heartbeatSeconds"), 1, HEARTBEAT_MOST, &seconds);
    if (client->options.heartbeat_seconds > 0)
        seconds = client->options.heartbeat_seconds;
    int64_t every_ms = seconds * INT64_C(1000), spread_ms = CONNECT_AGAIN_MS / 12;
    uint32_t random = client_random32(step, RANDOM_SPREAD);
    if (!client->online || every_ms != client->heartbeat_every_ms)
        client->heartbeat_ms = step->in->now_ms + 1 + (every_ms * random >> 32);
    client->heartbeat_every_ms = every_ms;
    client->connect_again_ms =
        step->in->now_ms + CONNECT_AGAIN_MS - spread_ms + backoff_spread_ms(2 * spread_ms, random);
}

/* A new plan for the certificate in use: a time of another one's life is not for it. */
static void take_plan(struct step *step, const struct value *answer)
{
    struct kept *kept = step->client->kept;
    char renew_after[TIMESTAMP_SIZE];
    int64_t at = 0, begin = 0, end = 0;
    client_take_time(renew_after, client_member(answer, "renewAfter"));
    if (!client_wall_ms(renew_after, &at) || strcmp(renew_after, kept->renew_after) == 0 ||
        (client_wall_ms(kept->not_before, &begin) && at <= begin) ||
        (client_wall_ms(kept->not_after, &end) && at >= end))
        return;
    memcpy(kept->renew_after, renew_after, sizeof renew_after);
    step->out->save = true;
}

static void accept_connect(struct step *step, const struct value *answer)
{
    struct client *client = step->client;
    bool again = client->online, renewed = client->credential == CREDENTIAL_NEXT;
    if (renewed)
        client_promote(step);
    client_take_server_time(step, client_member(answer, "serverTime"));
    take_rhythm(step, answer);
    take_plan(step, answer);
    client_take_expiry(step, answer, false);
    step->out->keep_authorities =
        kept_copy(step->out->ca_pem, sizeof step->out->ca_pem, client_member(answer, "caPem"));
    client->online = true;
    client->ceiling = CREDENTIAL_BEST;
    client->failures = client->rejections = client->tries[TASK_CONNECT] = client->retreats = 0;
    client->task = TASK_NONE;
    client->next_ms = 0;
    if (client->options.goal != GOAL_RUN) {
        client_goodbye(step);
        client_done(step, MUSTER_DEVICE_OK, NULL, "renewed");
    } else if (!again) {
        client_say(step, "online deviceId=%s heartbeat every %lld s%s%s", client->kept->device_id,
                   (long long)client->heartbeat_every_ms / 1000, renewed ? " with the new certificate=" : "",
                   renewed ? client->kept->certificate_id : "");
        if (!client_clock_is_right(step))
            client_clock_mend(step, "");
    }
}

static void accept_update(struct step *step, const struct value *answer)
{
    struct kept *kept = step->client->kept;
    const char *name = client_readable(client_member(answer, "deviceName"), kept->name);
    if (strlen(name) < sizeof kept->name && strcmp(name, kept->name) != 0) {
        kept_copy(kept->name, sizeof kept->name, name);
        step->out->save = true;
    }
    client_done(step, MUSTER_DEVICE_OK, NULL, "updated");
}

static void accept_reset(struct step *step, const struct value *answer)
{
    (void)answer;
    kept_forget(step->client->kept);
    step->out->save = step->out->forget_files = true;
    client_done(step, MUSTER_DEVICE_OK, NULL, "reset: the service has forgotten the credentials");
}

static void (*const accept[TASK_COUNT])(struct step *, const struct value *) = {
    [TASK_REGISTER] = accept_register,    [TASK_PROVISION] = client_accept_provision,
    [TASK_CONNECT] = accept_connect,      [TASK_UPDATE] = accept_update,
    [TASK_RESET] = accept_reset,          [TASK_RENEW] = client_accept_renew,
    [TASK_ROTATE] = client_accept_rotate,
};

static bool is_text(struct text part, const char *text)
{
    return part.length == strlen(text) && memcmp(part.at, text, part.length) == 0;
}

/* Whether the message came on `topic` of this device; NULL: a topic without an operation. */
static bool came_on(const struct step *step, enum topic_id topic, const char *operation)
{
    struct text part[TOPIC_PARAMETERS];
    return topic_match(topic, step->in->topic, step->in->topic_length, part, NULL) &&
           is_text(part[0], step->client->kept->uuid) && (operation == NULL || is_text(part[1], operation));
}

/* Whether the message answers what was asked last. */
static bool is_answer(const struct step *step, enum topic_id topic, const struct value *answer)
{
    const struct client *client = step->client;
    const char *id = client_member(answer, "requestId");
    return client->task != TASK_NONE && id != NULL && strcmp(id, client->request_id) == 0 &&
           came_on(step, topic, client_task_name(client->task));
}

/* The parser's copy of a secret, too, is wiped. */
static void wipe_member(const struct value *answer, const char *name)
{
    union {
        const char *given;
        char *ours; /* the text belongs to the document, which we own */
    } text = {client_member(answer, name)};
    if (text.given != NULL)
        key_wipe(text.ours, strlen(text.ours));
}

void client_take_message(struct step *step)
{
    if (step->client->link != LINK_UP)
        return;
    struct document *document = document_new_answer(step->in->payload, step->in->payload_length);
    const struct value *answer = document_root(document);
    if (is_answer(step, TOPIC_DEVICE_ACCEPTED, answer))
        accept[step->client->task](step, answer);
    else if (is_answer(step, TOPIC_DEVICE_REJECTED, answer))
        client_take_rejection(step, value_member(answer, "error"));
    else if (came_on(step, TOPIC_DEVICE_OFFER, NULL))
        client_take_offer(step, answer);
    wipe_member(answer, "apiKey");
    document_free(document);
}
