#include "device-client/client_internal.h"

#include "certs/key.h"
#include "topics/document.h"
#include "topics/id.h"
#include "topics/topic.h"

#include <string.h>

#define HEARTBEAT_MOST 86400 /* seconds */

#define LOWER_HEX "0123456789abcdef"
#define BASE32    "abcdefghijklmnopqrstuvwxyz234567"

static const char *member_text(const struct value *answer, const char *name)
{
    return value_text(value_member(answer, name));
}

const char *client_readable(const char *text, const char *instead)
{
    return text != NULL && text[0] != '\0' && id_is_clean_text(text, strlen(text), false) ? text : instead;
}

/* Ids from the wire end up in lines for people, too. */
static bool take_id(char *out, size_t size, const char *text, const char *octets)
{
    return kept_copy(out, size, text) && out[0] != '\0' && strspn(out, octets) == strlen(out);
}

/* A time from the wire, or "". */
static void take_time(char out[TIMESTAMP_SIZE], const char *text)
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
    if (!kept_copy(api_key, sizeof api_key, client_readable(member_text(answer, "apiKey"), NULL)) ||
        !take_id(device_id, sizeof device_id, member_text(answer, "deviceId"), BASE32)) {
        key_wipe(api_key, sizeof api_key);
        client_say(step, "the answer to register has no usable apiKey and deviceId; asking again");
        return;
    }
    kept_forget_certificate(kept); /* those of a life before a reset */
    memcpy(kept->api_key, api_key, sizeof api_key);
    memcpy(kept->device_id, device_id, sizeof device_id);
    key_wipe(api_key, sizeof api_key);
    take_tenant(kept, member_text(answer, "tenant"));
    kept->register_id[0] = kept->register_members[0] = '\0';
    step->out->save = true;
    client->ceiling = CREDENTIAL_CERTIFICATE;
    client->rejections = client->failures = 0;
    client_say(step, "registered deviceId=%s tenant=%s", kept->device_id, kept->tenant);
    if (client->options.goal == GOAL_REGISTER)
        client_done(step, MUSTER_DEVICE_OK, NULL, "registered");
    else
        client_reconnect(step);
}

static void accept_provision(struct step *step, const struct value *answer)
{
    struct client *client = step->client;
    struct kept *kept = client->kept;
    char id[KEPT_CERTIFICATE_ID + 1];
    bool whole = take_id(id, sizeof id, member_text(answer, "certificateId"), LOWER_HEX) &&
                 kept_copy(step->out->certificate_pem, sizeof step->out->certificate_pem,
                           member_text(answer, "certificatePem")) &&
                 kept_copy(step->out->ca_pem, sizeof step->out->ca_pem, member_text(answer, "caPem"));
    if (!whole) {
        client_say(step, "the answer to provision has no usable certificate; asking again");
        return;
    }
    memcpy(kept->certificate_id, id, sizeof id);
    take_time(kept->not_before, member_text(answer, "notBefore"));
    take_time(kept->not_after, member_text(answer, "notAfter"));
    take_time(kept->renew_after, member_text(answer, "renewAfter"));
    kept->provision_id[0] = kept->csr[0] = '\0';
    kept->has_identity = true;
    step->out->keep_certificate = step->out->save = step->out->erase_provisioning_key = true;
    client->ceiling = CREDENTIAL_CERTIFICATE;
    client->rejections = client->failures = 0;
    client_say(step, "provisioned certificate=%s until %s", kept->certificate_id,
               client_readable(kept->not_after, "?"));
    client_reconnect(step);
}

/* The first heartbeat comes at a random moment of the interval, so that a fleet that came back at once spreads. */
static void accept_connect(struct step *step, const struct value *answer)
{
    struct client *client = step->client;
    char renew_after[TIMESTAMP_SIZE];
    long long seconds = 60;
    (void)value_integer(value_member(answer, "heartbeatSeconds"), 1, HEARTBEAT_MOST, &seconds);
    if (client->options.heartbeat_seconds > 0)
        seconds = client->options.heartbeat_seconds;
    client->heartbeat_every_ms = seconds * INT64_C(1000);
    client->heartbeat_ms =
        step->in->now_ms + 1 + (client->heartbeat_every_ms * client_random32(step, RANDOM_SPREAD) >> 32);
    take_time(renew_after, member_text(answer, "renewAfter"));
    if (renew_after[0] != '\0' && strcmp(renew_after, client->kept->renew_after) != 0) { /* a new plan */
        memcpy(client->kept->renew_after, renew_after, sizeof renew_after);
        step->out->save = true;
    }
    client->online = true;
    client->task = TASK_NONE;
    client->failures = client->rejections = 0;
    client->next_ms = 0;
    client_say(step, "online deviceId=%s heartbeat every %lld s", client->kept->device_id, seconds);
}

static void accept_update(struct step *step, const struct value *answer)
{
    struct kept *kept = step->client->kept;
    const char *name = client_readable(member_text(answer, "deviceName"), kept->name);
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
    [TASK_REGISTER] = accept_register, [TASK_PROVISION] = accept_provision, [TASK_CONNECT] = accept_connect,
    [TASK_UPDATE] = accept_update,     [TASK_RESET] = accept_reset,
};

/* Whether the message came on `topic` of this device for that operation. */
static bool came_on(const struct step *step, enum topic_id topic, const char *operation)
{
    const char *uuid = step->client->kept->uuid;
    struct text part[TOPIC_PARAMETERS];
    return topic_match(topic, step->in->topic, step->in->topic_length, part, NULL) && part[0].length == strlen(uuid) &&
           memcmp(part[0].at, uuid, part[0].length) == 0 && part[1].length == strlen(operation) &&
           memcmp(part[1].at, operation, part[1].length) == 0;
}

/* Whether the message answers what was asked last. */
static bool is_answer(const struct step *step, enum topic_id topic, const struct value *answer)
{
    const struct client *client = step->client;
    const char *id = member_text(answer, "requestId");
    return client->task != TASK_NONE && id != NULL && strcmp(id, client->request_id) == 0 &&
           came_on(step, topic, client_task_name(client->task));
}

/* The parser's copy of a secret, too, is wiped. */
static void wipe_member(const struct value *answer, const char *name)
{
    union {
        const char *given;
        char *ours; /* the text belongs to the document, which we own */
    } text = {member_text(answer, name)};
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
    wipe_member(answer, "apiKey");
    document_free(document);
}
