/*
 * A parsed JSON document, read only. The one module that sees cJSON; whatever it parses has passed json_scan first.
 * A document is owned by whoever made it; a struct value points into it and dies with it. Not thread-safe per document.
 */
#ifndef MUSTER_TOPICS_DOCUMENT_H
#define MUSTER_TOPICS_DOCUMENT_H

#include "topics/status.h"

#include <stdbool.h>
#include <stddef.h>

struct document;
struct value; /* an element of a document */

/* Scans strictly, then parses `length` octets. ST_OK and a document that the caller frees, or a status of json_scan. */
enum status document_new(const char *text, size_t length, struct document **out, struct why *why);

/* Parses a large answer of the service (up to LIMIT_ANSWER), which json_scan's limits do not fit. NULL when it is not
 * JSON. For clients only: a service answers strictly formed JSON. */
struct document *document_new_answer(const char *text, size_t length);

void document_free(struct document *document); /* wipes nothing; NULL is fine */

const struct value *document_root(const struct document *document);

/* The member of that very name (case counts), or NULL; `object` may be NULL. */
const struct value *value_member(const struct value *object, const char *name);

/* The elements of an array or object in order: the first, and the one after; NULL at the end. */
const struct value *value_first(const struct value *container);
const struct value *value_next(const struct value *element);

/* The name of a member; NULL for an element of an array. */
const char *value_name(const struct value *value);

/* The string, or NULL when it is none (also for NULL). */
const char *value_text(const struct value *value);

/* Whether it is a number; then stores it. */
bool value_number(const struct value *value, double *number);

/* Whether it is a whole number within [low, high]; only then stores it. Both bounds within 2^53. */
bool value_integer(const struct value *value, long long low, long long high, long long *integer);

bool value_is_object(const struct value *value);
bool value_is_array(const struct value *value);
bool value_is_bool(const struct value *value, bool *truth);
bool value_is_null(const struct value *value);

#endif
