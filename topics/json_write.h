/*
 * Writes JSON into a buffer of the caller's, member by member. No tree, no heap: what is too long sets `overflow`, and
 * everything after it is dropped. Only for output; what comes in goes through json.h and message.h.
 */
#ifndef MUSTER_TOPICS_JSON_WRITE_H
#define MUSTER_TOPICS_JSON_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_writer {
    char *at; /* always NUL-terminated */
    size_t size, length;
    bool overflow;
    bool comma; /* the next member or element needs a comma in front */
};

/* Starts on `out` of `size` octets (at least 1). */
void json_start(struct json_writer *json, char *out, size_t size);

/* `name` is NULL for the elements of an array and for the outermost value. */
void json_open(struct json_writer *json, const char *name, char bracket);      /* '{' or '[' */
void json_close(struct json_writer *json, char bracket);                       /* '}' or ']' */
void json_text(struct json_writer *json, const char *name, const char *value); /* NULL: null; escaped as needed */
void json_int(struct json_writer *json, const char *name, int64_t value);
void json_bool(struct json_writer *json, const char *name, bool value);
void json_time(struct json_writer *json, const char *name, int64_t wall_ms);  /* RFC 3339; 0: null */
void json_raw(struct json_writer *json, const char *name, const char *value); /* JSON already; NULL or "": null */

/* Adds members (text such as `"a":1,"b":2`, or "") to the object that is open. */
void json_members(struct json_writer *json, const char *members);

#endif
