/* One step of a device: as device-client/runner.c carries it out, but for the deaths. */
#include "tests/year/device.h"

#include <string.h>

static struct client_effects effects; /* one device at a time */

static bool ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text), tail = strlen(ending);
    return length >= tail && strcmp(text + length - tail, ending) == 0;
}

/* The device dies here, if it is its time: true when it did. */
static bool dies(struct device *device, enum death death, bool here)
{
    for (int i = 0; i < 2 && here; i++)
        if (device->deaths[i] == death) {
            device->deaths[i] = DEATH_COUNT;
            device_die(device, death);
            return true;
        }
    return false;
}

static bool asks(enum task task)
{
    return effects.publish && ends_with(effects.topic, client_task_name(task)) && task != TASK_NONE;
}

static bool is_rotated(const struct client_input *input)
{
    static const char topic[] = "/rotate/accepted";
    size_t length = sizeof topic - 1;
    return input->event == CLIENT_MESSAGE && effects.save && input->topic_length > length &&
           memcmp(input->topic + input->topic_length - length, topic, length) == 0;
}

/* State and what goes with it. False: it died. */
static bool save(struct device *device, const struct client_input *input)
{
    bool rotated = is_rotated(input), named = input->event == CLIENT_NEXT_KEPT && device->life->kept.has_next;
    if (dies(device, DEATH_ROTATION_ANSWERED, rotated))
        return false;
    if (effects.save)
        disk_save(&device->disk, &device->life->kept);
    if (dies(device, DEATH_REQUEST_SAVED, effects.save && asks(TASK_RENEW)) ||
        dies(device, DEATH_ROTATION_SAVED, effects.save && asks(TASK_ROTATE)) || dies(device, DEATH_ROTATED, rotated) ||
        dies(device, DEATH_NEXT_NAMED, named) || dies(device, DEATH_PROMOTION_SAVED, effects.promote))
        return false;
    if (effects.erase_request)
        disk_erase_request(&device->disk);
    return !dies(device, DEATH_REQUEST_ERASED, named);
}

/* What must be durable, in the order of runner_write.c. False: the device died. */
static bool write_down(struct device *device, const struct client_input *input)
{
    struct disk *disk = &device->disk;
    const struct kept *kept = &device->life->kept;
    if (effects.keep_certificate) {
        disk_write_pair(&disk->used, effects.certificate_pem, kept->certificate_id, kept->not_after);
        disk_write_authorities(disk, effects.ca_pem, &device->life->kept);
    }
    if (effects.promote)
        disk_promote(disk);
    if (dies(device, DEATH_PROMOTED, effects.promote) || !save(device, input))
        return false;
    if (effects.erase_next)
        disk_erase_next(disk);
    if (effects.keep_authorities)
        disk_write_authorities(disk, effects.ca_pem, &device->life->kept);
    if (effects.erase_provisioning_key) {
        device->life->kept.provisioning_key[0] = '\0';
        disk->has_provisioning_key = false;
    }
    return true;
}

static bool publish(struct device *device)
{
    const struct client *client = &device->life->client;
    bool next = client->credential == CREDENTIAL_NEXT && asks(TASK_CONNECT);
    if (effects.heartbeat)
        client_heartbeat(client, "", effects.payload, sizeof effects.payload);
    gate_send(device->number, effects.topic, effects.payload, effects.heartbeat);
    return !dies(device, DEATH_REQUEST_SENT, asks(TASK_RENEW)) &&
           !dies(device, DEATH_ROTATION_SENT, asks(TASK_ROTATE)) && !dies(device, DEATH_NEXT_SENT, next);
}

struct shown device_shows(const struct disk *disk, const struct kept *kept, enum credential credential)
{
    switch (credential) {
    case CREDENTIAL_NEXT:
        return (struct shown){.pair = &disk->next};
    case CREDENTIAL_CERTIFICATE:
        return (struct shown){.pair = &disk->used};
    case CREDENTIAL_API_KEY:
        return (struct shown){.username = kept->uuid, .password = kept->api_key};
    case CREDENTIAL_PROVISIONING_KEY:
        return (struct shown){.username = "provision", .password = kept->provisioning_key};
    case CREDENTIAL_NONE:
        break;
    }
    return (struct shown){.pair = NULL};
}

/* By its API key, after its certificate had expired. */
static bool is_back(const struct device *device)
{
    const struct pair *used = &device->disk.used;
    return device->life->client.credential == CREDENTIAL_API_KEY && used->peer.certificate_id[0] != '\0' &&
           used->not_after < year_wall() / 1000;
}

static bool connect(struct device *device)
{
    struct life *life = device->life;
    enum credential credential = life->client.credential;
    struct shown shown = device_shows(&device->disk, &life->kept, credential);
    enum word word = gate_login(device->number, &shown);
    if (dies(device, DEATH_NEXT_LOGGED_IN, word == WORD_WELCOME && credential == CREDENTIAL_NEXT))
        return false;
    life->happens = word == WORD_WELCOME ? HAPPENS_UP : word == WORD_REFUSED ? HAPPENS_REFUSED : HAPPENS_BROKEN;
    life->knows_time = life->knows_time || word != WORD_NO_TLS;
    device->came_back = device->came_back || (word == WORD_WELCOME && is_back(device));
    return true;
}

static void make_key(struct device *device)
{
    struct client_input made = {.event = CLIENT_KEY_MADE};
    bool renews = device->life->client.task == TASK_RENEW;
    disk_new_key(&device->disk, &device->life->kept);
    if (!dies(device, DEATH_KEY_MADE, renews))
        device_step(device, &made);
}

static void keep_next(struct device *device)
{
    struct client_input kept = {.event = CLIENT_NEXT_KEPT};
    const struct kept *renewed = &device->life->kept;
    if (dies(device, DEATH_ANSWERED, true))
        return;
    disk_write_pair(&device->disk.next, effects.certificate_pem, renewed->next_certificate_id, renewed->next_not_after);
    disk_write_authorities(&device->disk, effects.ca_pem, &device->life->kept);
    if (!dies(device, DEATH_NEXT_WRITTEN, true))
        device_step(device, &kept);
}

static void fill(const struct life *life, struct client_input *input)
{
    int64_t since_boot = year_now() - life->boot_ms;
    input->now_ms = since_boot + SECOND_MS;
    input->wall_ms = life->knows_time ? year_wall() : since_boot + SECOND_MS;
    for (int i = 0; i < 4; i++)
        input->random[i] = (uint64_t)year_random(INT64_MAX) << 1;
}

void device_step(struct device *device, struct client_input *input)
{
    struct life *life = device->life;
    fill(life, input);
    client_step(&life->client, input, &effects);
    if (effects.line[0] != '\0')
        year_tell(device->number, "%s", effects.line);
    year_check(!effects.done || input->event == CLIENT_STOP, "%s gives up: %s", device->uuid, effects.problem.what);
    if (!write_down(device, input) || (effects.publish && !publish(device)))
        return;
    if (effects.disconnect)
        gate_close(device->number);
    if (effects.connect && !connect(device))
        return;
    if (effects.make_key) /* and all that follows from it */
        make_key(device);
    else if (effects.keep_next)
        keep_next(device);
    else
        device_rest(device, effects.wake_ms == 0 ? 0 : effects.wake_ms - SECOND_MS + life->boot_ms);
}
