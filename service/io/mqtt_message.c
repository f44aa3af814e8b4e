#include "service/io/mqtt_internal.h"
#include "topics/stamp.h"

#include <stdlib.h>
#include <string.h>

/* A PUBACK that somebody waits for. */
struct pending {
    struct mqtt *mqtt;
    uint64_t id;
};

static const void *find_property(const MQTTAsync_message *message, enum MQTTPropertyCodes code, size_t *length)
{
    MQTTProperties *properties = (MQTTProperties *)(void *)&message->properties;
    MQTTProperty *property = MQTTProperties_getProperty(properties, code);
    if (property == NULL)
        return NULL;
    *length = (size_t)property->value.data.len;
    return property->value.data.data;
}

/* The gate adds one; another beside it would be a stranger's. */
static const char *find_stamp(const MQTTAsync_message *message, size_t *length)
{
    MQTTProperties *properties = (MQTTProperties *)(void *)&message->properties;
    int count = MQTTProperties_propertyCount(properties, MQTTPROPERTY_CODE_USER_PROPERTY);
    const char *stamp = NULL;
    for (int i = 0, found = 0; i < count; i++) {
        const MQTTProperty *property = MQTTProperties_getPropertyAt(properties, MQTTPROPERTY_CODE_USER_PROPERTY, i);
        const MQTTLenString *name = &property->value.data, *value = &property->value.value;
        if (name->len != (int)strlen(STAMP_PROPERTY) || memcmp(name->data, STAMP_PROPERTY, strlen(STAMP_PROPERTY)) != 0)
            continue;
        stamp = found++ == 0 ? value->data : NULL;
        *length = stamp != NULL ? (size_t)value->len : 0;
    }
    return stamp;
}

/* Always returns 1: with 0 Paho 1.3.12 keeps the message and acknowledges later ones without delivering them. */
int mqtt_take(void *context, char *topic, int topic_length, MQTTAsync_message *message)
{
    struct mqtt *mqtt = context;
    struct mqtt_message in = {.topic = topic,
                              .topic_length = topic_length > 0 ? (size_t)topic_length : strlen(topic),
                              .payload = message->payload,
                              .length = (size_t)message->payloadlen,
                              .retained = message->retained != 0};
    if (message->properties.count > 0) { /* a heartbeat has none */
        in.response_topic = find_property(message, MQTTPROPERTY_CODE_RESPONSE_TOPIC, &in.response_topic_length);
        in.correlation = find_property(message, MQTTPROPERTY_CODE_CORRELATION_DATA, &in.correlation_length);
        in.stamp = find_stamp(message, &in.stamp_length);
    }
    mqtt->callbacks.message(mqtt->context, &in);
    MQTTAsync_freeMessage(&message);
    MQTTAsync_free(topic);
    return 1;
}

/* Paho puts the broker's reason into `reasonCode` or, for some packets, into `code`. */
int mqtt_reason(const MQTTAsync_failureData5 *data)
{
    if (data == NULL)
        return 0;
    return data->reasonCode >= MQTTREASONCODE_UNSPECIFIED_ERROR ? (int)data->reasonCode : data->code;
}

static void report_outcome(struct pending *pending, enum mqtt_outcome outcome)
{
    pending->mqtt->callbacks.acknowledged(pending->mqtt->context, pending->id, outcome);
    free(pending);
}

static enum mqtt_outcome outcome_of(int code, enum mqtt_outcome without)
{
    switch (code) {
    case MQTTREASONCODE_TOPIC_NAME_INVALID:
    case MQTTREASONCODE_PACKET_TOO_LARGE:
    case MQTTREASONCODE_PAYLOAD_FORMAT_INVALID:
        return MQTT_UNSENDABLE;
    default:
        return code >= MQTTREASONCODE_UNSPECIFIED_ERROR ? MQTT_DENIED : without;
    }
}

static void on_acknowledged(void *context, MQTTAsync_successData5 *data)
{
    report_outcome(context, outcome_of(data != NULL ? (int)data->reasonCode : 0, MQTT_ACCEPTED));
}

static void on_not_acknowledged(void *context, MQTTAsync_failureData5 *data)
{
    report_outcome(context, outcome_of(mqtt_reason(data), MQTT_LOST));
}

static void add_property(MQTTProperties *properties, enum MQTTPropertyCodes code, const void *at, size_t length)
{
    MQTTProperty property = {.identifier = code};
    property.value.data.data = (char *)(uintptr_t)at; /* MQTTProperties_add copies it */
    property.value.data.len = (int)length;
    MQTTProperties_add(properties, &property);
}

static MQTTLenString lent(const char *text)
{
    return (MQTTLenString){.len = (int)strlen(text), .data = (char *)(uintptr_t)text};
}

static void add_properties(MQTTProperties *properties, const struct mqtt_publish *publish)
{
    if (publish->correlation != NULL)
        add_property(properties, MQTTPROPERTY_CODE_CORRELATION_DATA, publish->correlation, publish->correlation_length);
    if (publish->response_topic != NULL)
        add_property(properties, MQTTPROPERTY_CODE_RESPONSE_TOPIC, publish->response_topic,
                     strlen(publish->response_topic));
    if (publish->property_name == NULL)
        return;
    MQTTProperty user = {.identifier = MQTTPROPERTY_CODE_USER_PROPERTY};
    user.value.data = lent(publish->property_name);
    user.value.value = lent(publish->property_value);
    MQTTProperties_add(properties, &user);
}

bool mqtt_send(struct mqtt *mqtt, const struct mqtt_publish *publish)
{
    MQTTAsync_message message = MQTTAsync_message_initializer;
    MQTTAsync_responseOptions call = MQTTAsync_responseOptions_initializer;
    struct pending *pending = NULL;
    message.payload = (void *)(uintptr_t)publish->payload; /* Paho copies it */
    message.payloadlen = (int)publish->length;
    message.qos = publish->qos;
    message.retained = publish->retained;
    add_properties(&message.properties, publish);
    if (publish->id != 0 && (pending = malloc(sizeof *pending)) != NULL) {
        *pending = (struct pending){mqtt, publish->id};
        call.onSuccess5 = on_acknowledged;
        call.onFailure5 = on_not_acknowledged;
        call.context = pending;
    }
    bool wanted = publish->id == 0 || pending != NULL;
    bool taken = wanted && MQTTAsync_sendMessage(mqtt->client, publish->topic, &message, &call) == MQTTASYNC_SUCCESS;
    MQTTProperties_free(&message.properties);
    if (!taken)
        free(pending);
    return taken;
}
