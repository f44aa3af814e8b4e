#include "service/io/guard.h"

#include "service/core/secret.h"
#include "topics/stamp.h"
#include "topics/topic.h"

#include <stdio.h>
#include <string.h>

static bool send_command(struct mqtt *mqtt, const char *command)
{
    return mqtt_send(mqtt, &(struct mqtt_publish){.topic = topic_pattern(TOPIC_GATE_COMMAND),
                                                  .payload = command,
                                                  .length = strlen(command),
                                                  .qos = topic_qos(TOPIC_GATE_COMMAND)});
}

bool guard_send_key(struct mqtt *mqtt, const uint64_t key[2])
{
    char command[4 + 2 * STAMP_CONNECTION + 1] = "key ";
    stamp_connection(key[0], command + 4);
    stamp_connection(key[1], command + 4 + STAMP_CONNECTION);
    bool taken = send_command(mqtt, command);
    secret_wipe(command, sizeof command);
    return taken;
}

bool guard_send_sessions(struct mqtt *mqtt, enum sessions sessions, const char *uuid)
{
    char command[16 + LIMIT_UUID];
    snprintf(command, sizeof command, "%s%s%s", sessions_name(sessions), uuid[0] != '\0' ? " " : "", uuid);
    return send_command(mqtt, command);
}

bool guard_send_reload(struct mqtt *mqtt, int64_t number)
{
    char command[40];
    snprintf(command, sizeof command, "reload %lld", (long long)number);
    return send_command(mqtt, command);
}

bool guard_send_answer(struct mqtt *mqtt, const struct effect *effect)
{
    return mqtt_send(mqtt, &(struct mqtt_publish){.topic = topic_pattern(TOPIC_GATE_ANSWER),
                                                  .payload = effect->payload,
                                                  .length = effect->length,
                                                  .qos = topic_qos(TOPIC_GATE_ANSWER),
                                                  .correlation = effect->correlation,
                                                  .correlation_length = effect->correlation_length,
                                                  .response_topic = effect->topic,
                                                  .property_name = STAMP_RECEIVER_PROPERTY,
                                                  .property_value = effect->receiver});
}

bool guard_send_probe(struct mqtt *mqtt, const char *topic, const char *payload)
{
    return mqtt_send(mqtt, &(struct mqtt_publish){.topic = topic,
                                                  .payload = payload,
                                                  .length = strlen(payload),
                                                  .qos = topic_qos(TOPIC_SERVICE_PROBE),
                                                  .property_name = STAMP_PROPERTY,
                                                  .property_value = "forged"});
}

bool guard_is_stamped(const struct mqtt_message *message, const uint64_t key[2], const char *client_id)
{
    struct stamp stamp;
    const struct stamped what = {message->topic, message->topic_length, message->payload, message->length};
    return message->stamp != NULL && stamp_read(message->stamp, message->stamp_length, key, &what, &stamp) &&
           stamp.how == STAMP_SERVICE && strcmp(stamp.client_id, client_id) == 0;
}
