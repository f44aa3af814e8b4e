/*
 * The strict look at JSON before cJSON sees it: one object in UTF-8, within the limits of limits.h, no duplicate
 * members, no control characters (C0, DEL, C1; escaped ones may be), no NUL, nothing behind it. cJSON 1.7.15 lets all
 * of that pass.
 */
#ifndef MUSTER_TOPICS_JSON_H
#define MUSTER_TOPICS_JSON_H

#include "topics/status.h"

#include <stddef.h>

/* Checks `length` octets at `text` (need not be NUL-terminated).
 * ST_OK, ST_TOO_LARGE (payload, members of one object, a string as it is written), ST_DUPLICATE_KEY (names are compared
 * as they read after their escapes) or ST_MALFORMED_JSON (everything else; the message says what and at which octet).
 * Pure; uses about 6 KiB of stack; safe from any thread. */
enum status json_scan(const char *text, size_t length, struct why *why);

#endif
