#include "service/io/mqtt.h"

#include "service/core/secret.h"

#include <MQTTAsync.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT        256
#define FILTERS     8
#define IN_FLIGHT   1000 /* Paho's own window towards the broker */
#define KEEPALIVE_S 60

struct mqtt {
    MQTTAsync client;
    struct mqtt_callbacks callbacks;
    void *context;
    char username[TEXT], password[TEXT], will_topic[TEXT], will_payload[TEXT];
    char filters[FILTERS][TEXT];
    char *filter_list[FILTERS];
    int filter_qos[FILTERS];
    int filter_count;
};

/* A PUBACK that somebody waits for. */
struct pending {
    struct mqtt *mqtt;
    uint64_t id;
};

static void on_lost(void *context, char *cause)
{
    struct mqtt *mqtt = context;
    mqtt->callbacks.down(mqtt->context, cause != NULL ? cause : "connection lost", false);
}

static const void *find_property(const MQTTAsync_message *message, enum MQTTPropertyCodes code, size_t *length)
{
    MQTTProperties *properties = (MQTTProperties *)(void *)&message->properties;
    MQTTProperty *property = MQTTProperties_getProperty(properties, code);
    if (property == NULL)
        return NULL;
    *length = (size_t)property->value.data.len;
    return property->value.data.data;
}

/* Always returns 1: with 0 Paho 1.3.12 keeps the message and acknowledges later ones without delivering them. */
static int on_message(void *context, char *topic, int topic_length, MQTTAsync_message *message)
{
    struct mqtt *mqtt = context;
    struct mqtt_message in = {.topic = topic,
                              .topic_length = topic_length > 0 ? (size_t)topic_length : strlen(topic),
                              .payload = message->payload,
                              .length = (size_t)message->payloadlen,
                              .retained = message->retained != 0};
    in.response_topic = find_property(message, MQTTPROPERTY_CODE_RESPONSE_TOPIC, &in.response_topic_length);
    in.correlation = find_property(message, MQTTPROPERTY_CODE_CORRELATION_DATA, &in.correlation_length);
    mqtt->callbacks.message(mqtt->context, &in);
    MQTTAsync_freeMessage(&message);
    MQTTAsync_free(topic);
    return 1;
}

/* NULL counts as "". False when it does not fit. */
static bool copy(char *out, const char *text)
{
    return snprintf(out, TEXT, "%s", text != NULL ? text : "") < TEXT;
}

static bool copy_filters(struct mqtt *mqtt, const struct mqtt_options *options)
{
    bool fits = options->filter_count <= FILTERS;
    for (size_t i = 0; fits && i < options->filter_count; i++) {
        fits = copy(mqtt->filters[i], options->filters[i]);
        mqtt->filter_list[i] = mqtt->filters[i];
        mqtt->filter_qos[i] = options->filter_qos;
        mqtt->filter_count++;
    }
    return fits;
}

static bool create_client(struct mqtt *mqtt, const struct mqtt_options *options)
{
    char uri[TEXT + 32];
    snprintf(uri, sizeof uri, "tcp://%s:%d", options->host, options->port);
    MQTTAsync_createOptions create = MQTTAsync_createOptions_initializer5;
    create.maxBufferedMessages = 65535; /* the owner bounds what it sends; Paho's default of 100 drops */
    return MQTTAsync_createWithOptions(&mqtt->client, uri, options->client_id, MQTTCLIENT_PERSISTENCE_NONE, NULL,
                                       &create) == MQTTASYNC_SUCCESS &&
           MQTTAsync_setCallbacks(mqtt->client, mqtt, on_lost, on_message, NULL) == MQTTASYNC_SUCCESS;
}

struct mqtt *mqtt_new(const struct mqtt_options *options, const struct mqtt_callbacks *callbacks, void *context)
{
    struct mqtt *mqtt = calloc(1, sizeof *mqtt);
    if (mqtt == NULL)
        return NULL;
    mqtt->callbacks = *callbacks;
    mqtt->context = context;
    if (copy(mqtt->username, options->username) && copy(mqtt->password, options->password) &&
        copy(mqtt->will_topic, options->will_topic) && copy_filters(mqtt, options) && create_client(mqtt, options))
        return mqtt;
    mqtt_free(mqtt);
    return NULL;
}

bool mqtt_set_will(struct mqtt *mqtt, const char *payload)
{
    return copy(mqtt->will_payload, payload);
}

/* Paho puts the broker's reason into `reasonCode` or, for some packets, into `code`. */
static int reason_code(const MQTTAsync_failureData5 *data)
{
    if (data == NULL)
        return 0;
    return data->reasonCode >= MQTTREASONCODE_UNSPECIFIED_ERROR ? (int)data->reasonCode : data->code;
}

static void report_failure(struct mqtt *mqtt, const char *what, const MQTTAsync_failureData5 *data)
{
    char reason[TEXT];
    int code = reason_code(data);
    bool refused = code >= MQTTREASONCODE_UNSPECIFIED_ERROR;
    const char *words = refused ? MQTTReasonCode_toString((enum MQTTReasonCodes)code) : NULL;
    if (words == NULL)
        words = data != NULL && data->message != NULL ? data->message : "no answer";
    snprintf(reason, sizeof reason, "%s: %s", what, words);
    mqtt->callbacks.down(mqtt->context, reason, refused);
}

static void on_connect_failed(void *context, MQTTAsync_failureData5 *data)
{
    report_failure(context, "cannot connect", data);
}

static void on_subscribe_failed(void *context, MQTTAsync_failureData5 *data)
{
    report_failure(context, "cannot subscribe", data);
}

/* Paho gives the reason code of a single filter by itself, those of several as an array. */
static bool is_granted(const MQTTAsync_successData5 *data)
{
    if (data->alt.sub.reasonCodes == NULL)
        return data->reasonCode < MQTTREASONCODE_UNSPECIFIED_ERROR;
    for (int i = 0; i < data->alt.sub.reasonCodeCount; i++)
        if (data->alt.sub.reasonCodes[i] >= MQTTREASONCODE_UNSPECIFIED_ERROR)
            return false;
    return true;
}

static void on_subscribed(void *context, MQTTAsync_successData5 *data)
{
    struct mqtt *mqtt = context;
    if (is_granted(data))
        mqtt->callbacks.up(mqtt->context);
    else
        mqtt->callbacks.down(mqtt->context, "the broker refused a subscription", true);
}

/* A new session has no subscriptions: they are made anew after every connect. */
static void on_connected(void *context, MQTTAsync_successData5 *data)
{
    struct mqtt *mqtt = context;
    (void)data;
    if (mqtt->filter_count == 0) {
        mqtt->callbacks.up(mqtt->context);
        return;
    }
    MQTTAsync_callOptions call = MQTTAsync_callOptions_initializer;
    call.onSuccess5 = on_subscribed;
    call.onFailure5 = on_subscribe_failed;
    call.context = mqtt;
    if (MQTTAsync_subscribeMany(mqtt->client, mqtt->filter_count, mqtt->filter_list, mqtt->filter_qos, &call) !=
        MQTTASYNC_SUCCESS)
        mqtt->callbacks.down(mqtt->context, "cannot subscribe", false);
}

bool mqtt_connect(struct mqtt *mqtt)
{
    MQTTAsync_connectOptions connect = MQTTAsync_connectOptions_initializer5;
    MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
    connect.keepAliveInterval = KEEPALIVE_S;
    connect.cleanstart = 1;
    connect.connectTimeout = 5;
    connect.maxInflight = IN_FLIGHT;
    connect.onSuccess5 = on_connected;
    connect.onFailure5 = on_connect_failed;
    connect.context = mqtt;
    if (mqtt->username[0] != '\0')
        connect.username = mqtt->username;
    if (mqtt->password[0] != '\0')
        connect.password = mqtt->password;
    if (mqtt->will_topic[0] != '\0') {
        will.topicName = mqtt->will_topic;
        will.message = mqtt->will_payload;
        will.qos = 1;
        will.retained = 1;
        connect.will = &will;
    }
    return MQTTAsync_connect(mqtt->client, &connect) == MQTTASYNC_SUCCESS;
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
    report_outcome(context, outcome_of(reason_code(data), MQTT_LOST));
}

static void add_property(MQTTProperties *properties, enum MQTTPropertyCodes code, const void *at, size_t length)
{
    MQTTProperty property = {.identifier = code};
    property.value.data.data = (char *)(uintptr_t)at; /* MQTTProperties_add copies it */
    property.value.data.len = (int)length;
    MQTTProperties_add(properties, &property);
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
    if (publish->correlation != NULL)
        add_property(&message.properties, MQTTPROPERTY_CODE_CORRELATION_DATA, publish->correlation,
                     publish->correlation_length);
    if (publish->response_topic != NULL)
        add_property(&message.properties, MQTTPROPERTY_CODE_RESPONSE_TOPIC, publish->response_topic,
                     strlen(publish->response_topic));
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

static void on_disconnected(void *context, MQTTAsync_successData5 *data)
{
    struct mqtt *mqtt = context;
    (void)data;
    mqtt->callbacks.down(mqtt->context, "disconnected", false);
}

static void on_disconnect_failed(void *context, MQTTAsync_failureData5 *data)
{
    report_failure(context, "disconnected", data);
}

void mqtt_disconnect(struct mqtt *mqtt, int timeout_ms)
{
    MQTTAsync_disconnectOptions options = MQTTAsync_disconnectOptions_initializer5;
    options.timeout = timeout_ms;
    options.onSuccess5 = on_disconnected;
    options.onFailure5 = on_disconnect_failed;
    options.context = mqtt;
    MQTTAsync_disconnect(mqtt->client, &options);
}

void mqtt_free(struct mqtt *mqtt)
{
    if (mqtt == NULL)
        return;
    if (mqtt->client != NULL)
        MQTTAsync_destroy(&mqtt->client);
    secret_wipe(mqtt, sizeof *mqtt);
    free(mqtt);
}
