/*
 * Which texts may be identifiers (docs/protocol.md, section 1). Every id from outside meets one of these before it
 * becomes part of a topic, a certificate or a query.
 */
#ifndef MUSTER_TOPICS_ID_H
#define MUSTER_TOPICS_ID_H

#include <stdbool.h>
#include <stddef.h>

/* [A-Za-z0-9][A-Za-z0-9._:-]{0,127} */
bool id_is_uuid(const char *at, size_t length);

/* [a-z0-9][a-z0-9-]{0,62} */
bool id_is_tenant(const char *at, size_t length);

/* [A-Za-z0-9._:-]{1,64} */
bool id_is_request(const char *at, size_t length);

/* A name in a topic that is ours to choose: [a-z0-9_]{1,32} */
bool id_is_word(const char *at, size_t length);

/* An operator's MQTT client id as a topic level: 1-128 octets of printable ASCII without `+`, `#`, `/`. */
bool id_is_client(const char *at, size_t length);

/* An MQTT client id behind the gate: 1-160 octets of printable ASCII without blank, `+`, `#`, `/`. */
bool id_is_connection(const char *at, size_t length);

/* How much of a client id stands in front of a suffix (`~` and what follows): all of it when there is none. */
size_t id_without_suffix(const char *at, size_t length);

/* Whether `text` is valid UTF-8 (RFC 3629) without control characters (C0, DEL, C1); line feeds and tabs are controls
 * too, unless `multiline`, which admits CR, LF and TAB. */
bool id_is_clean_text(const char *at, size_t length, bool multiline);

/* C0, DEL and C1. */
bool id_is_control(unsigned long code_point);

/* Reads one UTF-8 sequence at `at`; returns its length in octets (1-4) and the code point, or 0 when it is not valid:
 * cut off, overlong, a surrogate, or above U+10FFFF (RFC 3629, section 4). */
size_t id_utf8_next(const char *at, size_t length, unsigned long *code_point);

#endif
