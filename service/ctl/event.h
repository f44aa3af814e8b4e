/*
 * One message of those that `musterctl watch` shows, as a line. Knows nothing of MQTT.
 */
#ifndef MUSTER_CTL_EVENT_H
#define MUSTER_CTL_EVENT_H

#include <stdbool.h>
#include <stddef.h>

/* Prints an event on stdout, for people or as JSON, or, `is_state`, says on stderr what the service says of itself.
 * False for what is no event: anybody may publish in open mode. */
bool event_tell(const char *text, size_t length, bool is_state, bool as_json);

#endif
