#include "service/io/connection.h"

#include "service/core/secret.h"
#include "service/io/clock.h"
#include "service/io/entropy.h"
#include "topics/limits.h"
#include "topics/topic.h"

#include <stdio.h>
#include <string.h>

#define CLIENT_ID "_muster-" /* ids that begin with _ are the service's alone */

const char *connection_role(int number)
{
    static const char *const roles[BROKER_CONNECTIONS] = {"subscriber", "publisher"};
    return roles[number];
}

static void on_message(void *context, const struct mqtt_message *message)
{
    const struct connection *connection = context;
    struct queue_item item = {
        .kind = QUEUE_MESSAGE, .source = connection->number, .now = clock_now(), .message = *message};
    queue_put(connection->broker->queue, &item, LIMIT_PAYLOAD + 1); /* one more: it is too large, and it shows */
}

static void on_up(void *context)
{
    const struct connection *connection = context;
    struct queue_item item = {.kind = QUEUE_UP, .source = connection->number, .now = clock_now()};
    queue_put(connection->broker->queue, &item, 0);
}

static void on_down(void *context, const char *reason, bool refused)
{
    (void)refused; /* it is tried again in any case */
    const struct connection *connection = context;
    struct queue_item item = {.kind = QUEUE_DOWN, .source = connection->number, .now = clock_now()};
    item.message.payload = reason;
    item.message.length = strlen(reason) + 1;
    queue_put(connection->broker->queue, &item, 200);
}

static void on_acknowledged(void *context, uint64_t id, enum mqtt_outcome outcome)
{
    const struct connection *connection = context;
    struct queue_item item = {
        .kind = QUEUE_ACKNOWLEDGED, .source = connection->number, .id = id, .outcome = outcome, .now = clock_now()};
    queue_put(connection->broker->queue, &item, 0);
}

static const struct mqtt_callbacks callbacks = {on_message, on_up, on_down, on_acknowledged};

struct mqtt *connection_new(struct broker *broker, int number, const char *password)
{
    char device[LIMIT_TOPIC], admin[LIMIT_TOPIC], id[sizeof broker->publisher_id];
    unsigned char random[8];
    char suffix[sizeof random + 1];
    topic_filter(TOPIC_DEVICE_REQUEST, device, sizeof device);
    topic_filter(TOPIC_ADMIN_REQUEST, admin, sizeof admin);
    entropy_fill(random, sizeof random);
    secret_base32(random, sizeof random, suffix);
    snprintf(id, sizeof id, CLIENT_ID "%s-%s", connection_role(number), suffix);
    /* What the gate tells comes last: in open mode there is none. */
    const char *const filters[] = {device,
                                   admin,
                                   broker->probe_topic,
                                   topic_pattern(TOPIC_GATE_CONNECTED),
                                   topic_pattern(TOPIC_GATE_DISCONNECTED),
                                   topic_pattern(TOPIC_GATE_REFUSED),
                                   topic_pattern(TOPIC_GATE_CHECKED),
                                   topic_pattern(TOPIC_GATE_RELOADED)};
    const size_t all = sizeof filters / sizeof *filters;
    const struct config *config = broker->config;
    bool subscriber = number == BROKER_SUBSCRIBER;
    if (!subscriber)
        memcpy(broker->publisher_id, id, sizeof id);
    struct mqtt_options options = {.host = config->broker_host,
                                   .port = config->broker_port,
                                   .client_id = id,
                                   .username = config->broker_username[0] != '\0' ? config->broker_username : NULL,
                                   .password = password,
                                   .filters = filters,
                                   .filter_count = !subscriber                 ? 0
                                                   : broker->stamp_key != NULL ? all
                                                                               : 3,
                                   .filter_qos = 1,
                                   .will_topic = subscriber ? NULL : broker->state_topic,
                                   .ca_file = config->broker_ca_file,
                                   .certificate_file = config->broker_certificate_file,
                                   .key_file = config->broker_key_file};
    return mqtt_new(&options, &callbacks, &broker->connections[number]);
}
