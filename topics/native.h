/*
 * Muster's own dialect: which operation a message asks for, where its answer goes, and how the answer looks. Other
 * dialects would come beside this file. Pure; no heap; safe from any thread.
 */
#ifndef MUSTER_TOPICS_NATIVE_H
#define MUSTER_TOPICS_NATIVE_H

#include "topics/operation.h"
#include "topics/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Where a request came from and where its answer goes. */
struct address {
    enum operation operation; /* OP_UNKNOWN: the topic names none; it is still answered */
    bool admin;
    bool gate;                     /* no request: the broker's gate tells something, `id` is "" */
    char id[LIMIT_UUID + 1];       /* the uuid, or the operator's client id */
    char noun[33], verb[33];       /* as the topic has them; noun is "" for devices */
    char reply_topic[LIMIT_TOPIC]; /* an admissible Response Topic, or "" */
};

/* Reads the topic of a request. `response_topic` may be NULL; one that is not below the sender's own `reply` is
 * ignored. ST_OK, or ST_SILENT when there is nobody to answer: not a request, an id that is not well-formed, or one of
 * our own answers (`reply`). */
enum status native_address(const char *topic, size_t length, const char *response_topic, size_t response_length,
                           struct address *out);

/* The topic of the answer. Returns its length, 0 when it does not fit. */
size_t native_answer_topic(const struct address *address, bool accepted, char *out, size_t size);

/* An accepted answer: the members of the operation (JSON text without braces, may be "") and those that are secret,
 * behind the echoed requestId ("" leaves it out). Returns the length, 0 when it does not fit. */
size_t native_accepted(const char *request_id, const char *members, const char *secrets, char *out, size_t size);

/* A rejection: {"requestId", "error": {"code", "message", "mend", "field", "retryAfterMs"}}. */
size_t native_rejected(const char *request_id, const struct why *why, char *out, size_t size);

#endif
