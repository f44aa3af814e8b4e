/*
 * One MQTT 5 connection through Paho's asynchronous client. Only mqtt.c and mqtt_message.c see Paho.
 * Callbacks come from Paho's threads: they may only copy and wake. No function here is called from a callback.
 * Reconnecting is the owner's business: `down` says that it is time to call mqtt_connect again.
 */
#ifndef MUSTER_IO_MQTT_H
#define MUSTER_IO_MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mqtt;

/* What came in; everything dies with the callback. `response_topic`, `correlation` and `stamp` are NULL when absent. */
struct mqtt_message {
    const char *topic;
    size_t topic_length;
    const void *payload;
    size_t length;
    bool retained;
    const char *response_topic;
    size_t response_topic_length;
    const void *correlation;
    size_t correlation_length;
    const char *stamp; /* the value of the one STAMP_PROPERTY (topics/stamp.h); of two, neither counts */
    size_t stamp_length;
};

/* How a publish with an id ended. */
enum mqtt_outcome {
    MQTT_ACCEPTED,   /* PUBACK */
    MQTT_UNSENDABLE, /* PUBACK that says this message can never be taken: topic name invalid, packet too large, payload
                        format invalid (MQTT 5.0, 3.4.2.1) */
    MQTT_DENIED,     /* PUBACK with another reason code from 0x80 on: not authorised, quota, ... */
    MQTT_LOST,       /* the connection ended before the PUBACK */
};

struct mqtt_callbacks {
    void (*message)(void *context, const struct mqtt_message *message);
    void (*up)(void *context); /* connected, and every filter is granted */
    /* Could not connect or subscribe, lost the connection, or mqtt_disconnect is done. `refused`: the broker answered,
     * and said no (CONNACK from 0x80 on, or a filter that it does not grant). */
    void (*down)(void *context, const char *reason, bool refused);
    void (*acknowledged)(void *context, uint64_t id, enum mqtt_outcome outcome);
};

/* Texts are copied. `filters` are subscribed at QoS `filter_qos` after each connect. */
struct mqtt_options {
    const char *host;
    int port;
    const char *client_id;
    const char *username, *password; /* NULL: none */
    const char *const *filters;
    size_t filter_count;
    int filter_qos;
    const char *will_topic; /* NULL: no last will; see mqtt_set_will */
    const char *ca_file;    /* where the broker's certificate, for `host`, must come from; NULL or "": no TLS */
    const char *certificate_file, *key_file; /* of this client; NULL or "": none */
};

/* What goes out. `id` 0: nobody wants to know of its PUBACK. */
struct mqtt_publish {
    const char *topic;
    const void *payload;
    size_t length;
    int qos;
    bool retained;
    const void *correlation; /* NULL: none */
    size_t correlation_length;
    const char *response_topic;                 /* NULL: none */
    const char *property_name, *property_value; /* one user property; NULL: none */
    uint64_t id;
};

/* NULL when there is no memory, or a text or the filters are too long. The caller owns it. `context` is handed to the
 * callbacks. */
struct mqtt *mqtt_new(const struct mqtt_options *options, const struct mqtt_callbacks *callbacks, void *context);

/* The payload of the last will (retained, QoS 1) from the next connect on. False when it is too long. */
bool mqtt_set_will(struct mqtt *mqtt, const char *payload);

/* Begins to connect (clean start). False when Paho refuses at once; otherwise `up` or `down` follows. */
bool mqtt_connect(struct mqtt *mqtt);

/* Hands a message to Paho. False when it was not taken (not connected, buffer full): nothing will be sent. */
bool mqtt_send(struct mqtt *mqtt, const struct mqtt_publish *publish);

/* Begins to end the connection properly (no last will): what is in flight has `timeout_ms` to be acknowledged. `down`
 * follows. */
void mqtt_disconnect(struct mqtt *mqtt, int timeout_ms);
void mqtt_free(struct mqtt *mqtt);

#endif
