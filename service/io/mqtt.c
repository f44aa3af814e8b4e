#include "service/core/secret.h"
#include "service/io/mqtt_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IN_FLIGHT   1000 /* Paho's own window towards the broker */
#define KEEPALIVE_S 60

static void on_lost(void *context, char *cause)
{
    struct mqtt *mqtt = context;
    mqtt->callbacks.down(mqtt->context, cause != NULL ? cause : "connection lost", false);
}

/* NULL counts as "". False when it does not fit. */
static bool copy(char *out, size_t size, const char *text)
{
    return (size_t)snprintf(out, size, "%s", text != NULL ? text : "") < size;
}

static bool copy_filters(struct mqtt *mqtt, const struct mqtt_options *options)
{
    bool fits = options->filter_count <= MQTT_FILTERS;
    for (size_t i = 0; fits && i < options->filter_count; i++) {
        fits = copy(mqtt->filters[i], MQTT_TEXT, options->filters[i]);
        mqtt->filter_list[i] = mqtt->filters[i];
        mqtt->filter_qos[i] = options->filter_qos;
        mqtt->filter_count++;
    }
    return fits;
}

static bool copy_texts(struct mqtt *mqtt, const struct mqtt_options *options)
{
    return copy(mqtt->username, MQTT_TEXT, options->username) && copy(mqtt->password, MQTT_TEXT, options->password) &&
           copy(mqtt->will_topic, MQTT_TEXT, options->will_topic) && copy(mqtt->ca_file, MQTT_FILE, options->ca_file) &&
           copy(mqtt->certificate_file, MQTT_FILE, options->certificate_file) &&
           copy(mqtt->key_file, MQTT_FILE, options->key_file) && copy_filters(mqtt, options);
}

static bool create_client(struct mqtt *mqtt, const struct mqtt_options *options)
{
    char uri[MQTT_TEXT + 32];
    bool bare_ipv6 = strchr(options->host, ':') != NULL && options->host[0] != '[';
    snprintf(uri, sizeof uri, bare_ipv6 ? "%s://[%s]:%d" : "%s://%s:%d", mqtt->ca_file[0] != '\0' ? "ssl" : "tcp",
             options->host, options->port);
    MQTTAsync_createOptions create = MQTTAsync_createOptions_initializer5;
    create.maxBufferedMessages = 65535; /* the owner bounds what it sends; Paho's default of 100 drops */
    return MQTTAsync_createWithOptions(&mqtt->client, uri, options->client_id, MQTTCLIENT_PERSISTENCE_NONE, NULL,
                                       &create) == MQTTASYNC_SUCCESS &&
           MQTTAsync_setCallbacks(mqtt->client, mqtt, on_lost, mqtt_take, NULL) == MQTTASYNC_SUCCESS;
}

struct mqtt *mqtt_new(const struct mqtt_options *options, const struct mqtt_callbacks *callbacks, void *context)
{
    struct mqtt *mqtt = calloc(1, sizeof *mqtt);
    if (mqtt == NULL)
        return NULL;
    mqtt->callbacks = *callbacks;
    mqtt->context = context;
    pthread_mutex_init(&mqtt->lock, NULL);
    if (copy_texts(mqtt, options) && create_client(mqtt, options))
        return mqtt;
    mqtt_free(mqtt);
    return NULL;
}

bool mqtt_set_will(struct mqtt *mqtt, const char *payload)
{
    return copy(mqtt->will_payload, MQTT_TEXT, payload);
}

static void report_failure(struct mqtt *mqtt, const char *what, const MQTTAsync_failureData5 *data)
{
    char reason[MQTT_TEXT];
    int code = mqtt_reason(data);
    bool refused = code >= MQTTREASONCODE_UNSPECIFIED_ERROR;
    const char *words = refused ? MQTTReasonCode_toString((enum MQTTReasonCodes)code) : NULL;
    if (words == NULL)
        words = data != NULL && data->message != NULL ? data->message : "no answer";
    snprintf(reason, sizeof reason, "%s: %s", what, words);
    mqtt->callbacks.down(mqtt->context, reason, refused);
}

/* One line of OpenSSL's error queue, "thread:error:code:library:function:reason:file:line:data": keeps the reason. */
static int on_tls_error(const char *line, size_t length, void *context)
{
    struct mqtt *mqtt = context;
    const char *at = line, *end = line + length;
    for (int colons = 0; at != NULL && colons < 5; colons++) {
        at = memchr(at, ':', (size_t)(end - at));
        at = at != NULL ? at + 1 : NULL;
    }
    const char *stop = at != NULL ? memchr(at, ':', (size_t)(end - at)) : NULL;
    pthread_mutex_lock(&mqtt->lock);
    if (stop != NULL && mqtt->tls_why[0] == '\0')
        snprintf(mqtt->tls_why, sizeof mqtt->tls_why, "TLS: %.*s", (int)(stop - at), at);
    pthread_mutex_unlock(&mqtt->lock);
    return 1;
}

static void on_connect_failed(void *context, MQTTAsync_failureData5 *data)
{
    struct mqtt *mqtt = context;
    char tls_why[sizeof mqtt->tls_why];
    pthread_mutex_lock(&mqtt->lock);
    memcpy(tls_why, mqtt->tls_why, sizeof tls_why);
    pthread_mutex_unlock(&mqtt->lock);
    if (tls_why[0] != '\0' && mqtt_reason(data) < MQTTREASONCODE_UNSPECIFIED_ERROR)
        mqtt->callbacks.down(mqtt->context, tls_why, false);
    else
        report_failure(mqtt, "cannot connect", data);
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

/* Only the given CA counts, and the certificate must be for this host. */
static MQTTAsync_SSLOptions tls_options(struct mqtt *mqtt)
{
    MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;
    tls.trustStore = mqtt->ca_file;
    if (mqtt->certificate_file[0] != '\0') {
        tls.keyStore = mqtt->certificate_file;
        tls.privateKey = mqtt->key_file;
    }
    tls.enableServerCertAuth = 1;
    tls.verify = 1;
    tls.disableDefaultTrustStore = 1;
    tls.ssl_error_cb = on_tls_error;
    tls.ssl_error_context = mqtt;
    pthread_mutex_lock(&mqtt->lock);
    mqtt->tls_why[0] = '\0';
    pthread_mutex_unlock(&mqtt->lock);
    return tls;
}

bool mqtt_connect(struct mqtt *mqtt)
{
    MQTTAsync_connectOptions connect = MQTTAsync_connectOptions_initializer5;
    MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
    MQTTAsync_SSLOptions tls = tls_options(mqtt);
    connect.keepAliveInterval = KEEPALIVE_S;
    connect.cleanstart = 1;
    connect.connectTimeout = 5;
    connect.maxInflight = IN_FLIGHT;
    connect.onSuccess5 = on_connected;
    connect.onFailure5 = on_connect_failed;
    connect.context = mqtt;
    if (mqtt->ca_file[0] != '\0')
        connect.ssl = &tls;
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
    pthread_mutex_destroy(&mqtt->lock);
    secret_wipe(mqtt, sizeof *mqtt);
    free(mqtt);
}
