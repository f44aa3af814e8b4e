#include "service/io/retained.h"

#include "topics/topic.h"

#include <string.h>

#define PAGE_MS 20 /* between two pages */

static void send(struct mqtt *mqtt, const char *tenant, const char *uuid, const char *body)
{
    char topic[LIMIT_TOPIC];
    if (topic_build(TOPIC_STATUS, topic, sizeof topic, (const char *const[]){tenant, uuid}) > 0)
        mqtt_send(mqtt, &(struct mqtt_publish){.topic = topic,
                                               .payload = body,
                                               .length = strlen(body),
                                               .qos = topic_qos(TOPIC_STATUS),
                                               .retained = topic_is_retained(TOPIC_STATUS)});
}

void retained_send(struct mqtt *mqtt, const char *tenant, const char *uuid, const char *status, int64_t since,
                   int64_t sequence)
{
    char body[120];
    struct json_writer json;
    json_start(&json, body, sizeof body);
    json_open(&json, NULL, '{');
    json_text(&json, "status", status);
    json_time(&json, "since", since);
    json_int(&json, "sequence", sequence);
    json_close(&json, '}');
    send(mqtt, tenant, uuid, body);
}

void retained_clear(struct mqtt *mqtt, const char *tenant, const char *uuid)
{
    send(mqtt, tenant, uuid, "");
}

void retained_walk_start(struct retained_walk *walk)
{
    walk->going = true;
    walk->next = (struct mono){0};
    walk->after[0] = '\0';
}

void retained_walk_on(struct retained_walk *walk, struct core *core, struct mqtt *mqtt, struct mono now)
{
    struct device_row *devices = core->page.devices;
    size_t found = 0;
    if (!walk->going || now.ms < walk->next.ms)
        return;
    walk->next = mono_add(now, PAGE_MS);
    enum status status = store_device_list(core->store, NULL, walk->after, devices, LIMIT_PAGE_ITEMS, &found);
    for (size_t i = 0; i < found; i++)
        if (devices[i].state == DEVICE_DECOMMISSIONED)
            retained_clear(mqtt, devices[i].tenant, devices[i].uuid);
        else
            retained_send(mqtt, devices[i].tenant, devices[i].uuid, devices[i].presence.online ? "online" : "offline",
                          devices[i].presence.since, devices[i].presence.sequence);
    walk->going = status == ST_OK && found == LIMIT_PAGE_ITEMS;
    if (walk->going)
        memcpy(walk->after, devices[found - 1].uuid, sizeof walk->after);
}
