/*
 * The short cut for the message that comes most often: a heartbeat in its usual form is read where it lies. What is not
 * of that form goes the way of every request (native.h, message.h), which gives the same result, or says what is wrong.
 */
#ifndef MUSTER_TOPICS_BEAT_H
#define MUSTER_TOPICS_BEAT_H

#include "topics/topic.h"

/* Whether a topic is muster/v1/device/<uuid>/heartbeat; `uuid` then means its octets in the topic. They are not looked
 * at: only a uuid that is known counts. Pure. */
bool beat_topic(const char *topic, size_t length, struct text *uuid);

/* Whether a payload is empty, or one flat object of `session` (printable ASCII without escapes) and `metrics` (so many
 * names of that kind, with numbers in plain decimal), each at most once. `session` then means its octets in the
 * payload, or nothing. What it takes, message_decode takes too, with the same session. Pure. */
bool beat_payload(const char *payload, size_t length, struct text *session);

#endif
