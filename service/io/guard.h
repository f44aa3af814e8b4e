/*
 * What the service says to the gate in the broker, and how it knows that there is one: docs/protocol.md, section 8.
 */
#ifndef MUSTER_IO_GUARD_H
#define MUSTER_IO_GUARD_H

#include "service/core/effects.h"
#include "service/io/mqtt.h"

#include <stdint.h>

/* Each hands one message to Paho; false when it was not taken: the gate checks all connections anew when the service
 * has connected again. */
bool guard_send_key(struct mqtt *mqtt, const uint64_t key[2]);
bool guard_send_sessions(struct mqtt *mqtt, enum sessions sessions, const char *uuid); /* uuid "": of all devices */
bool guard_send_reload(struct mqtt *mqtt, int64_t number);
bool guard_send_answer(struct mqtt *mqtt, const struct effect *effect);

/* Publishes a probe with a stamp that nobody can believe: a gate replaces it. */
bool guard_send_probe(struct mqtt *mqtt, const char *topic, const char *payload);

/* Whether a probe has come through a gate that holds `key`, as a message of the connection `client_id`. */
bool guard_is_stamped(const struct mqtt_message *message, const uint64_t key[2], const char *client_id);

#endif
