#include "service/gate/outgoing.h"

#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void outgoing_init(struct outgoing *outgoing)
{
    *outgoing = (struct outgoing){.has_key = false};
    STAILQ_INIT(&outgoing->items);
}

static void item_free(struct outgoing_item *item)
{
    mosquitto_property_free_all(&item->properties);
    mosquitto_free(item->payload);
    free(item);
}

static struct outgoing_item *take_first(struct outgoing *outgoing)
{
    struct outgoing_item *item = STAILQ_FIRST(&outgoing->items);
    if (item != NULL)
        STAILQ_REMOVE_HEAD(&outgoing->items, of_items);
    return item;
}

void outgoing_free(struct outgoing *outgoing)
{
    struct outgoing_item *item;
    while ((item = take_first(outgoing)) != NULL)
        item_free(item);
}

static bool add(struct outgoing *outgoing, uint64_t connection, const char *client_id, const char *topic,
                const void *payload, size_t length, mosquitto_property *properties)
{
    struct outgoing_item *item = calloc(1, sizeof *item);
    void *copy = mosquitto_malloc(length + 1); /* the broker's own way to free it follows */
    if (item == NULL || copy == NULL || strlen(topic) > LIMIT_TOPIC || strlen(client_id) > LIMIT_CLIENT_ID) {
        free(item);
        mosquitto_free(copy);
        mosquitto_property_free_all(&properties);
        return false;
    }
    if (length > 0)
        memcpy(copy, payload, length);
    item->connection = connection;
    item->payload = copy;
    item->length = length;
    item->properties = properties;
    memcpy(item->client_id, client_id, strlen(client_id) + 1);
    memcpy(item->topic, topic, strlen(topic) + 1);
    STAILQ_INSERT_TAIL(&outgoing->items, item, of_items);
    return true;
}

bool outgoing_answer(struct outgoing *outgoing, uint64_t connection, const char *client_id, const char *topic,
                     const void *payload, size_t length, mosquitto_property *properties)
{
    return add(outgoing, connection, client_id, topic, payload, length, properties);
}

bool outgoing_stamp(const struct outgoing *outgoing, const struct stamp *stamp, const struct stamped *what,
                    mosquitto_property **properties)
{
    char text[STAMP_MAX];
    return outgoing->has_key && stamp_write(stamp, outgoing->key, what, text) > 0 &&
           mosquitto_property_add_string_pair(properties, MQTT_PROP_USER_PROPERTY, STAMP_PROPERTY, text) ==
               MOSQ_ERR_SUCCESS;
}

bool outgoing_notice(struct outgoing *outgoing, const struct stamp *stamp, const char *topic, const void *payload,
                     size_t length)
{
    mosquitto_property *properties = NULL;
    const struct stamped what = {topic, strlen(topic), payload, length};
    return !outgoing->has_key || (outgoing_stamp(outgoing, stamp, &what, &properties) &&
                                  add(outgoing, 0, "", topic, payload, length, properties));
}

bool outgoing_hint(struct outgoing *outgoing, enum topic_id topic, const struct stamp *stamp, const char *payload)
{
    return outgoing_notice(outgoing, stamp, topic_pattern(topic), payload, strlen(payload));
}

/* Whether the connection that asked is still the one of its client id. */
static bool is_there(struct sessions *sessions, const struct outgoing_item *item)
{
    struct session *session = session_live(sessions, item->client_id);
    if (session == NULL || session->doomed || session->who.stamp.connection != item->connection)
        return false;
    session->unanswered -= session->unanswered > 0;
    if (++session->answers >= OUTGOING_ANSWERS && session->who.role == ROLE_PROVISIONING)
        session_doom(sessions, session);
    return true;
}

void outgoing_flush(struct outgoing *outgoing, struct sessions *sessions)
{
    struct outgoing_item *item;
    while ((item = take_first(outgoing)) != NULL) {
        bool to_one = item->connection != 0;
        if ((!to_one || is_there(sessions, item)) &&
            mosquitto_broker_publish(to_one ? item->client_id : NULL, item->topic, (int)item->length, item->payload, 1,
                                     false, item->properties) == MOSQ_ERR_SUCCESS) {
            item->payload = NULL; /* the broker's now */
            item->properties = NULL;
        }
        item_free(item);
    }
}
