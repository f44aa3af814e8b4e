/*
 * What the files of service/io/mqtt.h share: mqtt.c connects, mqtt_message.c sends and receives.
 */
#ifndef MUSTER_IO_MQTT_INTERNAL_H
#define MUSTER_IO_MQTT_INTERNAL_H

#include "service/io/mqtt.h"

#include <MQTTAsync.h>
#include <pthread.h>

#define MQTT_TEXT    256
#define MQTT_FILE    512
#define MQTT_FILTERS 8

struct mqtt {
    MQTTAsync client;
    struct mqtt_callbacks callbacks;
    void *context;
    char username[MQTT_TEXT], password[MQTT_TEXT], will_topic[MQTT_TEXT], will_payload[MQTT_TEXT];
    char ca_file[MQTT_FILE], certificate_file[MQTT_FILE], key_file[MQTT_FILE]; /* "": none */
    char filters[MQTT_FILTERS][MQTT_TEXT];
    char *filter_list[MQTT_FILTERS];
    int filter_qos[MQTT_FILTERS];
    int filter_count;
    pthread_mutex_t lock; /* guards what follows */
    char tls_why[96];     /* what TLS did not like, of the last attempt */
};

/* Paho's callback for what comes in; `context` is a struct mqtt. */
int mqtt_take(void *context, char *topic, int topic_length, MQTTAsync_message *message);

/* The broker's reason in a failure of Paho, 0: none. */
int mqtt_reason(const MQTTAsync_failureData5 *data);

#endif
