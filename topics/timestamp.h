/*
 * RFC 3339 in UTC with milliseconds, the only form of time on the wire. Pure arithmetic: no clock, no locale, no zone.
 */
#ifndef MUSTER_TOPICS_TIMESTAMP_H
#define MUSTER_TOPICS_TIMESTAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIMESTAMP_SIZE 25 /* 2026-11-21T22:07:20.123Z and the NUL */

/* Writes `wall_ms` (milliseconds since 1970-01-01T00:00:00Z, years 1970 to 9999; outside it is clamped). */
void timestamp_format(int64_t wall_ms, char out[TIMESTAMP_SIZE]);

/* Reads exactly that form, with or without the milliseconds. False when it is anything else. */
bool timestamp_parse(const char *text, size_t length, int64_t *wall_ms);

#endif
