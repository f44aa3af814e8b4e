#include "device-client/backoff.h"
#include "device-client/client_internal.h"

#include "topics/json_write.h"
#include "topics/topic.h"

#include <string.h>

/* What each task writes into its request after requestId. */
static void write_register(const struct step *step, struct json_writer *json)
{
    const struct client *client = step->client;
    json_members(json, client->kept->register_members);
    if (client->options.open_mode && client->kept->provisioning_key[0] != '\0')
        json_text(json, "provisioningKey", client->kept->provisioning_key);
}

static void write_csr(const struct step *step, struct json_writer *json)
{
    json_text(json, "csr", step->client->kept->csr);
}

static void write_connect(const struct step *step, struct json_writer *json)
{
    json_text(json, "session", step->client->session);
    if (step->client->kept->ca_fingerprint[0] != '\0')
        json_text(json, "caFingerprint", step->client->kept->ca_fingerprint);
}

static void write_update(const struct step *step, struct json_writer *json)
{
    json_members(json, step->client->options.members);
}

static void write_nothing(const struct step *step, struct json_writer *json)
{
    (void)step;
    (void)json;
}

static const struct {
    const char *name;
    void (*write)(const struct step *, struct json_writer *);
} tasks[TASK_COUNT] = {
    [TASK_NONE] = {"", write_nothing},           [TASK_REGISTER] = {"register", write_register},
    [TASK_PROVISION] = {"provision", write_csr}, [TASK_CONNECT] = {"connect", write_connect},
    [TASK_UPDATE] = {"update", write_update},    [TASK_RESET] = {"reset", write_nothing},
    [TASK_RENEW] = {"renew", write_csr},         [TASK_ROTATE] = {"rotate", write_nothing},
};

const char *client_task_name(enum task task)
{
    return tasks[task].name;
}

/* Where the id of the task's request is kept: on disk for what must survive a crash, else as long as the connection. */
static char *request_id_of(struct client *client)
{
    switch (client->task) {
    case TASK_REGISTER:
        return client->kept->register_id;
    case TASK_PROVISION:
        return client->kept->provision_id;
    case TASK_RESET:
        return client->kept->reset_id;
    case TASK_RENEW:
        return client->kept->renew_id;
    case TASK_ROTATE:
        return client->kept->rotate_id;
    default:
        return client->request_id;
    }
}

void client_new_request(struct step *step)
{
    char *id = request_id_of(step->client);
    id[0] = step->client->request_id[0] = '\0';
    if (step->client->task == TASK_REGISTER)
        step->client->kept->register_members[0] = '\0';
    step->out->save |= id != step->client->request_id;
}

/* What a registration says is written down before it is first sent: a repetition must not differ, even when the
 * device's name was changed in between. */
static void write_register_members(struct kept *kept)
{
    struct json_writer json;
    char object[KEPT_REGISTER_MEMBERS];
    json_start(&json, object, sizeof object);
    json_open(&json, NULL, '{');
    if (kept->name[0] != '\0')
        json_text(&json, "deviceName", kept->name);
    if (kept->type[0] != '\0')
        json_text(&json, "deviceType", kept->type);
    /* without the braces; what does not fit is left out, names are short */
    kept_copy(kept->register_members, sizeof kept->register_members, json.overflow ? "" : object + 1);
}

/* One key pair is for one request: what was asked for it under the other name is given up, with the key. */
static void drop_other_request(struct client *client)
{
    char *other = client->task == TASK_RENEW ? client->kept->provision_id : client->kept->renew_id;
    if (other[0] != '\0')
        other[0] = client->kept->csr[0] = '\0';
}

/* Makes the task's request if there is none yet. False while the key for it is still to be made. */
static bool prepare(struct step *step)
{
    struct client *client = step->client;
    char *id = request_id_of(client);
    bool needs_key = client->task == TASK_PROVISION || client->task == TASK_RENEW;
    if (needs_key)
        drop_other_request(client);
    if (needs_key && client->kept->csr[0] == '\0') {
        id[0] = '\0';
        step->out->make_key = true;
        return false;
    }
    if (id[0] == '\0') {
        client_random_id(step, id);
        if (client->task == TASK_REGISTER)
            write_register_members(client->kept);
        step->out->save |= id != client->request_id;
    }
    if (id != client->request_id)
        kept_copy(client->request_id, sizeof client->request_id, id);
    return true;
}

static bool address(struct step *step, const char *operation, int qos)
{
    step->out->qos = qos;
    return topic_build(TOPIC_DEVICE_REQUEST, step->out->topic, sizeof step->out->topic,
                       (const char *[]){step->client->kept->uuid, operation}) > 0;
}

void client_ask(struct step *step)
{
    struct client *client = step->client;
    struct json_writer json;
    client->next_ms = 0;
    if (!prepare(step))
        return;
    json_start(&json, step->out->payload, sizeof step->out->payload);
    json_open(&json, NULL, '{');
    json_text(&json, "requestId", client->request_id);
    tasks[client->task].write(step, &json);
    json_close(&json, '}');
    step->out->publish = address(step, tasks[client->task].name, 1) && !json.overflow;
    client->next_ms = step->in->now_ms + client_repeat_ms(step);
}

void client_heartbeat(const struct client *client, const char *metrics, char *out, size_t size)
{
    struct json_writer json;
    json_start(&json, out, size);
    json_open(&json, NULL, '{');
    json_text(&json, "session", client->session);
    if (metrics[0] == '{')
        json_raw(&json, "metrics", metrics);
    json_close(&json, '}');
}

void client_goodbye(struct step *step)
{
    client_heartbeat(step->client, "", step->out->payload, sizeof step->out->payload);
    step->out->publish = address(step, "disconnect", 1);
}

void client_beat(struct step *step)
{
    step->out->publish = step->out->heartbeat = address(step, "heartbeat", 0);
    step->client->heartbeat_ms = step->in->now_ms + step->client->heartbeat_every_ms;
}
