/*
 * Builds and matches topics from the catalogue; the only code that makes a topic string. What it builds is always a
 * topic that a broker accepts: no wildcard, no NUL, valid UTF-8 (MQTT 5.0, 4.7.1 and 4.7.3). Pure; safe from any
 * thread.
 */
#ifndef MUSTER_TOPICS_TOPIC_H
#define MUSTER_TOPICS_TOPIC_H

#include "topics/catalog.h"

#include <stdbool.h>
#include <stddef.h>

enum topic_direction { TOPIC_IN, TOPIC_OUT };

enum topic_id {
#define TOPIC_ENUM(name, pattern, direction, qos, retained) name,
    TOPIC_LIST(TOPIC_ENUM)
#undef TOPIC_ENUM
        TOPIC_COUNT
};

#define TOPIC_PARAMETERS 3

/* A part of a text that someone else owns; not NUL-terminated. */
struct text {
    const char *at;
    size_t length;
};

/* What the catalogue says of a topic. */
const char *topic_pattern(enum topic_id id);
enum topic_direction topic_direction(enum topic_id id);
int topic_qos(enum topic_id id);
bool topic_is_retained(enum topic_id id);

/* Whether `topic` is one of `id`, each parameter well-formed; then gives the parameters in order of appearance (they
 * point into `topic`). With `why_shape` not NULL it says whether at least the shape (levels and fixed words) fits. */
bool topic_match(enum topic_id id, const char *topic, size_t length, struct text parameters[TOPIC_PARAMETERS],
                 bool *why_shape);

/* Builds the topic of `id` from its parameters, NUL-terminated. Returns its length, or 0 when a parameter is not
 * well-formed or the topic does not fit into `size`. */
size_t topic_build(enum topic_id id, char *out, size_t size, const char *const parameters[]);

/* The filter that matches every topic of `id`: each parameter becomes `+`. Returns its length or 0. */
size_t topic_filter(enum topic_id id, char *out, size_t size);

#endif
